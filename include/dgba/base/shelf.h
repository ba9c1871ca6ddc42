/** A shelf: memory blocks that several processes of a machine share, each found by the name of its content.
 *
 *  Who first takes a block fills it and says so; others who want it meanwhile wait for that, and then all only read.
 *  This is an interface; sched has the shelf of the ranks of a node.
 */
#ifndef DGBA_BASE_SHELF_H
#define DGBA_BASE_SHELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dgba/base/status.h"

/** What a shelf can do; may be called by any thread. */
typedef struct dgba_shelf {
    void *self;
    /** The block of a content, or NULL if there is no room for it. *filled tells whether the content is there; if not,
     *  the caller calls announce() or put_back() soon, as others wait for it. */
    void *(*take)(void *self, bool *filled, const char *content, size_t bytes);
    /** The caller has filled its block. */
    void (*announce)(void *self, const void *block);
    /** The caller does not use its block any more. One that was not announced holds nothing then. */
    void (*put_back)(void *self, const void *block);
} dgba_shelf;

/** A block of a shelf, or memory of one's own. */
typedef struct dgba_shelf_block {
    void *memory;            // 64-byte aligned
    bool filled;             // only to be read
    const dgba_shelf *shelf; // NULL = one's own
} dgba_shelf_block;

/** Takes the block of `content` from a shelf; without a shelf (NULL), or without room on it, allocates. What is not filled
 *  is zeroed. May wait for another process that fills it.
 *  Owns      caller gives it back with dgba_shelf_put_back(), before the shelf is closed
 *  Errors    DGBA_E_MEMORY; *out is then zeroed */
dgba_status dgba_shelf_take(dgba_shelf_block *out, const dgba_shelf *shelf, const char *content, int64_t count,
                            size_t size);

/** Tells the others that the block is filled. */
void dgba_shelf_announce(dgba_shelf_block *block);

/** Gives a block up, filled or not; a zeroed one is allowed. */
void dgba_shelf_put_back(dgba_shelf_block *block);

#endif
