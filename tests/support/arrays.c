#include "support/arrays.h"

static dgba_arena arena;

int arrays_open(int64_t bytes) { return dgba_arena_create(&arena, bytes) == DGBA_OK ? 0 : -1; }

void arrays_close(void) { dgba_arena_free(&arena); }

void arrays_reset(void) { dgba_arena_reset(&arena); }

void *take(int64_t count, size_t size) {
    void *memory = NULL;
    CHECK_OK(dgba_arena_take(&memory, &arena, "test array", count, size));
    return memory;
}

float *take_random(int64_t count, uint64_t seed) {
    float *x = take(count, sizeof *x);
    check_random(x, count, seed);
    return x;
}

double *take_wide(const float *from, int64_t count) {
    double *x = take(count, sizeof *x);
    for (int64_t i = 0; i < count; ++i) x[i] = (double)from[i];
    return x;
}

float *take_narrow(const double *from, int64_t count) {
    float *x = take(count, sizeof *x);
    for (int64_t i = 0; i < count; ++i) x[i] = (float)from[i];
    return x;
}
