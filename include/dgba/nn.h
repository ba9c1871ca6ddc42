/** Operations of a network: forward and backward on plain arrays, one operation per source file.
 *
 *  Argument order: outputs, inputs, shape, options, scratch. All arrays are (N,C,H,W) float32. A backward function is
 *  given dy = ∂L/∂y and computes ∂L/∂(its inputs); with `accumulate` it adds to what the output holds, otherwise it
 *  overwrites. Nothing allocates; scratch is the caller's, its size asked beforehand. Inputs and outputs do not overlap
 *  unless it says so.
 */
#ifndef DGBA_NN_H
#define DGBA_NN_H

#include "dgba/base.h"
#include "dgba/tensor.h"

/* ---- 2-D convolution ---- */

typedef struct dgba_conv2d {
    int64_t in_channels, out_channels, kernel, stride, padding, dilation;
} dgba_conv2d;

/** Shape of the output.
 *  Formula   H' = ⌊(H + 2·padding − dilation·(kernel−1) − 1)/stride⌋ + 1, W' likewise
 *  Errors    DGBA_E_SHAPE if the channels differ, a number is not positive (padding: negative), or nothing is left */
dgba_status dgba_conv2d_output_shape(dgba_shape *y, const dgba_conv2d *conv, dgba_shape x);

/** Multiply-accumulates of one forward pass over input shape `x`, padding included as is usual. */
int64_t dgba_conv2d_macs(const dgba_conv2d *conv, dgba_shape x);

/** Ways to compute it. */
typedef enum dgba_conv2d_algorithm {
    DGBA_CONV2D_POINTWISE, // kernel 1, stride 1, no padding: an image is the matrix
    DGBA_CONV2D_PANELS,    // the same with products of our own instead of BLAS, all images in one
    DGBA_CONV2D_STRASSEN,  // the same for multiples of 32 channels, with 7/8 of the multiplications; about four times the
                           // rounding error, and a NaN or an infinity reaches a second pixel and all channels of both
    DGBA_CONV2D_COLUMNS,   // any convolution: inputs copied to columns, then one matrix product
    DGBA_CONV2D_WINOGRAD,  // kernel 3, stride 1, padding = dilation: a fifth of the multiplications; ten to twenty times
                           // the rounding error, and a NaN or an infinity reaches all outputs computed with its own
    DGBA_CONV2D_ALGORITHMS
} dgba_conv2d_algorithm;

typedef enum dgba_conv2d_direction {
    DGBA_CONV2D_FORWARD,
    DGBA_CONV2D_BACKWARD_INPUT,
    DGBA_CONV2D_BACKWARD_PARAMS,
    DGBA_CONV2D_DIRECTIONS
} dgba_conv2d_direction;

/** "winograd"; borrowed. */
const char *dgba_conv2d_algorithm_name(dgba_conv2d_algorithm algorithm);

/** Can this algorithm compute this convolution? COLUMNS always can. */
bool dgba_conv2d_supports(dgba_conv2d_algorithm algorithm, const dgba_conv2d *conv, dgba_shape x);

/** The algorithm with the least estimated cost; depends on the sizes alone. */
dgba_conv2d_algorithm dgba_conv2d_choose(const dgba_conv2d *conv, dgba_shape x, dgba_conv2d_direction direction);

/** Weights (K,C,R,R), and the algorithm to compute with. */
typedef struct dgba_conv2d_weights {
    dgba_conv2d_algorithm algorithm;
    const float *w;
} dgba_conv2d_weights;

/** Floats of scratch for input shape `x`. */
int64_t dgba_conv2d_scratch(dgba_conv2d_algorithm algorithm, const dgba_conv2d *conv, dgba_shape x,
                            dgba_conv2d_direction direction);

/** Formula   y[n,k,i,j] = b[k] + Σ_{c,r,s} w[k,c,r,s] · x[n, c, i·stride + r·dilation − padding,
 *                                                             j·stride + s·dilation − padding]
 *            with x = 0 outside; with `relu`: y = max(0, that)
 *  Shapes    x (N,C,H,W)  w (K,C,R,R)  b (K) or NULL  y (N,K,H',W') */
void dgba_conv2d_forward(float *y, const float *x, dgba_conv2d_weights w, const float *b, dgba_shape x_shape,
                         const dgba_conv2d *conv, bool relu, float *scratch);

/** dx = the transposed convolution of dy. */
void dgba_conv2d_backward_input(float *dx, const float *dy, dgba_conv2d_weights w, dgba_shape x_shape,
                                const dgba_conv2d *conv, bool accumulate, float *scratch);

/** Adds to dw and, where it is not NULL, to db. (Parameter gradients always add: a training step clears them once.) */
void dgba_conv2d_backward_params(float *dw, float *db, const float *dy, const float *x, dgba_conv2d_algorithm algorithm,
                                 dgba_shape x_shape, const dgba_conv2d *conv, float *scratch);

/* ---- Depthwise convolution ---- */

/** Each channel with a filter of its own. Options are those of a convolution; kernel 3 only.
 *  Errors    DGBA_E_SHAPE as dgba_conv2d_output_shape(), and if in_channels and out_channels differ, the kernel is not 3,
 *            or the padded map has too many pixels */
dgba_status dgba_depthwise_output_shape(dgba_shape *y, const dgba_conv2d *conv, dgba_shape x);

/** Floats of scratch that any of the three functions below needs; does not depend on the number of images. */
int64_t dgba_depthwise_scratch(const dgba_conv2d *conv, dgba_shape x);

/** Multiply-accumulates of one forward pass over input shape `x`, padding included. */
int64_t dgba_depthwise_macs(const dgba_conv2d *conv, dgba_shape x);

/** Formula   y[n,c,i,j] = b[c] + Σ_{r,s} w[c,0,r,s] · x[n, c, i·stride + r·dilation − padding,
 *                                                           j·stride + s·dilation − padding]
 *            with x = 0 outside; with `relu`: y = max(0, that)
 *  Shapes    x (N,C,H,W)  w (C,1,3,3)  b (C) or NULL  y (N,C,H',W') */
void dgba_depthwise_forward(float *y, const float *x, const float *w, const float *b, dgba_shape x_shape,
                            const dgba_conv2d *conv, bool relu, float *scratch);
void dgba_depthwise_backward_input(float *dx, const float *dy, const float *w, dgba_shape x_shape, const dgba_conv2d *conv,
                                   bool accumulate, float *scratch);

/** Adds to dw and, where it is not NULL, to db. */
void dgba_depthwise_backward_params(float *dw, float *db, const float *dy, const float *x, dgba_shape x_shape,
                                    const dgba_conv2d *conv, float *scratch);

/* ---- Batch normalisation ---- */

typedef struct dgba_batchnorm {
    float epsilon, momentum; // 1e-5 and 0.1 in all our models
} dgba_batchnorm;

/* Training mode normalises by the statistics of the batch. A batch may be computed in parts: each part's sums are added
 * up, and what follows from the totals is the same for all parts. */

/** Formula   sums[c] = (Σ a, Σ a·b) over the elements of channel c
 *  Shapes    sums (C,2); a, b (N,C,H,W) */
void dgba_batchnorm_sums(double *sums, const float *a, const float *b, dgba_shape shape);

/** Statistics of a batch from its sums of x and x·x over `count` elements a channel; moves the running ones.
 *  Formula   inv_std = 1/√(var + epsilon), var biased (divided by count);
 *            running ← (1 − momentum)·running + momentum·(mean, unbiased var)
 *  Shapes    mean, inv_std, running_mean, running_var (C)  sums (C,2)
 *  Errors    needs count > 1, as PyTorch does: checked when the graph is planned */
void dgba_batchnorm_statistics(float *mean, float *inv_std, float *running_mean, float *running_var, const double *sums,
                               int64_t count, int64_t channels, dgba_batchnorm options);

/** Formula   y = (x − mean)·inv_std·gamma + beta; with `relu`: y = max(0, that) */
void dgba_batchnorm_normalise(float *y, const float *x, const float *mean, const float *inv_std, const float *gamma,
                              const float *beta, dgba_shape shape, bool relu);

/** Adds to dgamma and dbeta; from the batch's sums of dy and dy·x. */
void dgba_batchnorm_backward_params(float *dgamma, float *dbeta, const double *sums, const float *mean,
                                    const float *inv_std, int64_t channels);

/** dx, from the batch's sums of dy and dy·x over `count` elements a channel. */
void dgba_batchnorm_backward_input(float *dx, const float *dy, const float *x, const float *mean, const float *inv_std,
                                   const float *gamma, const double *sums, int64_t count, dgba_shape shape,
                                   bool accumulate);

/** Evaluation mode as one multiplication and one addition per channel, for folding into the convolution before it.
 *  Formula   scale = gamma/√(running_var + epsilon), shift = beta − running_mean·scale
 *  Shapes    all (C) */
void dgba_batchnorm_fold(float *scale, float *shift, const float *gamma, const float *beta, const float *running_mean,
                         const float *running_var, int64_t channels, dgba_batchnorm options);

/* ---- Rectifier ---- */

/** y = max(0, x); y may be x. NaN stays NaN. */
void dgba_relu_forward(float *y, const float *x, int64_t count);

/** dx = dy where y > 0, else 0; needs only the output of the forward pass. dx may be dy. */
void dgba_relu_backward(float *dx, const float *dy, const float *y, int64_t count, bool accumulate);

/** The same from a bit per element, for when y itself is not kept.
 *  Shapes    marks (dgba_relu_mark_words(count)) */
int64_t dgba_relu_mark_words(int64_t count);
void dgba_relu_mark(uint32_t *marks, const float *y, int64_t count);
void dgba_relu_backward_marked(float *dx, const float *dy, const uint32_t *marks, int64_t count, bool accumulate);

/* ---- Max-pooling ---- */

typedef struct dgba_maxpool {
    int64_t kernel, stride, padding;
    bool ceil_mode; // the last window may hang over the edge, as in PyTorch
} dgba_maxpool;

/** Formula   H' = ⌊(H + 2·padding − kernel)/stride⌋ + 1, with ⌈ ⌉ in ceil mode, where a last window that starts in the
 *            right padding is dropped
 *  Errors    DGBA_E_SHAPE; also if the padding is more than half the kernel, as in PyTorch */
dgba_status dgba_maxpool_output_shape(dgba_shape *y, const dgba_maxpool *pool, dgba_shape x);

/** `winner` (N,C,H',W') receives the index within its H·W plane of each maximum for the backward pass; NULL if not wanted.
 *  The first of equal elements wins; a NaN wins, and the last of several, as in PyTorch. */
void dgba_maxpool_forward(float *y, int32_t *winner, const float *x, dgba_shape x_shape, const dgba_maxpool *pool);
void dgba_maxpool_backward(float *dx, const float *dy, const int32_t *winner, dgba_shape x_shape, const dgba_maxpool *pool,
                           bool accumulate);

/* ---- Dropout ---- */

/** A pattern of dropout, named by (seed, index) and the rate, and which of its elements is the first of an array. */
typedef struct dgba_dropout {
    float rate;
    uint64_t seed, index;
    int64_t first;
} dgba_dropout;

/** Training mode: each element is kept with probability 1 − rate (to 16 binary digits) and then divided by 1 − rate.
 *  `kept` (count) receives 1 or 0 for the backward pass. y may be x. */
void dgba_dropout_forward(float *y, uint8_t *kept, const float *x, int64_t count, dgba_dropout dropout);
void dgba_dropout_backward(float *dx, const float *dy, const uint8_t *kept, int64_t count, float rate, bool accumulate);

/** Through a rectifier and dropout behind it, from the result of both: dx = dy/(1 − rate) where y > 0, else 0.
 *  dx may be dy. */
void dgba_dropout_backward_rectified(float *dx, const float *dy, const float *y, int64_t count, float rate,
                                     bool accumulate);

/* ---- Sum of two maps ---- */

/** y = a + b, with `relu` max(0, a + b); y may be a or b. */
void dgba_add_forward(float *y, const float *a, const float *b, int64_t count, bool relu);

#endif
