#include "dgba/tensor.h"

// One running sum would wait for each addition to finish. Sixteen of them, joined at the end in a fixed way, keep the
// vector units busy and give the same bits with every instruction set.
enum { LANES = 16 };

static double join(double lane[LANES]) {
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int l = 0; l < half; ++l) lane[l] += lane[l + half];
    return lane[0];
}

DGBA_VECTORIZE
static double sum(const float *restrict x, int64_t count) {
    double lane[LANES] = {0};
    const int64_t whole = count - count % LANES;
    for (int64_t i = 0; i < whole; i += LANES)
        for (int l = 0; l < LANES; ++l) lane[l] += (double)x[i + l];
    for (int64_t i = whole; i < count; ++i) lane[i - whole] += (double)x[i];
    return join(lane);
}

DGBA_VECTORIZE
static double dot(const float *x, const float *y, int64_t count) {
    double lane[LANES] = {0};
    const int64_t whole = count - count % LANES;
    for (int64_t i = 0; i < whole; i += LANES)
        for (int l = 0; l < LANES; ++l) lane[l] += (double)x[i + l] * (double)y[i + l];
    for (int64_t i = whole; i < count; ++i) lane[i - whole] += (double)x[i] * (double)y[i];
    return join(lane);
}

double dgba_sum(const float *x, int64_t count) { return sum(x, count); }

double dgba_dot(const float *x, const float *y, int64_t count) { return dot(x, y, count); }
