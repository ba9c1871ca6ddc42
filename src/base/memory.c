#define _DEFAULT_SOURCE // madvise
#include "dgba/base/memory.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "dgba/base/pages.h"

enum {
    ALIGNMENT = 64,
    LARGE = 2 * DGBA_HUGE_PAGE, // blocks from which huge pages are asked for
};

static atomic_int_fast64_t live;

static size_t rounded_up(size_t bytes) { return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT; }

/** Memory that is not cleared yet, or NULL. Large blocks ask for huge pages: transforms write to many places far from each
 *  other, and finding 4 KiB pages takes some per cent of an attack's time. */
static void *take(size_t bytes) {
    if (bytes < LARGE) return aligned_alloc(ALIGNMENT, bytes);
    void *memory = NULL;
    if (posix_memalign(&memory, DGBA_HUGE_PAGE, bytes) != 0) return NULL;
    (void)madvise(memory, bytes / DGBA_HUGE_PAGE * DGBA_HUGE_PAGE, MADV_HUGEPAGE); // a kernel may not have them
    return memory;
}

dgba_status dgba_allocate(void **out, int64_t count, size_t size) {
    *out = NULL;
    size_t bytes = 0;
    if (count < 0 || __builtin_mul_overflow((size_t)count, size, &bytes) || bytes > SIZE_MAX - ALIGNMENT)
        return dgba_fail(DGBA_E_MEMORY, "cannot allocate %lld elements of %zu bytes", (long long)count, size);
    bytes = rounded_up(bytes > 0 ? bytes : 1);
    void *memory = take(bytes);
    if (memory == NULL) return dgba_fail(DGBA_E_MEMORY, "cannot allocate %zu bytes", bytes);
    memset(memory, 0, bytes);
    atomic_fetch_add(&live, 1);
    *out = memory;
    return DGBA_OK;
}

void dgba_free(void *memory) {
    if (memory == NULL) return;
    atomic_fetch_sub(&live, 1);
    free(memory);
}

static bool is_full(int64_t count) { return count == 0 || (count & (count - 1)) == 0; }

dgba_status dgba_grow(void **array, int64_t count, size_t size) {
    if (*array != NULL && !is_full(count)) return DGBA_OK; // capacities are powers of two
    void *larger = NULL;
    DGBA_TRY(dgba_allocate(&larger, count > 0 ? 2 * count : 1, size));
    DGBA_ASSERT(larger != NULL);
    if (*array != NULL) memcpy(larger, *array, (size_t)count * size);
    dgba_free(*array);
    *array = larger;
    return DGBA_OK;
}

int64_t dgba_live_allocations(void) { return atomic_load(&live); }

int64_t dgba_peak_resident_bytes(void) {
    struct rusage usage = {0};
    getrusage(RUSAGE_SELF, &usage); // cannot fail
    return (int64_t)usage.ru_maxrss * 1024;
}

dgba_status dgba_arena_create(dgba_arena *arena, size_t bytes) {
    *arena = (dgba_arena){.bytes = rounded_up(bytes)};
    return dgba_allocate((void **)&arena->memory, (int64_t)arena->bytes, 1);
}

dgba_status dgba_arena_take(void **out, dgba_arena *arena, const char *name, int64_t count, size_t size) {
    *out = NULL;
    size_t bytes = 0;
    if (count < 0 || __builtin_mul_overflow((size_t)count, size, &bytes) || bytes > arena->bytes - arena->used)
        return dgba_fail(DGBA_E_MEMORY, "the arena (%zu bytes, %zu in use) has no room for %lld x %zu bytes of %s",
                         arena->bytes, arena->used, (long long)count, size, name);
    *out = arena->memory + arena->used;
    arena->used = rounded_up(arena->used + bytes);
    if (arena->used > arena->high_water) arena->high_water = arena->used;
    return DGBA_OK;
}

void dgba_arena_reset(dgba_arena *arena) { arena->used = 0; }

void dgba_arena_free(dgba_arena *arena) {
    dgba_free(arena->memory);
    *arena = (dgba_arena){0};
}

dgba_status dgba_narrow(int *out, int64_t value, const char *what) {
    if (value > INT_MAX || value < INT_MIN)
        return dgba_fail(DGBA_E_SHAPE, "%s is %lld, more than the library below can count", what, (long long)value);
    *out = (int)value;
    return DGBA_OK;
}
