#include <math.h>

#include "conv2d_winograd.h"

// Weights are turned into points where they are needed: kept, they would take four times the memory of the weights, and
// reading that would cost as much as making them anew. A row of points is made at a time, for the output channels of a
// panel: that stays in the second-level cache until it is multiplied.

enum {
    MOST_BLOCK = 8,        // tiles, as many as the best kernel multiplies at once
    CHUNK_TILES = 256,     // images are computed together up to about this number of tiles at a position,
    CHUNK_ROWS = 14000,    // and of tiles' points in all, which take the memory
    GRADIENT_CHANNELS = 96 // output channels whose weights' gradients are computed together
};

/** One call: the tiles of a chunk of images, and the parts of the scratch. */
typedef struct job {
    const conv2d_geometry *g;
    winograd_map map;
    int64_t in, out; // channels, in the direction of the call
    int64_t images;  // of a chunk
    int64_t plane;
    int64_t panel_floats;                                                            // of one position
    int64_t input_stride, output_stride;                                             // of a tile's row in the matrices
    int64_t pixel_floats, input_floats, output_floats, halves_floats, weight_floats; // of the parts
    float *pixels, *halves, *weights;
    winograd_matrices inputs, outputs;
} job;

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

static int64_t round_up(int64_t count, int64_t to) { return (count + to - 1) / to * to; }

/* ---- Tiles ---- */

static void add_group(winograd_map *map, winograd_kind down, winograd_kind across, int64_t images) {
    const int64_t rows = winograd_pieces(&map->down, down), columns = winograd_pieces(&map->across, across);
    if (rows * columns == 0) return;
    const int64_t points = winograd_points(down) * winograd_points(across), tiles = rows * columns * images;
    const int64_t blocks = (tiles + MOST_BLOCK - 1) / MOST_BLOCK, block = (tiles + blocks - 1) / blocks;
    map->groups[map->group_count++] = (winograd_group){.down = down,
                                                       .across = across,
                                                       .rows = rows,
                                                       .columns = columns,
                                                       .tiles = tiles,
                                                       .block = block,
                                                       .padded_tiles = blocks * block,
                                                       .points = points,
                                                       .first_position = map->positions,
                                                       .first_row = map->matrix_rows};
    map->positions += points;
    map->matrix_rows += points * blocks * block;
}

/** What long phases are cut into, down and across. */
typedef struct cutting {
    winograd_kind down, across;
} cutting;

static winograd_map cut_map(const conv2d_geometry *g, int64_t images, cutting c) {
    winograd_map map = {.down = winograd_cut(g->x.h, g->conv.dilation, c.down),
                        .across = winograd_cut(g->x.w, g->conv.dilation, c.across)};
    for (winograd_kind down = 0; down < WINOGRAD_KINDS; ++down)
        for (winograd_kind across = 0; across < WINOGRAD_KINDS; ++across) add_group(&map, down, across, images);
    return map;
}

/* ---- Costs, as conv2d_product_cost() ---- */

static double chunk_cost(const winograd_map *map, int64_t images, int64_t in, int64_t out) {
    const double per_filter = 60, per_weight = 9, per_pixel = 3, per_point = 7;
    const double channels = (double)round_up(in, WINOGRAD_LANES) * (double)round_up(out, WINOGRAD_LANES);
    const double pixels = (double)(map->down.size * map->across.size * images);
    // The rows of a product are padded, in effect, to a few registers.
    double rows = 0;
    for (int64_t i = 0; i < map->group_count; ++i)
        rows += (double)map->groups[i].points * (double)(map->groups[i].tiles + 2);
    return channels * (rows + per_filter + per_weight * (double)map->positions) +
           (double)(round_up(in, WINOGRAD_LANES) + round_up(out, WINOGRAD_LANES)) *
               (per_pixel * pixels + per_point * (double)map->matrix_rows);
}

/** The cheapest cutting of one image: an image's bits must not depend on how many others there are. */
static cutting best_cutting(const conv2d_geometry *g) {
    static const cutting cuttings[] = {
        {WINOGRAD_FOUR, WINOGRAD_FOUR}, {WINOGRAD_SIX, WINOGRAD_SIX}, {WINOGRAD_SEVEN_COMPLEX, WINOGRAD_SEVEN}};
    cutting best = cuttings[0];
    double least = INFINITY;
    for (int64_t i = 0; i < DGBA_COUNT_OF(cuttings); ++i) {
        const winograd_map map = cut_map(g, 1, cuttings[i]);
        const double cost = chunk_cost(&map, 1, g->x.c, g->y.c);
        if (cost >= least) continue;
        least = cost;
        best = cuttings[i];
    }
    return best;
}

static winograd_map map_of(const conv2d_geometry *g, int64_t images) { return cut_map(g, images, best_cutting(g)); }

/** Images of a chunk: as few chunks as possible, as equal as possible. */
static int64_t chunk_images(const conv2d_geometry *g) {
    const winograd_map one = map_of(g, 1);
    const int64_t fitting = smaller(CHUNK_TILES * one.positions, CHUNK_ROWS) / one.matrix_rows;
    const int64_t most = larger(fitting, 1), chunks = (g->x.n + most - 1) / most;
    return (g->x.n + chunks - 1) / chunks;
}

static double cost(const conv2d_geometry *g, dgba_conv2d_direction direction) {
    const double weights = direction == DGBA_CONV2D_BACKWARD_PARAMS ? 1.3 : 1; // narrow products, by BLAS
    const int64_t images = chunk_images(g);
    const winograd_map map = map_of(g, images);
    return weights * (double)((g->x.n + images - 1) / images) * chunk_cost(&map, images, g->x.c, g->y.c);
}

/* ---- The scratch ---- */

static job cut(const conv2d_geometry *g, dgba_conv2d_direction direction) {
    const bool back = direction == DGBA_CONV2D_BACKWARD_INPUT;
    job j = {.g = g, .images = chunk_images(g), .plane = g->x.h * g->x.w};
    j.map = map_of(g, j.images);
    j.in = back ? g->y.c : g->x.c;
    j.out = back ? g->x.c : g->y.c;
    const int64_t out_block = direction == DGBA_CONV2D_BACKWARD_PARAMS ? GRADIENT_CHANNELS : DGBA_PANEL_COLUMNS;
    j.input_stride = round_up(j.in, WINOGRAD_LANES);
    j.output_stride = round_up(smaller(j.out, out_block), WINOGRAD_LANES);
    j.panel_floats = j.in * DGBA_PANEL_COLUMNS + 5 * WINOGRAD_LANES;
    j.pixel_floats = (j.plane + 1) * WINOGRAD_LANES;
    j.input_floats = winograd_matrices_floats(&j.map, j.input_stride);
    j.output_floats = winograd_matrices_floats(&j.map, j.output_stride);
    if (direction == DGBA_CONV2D_BACKWARD_PARAMS) {
        j.weight_floats = j.map.positions * GRADIENT_CHANNELS * round_up(j.in, WINOGRAD_LANES);
    } else {
        j.weight_floats = winograd_axis_points(&j.map.across) * j.panel_floats;
        j.halves_floats = winograd_halves_floats(&j.map, j.in);
    }
    return j;
}

static int64_t scratch_floats(const conv2d_geometry *g, dgba_conv2d_direction direction) {
    const job j = cut(g, direction);
    return j.pixel_floats + j.input_floats + j.output_floats + j.halves_floats + j.weight_floats;
}

static job job_of(const conv2d_geometry *g, dgba_conv2d_direction direction, float *scratch) {
    job j = cut(g, direction);
    const bool blocked = direction != DGBA_CONV2D_BACKWARD_PARAMS; // BLAS does not read blocks
    j.inputs = (winograd_matrices){scratch, j.input_stride, blocked};
    j.outputs = (winograd_matrices){scratch + j.input_floats, j.output_stride, false};
    j.weights = j.outputs.data + j.output_floats;
    j.halves = j.weights + j.weight_floats;
    j.pixels = j.halves + j.halves_floats;
    dgba_fill(j.pixels + j.plane * WINOGRAD_LANES, 0, WINOGRAD_LANES);
    return j;
}

static bool supports(const conv2d_geometry *g) {
    return g->conv.kernel == WINOGRAD_KERNEL && g->conv.stride == 1 && g->conv.padding == g->conv.dilation;
}

/* ---- A chunk of images ---- */

typedef void reader(winograd_matrices to, const float *pixels, const winograd_map *map, int64_t image, int64_t channel);

/** Points of some channels, from arrays of images of `channels` channels. */
static void read_points(const job *j, winograd_matrices to, reader *read, const float *maps, int64_t channels,
                        int64_t first, int64_t count, int64_t images) {
    for (int64_t image = 0; image < images; ++image) {
        for (int64_t c = 0; c < count; c += WINOGRAD_LANES) {
            const int64_t channel = first + c;
            winograd_read_planes(j->pixels, maps + (image * channels + channel) * j->plane, j->plane,
                                 smaller(channels - channel, WINOGRAD_LANES));
            read(to, j->pixels, &j->map, image, c);
        }
    }
}

/** The products at row `row` of a group's points. */
static void multiply(const job *j, const winograd_group *g, int64_t row, const float *panel, int64_t count) {
    const int64_t columns = winograd_points(g->across);
    for (int64_t p = row * columns; p < (row + 1) * columns; ++p, panel += j->panel_floats) {
        const float *from = winograd_matrix(j->inputs, g, p);
        float *to = winograd_matrix(j->outputs, g, p);
        for (int64_t tile = 0; tile < g->tiles; tile += g->block) {
            const dgba_rows rows = {from + tile * j->input_stride, WINOGRAD_LANES, g->block * WINOGRAD_LANES,
                                    smaller(g->block, g->tiles - tile), j->in};
            dgba_panel_product(to + tile * j->output_stride, j->output_stride, rows, panel, count);
        }
    }
}

/** The points of the output channels first .. first+count−1. */
static void multiply_rows(const job *j, const winograd_filters *filters, int64_t first, int64_t count) {
    int64_t row_of_all = 0;
    winograd_arrange(j->halves, filters, &j->map, first, count);
    for (winograd_kind down = 0; down < WINOGRAD_KINDS; ++down) {
        if (winograd_pieces(&j->map.down, down) == 0) continue;
        for (int64_t row = 0; row < winograd_points(down); ++row, ++row_of_all) {
            const float *panel = j->weights;
            winograd_panels(j->weights, j->panel_floats, j->halves, &j->map, row_of_all, j->in, count);
            for (const winograd_group *g = j->map.groups; g < j->map.groups + j->map.group_count; ++g) {
                if (g->down != down) continue;
                multiply(j, g, row, panel, count);
                panel += winograd_points(g->across) * j->panel_floats;
            }
        }
    }
}

/** What becomes of the sums. */
typedef struct finish {
    const float *bias; // or NULL
    bool relu, accumulate;
} finish;

/** Outputs of the channels first .. first+count−1. */
static void write_maps(const job *j, float *maps, int64_t first, int64_t count, int64_t images, finish f) {
    for (int64_t c = 0; c < count; c += WINOGRAD_LANES) {
        const int64_t channel = first + c, channels = smaller(count - c, WINOGRAD_LANES);
        float bias[WINOGRAD_LANES] = {0};
        for (int64_t i = 0; f.bias != NULL && i < channels; ++i) bias[i] = f.bias[channel + i];
        for (int64_t image = 0; image < images; ++image) {
            winograd_write_outputs(j->pixels, j->outputs, &j->map, image, c, bias, f.relu);
            winograd_write_planes(maps + (image * j->out + channel) * j->plane, j->pixels, j->plane, channels,
                                  f.accumulate);
        }
    }
}

/** Both directions are convolutions of the same kind. */
static void convolve(float *to, const float *from, const float *w, const job *j, bool transposed, finish f) {
    const winograd_filters filters = {w, j->in, j->out, transposed};
    for (int64_t image = 0; image < j->g->x.n; image += j->images) {
        const int64_t images = smaller(j->images, j->g->x.n - image);
        read_points(j, j->inputs, winograd_read_inputs, from + image * j->in * j->plane, j->in, 0, j->in, images);
        for (int64_t first = 0; first < j->out; first += DGBA_PANEL_COLUMNS) {
            const int64_t count = smaller(j->out - first, DGBA_PANEL_COLUMNS);
            multiply_rows(j, &filters, first, count);
            write_maps(j, to + image * j->out * j->plane, first, count, images, f);
        }
    }
}

static void forward(float *y, const float *x, const float *w, const float *b, const conv2d_geometry *g, bool relu,
                    float *scratch) {
    const job j = job_of(g, DGBA_CONV2D_FORWARD, scratch);
    convolve(y, x, w, &j, false, (finish){.bias = b, .relu = relu});
}

static void backward_input(float *dx, const float *dy, const float *w, const conv2d_geometry *g, bool accumulate,
                           float *scratch) {
    const job j = job_of(g, DGBA_CONV2D_BACKWARD_INPUT, scratch);
    convolve(dx, dy, w, &j, true, (finish){.accumulate = accumulate});
}

/* ---- Gradients of the weights ---- */

static void multiply_gradients(const job *j, int64_t count, int64_t images) {
    const int64_t row = round_up(j->in, WINOGRAD_LANES);
    for (int64_t i = 0; i < j->map.group_count; ++i) {
        const winograd_group *g = &j->map.groups[i];
        for (int64_t p = 0; p < g->points; ++p)
            dgba_gemm(j->weights + (g->first_position + p) * GRADIENT_CHANNELS * row, row, 0,
                      (dgba_matrix){winograd_matrix(j->outputs, g, p), j->output_stride, true},
                      (dgba_matrix){winograd_matrix(j->inputs, g, p), j->input_stride, false}, count, j->in,
                      g->rows * g->columns * images);
    }
}

static void backward_weights(float *dw, const float *dy, const float *x, const conv2d_geometry *g, float *scratch) {
    const job j = job_of(g, DGBA_CONV2D_BACKWARD_PARAMS, scratch);
    const int64_t row = round_up(j.in, WINOGRAD_LANES);
    for (int64_t image = 0; image < g->x.n; image += j.images) {
        const int64_t images = smaller(j.images, g->x.n - image);
        read_points(&j, j.inputs, winograd_read_inputs, x + image * j.in * j.plane, j.in, 0, j.in, images);
        for (int64_t first = 0; first < j.out; first += GRADIENT_CHANNELS) {
            const int64_t count = smaller(j.out - first, GRADIENT_CHANNELS);
            read_points(&j, j.outputs, winograd_read_outputs, dy + image * j.out * j.plane, j.out, first, count, images);
            multiply_gradients(&j, count, images);
            for (int64_t k = 0; k < count; ++k)
                winograd_add_weights(dw + (first + k) * j.in * WINOGRAD_TAPS, j.weights + k * row, GRADIENT_CHANNELS * row,
                                     &j.map, j.in);
        }
    }
}

const conv2d_algorithm conv2d_winograd = {
    .name = "winograd",
    .supports = supports,
    .cost = cost,
    .scratch = scratch_floats,
    .forward = forward,
    .backward_input = backward_input,
    .backward_weights = backward_weights,
};
