#include <stdlib.h>

#include "buffer.h"

/** Largest first: big buffers shape the block, small ones fit into the holes between them. */
static int compare(const void *a, const void *b) {
    const buffer *x = *(buffer *const *)a, *y = *(buffer *const *)b;
    if (x->bytes != y->bytes) return x->bytes > y->bytes ? -1 : 1;
    if (x->first != y->first) return x->first < y->first ? -1 : 1;
    return x < y ? -1 : 1;
}

static bool meet(const buffer *a, const buffer *b) { return a->first <= b->last && b->first <= a->last; }

/** Start of the narrowest hole that `added` fits into, beside the buffers that it meets; `placed` is sorted by offset. */
static int64_t find_hole(const buffer *added, buffer *const *placed, int32_t count) {
    int64_t end = 0, best = -1, narrowest = INT64_MAX;
    for (int32_t i = 0; i < count; ++i) {
        const buffer *other = placed[i];
        if (!meet(added, other)) continue;
        const int64_t hole = other->offset - end;
        if (hole >= added->bytes && hole < narrowest) {
            narrowest = hole;
            best = end;
        }
        if (other->offset + other->bytes > end) end = other->offset + other->bytes;
    }
    return best >= 0 ? best : end;
}

static void insert(buffer **placed, int32_t count, buffer *added) {
    int32_t i = count;
    for (; i > 0 && placed[i - 1]->offset > added->offset; --i) placed[i] = placed[i - 1];
    placed[i] = added;
}

dgba_status dgba_buffers_place(int64_t *block_bytes, buffer *buffers, int32_t count) {
    buffer **order = NULL, **placed = NULL;
    dgba_status status;
    DGBA_TRY_OUT(DGBA_NEW(&order, count));
    DGBA_TRY_OUT(DGBA_NEW(&placed, count));
    for (int32_t i = 0; i < count; ++i) order[i] = &buffers[i];
    if (count > 0) qsort(order, (size_t)count, sizeof *order, compare);
    *block_bytes = 0;
    for (int32_t i = 0; i < count; ++i) {
        buffer *added = order[i];
        added->offset = find_hole(added, placed, i);
        insert(placed, i, added);
        if (added->offset + added->bytes > *block_bytes) *block_bytes = added->offset + added->bytes;
    }
out:
    dgba_free(order);
    dgba_free(placed);
    return status;
}
