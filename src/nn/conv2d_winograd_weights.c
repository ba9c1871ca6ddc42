#include <string.h>

#include "conv2d_winograd_pairs.h"

// As with tiles: along one axis, first down, then across; the lanes are filters.

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

static const float sixth = 1.0F / 6;

/** G */
INLINE void taps_to_points(winograd_kind kind, lanes *to, int64_t t, const lanes *from, int64_t f) {
    const lanes w0 = from[0], w1 = from[f], w2 = from[2 * f];
    if (winograd_has_pairs(kind)) {
        WITH_PAIRS(pairs_of_taps, kind, to, t, from, f);
    } else if (kind == WINOGRAD_THREE) {
        const lanes middle = 0.25F * w1, sum = sixth * (w0 + w2), difference = 0.5F * (w2 - w0);
        to[0] = middle + sum;
        to[t] = middle - sum;
        to[2 * t] = middle + difference;
        to[3 * t] = middle - difference;
    } else if (kind == WINOGRAD_TWO) {
        to[0] = w1;
        to[t] = w2 - w1;
        to[2 * t] = w0 - w1;
    } else {
        to[0] = w1;
    }
}

/** Gᵀ */
INLINE void points_to_taps(winograd_kind kind, lanes *to, int64_t t, const lanes *from, int64_t f) {
    if (winograd_has_pairs(kind)) {
        WITH_PAIRS(pairs_to_taps, kind, to, t, from, f);
    } else if (kind == WINOGRAD_THREE) {
        const lanes p0 = from[0], p1 = from[f], p2 = from[2 * f], p3 = from[3 * f];
        const lanes sum = sixth * (p0 - p1), difference = 0.5F * (p2 - p3);
        to[0] = sum - difference;
        to[t] = 0.25F * (p0 + p1 + p2 + p3);
        to[2 * t] = sum + difference;
    } else if (kind == WINOGRAD_TWO) {
        const lanes p0 = from[0], p1 = from[f], p2 = from[2 * f];
        to[0] = p2;
        to[t] = p0 - p1 - p2;
        to[2 * t] = p1;
    } else {
        to[0] = to[2 * t] = (lanes){0};
        to[t] = from[0];
    }
}

/* ---- Panels ---- */

enum {
    FILTERS = BLOCK, // that are arranged at once, for the lanes
    GROUPS = DGBA_PANEL_COLUMNS / WINOGRAD_LANES,
    BLOCK_FLOATS = FILTERS * WINOGRAD_TAPS * WINOGRAD_LANES, // (filter, tap, lane)
    LINES_BETWEEN = 5 // cache lines behind a row of halves, so that the rows do not fall into one set of the cache
};

/** First tap of the filter from input channel `in` to output channel `out`. */
INLINE const float *filter(const winograd_filters *f, int64_t out, int64_t in) {
    return f->w + (f->transposed ? in * f->out + out : out * f->in + in) * WINOGRAD_TAPS;
}

/** Any number of filters and lanes; those that are not there become 0. */
static void arrange_some(float *block, const winograd_filters *f, int64_t out, int64_t in, int64_t lane_count,
                         int64_t filters) {
    memset(block, 0, BLOCK_FLOATS * sizeof *block);
    for (int64_t lane = 0; lane < lane_count; ++lane)
        for (int64_t k = 0; k < filters; ++k)
            for (int64_t t = 0; t < WINOGRAD_TAPS; ++t)
                block[(k * WINOGRAD_TAPS + (f->transposed ? WINOGRAD_TAPS - 1 - t : t)) * WINOGRAD_LANES + lane] =
                    filter(f, out + lane, in + k)[t];
}

/** A whole block. The filters of a lane lie in a row, or, transposed, the lanes of a filter do, and their taps are turned
 *  round. */
DGBA_VECTORIZE
static void arrange(float *block, const winograd_filters *f, int64_t out, int64_t in) {
    if (!f->transposed) {
        for (int64_t t = 0; t < FILTERS * WINOGRAD_TAPS; t += BLOCK)
            for (int64_t lane = 0; lane < WINOGRAD_LANES; lane += BLOCK)
                transpose_block(block + t * WINOGRAD_LANES + lane, WINOGRAD_LANES, filter(f, out + lane, in) + t,
                                f->in * WINOGRAD_TAPS);
        return;
    }
    for (int64_t k = 0; k < FILTERS; ++k) {
        const float *from = filter(f, out, in + k);
        float *to = block + k * WINOGRAD_TAPS * WINOGRAD_LANES;
        for (int64_t lane = 0; lane < WINOGRAD_LANES; lane += BLOCK)
            transpose_block(to + BLOCK * WINOGRAD_LANES + lane, -WINOGRAD_LANES, from + lane * WINOGRAD_TAPS,
                            WINOGRAD_TAPS);
        for (int64_t lane = 0; lane < WINOGRAD_LANES; ++lane) to[lane] = from[lane * WINOGRAD_TAPS + BLOCK];
    }
}

static int64_t round_up(int64_t count, int64_t to) { return (count + to - 1) / to * to; }

/** Lanes of one row of halves, (group, filter, column). */
static int64_t row_lanes(int64_t in) { return GROUPS * round_up(in, FILTERS) * WINOGRAD_KERNEL + LINES_BETWEEN; }

int64_t winograd_halves_floats(const winograd_map *map, int64_t in) {
    return winograd_axis_points(&map->down) * row_lanes(in) * WINOGRAD_LANES;
}

/** G down the columns of a block of filters. The kind is a constant wherever this is inlined. */
INLINE void write_halves(lanes *halves, int64_t row, const lanes *taps, winograd_kind down) {
    for (int64_t i = 0; i < FILTERS * WINOGRAD_KERNEL; ++i) {
        const lanes *column = taps + i / WINOGRAD_KERNEL * WINOGRAD_TAPS + i % WINOGRAD_KERNEL;
        taps_to_points(down, halves + i, row, column, WINOGRAD_KERNEL);
    }
}

DGBA_VECTORIZE
static void write_block(lanes *halves, int64_t row, const lanes *taps, const winograd_map *map) {
#define KIND(kind)                               \
    if (winograd_pieces(&map->down, kind) > 0) { \
        write_halves(halves, row, taps, kind);   \
        halves += winograd_points(kind) * row;   \
    }
    KIND(WINOGRAD_ONE)
    KIND(WINOGRAD_TWO)
    KIND(WINOGRAD_THREE)
    KIND(WINOGRAD_FOUR)
    KIND(WINOGRAD_SIX)
    KIND(WINOGRAD_SEVEN)
    KIND(WINOGRAD_SEVEN_COMPLEX)
#undef KIND
}

void winograd_arrange(float *halves, const winograd_filters *f, const winograd_map *map, int64_t first, int64_t count) {
    _Alignas(64) float block[BLOCK_FLOATS];
    lanes *to = (lanes *)halves;
    for (int64_t lane = 0; lane < count; lane += WINOGRAD_LANES) {
        const int64_t lane_count = smaller(count - lane, WINOGRAD_LANES);
        for (int64_t in = 0; in < f->in; in += FILTERS, to += FILTERS * WINOGRAD_KERNEL) {
            const int64_t filters = smaller(f->in - in, FILTERS);
            if (filters == FILTERS && lane_count == WINOGRAD_LANES)
                arrange(block, f, first + lane, in);
            else
                arrange_some(block, f, first + lane, in, lane_count, filters);
            write_block(to, row_lanes(f->in), (const lanes *)block, map);
        }
    }
}

DGBA_VECTORIZE
static void write_panels(lanes *panels, int64_t step, const lanes *halves, const winograd_kind *kinds, int64_t kind_count,
                         int64_t in, int64_t groups) {
    for (int64_t g = 0; g < groups; ++g) {
        const lanes *half = halves + g * round_up(in, FILTERS) * WINOGRAD_KERNEL;
        for (int64_t k = 0; k < in; ++k, half += WINOGRAD_KERNEL) {
            lanes *to = panels + k * GROUPS + g;
            for (int64_t i = 0; i < kind_count; ++i) {
                taps_to_points(kinds[i], to, step, half, 1);
                to += winograd_points(kinds[i]) * step;
            }
        }
    }
}

void winograd_panels(float *panels, int64_t stride, const float *halves, const winograd_map *map, int64_t row, int64_t in,
                     int64_t count) {
    winograd_kind kinds[2]; // of the pieces across
    int64_t kind_count = 0;
    for (winograd_kind across = 0; across < WINOGRAD_KINDS; ++across)
        if (winograd_pieces(&map->across, across) > 0) kinds[kind_count++] = across;
    write_panels((lanes *)panels, stride / WINOGRAD_LANES, (const lanes *)halves + row * row_lanes(in), kinds, kind_count,
                 in, (count + WINOGRAD_LANES - 1) / WINOGRAD_LANES);
}

/* ---- Gradients ---- */

DGBA_VECTORIZE
static void read_gradient(lanes *taps, const float *gradient, int64_t stride, const winograd_map *map) {
    for (int64_t t = 0; t < WINOGRAD_TAPS; ++t) taps[t] = (lanes){0};
    for (int64_t i = 0; i < map->group_count; ++i) {
        const winograd_group *g = &map->groups[i];
        const int64_t points = winograd_points(g->across), step = stride / WINOGRAD_LANES;
        const lanes *point = (const lanes *)(gradient + g->first_position * stride);
        lanes half[WINOGRAD_MOST_POINTS * WINOGRAD_KERNEL], part[WINOGRAD_TAPS];
        for (int64_t j = 0; j < points; ++j) points_to_taps(g->down, half + j, points, point + j * step, points * step);
        for (int64_t r = 0; r < WINOGRAD_KERNEL; ++r)
            points_to_taps(g->across, part + r * WINOGRAD_KERNEL, 1, half + r * points, 1);
        for (int64_t t = 0; t < WINOGRAD_TAPS; ++t) taps[t] += part[t];
    }
}

void winograd_add_weights(float *dw, const float *gradient, int64_t stride, const winograd_map *map, int64_t in) {
    _Alignas(64) float taps[WINOGRAD_TAPS * WINOGRAD_LANES];
    for (int64_t first = 0; first < in; first += WINOGRAD_LANES) {
        read_gradient((lanes *)taps, gradient + first, stride, map);
        for (int64_t lane = 0; lane < smaller(in - first, WINOGRAD_LANES); ++lane)
            for (int64_t t = 0; t < WINOGRAD_TAPS; ++t)
                dw[(first + lane) * WINOGRAD_TAPS + t] += taps[t * WINOGRAD_LANES + lane];
    }
}
