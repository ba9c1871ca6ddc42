/** What the algorithms of a convolution share: conv2d.c chooses one, conv2d_<algorithm>.c computes. */
#ifndef DGBA_NN_CONV2D_H
#define DGBA_NN_CONV2D_H

#include "dgba/nn.h"

/** One axis of a convolution: sizes, and the taps first_tap .. first_tap+taps−1 outside which no tap reads inside the
 *  map (a dilation may be larger than the map). There is always at least one. */
typedef struct conv2d_axis {
    int64_t in, out, first_tap, taps;
} conv2d_axis;

typedef struct conv2d_geometry {
    dgba_conv2d conv;
    dgba_shape x, y;
    conv2d_axis down, across;
} conv2d_geometry;

/** Outputs begin .. end−1. */
typedef struct conv2d_span {
    int64_t begin, end;
} conv2d_span;

/** Distance from (output · stride) to the input that a tap reads. */
int64_t conv2d_offset(const dgba_conv2d *conv, int64_t tap);

/** The outputs of an axis for which a tap reads inside the map. */
conv2d_span conv2d_reach(const dgba_conv2d *conv, int64_t in, int64_t out, int64_t tap);

/** A piece of the output: whole images, or a band of rows of one image. */
typedef struct conv2d_chunk {
    int64_t image, images, row, rows;
} conv2d_chunk;

/** Inputs of a chunk as a matrix, a row per (channel, row tap, column tap), a column per (image, output row, output
 *  column). */
void conv2d_to_columns(float *columns, const float *x, const conv2d_geometry *g, conv2d_chunk chunk);

/** Adds the columns to where conv2d_to_columns() took them from. Clears what lies in the padding. */
void conv2d_add_columns(float *dx, float *columns, const conv2d_geometry *g, conv2d_chunk chunk);

/** Adds the bias (NULL: none) to `from` and rectifies it; y may be from. */
void conv2d_finish(float *y, const float *from, const float *bias, int64_t count, bool relu);

/* Any convolution: columns, then a matrix product. */
int64_t conv2d_gemm_scratch(const conv2d_geometry *g);
void conv2d_gemm_forward(float *y, const float *x, const float *w, const float *b, const conv2d_geometry *g, bool relu,
                         float *scratch);
void conv2d_gemm_backward_input(float *dx, const float *dy, const float *w, const conv2d_geometry *g, bool accumulate,
                                float *scratch);
void conv2d_gemm_backward_weights(float *dw, const float *dy, const float *x, const conv2d_geometry *g, float *scratch);

/* Kernel 1, stride 1, no padding: an image is its own matrix of columns. Needs no scratch. */
bool conv2d_is_pointwise(const conv2d_geometry *g);
void conv2d_pointwise_forward(float *y, const float *x, const float *w, const float *b, const conv2d_geometry *g,
                              bool relu);
void conv2d_pointwise_backward_input(float *dx, const float *dy, const float *w, const conv2d_geometry *g, bool accumulate);
void conv2d_pointwise_backward_weights(float *dw, const float *dy, const float *x, const conv2d_geometry *g);

#endif
