/** Buffers that live for a while, placed in one block so that none overlaps another one of its time. */
#ifndef DGBA_GRAPH_BUFFER_H
#define DGBA_GRAPH_BUFFER_H

#include <stdbool.h>

#include "dgba/base.h"

typedef struct buffer {
    int64_t bytes;
    int32_t first, last; // times of use, both inclusive
    int64_t offset;
} buffer;

/** Sets every offset, a multiple of 64, and gives the size of the block.
 *  Errors    DGBA_E_MEMORY */
dgba_status dgba_buffers_place(int64_t *block_bytes, buffer *buffers, int32_t count);

#endif
