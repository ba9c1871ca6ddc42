#include <string.h>

#include "conv2d_winograd.h"

// A dilated convolution is d × d undilated ones, each on every d-th row and column. Along an axis its tiles are counted
// with the phase fastest: tile t begins at output 4d·⌊t/d⌋ + t mod d and goes on in steps of d. So neighbouring tiles
// read neighbouring elements, which is what vector instructions want, and the tiles that have outputs come first.
//
// A row of tiles is transformed down its columns first, where it lies, whole image rows at a time. Then each of the
// resulting rows is split into four, by the place in the tile (0..3; 4 and 5 are 0 and 1 of the next tile), which turns the
// transform across into one over whole rows, too.

// Tiles transformed before the matrix products. Fewer stay closer in the cache; with more, a product spends less on
// arranging its factors.
enum { CHUNK_TILES = 512, LANES = 16, NONE = -1 };

/** Rows between the two transforms. Rows of inputs or outputs that are read stay 0 beside the map. */
typedef struct workspace {
    float *zeros, *inputs[WINOGRAD_POINTS], *outputs[WINOGRAD_POINTS];
    float *split[WINOGRAD_OUTPUTS], *lanes[WINOGRAD_POINTS];
} workspace;

enum { ROWS = 1 + 2 * WINOGRAD_POINTS, LANE_ROWS = WINOGRAD_OUTPUTS + WINOGRAD_POINTS }; // of each of the two kinds

typedef struct job {
    const conv2d_geometry *g;
    int64_t dilation;
    int64_t down, across;                // tiles of an image
    int64_t chunk_rows;                  // rows of tiles transformed together, of any number of images
    int64_t stride;                      // of the matrices: tiles of a chunk, and room for lanes that nobody reads
    int64_t input_floats, output_floats; // of the matrices of one point
    int64_t row_floats, lane_floats;     // of the workspace
    float *inputs, *outputs;             // (36, C, stride) and (36, K, stride)
    workspace space;
} job;

/** Some rows of tiles, numbered through all images. */
typedef struct chunk {
    int64_t first, rows;
} chunk;

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

static int64_t round_up(int64_t count, int64_t to) { return (count + to - 1) / to * to; }

/** Tiles along an axis of `out` outputs. */
static int64_t count_tiles(int64_t out, int64_t dilation) {
    const int64_t period = WINOGRAD_OUTPUTS * dilation;
    return out / period * dilation + smaller(out % period, dilation);
}

static int64_t first_output(const job *j, int64_t tile) {
    return tile + (WINOGRAD_OUTPUTS - 1) * j->dilation * (tile / j->dilation);
}

/** All but the places of the scratch. */
static job cut(const conv2d_geometry *g) {
    const int64_t d = g->conv.dilation;
    job j = {.g = g, .dilation = d, .down = count_tiles(g->y.h, d), .across = count_tiles(g->y.w, d)};
    const int64_t rows = g->y.n * j.down, most = larger(CHUNK_TILES / j.across, 1), chunks = (rows + most - 1) / most;
    j.chunk_rows = (rows + chunks - 1) / chunks;
    j.stride = round_up(j.chunk_rows * j.across + LANES - 1, LANES);
    // The cache line in between keeps the points of a tile from falling into one set of the cache.
    j.input_floats = g->x.c * j.stride + LANES;
    j.output_floats = g->y.c * j.stride + LANES;
    const int64_t groups = (j.across + d - 1) / d + 1;
    j.row_floats = round_up(larger(WINOGRAD_OUTPUTS * groups * d, larger(g->x.w, g->y.w)), LANES);
    j.lane_floats = round_up(groups * d, LANES) + LANES;
    return j;
}

static bool supports(const conv2d_geometry *g) {
    const int64_t d = g->conv.dilation; // beyond the output the tiles would be almost empty
    return g->conv.kernel == WINOGRAD_KERNEL && g->conv.stride == 1 && d <= g->y.h && d <= g->y.w;
}

static int64_t prepared(const dgba_conv2d *conv) { return WINOGRAD_ALL_POINTS * conv->in_channels * conv->out_channels; }

/** Of the transforms of one row of tiles of one channel. */
static double row_cost(const job *j, dgba_conv2d_direction direction) {
    const double start = direction == DGBA_CONV2D_BACKWARD_INPUT ? 11000 : 7000;
    return start + 800 * (double)j->across;
}

static double cost(const conv2d_geometry *g, dgba_conv2d_direction direction) {
    const job j = cut(g);
    const int64_t rows = g->y.n * j.down, chunks = (rows + j.chunk_rows - 1) / j.chunk_rows;
    const int64_t tiles = j.chunk_rows * j.across, c = g->x.c, k = g->y.c;
    const bool weights = direction == DGBA_CONV2D_BACKWARD_PARAMS;
    const double product = weights ? conv2d_product_cost(k, c, tiles) : conv2d_product_cost(k, tiles, c);
    return (double)chunks * WINOGRAD_ALL_POINTS * product + (double)(rows * (c + k)) * row_cost(&j, direction) +
           (weights ? conv2d_weights_cost(prepared(&g->conv)) : 0);
}

static void prepare(float *u, const float *w, const dgba_conv2d *conv) {
    conv2d_winograd_weights(u, w, conv->in_channels * conv->out_channels);
}

static int64_t scratch_floats(const conv2d_geometry *g, dgba_conv2d_direction direction) {
    const job j = cut(g);
    const int64_t gradient = direction == DGBA_CONV2D_BACKWARD_PARAMS ? prepared(&g->conv) : 0;
    return WINOGRAD_ALL_POINTS * (j.input_floats + j.output_floats) + ROWS * j.row_floats + LANE_ROWS * j.lane_floats +
           gradient;
}

static float *take_rows(float **rows, int64_t count, float *from, int64_t floats) {
    for (int64_t i = 0; i < count; ++i) rows[i] = from + i * floats;
    return from + count * floats;
}

/** Takes the parts of the scratch; `rest` is what follows them. */
static job job_of(const conv2d_geometry *g, float *scratch, float **rest) {
    job j = cut(g);
    j.inputs = scratch;
    j.outputs = j.inputs + WINOGRAD_ALL_POINTS * j.input_floats;
    float *next = j.outputs + WINOGRAD_ALL_POINTS * j.output_floats;
    dgba_fill(next, 0, ROWS * j.row_floats + LANE_ROWS * j.lane_floats);
    next = take_rows(&j.space.zeros, 1, next, j.row_floats);
    next = take_rows(j.space.inputs, WINOGRAD_POINTS, next, j.row_floats);
    next = take_rows(j.space.outputs, WINOGRAD_POINTS, next, j.row_floats);
    next = take_rows(j.space.split, WINOGRAD_OUTPUTS, next, j.lane_floats);
    *rest = take_rows(j.space.lanes, WINOGRAD_POINTS, next, j.lane_floats);
    return j;
}

static chunk chunk_at(const job *j, int64_t first) {
    return (chunk){first, smaller(j->chunk_rows, j->g->y.n * j->down - first)};
}

static chunk next_chunk(const job *j, chunk c) { return chunk_at(j, c.first + c.rows); }

/* ---- Splitting rows ---- */

static inline void split_runs(float *const split[4], const float *row, int64_t groups, int64_t run) {
    for (int64_t group = 0; group < groups; ++group)
        for (int64_t place = 0; place < WINOGRAD_OUTPUTS; ++place)
            for (int64_t i = 0; i < run; ++i)
                split[place][group * run + i] = row[(WINOGRAD_OUTPUTS * group + place) * run + i];
}

static inline void merge_runs(float *row, float *const split[4], int64_t groups, int64_t run) {
    for (int64_t group = 0; group < groups; ++group)
        for (int64_t place = 0; place < WINOGRAD_OUTPUTS; ++place)
            for (int64_t i = 0; i < run; ++i)
                row[(WINOGRAD_OUTPUTS * group + place) * run + i] = split[place][group * run + i];
}

// The compiler makes good code for a run of known length only.

static void split_row(float *const split[4], const float *row, int64_t groups, int64_t run) {
    switch (run) {
        case 1: split_runs(split, row, groups, 1); break;
        case 2: split_runs(split, row, groups, 2); break;
        case 4: split_runs(split, row, groups, 4); break;
        default: split_runs(split, row, groups, run);
    }
}

static void merge_row(float *row, float *const split[4], int64_t groups, int64_t run) {
    switch (run) {
        case 1: merge_runs(row, split, groups, 1); break;
        case 2: merge_runs(row, split, groups, 2); break;
        case 4: merge_runs(row, split, groups, 4); break;
        default: merge_runs(row, split, groups, run);
    }
}

static int64_t tile_groups(const job *j) { return (j->across + j->dilation - 1) / j->dilation; }

/* ---- One row of tiles of one channel ---- */

/** Which row of tiles, and where its lanes lie in the matrices. */
typedef struct place {
    int64_t image, top; // first output row
    int64_t lane;
} place;

static place place_of(const job *j, chunk c, int64_t row) {
    const int64_t number = c.first + row;
    return (place){number / j->down, first_output(j, number % j->down), row * j->across};
}

/** The six points across, for place `down`, of one channel of a tile: `first` is that of the first point. */
static void point_rows(float *rows[6], float *first, int64_t point_floats, int64_t down) {
    for (int64_t across = 0; across < WINOGRAD_POINTS; ++across)
        rows[across] = first + (down * WINOGRAD_POINTS + across) * point_floats;
}

static void input_points(float *rows[6], const job *j, place at, int64_t channel, int64_t down) {
    point_rows(rows, j->inputs + channel * j->stride + at.lane, j->input_floats, down);
}

static void output_points(float *rows[6], const job *j, place at, int64_t channel, int64_t down) {
    point_rows(rows, j->outputs + channel * j->stride + at.lane, j->output_floats, down);
}

/** Columns of x that some tile reads, counted from where the first tile begins. */
static conv2d_span input_columns(const job *j) {
    const int64_t padding = j->g->conv.padding, end = smaller(padding + j->g->x.w, j->row_floats);
    return (conv2d_span){smaller(padding, end), end};
}

/** Row of x that is row i of the tiles that begin at output row `top`; NONE in the padding. */
static int64_t input_row(const job *j, int64_t top, int64_t i) {
    const int64_t row = top + i * j->dilation - j->g->conv.padding;
    return row >= 0 && row < j->g->x.h ? row : NONE;
}

static void read_input(const job *j, const float *plane, place at, int64_t channel) {
    const workspace *space = &j->space;
    const conv2d_span columns = input_columns(j);
    const float *from[WINOGRAD_POINTS];
    float *to[WINOGRAD_POINTS];
    for (int64_t i = 0; i < WINOGRAD_POINTS; ++i) {
        const int64_t row = input_row(j, at.top, i);
        from[i] = row != NONE ? plane + row * j->g->x.w : space->zeros;
        to[i] = space->inputs[i] + columns.begin;
    }
    conv2d_winograd_input(to, from, columns.end - columns.begin);
    for (int64_t i = 0; i < WINOGRAD_POINTS; ++i) {
        split_row(space->split, space->inputs[i], tile_groups(j) + 1, j->dilation);
        for (int64_t k = 0; k < WINOGRAD_POINTS; ++k)
            from[k] = space->split[k % WINOGRAD_OUTPUTS] + k / WINOGRAD_OUTPUTS * j->dilation;
        input_points(to, j, at, channel, i);
        conv2d_winograd_input(to, from, round_up(j->across, LANES));
    }
}

/** Split rows from the six elements of each tile, of which the last two overlap the first two of the next. */
static void overlap(const job *j) {
    const workspace *space = &j->space;
    for (int64_t k = 0; k < WINOGRAD_OUTPUTS; ++k) {
        memcpy(space->split[k], space->lanes[k], (size_t)j->across * sizeof(float));
        memset(space->split[k] + j->across, 0, (size_t)j->dilation * sizeof(float));
    }
    for (int64_t k = WINOGRAD_OUTPUTS; k < WINOGRAD_POINTS; ++k)
        dgba_axpy(space->split[k - WINOGRAD_OUTPUTS] + j->dilation, 1, space->lanes[k], j->across);
}

static void add_input(const job *j, float *plane, place at, int64_t channel) {
    const workspace *space = &j->space;
    const conv2d_span columns = input_columns(j);
    float *rows[WINOGRAD_POINTS];
    for (int64_t i = 0; i < WINOGRAD_POINTS; ++i) {
        input_points(rows, j, at, channel, i);
        conv2d_winograd_input_transposed(space->lanes, (const float *const *)rows, round_up(j->across, LANES));
        overlap(j);
        merge_row(space->inputs[i], space->split, tile_groups(j) + 1, j->dilation);
    }
    for (int64_t i = 0; i < WINOGRAD_POINTS; ++i) rows[i] = space->inputs[i] + columns.begin;
    conv2d_winograd_input_transposed(rows, (const float *const *)rows, columns.end - columns.begin);
    for (int64_t i = 0; i < WINOGRAD_POINTS; ++i) {
        const int64_t row = input_row(j, at.top, i);
        if (row != NONE) dgba_axpy(plane + row * j->g->x.w, 1, rows[i], columns.end - columns.begin);
    }
}

static void read_output(const job *j, const float *plane, place at, int64_t channel) {
    const workspace *space = &j->space;
    const float *from[WINOGRAD_OUTPUTS];
    float *to[WINOGRAD_POINTS];
    for (int64_t i = 0; i < WINOGRAD_OUTPUTS; ++i) {
        const int64_t row = at.top + i * j->dilation;
        from[i] = row < j->g->y.h ? plane + row * j->g->y.w : space->zeros;
    }
    conv2d_winograd_output_transposed(space->outputs, from, j->g->y.w);
    for (int64_t i = 0; i < WINOGRAD_POINTS; ++i) {
        split_row(space->split, space->outputs[i], tile_groups(j), j->dilation);
        output_points(to, j, at, channel, i);
        conv2d_winograd_output_transposed(to, (const float *const *)space->split, round_up(j->across, LANES));
    }
}

static void write_output(const job *j, float *plane, const float *bias, bool relu, place at, int64_t channel) {
    const workspace *space = &j->space;
    float *points[WINOGRAD_POINTS];
    for (int64_t i = 0; i < WINOGRAD_POINTS; ++i) {
        output_points(points, j, at, channel, i);
        conv2d_winograd_output(space->split, (const float *const *)points, round_up(j->across, LANES));
        merge_row(space->outputs[i], space->split, tile_groups(j), j->dilation);
    }
    conv2d_winograd_output(space->outputs, (const float *const *)space->outputs, j->g->y.w);
    for (int64_t i = 0; i < WINOGRAD_OUTPUTS; ++i) {
        const int64_t row = at.top + i * j->dilation;
        if (row < j->g->y.h) conv2d_finish(plane + row * j->g->y.w, space->outputs[i], bias, j->g->y.w, relu);
    }
}

/* ---- A chunk of rows of tiles ---- */

// Channel by channel, so that a row of a matrix is written from its beginning to its end.

static void read_inputs(const job *j, const float *x, chunk c) {
    const dgba_shape s = j->g->x;
    for (int64_t channel = 0; channel < s.c; ++channel) {
        for (int64_t row = 0; row < c.rows; ++row) {
            const place at = place_of(j, c, row);
            read_input(j, x + (at.image * s.c + channel) * s.h * s.w, at, channel);
        }
    }
}

static void read_outputs(const job *j, const float *dy, chunk c) {
    const dgba_shape s = j->g->y;
    for (int64_t channel = 0; channel < s.c; ++channel) {
        for (int64_t row = 0; row < c.rows; ++row) {
            const place at = place_of(j, c, row);
            read_output(j, dy + (at.image * s.c + channel) * s.h * s.w, at, channel);
        }
    }
}

static dgba_matrix input_matrix(const job *j, int64_t point, bool transposed) {
    return (dgba_matrix){j->inputs + point * j->input_floats, j->stride, transposed};
}

static dgba_matrix output_matrix(const job *j, int64_t point) {
    return (dgba_matrix){j->outputs + point * j->output_floats, j->stride, false};
}

static void forward(float *y, const float *x, const float *u, const float *b, const conv2d_geometry *g, bool relu,
                    float *scratch) {
    float *rest = NULL;
    const job j = job_of(g, scratch, &rest);
    const dgba_shape s = g->y;
    for (chunk c = chunk_at(&j, 0); c.rows > 0; c = next_chunk(&j, c)) {
        read_inputs(&j, x, c);
        for (int64_t p = 0; p < WINOGRAD_ALL_POINTS; ++p)
            dgba_gemm(j.outputs + p * j.output_floats, j.stride, 0, (dgba_matrix){u + p * s.c * g->x.c, g->x.c, false},
                      input_matrix(&j, p, false), s.c, c.rows * j.across, g->x.c);
        for (int64_t k = 0; k < s.c; ++k) {
            for (int64_t row = 0; row < c.rows; ++row) {
                const place at = place_of(&j, c, row);
                write_output(&j, y + (at.image * s.c + k) * s.h * s.w, b != NULL ? b + k : NULL, relu, at, k);
            }
        }
    }
}

static void backward_input(float *dx, const float *dy, const float *u, const conv2d_geometry *g, bool accumulate,
                           float *scratch) {
    float *rest = NULL;
    const job j = job_of(g, scratch, &rest);
    const dgba_shape s = g->x;
    if (!accumulate) dgba_fill(dx, 0, dgba_shape_count(s));
    for (chunk c = chunk_at(&j, 0); c.rows > 0; c = next_chunk(&j, c)) {
        read_outputs(&j, dy, c);
        for (int64_t p = 0; p < WINOGRAD_ALL_POINTS; ++p)
            dgba_gemm(j.inputs + p * j.input_floats, j.stride, 0, (dgba_matrix){u + p * g->y.c * s.c, s.c, true},
                      output_matrix(&j, p), s.c, c.rows * j.across, g->y.c);
        for (int64_t channel = 0; channel < s.c; ++channel) {
            for (int64_t row = 0; row < c.rows; ++row) {
                const place at = place_of(&j, c, row);
                add_input(&j, dx + (at.image * s.c + channel) * s.h * s.w, at, channel);
            }
        }
    }
}

static void backward_weights(float *dw, const float *dy, const float *x, const conv2d_geometry *g, float *scratch) {
    float *du = NULL;
    const job j = job_of(g, scratch, &du);
    const int64_t filters = g->y.c * g->x.c;
    for (chunk c = chunk_at(&j, 0); c.rows > 0; c = next_chunk(&j, c)) {
        read_inputs(&j, x, c);
        read_outputs(&j, dy, c);
        for (int64_t p = 0; p < WINOGRAD_ALL_POINTS; ++p)
            dgba_gemm(du + p * filters, g->x.c, c.first > 0 ? 1 : 0, output_matrix(&j, p), input_matrix(&j, p, true),
                      g->y.c, g->x.c, c.rows * j.across);
    }
    conv2d_winograd_add_weights(dw, du, filters);
}

const conv2d_algorithm conv2d_winograd = {
    .name = "winograd",
    .supports = supports,
    .cost = cost,
    .prepared = prepared,
    .prepare = prepare,
    .scratch = scratch_floats,
    .forward = forward,
    .backward_input = backward_input,
    .backward_weights = backward_weights,
};
