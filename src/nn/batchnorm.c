#include <math.h>

#include "dgba/nn.h"

DGBA_VECTORIZE
static void normalise(float *restrict y, const float *restrict x, float mean, float scale, float shift, int64_t count) {
    for (int64_t i = 0; i < count; ++i) y[i] = (x[i] - mean) * scale + shift;
}

/** Start of a channel's plane in image n. */
static int64_t plane_index(dgba_shape s, int64_t n, int64_t channel) { return (n * s.c + channel) * s.h * s.w; }

/** Σ a and Σ a·b over a channel. In double precision the products of float32 are exact, so that a variance may be taken as
 *  a difference of such sums: a mean of a thousand standard deviations costs six digits of sixteen. */
typedef struct sums {
    double plain, product;
} sums;

static sums channel_sums(const float *a, const float *b, dgba_shape shape, int64_t channel) {
    sums s = {0, 0};
    for (int64_t n = 0; n < shape.n; ++n) {
        const int64_t at = plane_index(shape, n, channel), plane = shape.h * shape.w;
        s.plain += dgba_sum(a + at, plane);
        s.product += dgba_dot(a + at, b + at, plane);
    }
    return s;
}

static float moved(float running, double momentum, double value) {
    return (float)((1 - momentum) * (double)running + momentum * value);
}

void dgba_batchnorm_train_forward(float *y, float *mean, float *inv_std, float *running_mean, float *running_var,
                                  const float *x, const float *gamma, const float *beta, dgba_shape shape,
                                  dgba_batchnorm options) {
    const double count = (double)(shape.n * shape.h * shape.w), momentum = (double)options.momentum;
    DGBA_ASSERT(count > 1);
    for (int64_t c = 0; c < shape.c; ++c) {
        const sums s = channel_sums(x, x, shape, c);
        const double centre = s.plain / count;
        const double difference = s.product / count - centre * centre;
        const double var = difference < 0 ? 0 : difference; // by rounding only; NaN stays NaN
        mean[c] = (float)centre;
        inv_std[c] = (float)(1 / sqrt(var + (double)options.epsilon));
        running_mean[c] = moved(running_mean[c], momentum, centre);
        running_var[c] = moved(running_var[c], momentum, var * count / (count - 1));
        for (int64_t n = 0; n < shape.n; ++n) {
            const int64_t at = plane_index(shape, n, c);
            normalise(y + at, x + at, mean[c], inv_std[c] * gamma[c], beta[c], shape.h * shape.w);
        }
    }
}

/** dx = dy·a + (x − mean)·b + c for one plane. */
typedef struct line {
    float mean, a, b, c;
} line;

DGBA_VECTORIZE
static void combine(float *restrict dx, const float *restrict dy, const float *restrict x, line t, int64_t count) {
    for (int64_t i = 0; i < count; ++i) dx[i] = dy[i] * t.a + ((x[i] - t.mean) * t.b + t.c);
}

DGBA_VECTORIZE
static void combine_add(float *restrict dx, const float *restrict dy, const float *restrict x, line t, int64_t count) {
    for (int64_t i = 0; i < count; ++i) dx[i] += dy[i] * t.a + ((x[i] - t.mean) * t.b + t.c);
}

void dgba_batchnorm_train_backward(float *dx, float *dgamma, float *dbeta, const float *dy, const float *x,
                                   const float *mean, const float *inv_std, const float *gamma, dgba_shape shape,
                                   bool accumulate) {
    const double count = (double)(shape.n * shape.h * shape.w);
    for (int64_t c = 0; c < shape.c; ++c) {
        const sums s = channel_sums(dy, x, shape, c);
        const double centred = s.product - (double)mean[c] * s.plain; // Σ dy·(x − mean)
        const double scale = (double)inv_std[c], a = (double)gamma[c] * scale;
        dgamma[c] += (float)(centred * scale);
        dbeta[c] += (float)s.plain;
        const line t = {mean[c], (float)a, (float)(-a * scale * scale * centred / count), (float)(-a * s.plain / count)};
        for (int64_t n = 0; n < shape.n; ++n) {
            const int64_t at = plane_index(shape, n, c);
            (accumulate ? combine_add : combine)(dx + at, dy + at, x + at, t, shape.h * shape.w);
        }
    }
}

void dgba_batchnorm_fold(float *scale, float *shift, const float *gamma, const float *beta, const float *running_mean,
                         const float *running_var, int64_t channels, dgba_batchnorm options) {
    for (int64_t c = 0; c < channels; ++c) {
        const double factor = (double)gamma[c] / sqrt((double)running_var[c] + (double)options.epsilon);
        scale[c] = (float)factor;
        shift[c] = (float)((double)beta[c] - (double)running_mean[c] * factor);
    }
}
