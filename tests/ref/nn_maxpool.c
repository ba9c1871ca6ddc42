#include <math.h>

#include "ref/nn.h"

static int64_t output_size(const dgba_maxpool *pool, int64_t in) {
    const double steps = (double)(in + 2 * pool->padding - pool->kernel) / (double)pool->stride;
    const int64_t out = (int64_t)(pool->ceil_mode ? ceil(steps) : floor(steps)) + 1;
    const bool starts_in_padding = (out - 1) * pool->stride - pool->padding >= in;
    return pool->ceil_mode && starts_in_padding ? out - 1 : out;
}

dgba_shape ref_maxpool_shape(const dgba_maxpool *pool, dgba_shape x) {
    return (dgba_shape){x.n, x.c, output_size(pool, x.h), output_size(pool, x.w)};
}

/** Index within its plane of the greatest element of window (i, j). */
static int64_t greatest(const double *plane, dgba_shape x, const dgba_maxpool *pool, int64_t i, int64_t j) {
    int64_t found = -1;
    for (int64_t place = 0; place < pool->kernel * pool->kernel; ++place) {
        const int64_t h = i * pool->stride - pool->padding + place / pool->kernel;
        const int64_t w = j * pool->stride - pool->padding + place % pool->kernel;
        if (h < 0 || h >= x.h || w < 0 || w >= x.w) continue;
        if (found < 0 || plane[h * x.w + w] > plane[found]) found = h * x.w + w;
    }
    return found;
}

void ref_maxpool_forward(double *y, const double *x, dgba_shape x_shape, const dgba_maxpool *pool) {
    const dgba_shape out = ref_maxpool_shape(pool, x_shape);
    for (int64_t i = 0; i < dgba_shape_count(out); ++i) {
        const double *plane = x + i / (out.h * out.w) * x_shape.h * x_shape.w;
        y[i] = plane[greatest(plane, x_shape, pool, i / out.w % out.h, i % out.w)];
    }
}

void ref_maxpool_backward(double *dx, const double *dy, const double *x, dgba_shape x_shape, const dgba_maxpool *pool) {
    const dgba_shape out = ref_maxpool_shape(pool, x_shape);
    for (int64_t i = 0; i < dgba_shape_count(x_shape); ++i) dx[i] = 0;
    for (int64_t i = 0; i < dgba_shape_count(out); ++i) {
        const int64_t first = i / (out.h * out.w) * x_shape.h * x_shape.w;
        dx[first + greatest(x + first, x_shape, pool, i / out.w % out.h, i % out.w)] += dy[i];
    }
}
