#include <math.h>
#include <string.h>

#include "conv2d_pointwise.h"
#include "conv2d_winograd_lanes.h"

// One level of Winograd's variant of Strassen's algorithm (7 products and 15 sums of quarters of the matrices). W is cut
// into upper and lower rows and both factors in the middle of the channels that are summed; the columns of x into left and
// right ones. Which rows and columns make a half does not matter, so each block of rows has halves of its own, and each run
// of 96 pixels: their quarters stay in the caches. The sums of quarters are formed where the factors are copied anyway.
//   S1 = W21 + W22   S2 = S1 − W11   S3 = W11 − W21   S4 = W12 − S2
//   T1 = x12 − x11   T2 = x22 − T1   T3 = x22 − x12   T4 = x21 − T2
//   y11 = W11·x11 + W12·x21                   y12 = W11·x11 + S2·T2 + S1·T1 + S4·x22
//   y21 = W11·x11 + S2·T2 + S3·T3 + W22·T4    y22 = W11·x11 + S2·T2 + S3·T3 + S1·T1
// Source: Golub and Van Loan, Matrix Computations §1.3.11, with T4 negated.

enum {
    HALF_ROWS = 64,                       // of a block
    STRIP = 16,                           // rows whose sums are formed at once
    KERNEL_ROWS = 8,                      // that the best kernel computes at once: the factors lie in its order
    PAIR_PIXELS = 2 * DGBA_PANEL_COLUMNS, // a left and a right panel
    GRAIN = WINOGRAD_LANES,
    CHANNELS = 2 * GRAIN // the number of channels is a multiple of it
};

/** The factors of the seven products, in this order in memory. */
typedef enum product { W11_X11, W12_X21, S4_X22, W22_T4, S1_T1, S2_T2, S3_T3, PRODUCTS } product;

/** One call, and the parts of its scratch. */
typedef struct job {
    int64_t in, out; // channels, in the direction of the call
    int64_t images, plane;
    int64_t half;   // of the channels that are summed
    float *weights; // per block of rows a matrix for each product: (rows of a half/8, half/16, 8, 16)
    float *strips;  // transposed weights: two strips (16,in)
    float *panels;  // a panel (half,48) for each product
    float *tiles;   // (4, rows of a half, 48): the quarters of the result
} job;

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

static job job_of(const conv2d_geometry *g, bool back, float *scratch) {
    job j = {.in = back ? g->y.c : g->x.c, .out = back ? g->x.c : g->y.c, .images = g->x.n, .plane = g->x.h * g->x.w};
    j.half = j.in / 2;
    j.weights = scratch;
    j.strips = j.weights + PRODUCTS * j.half * (j.out / 2);
    j.panels = j.strips + (back ? 2 * STRIP * j.in : 0);
    j.tiles = j.panels + PRODUCTS * j.half * DGBA_PANEL_COLUMNS;
    return j;
}

static int64_t scratch_floats(const conv2d_geometry *g, dgba_conv2d_direction direction) {
    if (direction == DGBA_CONV2D_BACKWARD_PARAMS) return 0;
    const job j = job_of(g, direction == DGBA_CONV2D_BACKWARD_INPUT, NULL);
    return j.tiles - j.weights + 4 * HALF_ROWS * DGBA_PANEL_COLUMNS;
}

static bool supports(const conv2d_geometry *g) {
    return pointwise_supports(g) && g->x.c % CHANNELS == 0 && g->y.c % CHANNELS == 0;
}

static double cost(const conv2d_geometry *g, dgba_conv2d_direction direction) {
    if (direction == DGBA_CONV2D_BACKWARD_PARAMS) return INFINITY; // the same as POINTWISE
    const double seven_eighths = 0.875, per_weight = 37, per_value = 21;
    const double weights = (double)(g->x.c * g->y.c), pixels = (double)(g->x.n * g->y.h * g->y.w);
    return seven_eighths * weights * pixels + per_weight * weights + per_value * pixels * (double)(g->x.c + g->y.c);
}

/* ---- Factors ---- */

// Macros, because a function that returns such a value needs the instruction set for it.
#define LOAD(from)   (*(const lanes *)(from))
#define STORE(to, x) (*(lanes *)(to) = (x))

/** `stride` floats from the matrix of a product to that of the next. */
DGBA_VECTORIZE
static void sum_weights(float *strip, int64_t stride, const float *upper, const float *lower, int64_t row, int64_t half) {
    for (int64_t i = 0; i < STRIP; ++i, upper += row, lower += row) {
        float *to = strip + (i - i % KERNEL_ROWS) * half + i % KERNEL_ROWS * GRAIN;
        for (int64_t k = 0; k < half; k += GRAIN, to += KERNEL_ROWS * GRAIN) {
            const lanes w11 = LOAD(upper + k), w12 = LOAD(upper + half + k);
            const lanes w21 = LOAD(lower + k), w22 = LOAD(lower + half + k);
            const lanes s1 = w21 + w22, s2 = s1 - w11;
            STORE(to + W11_X11 * stride, w11);
            STORE(to + W12_X21 * stride, w12);
            STORE(to + S4_X22 * stride, w12 - s2);
            STORE(to + W22_T4 * stride, w22);
            STORE(to + S1_T1 * stride, s1);
            STORE(to + S2_T2 * stride, s2);
            STORE(to + S3_T3 * stride, w11 - w21);
        }
    }
}

/** Channel k of the upper half and of the lower one, 48 pixels left and right. */
INLINE void sum_pixels(float *to, int64_t stride, const float *upper, const float *lower) {
    for (int64_t p = 0; p < DGBA_PANEL_COLUMNS; p += GRAIN, to += GRAIN) {
        const lanes x11 = LOAD(upper + p), x12 = LOAD(upper + DGBA_PANEL_COLUMNS + p);
        const lanes x21 = LOAD(lower + p), x22 = LOAD(lower + DGBA_PANEL_COLUMNS + p);
        const lanes t1 = x12 - x11, t2 = x22 - t1;
        STORE(to + W11_X11 * stride, x11);
        STORE(to + W12_X21 * stride, x21);
        STORE(to + S4_X22 * stride, x22);
        STORE(to + W22_T4 * stride, x21 - t2);
        STORE(to + S1_T1 * stride, t1);
        STORE(to + S2_T2 * stride, t2);
        STORE(to + S3_T3 * stride, x22 - x12);
    }
}

/** The pixels first .. first+left+right−1 of an image. */
typedef struct pair {
    int64_t first, left, right;
} pair;

/** Equal numbers of whole registers left and right. */
static pair pair_at(const job *j, int64_t first) {
    const int64_t count = smaller(PAIR_PIXELS, j->plane - first);
    const int64_t left = smaller((count + CHANNELS - 1) / CHANNELS * GRAIN, count);
    return (pair){first, left, count - left};
}

static void copy_pair(float to[PAIR_PIXELS], const float *pixels, pair p) {
    memset(to, 0, PAIR_PIXELS * sizeof *to);
    memcpy(to, pixels, (size_t)p.left * sizeof *to);
    memcpy(to + DGBA_PANEL_COLUMNS, pixels + p.left, (size_t)p.right * sizeof *to);
}

DGBA_VECTORIZE
static void sum_panels(const job *j, const float *image, pair p) {
    const int64_t stride = j->half * DGBA_PANEL_COLUMNS;
    const float *upper = image + p.first, *lower = upper + j->half * j->plane;
    float part[2][PAIR_PIXELS];
    for (int64_t k = 0; k < j->half; ++k, upper += j->plane, lower += j->plane) {
        float *to = j->panels + k * DGBA_PANEL_COLUMNS;
        if (p.left + p.right == PAIR_PIXELS) {
            sum_pixels(to, stride, upper, lower);
        } else {
            copy_pair(part[0], upper, p);
            copy_pair(part[1], lower, p);
            sum_pixels(to, stride, part[0], part[1]);
        }
    }
}

/** Rows of a half of the block that begins at `row`. */
static int64_t half_rows(const job *j, int64_t row) { return smaller(HALF_ROWS, (j->out - row) / 2); }

/** Of the block that begins at `row`, that of a product. */
static float *block_weights(const job *j, int64_t row, product p) {
    return j->weights + PRODUCTS * (row / 2) * j->half + p * half_rows(j, row) * j->half;
}

/** w (out,in), or transposed. */
static void make_weights(const job *j, const float *w, bool transposed) {
    for (int64_t row = 0; row < j->out; row += 2 * HALF_ROWS) {
        const int64_t half = half_rows(j, row), stride = half * j->half;
        for (int64_t i = row; i < row + half; i += STRIP) {
            const float *upper = w + i * j->in, *lower = w + (i + half) * j->in;
            if (transposed) {
                pointwise_transpose(j->strips, j->in, w + i, j->out, STRIP, j->in);
                pointwise_transpose(j->strips + STRIP * j->in, j->in, w + i + half, j->out, STRIP, j->in);
                upper = j->strips;
                lower = upper + STRIP * j->in;
            }
            sum_weights(block_weights(j, row, W11_X11) + (i - row) * j->half, stride, upper, lower, j->in, j->half);
        }
    }
}

/* ---- Products ---- */

DGBA_VECTORIZE
static void add_tile(float *restrict to, const float *restrict from, int64_t count) {
    for (int64_t i = 0; i < count; ++i) to[i] += from[i];
}

/** tile ← add + the product; add may be NULL. */
static void multiply(float *tile, const float *add, const job *j, int64_t row, product p, int64_t columns) {
    dgba_rows weights = {block_weights(j, row, p), GRAIN, KERNEL_ROWS * GRAIN, KERNEL_ROWS, j->half};
    dgba_panel_ends ends = {.add = add, .add_stride = DGBA_PANEL_COLUMNS};
    const float *panel = j->panels + p * j->half * DGBA_PANEL_COLUMNS;
    for (int64_t i = 0; i < half_rows(j, row); i += KERNEL_ROWS) {
        dgba_panel_product_onto(tile + i * DGBA_PANEL_COLUMNS, DGBA_PANEL_COLUMNS, weights, panel, columns, ends);
        weights.data += KERNEL_ROWS * j->half;
        if (add != NULL) ends.add += KERNEL_ROWS * DGBA_PANEL_COLUMNS;
    }
}

DGBA_VECTORIZE
static void write_tile(float *maps, int64_t plane, const float *tile, int64_t rows, int64_t columns, pointwise_finish f) {
    for (int64_t i = 0; i < rows; ++i, maps += plane, tile += DGBA_PANEL_COLUMNS) {
        const float bias = f.bias != NULL ? f.bias[i] : 0;
        if (f.accumulate)
            for (int64_t p = 0; p < columns; ++p) maps[p] += tile[p];
        else if (f.relu)
            for (int64_t p = 0; p < columns; ++p) maps[p] = tile[p] + bias < 0 ? 0 : tile[p] + bias;
        else
            for (int64_t p = 0; p < columns; ++p) maps[p] = tile[p] + bias;
    }
}

/** The rows of the block that begins at `row`; `maps`: an image of the result. */
static void multiply_block(float *maps, const job *j, int64_t row, pair p, pointwise_finish f) {
    const int64_t rows = half_rows(j, row), count = rows * DGBA_PANEL_COLUMNS;
    float *y11 = j->tiles, *y12 = y11 + count, *y21 = y12 + count, *y22 = y21 + count;
    multiply(y11, NULL, j, row, W11_X11, p.left);
    multiply(y12, y11, j, row, S2_T2, p.left);
    multiply(y11, y11, j, row, W12_X21, p.left);
    multiply(y21, y12, j, row, S3_T3, p.left);
    multiply(y22, NULL, j, row, S1_T1, p.left);
    add_tile(y12, y22, count);
    add_tile(y22, y21, count);
    multiply(y12, y12, j, row, S4_X22, p.left);
    multiply(y21, y21, j, row, W22_T4, p.left);
    float *upper = maps + row * j->plane + p.first, *lower = upper + rows * j->plane;
    pointwise_finish up = f, low = f;
    if (f.bias != NULL) {
        up.bias += row;
        low.bias += row + rows;
    }
    write_tile(upper, j->plane, y11, rows, p.left, up);
    write_tile(upper + p.left, j->plane, y12, rows, p.right, up);
    write_tile(lower, j->plane, y21, rows, p.left, low);
    write_tile(lower + p.left, j->plane, y22, rows, p.right, low);
}

/** Both directions are products of the same kind. */
static void convolve(float *to, const float *from, const float *w, const job *j, bool transposed, pointwise_finish f) {
    make_weights(j, w, transposed);
    for (int64_t image = 0; image < j->images; ++image) {
        for (int64_t first = 0; first < j->plane; first += PAIR_PIXELS) {
            const pair p = pair_at(j, first);
            sum_panels(j, from + image * j->in * j->plane, p);
            for (int64_t row = 0; row < j->out; row += 2 * HALF_ROWS)
                multiply_block(to + image * j->out * j->plane, j, row, p, f);
        }
    }
}

static void forward(float *y, const float *x, const float *w, const float *b, const conv2d_geometry *g, bool relu,
                    float *scratch) {
    const job j = job_of(g, false, scratch);
    convolve(y, x, w, &j, false, (pointwise_finish){.bias = b, .relu = relu});
}

static void backward_input(float *dx, const float *dy, const float *w, const conv2d_geometry *g, bool accumulate,
                           float *scratch) {
    const job j = job_of(g, true, scratch);
    convolve(dx, dy, w, &j, true, (pointwise_finish){.accumulate = accumulate});
}

const conv2d_algorithm conv2d_strassen = {
    .name = "strassen",
    .supports = supports,
    .cost = cost,
    .scratch = scratch_floats,
    .forward = forward,
    .backward_input = backward_input,
    .backward_weights = pointwise_backward_weights,
};
