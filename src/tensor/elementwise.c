#include "dgba/tensor.h"

// Written out rather than left to BLAS: the compiler's loop is as fast, does not change its order of operations from one
// processor to the next, and costs no call into a library that might start threads.

DGBA_VECTORIZE
static void axpy(float *restrict y, float a, const float *restrict x, int64_t count) {
    for (int64_t i = 0; i < count; ++i) y[i] += a * x[i];
}

DGBA_VECTORIZE
static void scale(float *x, float a, int64_t count) {
    for (int64_t i = 0; i < count; ++i) x[i] *= a;
}

DGBA_VECTORIZE
static void fill(float *x, float value, int64_t count) {
    for (int64_t i = 0; i < count; ++i) x[i] = value;
}

void dgba_axpy(float *y, float a, const float *x, int64_t count) { axpy(y, a, x, count); }

void dgba_scale(float *x, float a, int64_t count) { scale(x, a, count); }

void dgba_fill(float *x, float value, int64_t count) { fill(x, value, count); }
