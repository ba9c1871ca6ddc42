#include "conv2d.h"

// No `restrict`: y may be x. The compiler checks that at run time, and stays as fast.

DGBA_VECTORIZE
static void add_constant(float *y, const float *x, float constant, int64_t count) {
    for (int64_t i = 0; i < count; ++i) y[i] = x[i] + constant;
}

DGBA_VECTORIZE
static void add_constant_rectify(float *y, const float *x, float constant, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
        const float sum = x[i] + constant;
        y[i] = sum < 0 ? 0 : sum; // NaN stays NaN
    }
}

void conv2d_finish(float *y, const float *from, const float *bias, int64_t count, bool relu) {
    const float constant = bias != NULL ? *bias : 0;
    if (relu)
        add_constant_rectify(y, from, constant, count);
    else if (bias != NULL || y != from)
        add_constant(y, from, constant, count);
}
