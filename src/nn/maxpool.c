#include <math.h>

#include "dgba/nn.h"

static dgba_status check_numbers(const dgba_maxpool *pool, dgba_shape x) {
    if (pool->kernel < 1 || pool->kernel > INT32_MAX || pool->stride < 1 || pool->stride > INT32_MAX)
        return dgba_fail(DGBA_E_SHAPE, "max-pooling: kernel %lld and stride %lld must be at least 1",
                         (long long)pool->kernel, (long long)pool->stride);
    // A window that lies in the padding altogether would have no maximum.
    if (pool->padding < 0 || pool->padding > pool->kernel / 2)
        return dgba_fail(DGBA_E_SHAPE, "max-pooling: padding is %lld; it must be between 0 and half the kernel (%lld)",
                         (long long)pool->padding, (long long)(pool->kernel / 2));
    if (x.n < 1 || x.c < 1 || x.h < 1 || x.w < 1 || x.h > INT32_MAX / x.w)
        return dgba_fail(DGBA_E_SHAPE, "max-pooling: the input (%lld,%lld,%lld,%lld) is empty or too large", (long long)x.n,
                         (long long)x.c, (long long)x.h, (long long)x.w);
    return DGBA_OK;
}

/** Size of the output along an axis of size `in`; 0 if nothing is left. */
static int64_t output_size(const dgba_maxpool *pool, int64_t in) {
    const int64_t room = in + 2 * pool->padding - pool->kernel + (pool->ceil_mode ? pool->stride - 1 : 0);
    if (room < 0) return 0;
    const int64_t out = room / pool->stride + 1;
    return pool->ceil_mode && (out - 1) * pool->stride >= in + pool->padding ? out - 1 : out;
}

static dgba_shape output_shape(const dgba_maxpool *pool, dgba_shape x) {
    return (dgba_shape){x.n, x.c, output_size(pool, x.h), output_size(pool, x.w)};
}

dgba_status dgba_maxpool_output_shape(dgba_shape *y, const dgba_maxpool *pool, dgba_shape x) {
    DGBA_TRY(check_numbers(pool, x));
    const dgba_shape shape = output_shape(pool, x);
    if (shape.h < 1 || shape.w < 1)
        return dgba_fail(DGBA_E_SHAPE, "max-pooling: nothing is left of a map of %lld x %lld (kernel %lld, padding %lld)",
                         (long long)x.h, (long long)x.w, (long long)pool->kernel, (long long)pool->padding);
    *y = shape;
    return DGBA_OK;
}

static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

// A row of outputs is computed at once: for each place of the window, all its windows are compared with that place. The
// places are visited from left to right and top to bottom, so the first of equal values stays.

DGBA_VECTORIZE
static void compare(float *restrict best, const float *restrict x, int64_t stride, int64_t count) {
    for (int64_t j = 0; j < count; ++j) {
        const float value = x[j * stride];
        best[j] = value > best[j] || value != value ? value : best[j];
    }
}

/** The same, also keeping the index of the winner; `index` belongs to x. */
DGBA_VECTORIZE
static void compare_indexed(float *restrict best, int32_t *restrict winner, const float *restrict x, int32_t index,
                            int32_t stride, int32_t count) {
    for (int32_t j = 0; j < count; ++j) {
        const float value = x[(int64_t)j * stride];
        const bool take = value > best[j] || value != value;
        best[j] = take ? value : best[j];
        winner[j] = take ? index + j * stride : winner[j];
    }
}

/** Compares input row `row` with the windows of an output row. */
static void compare_row(float *best, int32_t *winner, const float *plane, int64_t row, dgba_shape x, dgba_shape y,
                        const dgba_maxpool *pool) {
    const int64_t stride = pool->stride;
    for (int64_t place = -pool->padding; place < pool->kernel - pool->padding && place < x.w; ++place) {
        // Windows begin .. end-1 have this place inside the map.
        const int64_t begin = place < 0 ? (-place + stride - 1) / stride : 0;
        const int64_t end = smaller((x.w - 1 - place) / stride + 1, y.w);
        if (begin >= end) continue;
        const int64_t index = row * x.w + place + begin * stride;
        if (winner != NULL)
            compare_indexed(best + begin, winner + begin, plane + index, (int32_t)index, (int32_t)stride,
                            (int32_t)(end - begin));
        else
            compare(best + begin, plane + index, stride, end - begin);
    }
}

/** Nothing compared yet: a window of only -infinity keeps its first element. */
static void begin_row(float *best, int32_t *winner, int64_t row, dgba_shape x, dgba_shape y, const dgba_maxpool *pool) {
    dgba_fill(best, -INFINITY, y.w);
    if (winner == NULL) return;
    for (int64_t j = 0; j < y.w; ++j) winner[j] = (int32_t)(row * x.w + larger(j * pool->stride - pool->padding, 0));
}

static void pool_row(float *best, int32_t *winner, const float *plane, int64_t row, dgba_shape x, dgba_shape y,
                     const dgba_maxpool *pool) {
    const int64_t begin = larger(row * pool->stride - pool->padding, 0);
    const int64_t end = smaller(row * pool->stride - pool->padding + pool->kernel, x.h);
    begin_row(best, winner, begin, x, y, pool);
    for (int64_t h = begin; h < end; ++h) compare_row(best, winner, plane, h, x, y, pool);
}

void dgba_maxpool_forward(float *y, int32_t *winner, const float *x, dgba_shape x_shape, const dgba_maxpool *pool) {
    const dgba_shape out = output_shape(pool, x_shape);
    for (int64_t p = 0; p < out.n * out.c; ++p) {
        const float *plane = x + p * x_shape.h * x_shape.w;
        for (int64_t row = 0; row < out.h; ++row) {
            const int64_t first = (p * out.h + row) * out.w;
            pool_row(y + first, winner != NULL ? winner + first : NULL, plane, row, x_shape, out, pool);
        }
    }
}

void dgba_maxpool_backward(float *dx, const float *dy, const int32_t *winner, dgba_shape x_shape, const dgba_maxpool *pool,
                           bool accumulate) {
    const dgba_shape out = output_shape(pool, x_shape);
    if (!accumulate) dgba_fill(dx, 0, dgba_shape_count(x_shape));
    for (int64_t p = 0; p < out.n * out.c; ++p) {
        const int64_t first = p * out.h * out.w;
        float *plane = dx + p * x_shape.h * x_shape.w;
        for (int64_t i = first; i < first + out.h * out.w; ++i) plane[winner[i]] += dy[i];
    }
}
