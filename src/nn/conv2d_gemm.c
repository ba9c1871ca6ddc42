#include <string.h>

#include "conv2d.h"

// A chunk's columns should still be in the second-level cache (1 MiB on today's servers) when the product reads them, but
// a product over too few columns spends its time on arranging the weights.
enum { COLUMN_FLOATS = 1 << 18, LEAST_COLUMNS = 256 };

/** One call: how the output is cut into chunks, and the parts of the scratch. */
typedef struct job {
    const conv2d_geometry *g;
    int64_t inner;        // rows of the columns: channels × taps
    int64_t images, rows; // of a chunk
    int64_t plane;        // pixels of an output map
    bool all_taps;        // no tap is left out, so the weights can be used as they are
    int64_t column_floats, side_floats, weight_floats;
    float *columns; // (inner, columns of a chunk)
    float *side;    // (K, columns of a chunk): outputs of several images beside each other
    float *weights; // (K, inner), if some taps are left out
} job;

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

/** The size of the parts when `total` is cut into as few as possible of at most `most`, as equal as possible. */
static int64_t even_part(int64_t total, int64_t most) {
    const int64_t parts = (total + most - 1) / most;
    return (total + parts - 1) / parts;
}

/** All but the places of the scratch. */
static job cut(const conv2d_geometry *g) {
    const int64_t taps = g->down.taps * g->across.taps, plane = g->y.h * g->y.w;
    job j = {.g = g, .inner = g->x.c * taps, .plane = plane, .all_taps = taps == g->conv.kernel * g->conv.kernel};
    const int64_t most = larger(COLUMN_FLOATS / j.inner, LEAST_COLUMNS);
    j.images = plane <= most ? even_part(g->y.n, most / plane) : 1;
    j.rows = plane <= most ? g->y.h : even_part(g->y.h, larger(most / g->y.w, 1));
    const int64_t columns = j.images * j.rows * g->y.w;
    j.column_floats = j.inner * columns;
    j.side_floats = j.images > 1 ? g->y.c * columns : 0;
    j.weight_floats = j.all_taps ? 0 : g->y.c * j.inner;
    return j;
}

static int64_t scratch_floats(const conv2d_geometry *g, dgba_conv2d_direction direction) {
    (void)direction;
    const job j = cut(g);
    return j.column_floats + j.side_floats + j.weight_floats;
}

static bool supports(const conv2d_geometry *g) {
    (void)g;
    return true;
}

static double cost(const conv2d_geometry *g, dgba_conv2d_direction direction) {
    const job j = cut(g);
    const int64_t chunks = ((g->y.n + j.images - 1) / j.images) * ((g->y.h + j.rows - 1) / j.rows);
    const int64_t columns = j.images * j.rows * g->y.w;
    const bool weights = direction == DGBA_CONV2D_BACKWARD_PARAMS;
    const double product =
        weights ? conv2d_product_cost(g->y.c, j.inner, columns) : conv2d_product_cost(g->y.c, columns, j.inner);
    return (double)chunks * (product + conv2d_copy_cost(j.column_floats + j.side_floats));
}

static job job_of(const conv2d_geometry *g, float *scratch) {
    job j = cut(g);
    j.columns = scratch;
    j.side = j.columns + j.column_floats;
    j.weights = j.side + j.side_floats;
    return j;
}

static conv2d_chunk chunk_at(const job *j, int64_t image, int64_t row) {
    return (conv2d_chunk){image, smaller(j->images, j->g->y.n - image), row, smaller(j->rows, j->g->y.h - row)};
}

static conv2d_chunk first_chunk(const job *j) { return chunk_at(j, 0, 0); }

/** The chunk after this one; it has no images after the last. */
static conv2d_chunk next_chunk(const job *j, conv2d_chunk chunk) {
    const int64_t row = chunk.row + chunk.rows;
    return row < j->g->y.h ? chunk_at(j, chunk.image, row) : chunk_at(j, chunk.image + chunk.images, 0);
}

static int64_t chunk_columns(const job *j, conv2d_chunk chunk) { return chunk.images * chunk.rows * j->g->y.w; }

/** First element of channel k of the n-th image of a chunk, in an array of the output's shape. */
static int64_t output_index(const job *j, conv2d_chunk chunk, int64_t n, int64_t k) {
    return ((chunk.image + n) * j->g->y.c + k) * j->plane + chunk.row * j->g->y.w;
}

/** First tap in use, in the weights, of line `line` of all (K, C, row taps in use). */
static int64_t weight_index(const conv2d_geometry *g, int64_t line) {
    const int64_t filter = line / g->down.taps, row_tap = g->down.first_tap + line % g->down.taps;
    return (filter * g->conv.kernel + row_tap) * g->conv.kernel + g->across.first_tap;
}

static int64_t weight_lines(const conv2d_geometry *g) { return g->y.c * g->x.c * g->down.taps; }

/** The weights of the taps in use as a (K, inner) matrix. */
static const float *used_weights(const job *j, const float *w) {
    if (j->all_taps) return w;
    const int64_t taps = j->g->across.taps;
    for (int64_t line = 0; line < weight_lines(j->g); ++line)
        memcpy(j->weights + line * taps, w + weight_index(j->g, line), (size_t)taps * sizeof *w);
    return j->weights;
}

/** Adds the gradient of the taps in use, gathered in the scratch, to where it belongs. */
static void add_used_weights(float *dw, const job *j) {
    const int64_t taps = j->g->across.taps;
    for (int64_t line = 0; line < weight_lines(j->g); ++line)
        dgba_axpy(dw + weight_index(j->g, line), 1, j->weights + line * taps, taps);
}

static void finish_chunk(float *y, const float *b, const job *j, conv2d_chunk chunk, bool relu) {
    const int64_t piece = chunk.rows * j->g->y.w;
    for (int64_t k = 0; k < j->g->y.c; ++k) {
        for (int64_t n = 0; n < chunk.images; ++n) {
            float *to = y + output_index(j, chunk, n, k);
            const float *from = chunk.images > 1 ? j->side + (k * chunk.images + n) * piece : to;
            conv2d_finish(to, from, b != NULL ? b + k : NULL, piece, relu);
        }
    }
}

static void forward(float *y, const float *x, const float *w, const float *b, const conv2d_geometry *g, bool relu,
                    float *scratch) {
    const job j = job_of(g, scratch);
    const dgba_matrix weights = {used_weights(&j, w), j.inner, false};
    for (conv2d_chunk chunk = first_chunk(&j); chunk.images > 0; chunk = next_chunk(&j, chunk)) {
        const int64_t columns = chunk_columns(&j, chunk);
        conv2d_to_columns(j.columns, x, g, chunk);
        const bool aside = chunk.images > 1; // a single image's product lands where it belongs
        dgba_gemm(aside ? j.side : y + output_index(&j, chunk, 0, 0), aside ? columns : j.plane, 0, weights,
                  (dgba_matrix){j.columns, columns, false}, g->y.c, columns, j.inner);
        finish_chunk(y, b, &j, chunk, relu);
    }
}

/** dy of a chunk as a (K, columns) matrix. */
static dgba_matrix chunk_gradient(const float *dy, const job *j, conv2d_chunk chunk) {
    if (chunk.images == 1) return (dgba_matrix){dy + output_index(j, chunk, 0, 0), j->plane, false};
    const int64_t piece = chunk.rows * j->g->y.w;
    float *to = j->side;
    for (int64_t k = 0; k < j->g->y.c; ++k)
        for (int64_t n = 0; n < chunk.images; ++n, to += piece)
            memcpy(to, dy + output_index(j, chunk, n, k), (size_t)piece * sizeof *to);
    return (dgba_matrix){j->side, chunk.images * piece, false};
}

static void backward_input(float *dx, const float *dy, const float *w, const conv2d_geometry *g, bool accumulate,
                           float *scratch) {
    const job j = job_of(g, scratch);
    const dgba_matrix weights = {used_weights(&j, w), j.inner, true};
    if (!accumulate) dgba_fill(dx, 0, dgba_shape_count(g->x));
    for (conv2d_chunk chunk = first_chunk(&j); chunk.images > 0; chunk = next_chunk(&j, chunk)) {
        const int64_t columns = chunk_columns(&j, chunk);
        dgba_gemm(j.columns, columns, 0, weights, chunk_gradient(dy, &j, chunk), j.inner, columns, g->y.c);
        conv2d_add_columns(dx, j.columns, g, chunk);
    }
}

static void backward_weights(float *dw, const float *dy, const float *x, const conv2d_geometry *g, float *scratch) {
    const job j = job_of(g, scratch);
    float *gradient = j.all_taps ? dw : j.weights;
    if (!j.all_taps) dgba_fill(gradient, 0, g->y.c * j.inner);
    for (conv2d_chunk chunk = first_chunk(&j); chunk.images > 0; chunk = next_chunk(&j, chunk)) {
        const int64_t columns = chunk_columns(&j, chunk);
        conv2d_to_columns(j.columns, x, g, chunk);
        dgba_gemm(gradient, j.inner, 1, chunk_gradient(dy, &j, chunk), (dgba_matrix){j.columns, columns, true}, g->y.c,
                  j.inner, columns);
    }
    if (!j.all_taps) add_used_weights(dw, &j);
}

const conv2d_algorithm conv2d_columns = {
    .name = "columns",
    .supports = supports,
    .cost = cost,
    .scratch = scratch_floats,
    .forward = forward,
    .backward_input = backward_input,
    .backward_weights = backward_weights,
};
