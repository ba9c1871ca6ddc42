#include <math.h>
#include <string.h>

#include "conv2d_pointwise.h"
#include "conv2d_winograd_lanes.h"

// y = W·x, where the columns are the pixels of all images. They are copied, 48 at a time, into panels of (channels, 48),
// of which a group stays in the second-level cache while the rows of W pass by.

enum {
    GROUP_FLOATS = 160 << 10, // panels multiplied together
    ROW_FLOATS = 8 << 10,     // weights that meet one panel after the other: what the first-level cache holds
    LEAST_ROWS = 8,           // as many as the best kernel multiplies at once
    MOST_ROWS = 64,           // bounds the side
    TRANSPOSED = 16,          // rows and columns of a block that is transposed at once
    BLOCKS_AHEAD = 2,         // between the one that is transposed and the one that is fetched from memory
};

/** One call: how it is cut, and the parts of the scratch. */
typedef struct job {
    int64_t in, out; // channels, in the direction of the call
    int64_t plane, pixels, panels;
    int64_t group, rows;                              // panels and rows that are multiplied together
    int64_t panel_floats, side_floats, weight_floats; // of the parts; of one panel
    float *panel;                                     // a group of them
    float *side;                                      // (rows, 48): a product that does not lie in one piece in the output
    float *weights;                                   // (out, in), if they must be transposed
} job;

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

static int64_t clamp(int64_t value, int64_t low, int64_t high) { return value < low ? low : value > high ? high : value; }

static job job_of(const conv2d_geometry *g, bool back, float *scratch) {
    job j = {.in = back ? g->y.c : g->x.c, .out = back ? g->x.c : g->y.c, .plane = g->x.h * g->x.w};
    j.pixels = g->x.n * j.plane;
    j.panels = (j.pixels + DGBA_PANEL_COLUMNS - 1) / DGBA_PANEL_COLUMNS;
    j.panel_floats = j.in * DGBA_PANEL_COLUMNS;
    j.group = clamp(GROUP_FLOATS / j.panel_floats, 1, j.panels);
    j.rows = smaller(clamp(ROW_FLOATS / j.in / LEAST_ROWS * LEAST_ROWS, LEAST_ROWS, MOST_ROWS), j.out);
    j.side_floats = j.rows * DGBA_PANEL_COLUMNS;
    j.weight_floats = back ? j.in * j.out : 0;
    j.panel = scratch;
    j.side = j.panel + j.group * j.panel_floats;
    j.weights = j.side + j.side_floats;
    return j;
}

static int64_t scratch_floats(const conv2d_geometry *g, dgba_conv2d_direction direction) {
    if (direction == DGBA_CONV2D_BACKWARD_PARAMS) return 0;
    const job j = job_of(g, direction == DGBA_CONV2D_BACKWARD_INPUT, NULL);
    return j.group * j.panel_floats + j.side_floats + j.weight_floats;
}

static double cost(const conv2d_geometry *g, dgba_conv2d_direction direction) {
    if (direction == DGBA_CONV2D_BACKWARD_PARAMS) return INFINITY; // the same as POINTWISE
    const double call = 1000, per_value = 5;
    const double weights = (double)(g->x.c * g->y.c), pixels = (double)(g->x.n * g->y.h * g->y.w);
    return call + weights * pixels + per_value * (weights + pixels * (double)(g->x.c + g->y.c));
}

/** One block of two by two, whose rows are whole cache lines. */
DGBA_VECTORIZE
static void transpose_lines(float *to, int64_t to_stride, const float *from, int64_t from_stride) {
    for (int64_t k = 0; k < TRANSPOSED; ++k) __builtin_prefetch(from + (BLOCKS_AHEAD * TRANSPOSED + k) * from_stride);
    for (int64_t i = 0; i < TRANSPOSED; i += BLOCK)
        for (int64_t k = 0; k < TRANSPOSED; k += BLOCK)
            transpose_block(to + i * to_stride + k, to_stride, from + k * from_stride + i, from_stride);
}

void pointwise_transpose(float *to, int64_t to_stride, const float *from, int64_t from_stride, int64_t rows,
                         int64_t columns) {
    for (int64_t i = 0; i < rows; i += TRANSPOSED) {
        for (int64_t k = 0; k < columns; k += TRANSPOSED) {
            float *to_block = to + i * to_stride + k;
            const float *from_block = from + k * from_stride + i;
            const int64_t height = smaller(rows - i, TRANSPOSED), width = smaller(columns - k, TRANSPOSED);
            if (height == TRANSPOSED && width == TRANSPOSED) {
                transpose_lines(to_block, to_stride, from_block, from_stride);
                continue;
            }
            for (int64_t a = 0; a < height; ++a)
                for (int64_t b = 0; b < width; ++b) to_block[a * to_stride + b] = from_block[b * from_stride + a];
        }
    }
}

DGBA_VECTORIZE
static void copy_panel(float *restrict panel, const float *restrict maps, int64_t plane, int64_t channels) {
    for (int64_t c = 0; c < channels; ++c)
        for (int64_t p = 0; p < DGBA_PANEL_COLUMNS; ++p) panel[c * DGBA_PANEL_COLUMNS + p] = maps[c * plane + p];
}

/** Pixels that lie behind each other in an image: in maps from element `at`, in a panel from `column`. */
typedef struct run {
    int64_t at, column, count;
} run;

/** The next run of the panel whose first pixel is `first`, for maps of `channels` channels; starts with {0}. */
static bool next_run(run *r, const job *j, int64_t first, int64_t channels) {
    r->column += r->count;
    const int64_t pixel = first + r->column, left = smaller(DGBA_PANEL_COLUMNS - r->column, j->pixels - pixel);
    r->at = pixel / j->plane * channels * j->plane + pixel % j->plane;
    r->count = smaller(left, j->plane - pixel % j->plane);
    return left > 0;
}

static void read_panel(float *panel, const float *maps, const job *j, int64_t first) {
    for (run r = {0}; next_run(&r, j, first, j->in);) {
        if (r.count == DGBA_PANEL_COLUMNS) {
            copy_panel(panel, maps + r.at, j->plane, j->in);
            continue;
        }
        for (int64_t c = 0; c < j->in; ++c)
            memcpy(panel + c * DGBA_PANEL_COLUMNS + r.column, maps + r.at + c * j->plane, (size_t)r.count * sizeof *panel);
    }
}

/** Copies between the side and where its rows belong. */
static void move_side(float *maps, const job *j, int64_t first, int64_t rows, bool fetch) {
    for (run r = {0}; next_run(&r, j, first, j->out);) {
        for (int64_t i = 0; i < rows; ++i) {
            float *map = maps + r.at + i * j->plane, *side = j->side + i * DGBA_PANEL_COLUMNS + r.column;
            memcpy(fetch ? side : map, fetch ? map : side, (size_t)r.count * sizeof *map);
        }
    }
}

/** `maps`: of the first of the rows. A panel that ends within 16 columns, or in another image, goes by the side. */
static void multiply(float *maps, dgba_rows weights, const float *panel, const job *j, int64_t first,
                     pointwise_finish how) {
    const int64_t columns = smaller(DGBA_PANEL_COLUMNS, j->pixels - first);
    run whole = {0};
    next_run(&whole, j, first, j->out);
    const bool aside = whole.count < columns || columns % DGBA_PANEL_GRAIN != 0;
    float *to = aside ? j->side : maps + whole.at;
    const int64_t stride = aside ? DGBA_PANEL_COLUMNS : j->plane;
    if (aside && how.accumulate) move_side(maps, j, first, weights.rows, true);
    dgba_panel_product_onto(
        to, stride, weights, panel, columns,
        (dgba_panel_ends){.add = how.accumulate ? to : NULL, .add_stride = stride, .bias = how.bias, .relu = how.relu});
    if (aside) move_side(maps, j, first, weights.rows, false);
}

/** Both directions are products of the same kind; w (out,in). */
static void convolve(float *to, const float *from, const float *w, const job *j, pointwise_finish how) {
    for (int64_t p = 0; p < j->panels; p += j->group) {
        const int64_t group = smaller(j->group, j->panels - p);
        for (int64_t i = 0; i < group; ++i)
            read_panel(j->panel + i * j->panel_floats, from, j, (p + i) * DGBA_PANEL_COLUMNS);
        for (int64_t row = 0; row < j->out; row += j->rows) {
            const dgba_rows weights = {w + row * j->in, j->in, DGBA_PANEL_GRAIN, smaller(j->rows, j->out - row), j->in};
            pointwise_finish part = how;
            if (how.bias != NULL) part.bias += row;
            for (int64_t i = 0; i < group; ++i)
                multiply(to + row * j->plane, weights, j->panel + i * j->panel_floats, j, (p + i) * DGBA_PANEL_COLUMNS,
                         part);
        }
    }
}

static void forward(float *y, const float *x, const float *w, const float *b, const conv2d_geometry *g, bool relu,
                    float *scratch) {
    const job j = job_of(g, false, scratch);
    convolve(y, x, w, &j, (pointwise_finish){.bias = b, .relu = relu});
}

static void backward_input(float *dx, const float *dy, const float *w, const conv2d_geometry *g, bool accumulate,
                           float *scratch) {
    const job j = job_of(g, true, scratch);
    pointwise_transpose(j.weights, j.in, w, j.out, j.out, j.in);
    convolve(dx, dy, j.weights, &j, (pointwise_finish){.accumulate = accumulate});
}

const conv2d_algorithm conv2d_panels = {
    .name = "panels",
    .supports = pointwise_supports,
    .cost = cost,
    .scratch = scratch_floats,
    .forward = forward,
    .backward_input = backward_input,
    .backward_weights = pointwise_backward_weights,
};
