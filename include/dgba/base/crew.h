/** A crew: members that compute one thing together, in lock-step, and tell each other what they have found.
 *
 *  Every member makes the same calls in the same order. This is an interface; sched has the crew of the ranks that run one
 *  unit. No crew (NULL) is a crew of one.
 */
#ifndef DGBA_BASE_CREW_H
#define DGBA_BASE_CREW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dgba/base/status.h"

/** What a crew can do; both wait until all members call. */
typedef struct dgba_crew {
    void *self;
    int64_t members, member; // how many, and which of them this one is
    /** all[i] becomes what member i gives, `bytes` each. */
    void (*gather)(void *self, void *all, const void *own, size_t bytes);
    /** in[i] becomes out[this member] of member i: pieces of `bytes` each. */
    void (*swap)(void *self, void *in, const void *out, size_t bytes);
} dgba_crew;

/** 1 and 0 for NULL. */
int64_t dgba_crew_members(const dgba_crew *crew);
int64_t dgba_crew_member(const dgba_crew *crew);

/** As the crew does; a crew of one copies. */
void dgba_crew_gather(const dgba_crew *crew, void *all, const void *own, size_t bytes);

/** Whether any member says so. */
bool dgba_crew_any(const dgba_crew *crew, bool own);

/** DGBA_OK if each member gives DGBA_OK, else the failure of the first that failed, on all members. What can fail on one
 *  member alone must be agreed on before the next exchange, or the others would wait for it forever. */
dgba_status dgba_crew_agree(const dgba_crew *crew, dgba_status status);

#endif
