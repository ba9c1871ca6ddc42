#include "dgba/nn.h"

// No `restrict`: output and input may be the same array. The compiler checks that at run time, and stays as fast.

DGBA_VECTORIZE
static void rectify(float *y, const float *x, int64_t count) {
    for (int64_t i = 0; i < count; ++i) y[i] = x[i] < 0 ? 0 : x[i]; // NaN is not less than 0 and stays
}

DGBA_VECTORIZE
static void pass(float *dx, const float *dy, const float *y, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
        const float gradient = dy[i];
        dx[i] = y[i] > 0 ? gradient : 0;
    }
}

DGBA_VECTORIZE
static void pass_add(float *dx, const float *dy, const float *y, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
        const float gradient = dy[i];
        dx[i] += y[i] > 0 ? gradient : 0;
    }
}

DGBA_VECTORIZE
static void mark(uint8_t *restrict passes, const float *restrict y, int64_t count) {
    for (int64_t i = 0; i < count; ++i) passes[i] = y[i] > 0;
}

DGBA_VECTORIZE
static void pass_marked(float *dx, const float *dy, const uint8_t *restrict passes, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
        const float gradient = dy[i];
        dx[i] = passes[i] ? gradient : 0;
    }
}

DGBA_VECTORIZE
static void pass_marked_add(float *dx, const float *dy, const uint8_t *restrict passes, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
        const float gradient = dy[i];
        dx[i] += passes[i] ? gradient : 0;
    }
}

void dgba_relu_forward(float *y, const float *x, int64_t count) { rectify(y, x, count); }

void dgba_relu_backward(float *dx, const float *dy, const float *y, int64_t count, bool accumulate) {
    if (accumulate)
        pass_add(dx, dy, y, count);
    else
        pass(dx, dy, y, count);
}

void dgba_relu_mark(uint8_t *passes, const float *y, int64_t count) { mark(passes, y, count); }

void dgba_relu_backward_marked(float *dx, const float *dy, const uint8_t *passes, int64_t count, bool accumulate) {
    if (accumulate)
        pass_marked_add(dx, dy, passes, count);
    else
        pass_marked(dx, dy, passes, count);
}
