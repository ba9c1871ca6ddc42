#include <string.h>

#include "conv2d.h"

// A dilation that is not much smaller than the map makes most taps read padding for most outputs. Here each tap is a
// matrix product of its own over the rectangle of outputs for which it reads inside the map, and over nothing else.

enum { CHUNK_PIXELS = 768 }; // more gain nothing, fewer spend their time on arranging the weights

/** Some rectangles of an image's plane, one in each of several images. */
typedef struct patch {
    dgba_shape shape; // of the array
    int64_t image, images, row, rows, column, columns;
} patch;

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

static int64_t patch_pixels(const patch *p) { return p->images * p->rows * p->columns; }

static int64_t patch_index(const patch *p, int64_t channel, int64_t image, int64_t row) {
    const dgba_shape s = p->shape;
    return (((p->image + image) * s.c + channel) * s.h + p->row + row) * s.w + p->column;
}

/** Copies a patch to a (C, pixels) matrix. */
static void gather(float *to, const float *from, const patch *p) {
    for (int64_t c = 0; c < p->shape.c; ++c)
        for (int64_t n = 0; n < p->images; ++n)
            for (int64_t i = 0; i < p->rows; ++i, to += p->columns)
                memcpy(to, from + patch_index(p, c, n, i), (size_t)p->columns * sizeof *to);
}

static void add(float *to, const float *from, const patch *p) {
    for (int64_t c = 0; c < p->shape.c; ++c)
        for (int64_t n = 0; n < p->images; ++n)
            for (int64_t i = 0; i < p->rows; ++i, from += p->columns)
                dgba_axpy(to + patch_index(p, c, n, i), 1, from, p->columns);
}

/** A patch as a matrix: where it lies, if it is one image's whole plane, or else gathered into `memory`. */
static dgba_matrix patch_matrix(float *memory, const float *array, const patch *p) {
    const bool in_place = p->images == 1 && p->columns == p->shape.w;
    if (in_place) return (dgba_matrix){array + patch_index(p, 0, 0, 0), p->shape.h * p->shape.w, false};
    gather(memory, array, p);
    return (dgba_matrix){memory, patch_pixels(p), false};
}

/* ---- Walking ---- */

/** What one product works on: a tap, and outputs and the inputs it reads for them. */
typedef struct piece {
    int64_t tap;
    patch x, y;
} piece;

typedef void visit_piece(const piece *p, void *data);

/** Cuts what a tap computes into pieces of a bounded size: several images, or a band of rows of one. */
static void visit_tap(visit_piece *visit, void *data, const conv2d_geometry *g, int64_t tap) {
    const int64_t kernel = g->conv.kernel, row_tap = tap / kernel, column_tap = tap % kernel;
    const conv2d_span down = conv2d_reach(&g->conv, g->x.h, g->y.h, row_tap);
    const conv2d_span across = conv2d_reach(&g->conv, g->x.w, g->y.w, column_tap);
    const int64_t height = down.end - down.begin, width = across.end - across.begin;
    if (height == 0 || width == 0) return;
    const int64_t images = larger(CHUNK_PIXELS / (height * width), 1);
    const int64_t bands = (height * width + CHUNK_PIXELS - 1) / CHUNK_PIXELS, rows = (height + bands - 1) / bands;
    piece p = {.tap = tap, .x = {.shape = g->x}, .y = {.shape = g->y}};
    p.y.column = across.begin;
    p.x.column = across.begin + conv2d_offset(&g->conv, column_tap);
    p.x.columns = p.y.columns = width;
    for (int64_t n = 0; n < g->y.n; n += images) {
        p.x.image = p.y.image = n;
        p.x.images = p.y.images = smaller(images, g->y.n - n);
        for (int64_t i = down.begin; i < down.end; i += rows) {
            p.y.row = i;
            p.x.row = i + conv2d_offset(&g->conv, row_tap);
            p.x.rows = p.y.rows = smaller(rows, down.end - i);
            visit(&p, data);
        }
    }
}

static void visit_all(visit_piece *visit, void *data, const conv2d_geometry *g) {
    for (int64_t tap = 0; tap < g->conv.kernel * g->conv.kernel; ++tap) visit_tap(visit, data, g, tap);
}

static bool supports(const conv2d_geometry *g) { return g->conv.stride == 1; }

/* ---- Sizes ---- */

typedef struct estimate {
    dgba_conv2d_direction direction;
    int64_t pixels; // of the largest piece
    double cost;
} estimate;

static void estimate_piece(const piece *p, void *data) {
    estimate *e = data;
    const int64_t pixels = patch_pixels(&p->y), c = p->x.shape.c, k = p->y.shape.c;
    const bool weights = e->direction == DGBA_CONV2D_BACKWARD_PARAMS;
    const int64_t added = e->direction == DGBA_CONV2D_FORWARD ? k : weights ? 0 : c; // read and written
    e->pixels = larger(e->pixels, pixels);
    e->cost += (weights ? conv2d_product_cost(k, c, pixels) : conv2d_product_cost(k, pixels, c));
    e->cost += conv2d_copy_cost(pixels * (c + k + added)) + (weights ? conv2d_weights_cost(c * k) : 0);
}

static estimate estimate_all(const conv2d_geometry *g, dgba_conv2d_direction direction) {
    estimate e = {.direction = direction};
    visit_all(estimate_piece, &e, g);
    return e;
}

static double cost(const conv2d_geometry *g, dgba_conv2d_direction direction) { return estimate_all(g, direction).cost; }

static int64_t filter_floats(const dgba_conv2d *conv) { return conv->out_channels * conv->in_channels; }

static int64_t scratch_floats(const conv2d_geometry *g, dgba_conv2d_direction direction) {
    const int64_t gradient = direction == DGBA_CONV2D_BACKWARD_PARAMS ? filter_floats(&g->conv) : 0;
    return estimate_all(g, direction).pixels * (g->x.c + g->y.c) + gradient;
}

/* ---- Weights: (taps, K, C) ---- */

static int64_t prepared(const dgba_conv2d *conv) { return conv->kernel * conv->kernel * filter_floats(conv); }

static void prepare(float *to, const float *w, const dgba_conv2d *conv) {
    const int64_t taps = conv->kernel * conv->kernel, filters = filter_floats(conv);
    for (int64_t i = 0; i < filters; ++i)
        for (int64_t tap = 0; tap < taps; ++tap) to[tap * filters + i] = w[i * taps + tap];
}

/* ---- Computing ---- */

typedef struct job {
    const conv2d_geometry *g;
    float *to; // y, or dx, or dw
    const float *x, *dy, *w;
    float *inputs, *outputs, *gradient; // of a piece
} job;

static job job_of(const conv2d_geometry *g, dgba_conv2d_direction direction, float *scratch) {
    const int64_t pixels = estimate_all(g, direction).pixels;
    job j = {.g = g, .inputs = scratch};
    j.outputs = j.inputs + pixels * g->x.c;
    j.gradient = j.outputs + pixels * g->y.c;
    return j;
}

static dgba_matrix tap_weights(const job *j, int64_t tap, bool transposed) {
    return (dgba_matrix){j->w + tap * filter_floats(&j->g->conv), j->g->x.c, transposed};
}

static void forward_piece(const piece *p, void *data) {
    const job *j = data;
    const int64_t pixels = patch_pixels(&p->y);
    dgba_gemm(j->outputs, pixels, 0, tap_weights(j, p->tap, false), patch_matrix(j->inputs, j->x, &p->x), j->g->y.c, pixels,
              j->g->x.c);
    add(j->to, j->outputs, &p->y);
}

static void forward(float *y, const float *x, const float *w, const float *b, const conv2d_geometry *g, bool relu,
                    float *scratch) {
    job j = job_of(g, DGBA_CONV2D_FORWARD, scratch);
    const int64_t plane = g->y.h * g->y.w;
    j.to = y;
    j.x = x;
    j.w = w;
    dgba_fill(y, 0, dgba_shape_count(g->y));
    visit_all(forward_piece, &j, g);
    for (int64_t i = 0; i < g->y.n * g->y.c; ++i)
        conv2d_finish(y + i * plane, y + i * plane, b != NULL ? b + i % g->y.c : NULL, plane, relu);
}

static void backward_input_piece(const piece *p, void *data) {
    const job *j = data;
    const int64_t pixels = patch_pixels(&p->y);
    dgba_gemm(j->inputs, pixels, 0, tap_weights(j, p->tap, true), patch_matrix(j->outputs, j->dy, &p->y), j->g->x.c, pixels,
              j->g->y.c);
    add(j->to, j->inputs, &p->x);
}

static void backward_input(float *dx, const float *dy, const float *w, const conv2d_geometry *g, bool accumulate,
                           float *scratch) {
    job j = job_of(g, DGBA_CONV2D_BACKWARD_INPUT, scratch);
    j.to = dx;
    j.dy = dy;
    j.w = w;
    if (!accumulate) dgba_fill(dx, 0, dgba_shape_count(g->x));
    visit_all(backward_input_piece, &j, g);
}

static void backward_weights_piece(const piece *p, void *data) {
    const job *j = data;
    const int64_t pixels = patch_pixels(&p->y), taps = j->g->conv.kernel * j->g->conv.kernel;
    dgba_matrix x = patch_matrix(j->inputs, j->x, &p->x);
    x.transposed = true;
    dgba_gemm(j->gradient, j->g->x.c, 0, patch_matrix(j->outputs, j->dy, &p->y), x, j->g->y.c, j->g->x.c, pixels);
    for (int64_t i = 0; i < filter_floats(&j->g->conv); ++i) j->to[i * taps + p->tap] += j->gradient[i];
}

static void backward_weights(float *dw, const float *dy, const float *x, const conv2d_geometry *g, float *scratch) {
    job j = job_of(g, DGBA_CONV2D_BACKWARD_PARAMS, scratch);
    j.to = dw;
    j.x = x;
    j.dy = dy;
    visit_all(backward_weights_piece, &j, g);
}

const conv2d_algorithm conv2d_taps = {
    .name = "taps",
    .supports = supports,
    .cost = cost,
    .prepared = prepared,
    .prepare = prepare,
    .scratch = scratch_floats,
    .forward = forward,
    .backward_input = backward_input,
    .backward_weights = backward_weights,
};
