#include <string.h>

#include "conv2d_winograd.h"

// ivdep: rows do not overlap, and twelve of them are more than the compiler would check at run time. A lane is read wholly
// before it is written, so that a transform may be done in place.

DGBA_VECTORIZE
static void input(float *const to[6], const float *const from[6], int64_t count) {
    const float *r0 = from[0], *r1 = from[1], *r2 = from[2], *r3 = from[3], *r4 = from[4], *r5 = from[5];
    float *p0 = to[0], *p1 = to[1], *p2 = to[2], *p3 = to[3], *p4 = to[4], *p5 = to[5];
#pragma GCC ivdep
    for (int64_t i = 0; i < count; ++i) {
        const float d0 = r0[i], d1 = r1[i], d2 = r2[i], d3 = r3[i], d4 = r4[i], d5 = r5[i];
        const float even = d4 - 4 * d2, odd = d3 - 4 * d1, even2 = d4 - d2, odd2 = 2 * (d3 - d1);
        p0[i] = 4 * d0 - 5 * d2 + d4;
        p1[i] = even + odd;
        p2[i] = even - odd;
        p3[i] = even2 + odd2;
        p4[i] = even2 - odd2;
        p5[i] = 4 * d1 - 5 * d3 + d5;
    }
}

DGBA_VECTORIZE
static void input_transposed(float *const to[6], const float *const from[6], int64_t count) {
    const float *r0 = from[0], *r1 = from[1], *r2 = from[2], *r3 = from[3], *r4 = from[4], *r5 = from[5];
    float *d0 = to[0], *d1 = to[1], *d2 = to[2], *d3 = to[3], *d4 = to[4], *d5 = to[5];
#pragma GCC ivdep
    for (int64_t i = 0; i < count; ++i) {
        const float p0 = r0[i], p1 = r1[i], p2 = r2[i], p3 = r3[i], p4 = r4[i], p5 = r5[i];
        const float sum = p1 + p2, difference = p1 - p2, sum2 = p3 + p4, difference2 = 2 * (p3 - p4);
        d0[i] = 4 * p0;
        d1[i] = 4 * (p5 - difference) - difference2;
        d2[i] = -5 * p0 - 4 * sum - sum2;
        d3[i] = difference + difference2 - 5 * p5;
        d4[i] = p0 + sum + sum2;
        d5[i] = p5;
    }
}

DGBA_VECTORIZE
static void output(float *const to[4], const float *const from[6], int64_t count) {
    const float *r0 = from[0], *r1 = from[1], *r2 = from[2], *r3 = from[3], *r4 = from[4], *r5 = from[5];
    float *y0 = to[0], *y1 = to[1], *y2 = to[2], *y3 = to[3];
#pragma GCC ivdep
    for (int64_t i = 0; i < count; ++i) {
        const float p0 = r0[i], p1 = r1[i], p2 = r2[i], p3 = r3[i], p4 = r4[i], p5 = r5[i];
        const float sum = p1 + p2, difference = p1 - p2, sum2 = p3 + p4, difference2 = 2 * (p3 - p4);
        y0[i] = p0 + sum + sum2;
        y1[i] = difference + difference2;
        y2[i] = sum + 4 * sum2;
        y3[i] = difference + 4 * difference2 + p5;
    }
}

DGBA_VECTORIZE
static void output_transposed(float *const to[6], const float *const from[4], int64_t count) {
    const float *r0 = from[0], *r1 = from[1], *r2 = from[2], *r3 = from[3];
    float *p0 = to[0], *p1 = to[1], *p2 = to[2], *p3 = to[3], *p4 = to[4], *p5 = to[5];
#pragma GCC ivdep
    for (int64_t i = 0; i < count; ++i) {
        const float y0 = r0[i], y1 = r1[i], y2 = r2[i], y3 = r3[i];
        const float even = y0 + y2, odd = y1 + y3, even2 = y0 + 4 * y2, odd2 = 2 * (y1 + 4 * y3);
        p0[i] = y0;
        p1[i] = even + odd;
        p2[i] = even - odd;
        p3[i] = even2 + odd2;
        p4[i] = even2 - odd2;
        p5[i] = y3;
    }
}

void conv2d_winograd_input(float *const to[6], const float *const from[6], int64_t count) { input(to, from, count); }

void conv2d_winograd_input_transposed(float *const to[6], const float *const from[6], int64_t count) {
    input_transposed(to, from, count);
}

void conv2d_winograd_output(float *const to[4], const float *const from[6], int64_t count) { output(to, from, count); }

void conv2d_winograd_output_transposed(float *const to[6], const float *const from[4], int64_t count) {
    output_transposed(to, from, count);
}

/* ---- Weights ---- */

enum { LANES = 64, TAPS = 9 }; // filters transformed at once

typedef float lanes[LANES];

static const float sixth = 1.0F / 6, twelfth = 1.0F / 12, twenty_fourth = 1.0F / 24;

/** G: three taps to six points. */
DGBA_VECTORIZE
static void weights(float *restrict points, int64_t stride, const float *restrict w0, const float *restrict w1,
                    const float *restrict w2) {
    for (int64_t i = 0; i < LANES; ++i) {
        const float even = -sixth * (w0[i] + w2[i]), odd = -sixth * w1[i];
        const float even2 = twenty_fourth * w0[i] + sixth * w2[i], odd2 = twelfth * w1[i];
        points[i] = 0.25F * w0[i];
        points[stride + i] = even + odd;
        points[2 * stride + i] = even - odd;
        points[3 * stride + i] = even2 + odd2;
        points[4 * stride + i] = even2 - odd2;
        points[5 * stride + i] = w2[i];
    }
}

/** Gᵀ */
DGBA_VECTORIZE
static void weights_transposed(float *restrict w0, float *restrict w1, float *restrict w2, const float *restrict points,
                               int64_t stride) {
    for (int64_t i = 0; i < LANES; ++i) {
        const float p1 = points[stride + i], p2 = points[2 * stride + i];
        const float p3 = points[3 * stride + i], p4 = points[4 * stride + i];
        w0[i] = 0.25F * points[i] - sixth * (p1 + p2) + twenty_fourth * (p3 + p4);
        w1[i] = sixth * (p2 - p1) + twelfth * (p3 - p4);
        w2[i] = sixth * (p3 + p4 - p1 - p2) + points[5 * stride + i];
    }
}

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

void conv2d_winograd_weights(float *u, const float *w, int64_t filters) {
    lanes tap[TAPS] = {{0}}, half[WINOGRAD_POINTS * WINOGRAD_KERNEL], point[WINOGRAD_ALL_POINTS];
    for (int64_t first = 0; first < filters; first += LANES) {
        const int64_t count = smaller(LANES, filters - first);
        for (int64_t i = 0; i < count; ++i)
            for (int64_t t = 0; t < TAPS; ++t) tap[t][i] = w[(first + i) * TAPS + t];
        for (int64_t s = 0; s < WINOGRAD_KERNEL; ++s)
            weights(half[s], (int64_t)WINOGRAD_KERNEL * LANES, tap[s], tap[3 + s], tap[6 + s]);
        for (int64_t a = 0; a < WINOGRAD_POINTS; ++a)
            weights(point[a * WINOGRAD_POINTS], LANES, half[3 * a], half[3 * a + 1], half[3 * a + 2]);
        for (int64_t p = 0; p < WINOGRAD_ALL_POINTS; ++p)
            memcpy(u + p * filters + first, point[p], (size_t)count * sizeof *u);
    }
}

void conv2d_winograd_add_weights(float *dw, const float *du, int64_t filters) {
    lanes tap[TAPS], half[WINOGRAD_POINTS * WINOGRAD_KERNEL], point[WINOGRAD_ALL_POINTS] = {{0}};
    for (int64_t first = 0; first < filters; first += LANES) {
        const int64_t count = smaller(LANES, filters - first);
        for (int64_t p = 0; p < WINOGRAD_ALL_POINTS; ++p)
            memcpy(point[p], du + p * filters + first, (size_t)count * sizeof *du);
        for (int64_t a = 0; a < WINOGRAD_POINTS; ++a)
            weights_transposed(half[3 * a], half[3 * a + 1], half[3 * a + 2], point[a * WINOGRAD_POINTS], LANES);
        for (int64_t s = 0; s < WINOGRAD_KERNEL; ++s)
            weights_transposed(tap[s], tap[3 + s], tap[6 + s], half[s], (int64_t)WINOGRAD_KERNEL * LANES);
        for (int64_t i = 0; i < count; ++i)
            for (int64_t t = 0; t < TAPS; ++t) dw[(first + i) * TAPS + t] += tap[t][i];
    }
}
