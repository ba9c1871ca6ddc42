#include <math.h>

#include "dgba/nn.h"

DGBA_VECTORIZE
static void normalise(float *restrict y, const float *restrict x, float mean, float scale, float shift, int64_t count) {
    for (int64_t i = 0; i < count; ++i) y[i] = (x[i] - mean) * scale + shift;
}

DGBA_VECTORIZE
static void normalise_rectified(float *restrict y, const float *restrict x, float mean, float scale, float shift,
                                int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
        const float value = (x[i] - mean) * scale + shift;
        y[i] = value < 0 ? 0 : value; // NaN stays NaN
    }
}

/** Start of a channel's plane in image n. */
static int64_t plane_index(dgba_shape s, int64_t n, int64_t channel) { return (n * s.c + channel) * s.h * s.w; }

// In double precision the products of float32 are exact, so that a variance may be taken as a difference of such sums: a
// mean of a thousand standard deviations costs six digits of sixteen.
void dgba_batchnorm_sums(double *sums, const float *a, const float *b, dgba_shape shape) {
    for (int64_t c = 0; c < shape.c; ++c) {
        double plain = 0, product = 0;
        for (int64_t n = 0; n < shape.n; ++n) {
            const int64_t at = plane_index(shape, n, c), plane = shape.h * shape.w;
            plain += dgba_sum(a + at, plane);
            product += dgba_dot(a + at, b + at, plane);
        }
        sums[2 * c] = plain;
        sums[2 * c + 1] = product;
    }
}

static float moved(float running, double momentum, double value) {
    return (float)((1 - momentum) * (double)running + momentum * value);
}

void dgba_batchnorm_statistics(float *mean, float *inv_std, float *running_mean, float *running_var, const double *sums,
                               int64_t count, int64_t channels, dgba_batchnorm options) {
    const double all = (double)count, momentum = (double)options.momentum;
    DGBA_ASSERT(count > 1);
    for (int64_t c = 0; c < channels; ++c) {
        const double centre = sums[2 * c] / all;
        const double difference = sums[2 * c + 1] / all - centre * centre;
        const double var = difference < 0 ? 0 : difference; // by rounding only; NaN stays NaN
        mean[c] = (float)centre;
        inv_std[c] = (float)(1 / sqrt(var + (double)options.epsilon));
        running_mean[c] = moved(running_mean[c], momentum, centre);
        running_var[c] = moved(running_var[c], momentum, var * all / (all - 1));
    }
}

void dgba_batchnorm_normalise(float *y, const float *x, const float *mean, const float *inv_std, const float *gamma,
                              const float *beta, dgba_shape shape, bool relu) {
    for (int64_t n = 0; n < shape.n; ++n)
        for (int64_t c = 0; c < shape.c; ++c) {
            const int64_t at = plane_index(shape, n, c);
            (relu ? normalise_rectified : normalise)(y + at, x + at, mean[c], inv_std[c] * gamma[c], beta[c],
                                                     shape.h * shape.w);
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

/** Σ dy·(x − mean) from Σ dy and Σ dy·x. */
static double centred(const double *sums, float mean) { return sums[1] - (double)mean * sums[0]; }

void dgba_batchnorm_backward_params(float *dgamma, float *dbeta, const double *sums, const float *mean,
                                    const float *inv_std, int64_t channels) {
    for (int64_t c = 0; c < channels; ++c) {
        dgamma[c] += (float)(centred(sums + 2 * c, mean[c]) * (double)inv_std[c]);
        dbeta[c] += (float)sums[2 * c];
    }
}

void dgba_batchnorm_backward_input(float *dx, const float *dy, const float *x, const float *mean, const float *inv_std,
                                   const float *gamma, const double *sums, int64_t count, dgba_shape shape,
                                   bool accumulate) {
    for (int64_t c = 0; c < shape.c; ++c) {
        const double scale = (double)inv_std[c], a = (double)gamma[c] * scale, all = (double)count;
        const line t = {mean[c], (float)a, (float)(-a * scale * scale * centred(sums + 2 * c, mean[c]) / all),
                        (float)(-a * sums[2 * c] / all)};
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
