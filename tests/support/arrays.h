/** Arrays of a test: taken from one arena, filled with random numbers, and the same in double for naive twins. */
#ifndef TESTS_SUPPORT_ARRAYS_H
#define TESTS_SUPPORT_ARRAYS_H

#include <math.h>

#include "support/check.h"

/** For inputs that are standard normal: |result − twin| ≤ relative·|twin| + absolute·√terms, where `terms` is the number of
 *  products that are summed in one element of the result. */
typedef struct tolerance {
    double relative, absolute;
} tolerance;

#define CHECK_TERMS(a, b, count, tolerance, terms) \
    CHECK_CLOSE(a, b, count, (tolerance).relative, (tolerance).absolute *sqrt((double)(terms)))

/** The arena's life: open in a group's setup, close in its teardown, reset between tests. */
int arrays_open(int64_t bytes);
void arrays_close(void);
void arrays_reset(void);

/** Not set to anything; of the arena, like all below. */
void *take(int64_t count, size_t size);

/** Normal numbers from stream (seed). */
float *take_random(int64_t count, uint64_t seed);

/** Copies in the other precision. */
double *take_wide(const float *from, int64_t count);
float *take_narrow(const double *from, int64_t count);

#endif
