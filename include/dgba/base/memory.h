/** Heap memory that is counted, so that a test can say that none is left; and the arena. */
#ifndef DGBA_BASE_MEMORY_H
#define DGBA_BASE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "dgba/base/status.h"

/** Zeroed memory for `count` elements of `size` bytes, aligned to 64 bytes (a cache line, an AVX-512 register).
 *  Owns      caller owns *out and frees it with dgba_free()
 *  Errors    DGBA_E_MEMORY; *out is then NULL */
dgba_status dgba_allocate(void **out, int64_t count, size_t size);

/** Frees what dgba_allocate() gave; NULL is allowed. */
void dgba_free(void *memory);

/** A typed dgba_allocate(): DGBA_TRY(DGBA_NEW(&samples, n)). */
#define DGBA_NEW(pointer, count) dgba_allocate((void **)(pointer), (count), sizeof **(pointer))

/** Grows an array that holds `count` elements so that one more fits. Capacity doubles.
 *  Errors    DGBA_E_MEMORY; the array is then untouched */
dgba_status dgba_grow(void **array, int64_t count, size_t size);
#define DGBA_GROW(pointer, count) dgba_grow((void **)(pointer), (count), sizeof **(pointer))

/** Blocks that are allocated and not freed, over all threads: 0 at the end of every test and program. */
int64_t dgba_live_allocations(void);

/** The most memory in bytes that this process has had resident so far. */
int64_t dgba_peak_resident_bytes(void);

/** An arena: one block, handed out from its start, given back all at once. */
typedef struct dgba_arena {
    char *memory;
    size_t bytes, used, high_water;
} dgba_arena;

/** Errors    DGBA_E_MEMORY */
dgba_status dgba_arena_create(dgba_arena *arena, size_t bytes);

/** `count` elements of `size` bytes, 64-byte aligned, not zeroed.
 *  Errors    DGBA_E_MEMORY, naming `name`, if the arena is too small */
dgba_status dgba_arena_take(void **out, dgba_arena *arena, const char *name, int64_t count, size_t size);

/** Gives everything back; the high-water mark stays. */
void dgba_arena_reset(dgba_arena *arena);
void dgba_arena_free(dgba_arena *arena);

/** `value` as an int.
 *  Errors    DGBA_E_SHAPE, naming `what`, if it does not fit */
dgba_status dgba_narrow(int *out, int64_t value, const char *what);

#endif
