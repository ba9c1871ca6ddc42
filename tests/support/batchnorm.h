/** Batch normalisation of a batch in one piece, both ways. */
#ifndef TEST_SUPPORT_BATCHNORM_H
#define TEST_SUPPORT_BATCHNORM_H

#include "dgba/nn.h"

void batchnorm_forward(float *y, float *mean, float *inv_std, float *running_mean, float *running_var, const float *x,
                       const float *gamma, const float *beta, dgba_shape shape, dgba_batchnorm options);
void batchnorm_backward(float *dx, float *dgamma, float *dbeta, const float *dy, const float *x, const float *mean,
                        const float *inv_std, const float *gamma, dgba_shape shape, bool accumulate);

#endif
