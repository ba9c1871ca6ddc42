#include "dgba/base/shelf.h"

#include <string.h>

#include "dgba/base/memory.h"

static void *take_from(const dgba_shelf *shelf, bool *filled, const char *content, size_t bytes) {
    return shelf != NULL ? shelf->take(shelf->self, filled, content, bytes) : NULL;
}

dgba_status dgba_shelf_take(dgba_shelf_block *out, const dgba_shelf *shelf, const char *content, int64_t count,
                            size_t size) {
    *out = (dgba_shelf_block){0};
    const size_t bytes = (size_t)count * size;
    out->memory = take_from(shelf, &out->filled, content, bytes);
    if (out->memory == NULL) return dgba_allocate(&out->memory, count, size);
    out->shelf = shelf;
    if (!out->filled) memset(out->memory, 0, bytes);
    return DGBA_OK;
}

void dgba_shelf_announce(dgba_shelf_block *block) {
    if (block->shelf != NULL) block->shelf->announce(block->shelf->self, block->memory);
    block->filled = true;
}

void dgba_shelf_put_back(dgba_shelf_block *block) {
    if (block->shelf != NULL)
        block->shelf->put_back(block->shelf->self, block->memory);
    else
        dgba_free(block->memory);
    *block = (dgba_shelf_block){0};
}
