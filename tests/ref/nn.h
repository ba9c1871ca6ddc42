/** Naive twins of the network operations: the formulas of dgba/nn.h, element by element, in double precision. */
#ifndef TESTS_REF_NN_H
#define TESTS_REF_NN_H

#include "dgba/nn.h"

/** Copies between float32 and double. */
void ref_widen(double *to, const float *from, int64_t count);
void ref_narrow(float *to, const double *from, int64_t count);

/** Σ a·b: the loss whose gradient with respect to b is a. */
double ref_dot(const double *a, const double *b, int64_t count);

/** Shapes by the formula; no checks. */
dgba_shape ref_conv2d_shape(const dgba_conv2d *conv, dgba_shape x);
dgba_shape ref_maxpool_shape(const dgba_maxpool *pool, dgba_shape x);

void ref_conv2d_forward(double *y, const double *x, const double *w, const double *b, dgba_shape x_shape,
                        const dgba_conv2d *conv, bool relu);

/** Overwrites dx, dw and db. */
void ref_conv2d_backward(double *dx, double *dw, double *db, const double *dy, const double *x, const double *w,
                         dgba_shape x_shape, const dgba_conv2d *conv);

/** One filter per channel: w (C,1,R,R). */
void ref_depthwise_forward(double *y, const double *x, const double *w, const double *b, dgba_shape x_shape,
                           const dgba_conv2d *conv, bool relu);

/** Overwrites dx, dw and db. */
void ref_depthwise_backward(double *dx, double *dw, double *db, const double *dy, const double *x, const double *w,
                            dgba_shape x_shape, const dgba_conv2d *conv);

void ref_batchnorm_forward(double *y, double *running_mean, double *running_var, const double *x, const double *gamma,
                           const double *beta, dgba_shape shape, dgba_batchnorm options);

/** Overwrites dx, dgamma and dbeta. */
void ref_batchnorm_backward(double *dx, double *dgamma, double *dbeta, const double *dy, const double *x,
                            const double *gamma, dgba_shape shape, dgba_batchnorm options);

/** y of a map without NaN. */
void ref_maxpool_forward(double *y, const double *x, dgba_shape x_shape, const dgba_maxpool *pool);

/** Overwrites dx; each window's gradient goes to the first of its greatest elements. */
void ref_maxpool_backward(double *dx, const double *dy, const double *x, dgba_shape x_shape, const dgba_maxpool *pool);

/** Rectifier, sum of two maps, dropout with a given pattern. */
void ref_relu_forward(double *y, const double *x, int64_t count);
void ref_relu_backward(double *dx, const double *dy, const double *x, int64_t count);
void ref_add_forward(double *y, const double *a, const double *b, int64_t count, bool relu);
void ref_dropout(double *y, const double *x, const uint8_t *kept, int64_t count, double rate);

#endif
