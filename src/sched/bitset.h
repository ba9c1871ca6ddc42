/** A set of whole numbers 0 .. count-1 that finds its smallest member from a number on: a tree of 64-bit words in which a
 *  bit of a higher level says that the word below it is not empty. Every operation takes one step a level, log64(count).
 */
#ifndef DGBA_SCHED_BITSET_H
#define DGBA_SCHED_BITSET_H

#include <stdint.h>

#include "dgba/base.h"

enum { DGBA_BITSET_LEVELS = 11 }; // 64^11 > 2^63

typedef struct dgba_bitset {
    uint64_t *words[DGBA_BITSET_LEVELS]; // each level's part of one allocation; words[0] owns it
    int64_t bits[DGBA_BITSET_LEVELS];
    int levels;
} dgba_bitset;

/** An empty set. */
dgba_status dgba_bitset_create(dgba_bitset *out, int64_t count);
void dgba_bitset_free(dgba_bitset *set);
void dgba_bitset_add(dgba_bitset *set, int64_t number);
void dgba_bitset_remove(dgba_bitset *set, int64_t number);

/** The smallest member that is at least `from`, or -1. */
int64_t dgba_bitset_first(const dgba_bitset *set, int64_t from);

#endif
