#include "dgba/nn.h"

// No `restrict`: y may be a or b. The compiler checks that at run time, and stays as fast.

DGBA_VECTORIZE
static void add(float *y, const float *a, const float *b, int64_t count) {
    for (int64_t i = 0; i < count; ++i) y[i] = a[i] + b[i];
}

DGBA_VECTORIZE
static void add_rectify(float *y, const float *a, const float *b, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
        const float sum = a[i] + b[i];
        y[i] = sum < 0 ? 0 : sum; // NaN stays NaN
    }
}

void dgba_add_forward(float *y, const float *a, const float *b, int64_t count, bool relu) {
    if (relu)
        add_rectify(y, a, b, count);
    else
        add(y, a, b, count);
}
