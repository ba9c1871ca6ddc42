#include "batchnorm.h"

enum { MOST_CHANNELS = 4096 };

static double sums[2 * MOST_CHANNELS];

void batchnorm_forward(float *y, float *mean, float *inv_std, float *running_mean, float *running_var, const float *x,
                       const float *gamma, const float *beta, dgba_shape shape, dgba_batchnorm options) {
    DGBA_ASSERT(shape.c <= MOST_CHANNELS);
    dgba_batchnorm_sums(sums, x, x, shape);
    dgba_batchnorm_statistics(mean, inv_std, running_mean, running_var, sums, shape.n * shape.h * shape.w, shape.c,
                              options);
    dgba_batchnorm_normalise(y, x, mean, inv_std, gamma, beta, shape, false);
}

void batchnorm_backward(float *dx, float *dgamma, float *dbeta, const float *dy, const float *x, const float *mean,
                        const float *inv_std, const float *gamma, dgba_shape shape, bool accumulate) {
    DGBA_ASSERT(shape.c <= MOST_CHANNELS);
    dgba_batchnorm_sums(sums, dy, x, shape);
    dgba_batchnorm_backward_params(dgamma, dbeta, sums, mean, inv_std, shape.c);
    dgba_batchnorm_backward_input(dx, dy, x, mean, inv_std, gamma, sums, shape.n * shape.h * shape.w, shape, accumulate);
}
