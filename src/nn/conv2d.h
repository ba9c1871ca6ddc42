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

typedef struct conv2d_algorithm {
    const char *name;
    bool (*supports)(const conv2d_geometry *g);
    /** Estimated time, in multiply-accumulates of a large matrix product. */
    double (*cost)(const conv2d_geometry *g, dgba_conv2d_direction direction);
    int64_t (*scratch)(const conv2d_geometry *g, dgba_conv2d_direction direction); // NULL: needs none
    void (*forward)(float *y, const float *x, const float *w, const float *b, const conv2d_geometry *g, bool relu,
                    float *scratch);
    void (*backward_input)(float *dx, const float *dy, const float *w, const conv2d_geometry *g, bool accumulate,
                           float *scratch);
    void (*backward_weights)(float *dw, const float *dy, const float *x, const conv2d_geometry *g, float *scratch);
} conv2d_algorithm;

extern const conv2d_algorithm conv2d_pointwise, conv2d_panels, conv2d_strassen, conv2d_columns, conv2d_winograd;

/* Parts of costs: a matrix product; floats copied in runs between images and matrices. */
double conv2d_product_cost(int64_t rows, int64_t columns, int64_t inner);
double conv2d_copy_cost(int64_t floats);

#endif
