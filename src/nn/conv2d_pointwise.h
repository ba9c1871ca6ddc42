/** What the algorithms for 1×1 convolutions share, which compute the matrix product y = W·x: POINTWISE by BLAS, PANELS by
 *  kernels of our own, STRASSEN by these with seven products of halves instead of eight. */
#ifndef DGBA_NN_CONV2D_POINTWISE_H
#define DGBA_NN_CONV2D_POINTWISE_H

#include "conv2d.h"

/** What becomes of a product: a bias (NULL: none) and a rectifier, or it is added to what is there. */
typedef struct pointwise_finish {
    const float *bias;
    bool relu, accumulate;
} pointwise_finish;

/** Kernel 1, stride 1, no padding. */
bool pointwise_supports(const conv2d_geometry *g);

void pointwise_backward_weights(float *dw, const float *dy, const float *x, const conv2d_geometry *g, float *scratch);

/** In conv2d_panels.c: to[i][k] = from[k][i] for i < rows, k < columns; strides from row to row. */
void pointwise_transpose(float *to, int64_t to_stride, const float *from, int64_t from_stride, int64_t rows,
                         int64_t columns);

#endif
