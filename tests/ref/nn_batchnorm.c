#include <math.h>

#include "ref/nn.h"

/** Index of the i-th element of a channel, of N·H·W. */
static int64_t element(dgba_shape s, int64_t channel, int64_t i) {
    const int64_t plane = s.h * s.w;
    return (i / plane * s.c + channel) * plane + i % plane;
}

static void statistics(double *mean, double *var, const double *x, dgba_shape s, int64_t channel) {
    const int64_t count = s.n * s.h * s.w;
    *mean = *var = 0;
    for (int64_t i = 0; i < count; ++i) *mean += x[element(s, channel, i)] / (double)count;
    for (int64_t i = 0; i < count; ++i) *var += pow(x[element(s, channel, i)] - *mean, 2) / (double)count;
}

void ref_batchnorm_forward(double *y, double *running_mean, double *running_var, const double *x, const double *gamma,
                           const double *beta, dgba_shape shape, dgba_batchnorm options) {
    const int64_t count = shape.n * shape.h * shape.w;
    const double momentum = (double)options.momentum;
    for (int64_t c = 0; c < shape.c; ++c) {
        double mean = 0, var = 0;
        statistics(&mean, &var, x, shape, c);
        running_mean[c] += momentum * (mean - running_mean[c]);
        running_var[c] += momentum * (var * (double)count / (double)(count - 1) - running_var[c]);
        for (int64_t i = 0; i < count; ++i) {
            const int64_t at = element(shape, c, i);
            y[at] = (x[at] - mean) / sqrt(var + (double)options.epsilon) * gamma[c] + beta[c];
        }
    }
}

void ref_batchnorm_backward(double *dx, double *dgamma, double *dbeta, const double *dy, const double *x,
                            const double *gamma, dgba_shape shape, dgba_batchnorm options) {
    const int64_t count = shape.n * shape.h * shape.w;
    for (int64_t c = 0; c < shape.c; ++c) {
        double mean = 0, var = 0;
        statistics(&mean, &var, x, shape, c);
        const double std = sqrt(var + (double)options.epsilon);
        dgamma[c] = dbeta[c] = 0;
        for (int64_t i = 0; i < count; ++i) {
            const int64_t at = element(shape, c, i);
            dgamma[c] += dy[at] * (x[at] - mean) / std;
            dbeta[c] += dy[at];
        }
        for (int64_t i = 0; i < count; ++i) {
            const int64_t at = element(shape, c, i);
            const double normalised = (x[at] - mean) / std;
            dx[at] = gamma[c] / std * (dy[at] - (dbeta[c] + normalised * dgamma[c]) / (double)count);
        }
    }
}
