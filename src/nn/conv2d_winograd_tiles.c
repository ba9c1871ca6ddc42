#include "conv2d_winograd_pairs.h"

typedef int32_t lanes_mask __attribute__((vector_size(WINOGRAD_LANES * sizeof(float))));

// A transform works along one axis, first down, then across. `to` and `from` are its first elements, t and f lanes apart.

/* ---- Along one axis ---- */

/** Bᵀ */
INLINE void inputs_to_points(winograd_kind kind, lanes *to, int64_t t, const lanes *from, int64_t f) {
    if (winograd_has_pairs(kind)) {
        WITH_PAIRS(pairs_of_inputs, kind, to, t, from, f);
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
    if (winograd_has_pairs(kind)) {
        WITH_PAIRS(pairs_to_outputs, kind, to, t, from, f);
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
    if (winograd_has_pairs(kind)) {
        WITH_PAIRS(pairs_of_outputs, kind, to, t, from, f);
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
    const int64_t before = winograd_has_pairs(kind) ? axis->dilation : 0; // beside the others is only padding
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

INLINE bool is_of(const winograd_group *g, winograd_kind down, winograd_kind across) {
    return g->down == down && g->across == across;
}

INLINE winograd_group known_as(winograd_group g, winograd_kind down, winograd_kind across) {
    g.down = down;
    g.across = across;
    return g;
}

/** Does `transform` with a group. Where it is of a usual pair of kinds, the compiler knows that: loops have known lengths.
 */
#define WITH_GROUP(transform, g, ...)                                                         \
    do {                                                                                      \
        const winograd_group fours = known_as(*(g), WINOGRAD_FOUR, WINOGRAD_FOUR);            \
        const winograd_group sixes = known_as(*(g), WINOGRAD_SIX, WINOGRAD_SIX);              \
        const winograd_group sevens = known_as(*(g), WINOGRAD_SEVEN_COMPLEX, WINOGRAD_SEVEN); \
        if (is_of(g, WINOGRAD_FOUR, WINOGRAD_FOUR))                                           \
            transform(&fours, __VA_ARGS__);                                                   \
        else if (is_of(g, WINOGRAD_SIX, WINOGRAD_SIX))                                        \
            transform(&sixes, __VA_ARGS__);                                                   \
        else if (is_of(g, WINOGRAD_SEVEN_COMPLEX, WINOGRAD_SEVEN))                            \
            transform(&sevens, __VA_ARGS__);                                                  \
        else                                                                                  \
            transform(g, __VA_ARGS__);                                                        \
    } while (0)

typedef void finder(int64_t *elements, const winograd_axis *axis, winograd_kind kind, int64_t piece);
typedef void transform(winograd_kind kind, lanes *to, int64_t t, const lanes *from, int64_t f);

/** What is read of a tile: how many elements of a piece, where they are, and what makes points of them. All are constants
 *  wherever this is inlined. */
INLINE void read_tiles(const winograd_group *g, winograd_matrices to, const lanes *pixels, const winograd_map *map,
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
    WITH_GROUP(read_tiles, g, to, pixels, map, image, channel, winograd_inputs, find_inputs, inputs_to_points);
}

DGBA_VECTORIZE
static void read_outputs(winograd_matrices to, const lanes *pixels, const winograd_map *map, const winograd_group *g,
                         int64_t image, int64_t channel) {
    read_tiles(g, to, pixels, map, image, channel, winograd_outputs, find_outputs, outputs_to_points);
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

INLINE void write_tiles(const winograd_group *g, lanes *pixels, winograd_matrices from, const winograd_map *map,
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
    WITH_GROUP(write_tiles, g, pixels, from, map, image, channel, bias, relu);
}

void winograd_write_outputs(float *pixels, winograd_matrices from, const winograd_map *map, int64_t image, int64_t channel,
                            const float *bias, bool relu) {
    for (int64_t g = 0; g < map->group_count; ++g)
        write_outputs((lanes *)pixels, from, map, &map->groups[g], image, channel, (const lanes *)bias, relu);
}
