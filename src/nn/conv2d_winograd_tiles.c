#include "conv2d_winograd_lanes.h"

typedef int32_t lanes_mask __attribute__((vector_size(WINOGRAD_LANES * sizeof(float))));

// A transform works along one axis, first down, then across. `to` and `from` are its first elements, t and f lanes apart.

/* ---- Along one axis ---- */

/** Bᵀ */
INLINE void inputs_to_points(winograd_kind kind, lanes *to, int64_t t, const lanes *from, int64_t f) {
    if (kind == WINOGRAD_FOUR) {
        const lanes d0 = from[0], d1 = from[f], d2 = from[2 * f], d3 = from[3 * f], d4 = from[4 * f], d5 = from[5 * f];
        const lanes even = d4 - 4 * d2, odd = d3 - 4 * d1, even2 = d4 - d2, odd2 = 2 * (d3 - d1);
        to[0] = 4 * d0 - 5 * d2 + d4;
        to[t] = even + odd;
        to[2 * t] = even - odd;
        to[3 * t] = even2 + odd2;
        to[4 * t] = even2 - odd2;
        to[5 * t] = 4 * d1 - 5 * d3 + d5;
    } else if (kind == WINOGRAD_THREE) {
        const lanes d0 = from[0], d1 = from[f], d2 = from[2 * f];
        const lanes sum = d0 + d2, difference = d2 - d0;
        to[0] = sum + 1.5F * d1;
        to[t] = sum - 1.5F * d1;
        to[2 * t] = difference - 0.5F * d1;
        to[3 * t] = difference + 0.5F * d1;
    } else if (kind == WINOGRAD_TWO) {
        const lanes d0 = from[0], d1 = from[f];
        to[0] = d0 + d1;
        to[t] = d1;
        to[2 * t] = d0;
    } else {
        to[0] = from[0];
    }
}

/** Aᵀ */
INLINE void points_to_outputs(winograd_kind kind, lanes *to, int64_t t, const lanes *from, int64_t f) {
    if (kind == WINOGRAD_FOUR) {
        const lanes p0 = from[0], p1 = from[f], p2 = from[2 * f], p3 = from[3 * f], p4 = from[4 * f], p5 = from[5 * f];
        const lanes sum = p1 + p2, difference = p1 - p2, sum2 = p3 + p4, difference2 = 2 * (p3 - p4);
        to[0] = p0 + sum + sum2;
        to[t] = difference + difference2;
        to[2 * t] = sum + 4 * sum2;
        to[3 * t] = difference + 4 * difference2 + p5;
    } else if (kind == WINOGRAD_THREE) {
        const lanes p0 = from[0], p1 = from[f], p2 = from[2 * f], p3 = from[3 * f];
        const lanes sum = p0 + p1, difference = p2 + p3;
        to[0] = sum - difference;
        to[t] = 1.5F * (p0 - p1) + 0.5F * (p2 - p3);
        to[2 * t] = sum + difference;
    } else if (kind == WINOGRAD_TWO) {
        const lanes p0 = from[0], p1 = from[f], p2 = from[2 * f];
        to[0] = p0 + p1;
        to[t] = p0 + p2;
    } else {
        to[0] = from[0];
    }
}

/** A */
INLINE void outputs_to_points(winograd_kind kind, lanes *to, int64_t t, const lanes *from, int64_t f) {
    if (kind == WINOGRAD_FOUR) {
        const lanes y0 = from[0], y1 = from[f], y2 = from[2 * f], y3 = from[3 * f];
        const lanes even = y0 + y2, odd = y1 + y3, even2 = y0 + 4 * y2, odd2 = 2 * (y1 + 4 * y3);
        to[0] = y0;
        to[t] = even + odd;
        to[2 * t] = even - odd;
        to[3 * t] = even2 + odd2;
        to[4 * t] = even2 - odd2;
        to[5 * t] = y3;
    } else if (kind == WINOGRAD_THREE) {
        const lanes y0 = from[0], y1 = from[f], y2 = from[2 * f];
        const lanes sum = y0 + y2, difference = y2 - y0;
        to[0] = sum + 1.5F * y1;
        to[t] = sum - 1.5F * y1;
        to[2 * t] = difference + 0.5F * y1;
        to[3 * t] = difference - 0.5F * y1;
    } else if (kind == WINOGRAD_TWO) {
        const lanes y0 = from[0], y1 = from[f];
        to[0] = y0 + y1;
        to[t] = y0;
        to[2 * t] = y1;
    } else {
        to[0] = from[0];
    }
}

/* ---- Tiles ---- */

enum { OUTSIDE = -1 };

/** Where the elements of a piece lie on the axis; OUTSIDE beyond it. */
INLINE void find_elements(int64_t *elements, int64_t count, const winograd_axis *axis, int64_t first) {
    for (int64_t i = 0; i < count; ++i) {
        const int64_t element = first + i * axis->dilation;
        elements[i] = element >= 0 && element < axis->size ? element : OUTSIDE;
    }
}

INLINE void find_inputs(int64_t *elements, const winograd_axis *axis, winograd_kind kind, int64_t piece) {
    const int64_t before = kind == WINOGRAD_FOUR ? axis->dilation : 0; // beside the others is only padding
    find_elements(elements, winograd_inputs(kind), axis, winograd_first(axis, kind, piece) - before);
}

INLINE void find_outputs(int64_t *elements, const winograd_axis *axis, winograd_kind kind, int64_t piece) {
    find_elements(elements, winograd_outputs(kind), axis, winograd_first(axis, kind, piece));
}

/** A tile's pixels, rows of `columns`; 0 outside the map. */
INLINE void gather(lanes *tile, const lanes *pixels, const winograd_map *map, const int64_t *down, int64_t rows,
                   const int64_t *across, int64_t columns) {
    const int64_t width = map->across.size, zero = map->down.size * width;
    for (int64_t i = 0; i < rows; ++i)
        for (int64_t j = 0; j < columns; ++j)
            tile[i * columns + j] = pixels[down[i] != OUTSIDE && across[j] != OUTSIDE ? down[i] * width + across[j] : zero];
}

/** First point of a tile, for 16 channels from `channel` on; its points are point_step() apart. */
INLINE lanes *tile_points(winograd_matrices m, const winograd_group *g, int64_t image, int64_t tile, int64_t channel) {
    const int64_t block = m.blocked ? g->block : 1, number = image * g->rows * g->columns + tile;
    return (lanes *)(winograd_matrix(m, g, 0) + number / block * block * m.stride + number % block * WINOGRAD_LANES +
                     channel * block);
}

INLINE int64_t point_step(winograd_matrices m, const winograd_group *g) {
    return g->padded_tiles * (m.stride / WINOGRAD_LANES) + 1;
}

/** Most tiles are four by four. Where the compiler knows that of a group, its code has loops of known length. */
INLINE bool has_fours(const winograd_group *g) { return g->down == WINOGRAD_FOUR && g->across == WINOGRAD_FOUR; }

INLINE winograd_group known_fours(winograd_group g) {
    g.down = g.across = WINOGRAD_FOUR;
    return g;
}

typedef void finder(int64_t *elements, const winograd_axis *axis, winograd_kind kind, int64_t piece);
typedef void transform(winograd_kind kind, lanes *to, int64_t t, const lanes *from, int64_t f);

/** What is read of a tile: how many elements of a piece, where they are, and what makes points of them. All are constants
 *  wherever this is inlined. */
INLINE void read_tiles(winograd_matrices to, const lanes *pixels, const winograd_map *map, const winograd_group *g,
                       int64_t image, int64_t channel, int64_t (*count)(winograd_kind), finder *find, transform *turn) {
    const int64_t step = point_step(to, g), rows = count(g->down), columns = count(g->across);
    const int64_t points = winograd_points(g->across);
    for (int64_t row = 0; row < g->rows; ++row) {
        int64_t down[WINOGRAD_MOST_POINTS], across[WINOGRAD_MOST_POINTS];
        find(down, &map->down, g->down, row);
        for (int64_t column = 0; column < g->columns; ++column) {
            lanes *point = tile_points(to, g, image, row * g->columns + column, channel);
            lanes tile[MOST_POINTS], half[MOST_POINTS];
            find(across, &map->across, g->across, column);
            gather(tile, pixels, map, down, rows, across, columns);
            for (int64_t j = 0; j < columns; ++j) turn(g->down, half + j, columns, tile + j, columns);
            for (int64_t i = 0; i < winograd_points(g->down); ++i)
                turn(g->across, point + i * points * step, step, half + i * columns, 1);
        }
    }
}

DGBA_VECTORIZE
static void read_inputs(winograd_matrices to, const lanes *pixels, const winograd_map *map, const winograd_group *g,
                        int64_t image, int64_t channel) {
    const winograd_group fours = known_fours(*g);
    if (has_fours(g))
        read_tiles(to, pixels, map, &fours, image, channel, winograd_inputs, find_inputs, inputs_to_points);
    else
        read_tiles(to, pixels, map, g, image, channel, winograd_inputs, find_inputs, inputs_to_points);
}

DGBA_VECTORIZE
static void read_outputs(winograd_matrices to, const lanes *pixels, const winograd_map *map, const winograd_group *g,
                         int64_t image, int64_t channel) {
    read_tiles(to, pixels, map, g, image, channel, winograd_outputs, find_outputs, outputs_to_points);
}

void winograd_read_inputs(winograd_matrices to, const float *pixels, const winograd_map *map, int64_t image,
                          int64_t channel) {
    for (int64_t g = 0; g < map->group_count; ++g)
        read_inputs(to, (const lanes *)pixels, map, &map->groups[g], image, channel);
}

void winograd_read_outputs(winograd_matrices to, const float *pixels, const winograd_map *map, int64_t image,
                           int64_t channel) {
    for (int64_t g = 0; g < map->group_count; ++g)
        read_outputs(to, (const lanes *)pixels, map, &map->groups[g], image, channel);
}

/** NaN stays NaN. */
INLINE void rectify(lanes *x) { *x = (lanes)(~(*x < 0) & (lanes_mask)*x); }

INLINE void write_tiles(lanes *pixels, winograd_matrices from, const winograd_map *map, const winograd_group *g,
                        int64_t image, int64_t channel, const lanes *bias, bool relu) {
    const int64_t step = point_step(from, g), rows = winograd_outputs(g->down), columns = winograd_outputs(g->across);
    const int64_t points = winograd_points(g->across);
    for (int64_t row = 0; row < g->rows; ++row) {
        int64_t down[WINOGRAD_MOST_POINTS], across[WINOGRAD_MOST_POINTS];
        find_outputs(down, &map->down, g->down, row);
        for (int64_t column = 0; column < g->columns; ++column) {
            const lanes *point = tile_points(from, g, image, row * g->columns + column, channel);
            lanes half[MOST_POINTS], tile[MOST_POINTS];
            find_outputs(across, &map->across, g->across, column);
            for (int64_t j = 0; j < points; ++j)
                points_to_outputs(g->down, half + j, points, point + j * step, points * step);
            for (int64_t i = 0; i < rows; ++i) points_to_outputs(g->across, tile + i * columns, 1, half + i * points, 1);
            for (int64_t i = 0; i < rows; ++i) {
                for (int64_t j = 0; j < columns; ++j) {
                    if (down[i] == OUTSIDE || across[j] == OUTSIDE) continue;
                    lanes *pixel = &pixels[down[i] * map->across.size + across[j]];
                    *pixel = tile[i * columns + j] + *bias;
                    if (relu) rectify(pixel);
                }
            }
        }
    }
}

DGBA_VECTORIZE
static void write_outputs(lanes *pixels, winograd_matrices from, const winograd_map *map, const winograd_group *g,
                          int64_t image, int64_t channel, const lanes *bias, bool relu) {
    const winograd_group fours = known_fours(*g);
    if (has_fours(g))
        write_tiles(pixels, from, map, &fours, image, channel, bias, relu);
    else
        write_tiles(pixels, from, map, g, image, channel, bias, relu);
}

void winograd_write_outputs(float *pixels, winograd_matrices from, const winograd_map *map, int64_t image, int64_t channel,
                            const float *bias, bool relu) {
    for (int64_t g = 0; g < map->group_count; ++g)
        write_outputs((lanes *)pixels, from, map, &map->groups[g], image, channel, (const lanes *)bias, relu);
}
