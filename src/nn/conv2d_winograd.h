/** Winograd's minimal filtering for 3×3 convolutions of stride 1 whose output is as large as the input.
 *
 *  A dilated convolution is d × d undilated ones, each on every d-th row and column: the phases. A phase is cut into pieces
 *  along each axis; a tile is a piece down by a piece across. Its inputs are turned into points, at each point the
 *  convolution is a matrix product over the channels, and the points of the products are turned into outputs:
 *  y = Aᵀ [Σ_c (G w Gᵀ) ⊙ (Bᵀ x B)] A.
 *  Source    arXiv 1509.09308 §4. ONE, TWO and THREE are for phases of that length, beside which there is only padding:
 *            n elements then need n + 1 products (n = 2, 3) instead of n + 2. THREE, of taps (a, b, c): with s = x0 + x2,
 *            d = x2 − x0, e = a + c, o = c − a,
 *              y2 + y0 = b s + e x1,   y2 − y0 = b d − o x1,   y1 = (e s + 9/4 b x1)/2 + (o d − 1/4 b x1)/2,
 *            which is (b ± 2/3 e)(s ± 3/2 x1) and (b ± 2 o)(d ∓ 1/2 x1), added and subtracted. For longer
 *            ones that takes complex numbers.
 *            The others are F(n,3) anywhere, with these points of interpolation (conv2d_winograd_pairs.h):
 *              FOUR            6 products  0, ±1, ±2, ∞
 *              SIX             8           0, ±1, ±2, ±1/2, ∞
 *              SEVEN           9           ±1/4, ±11/16, ±9/8, ±9/4, ∞
 *              SEVEN_COMPLEX  10           ±3/8, ±7/8, ±3/2, ±i, ∞
 *            On 512 channels of normal data, FOUR by FOUR has an error of 4.8e-6 (root mean squares), SIX by SIX 9.6e-6.
 *            SEVEN by SEVEN has 4.7 times the error of FOUR (16 times with the points of SIX and 4), SEVEN_COMPLEX by
 *            itself 0.43 times; one by the other, as tiles are, 6.8e-6 with 90 products for 49 outputs.
 *
 *  Everything is done for 16 channels at once, which lie beside each other: the lanes.
 */
#ifndef DGBA_NN_CONV2D_WINOGRAD_H
#define DGBA_NN_CONV2D_WINOGRAD_H

#include "conv2d.h"

enum { WINOGRAD_KERNEL = 3, WINOGRAD_TAPS = 9, WINOGRAD_MOST_POINTS = 10, WINOGRAD_LANES = 16 };

/** Kinds of pieces. */
typedef enum winograd_kind {
    WINOGRAD_ONE,
    WINOGRAD_TWO,
    WINOGRAD_THREE,
    WINOGRAD_FOUR,
    WINOGRAD_SIX,
    WINOGRAD_SEVEN,
    WINOGRAD_SEVEN_COMPLEX,
    WINOGRAD_KINDS
} winograd_kind;

static inline int64_t winograd_outputs(winograd_kind kind) {
    static const int64_t outputs[WINOGRAD_KINDS] = {1, 2, 3, 4, 6, 7, 7};
    return outputs[kind];
}

/** Products of a piece. */
static inline int64_t winograd_points(winograd_kind kind) {
    static const int64_t points[WINOGRAD_KINDS] = {1, 3, 4, 6, 8, 9, 10};
    return points[kind];
}

/** Whether the points are pairs ±p (conv2d_winograd_pairs.h). */
static inline bool winograd_has_pairs(winograd_kind kind) { return kind >= WINOGRAD_FOUR; }

/** Those without pairs stand between padding, which they do not read. */
static inline int64_t winograd_inputs(winograd_kind kind) {
    return winograd_outputs(kind) + (winograd_has_pairs(kind) ? 2 : 0);
}

/* ---- Cutting an axis ---- */

/** The first n mod d phases of an axis of n elements are one longer than the others; the two sorts are cut alike. */
typedef struct winograd_axis {
    int64_t size, dilation;
    int64_t phases[2];                 // longer, shorter
    int64_t pieces[2][WINOGRAD_KINDS]; // of a phase of each sort
} winograd_axis;

/** Phases of more than three elements are cut into pieces of the kind `longest`. */
winograd_axis winograd_cut(int64_t size, int64_t dilation, winograd_kind longest);

/** Pieces of a kind on the whole axis. */
int64_t winograd_pieces(const winograd_axis *axis, winograd_kind kind);

/** Points of one piece of each kind that the axis has. */
int64_t winograd_axis_points(const winograd_axis *axis);

/** The first output of a piece; the others follow at distances of the dilation. */
int64_t winograd_first(const winograd_axis *axis, winograd_kind kind, int64_t piece);

/* ---- Transforms ---- */

/** The tiles of one image whose pieces are of the same two kinds, and where their points lie. */
typedef struct winograd_group {
    winograd_kind down, across;
    int64_t rows, columns;  // of tiles, in an image
    int64_t tiles;          // in all images that are computed together
    int64_t block;          // tiles of a block
    int64_t padded_tiles;   // whole blocks
    int64_t points;         // of a tile
    int64_t first_position; // of its first point among those of all groups
    int64_t first_row;      // of the first tile's first point among the rows of all points' matrices
} winograd_group;

typedef struct winograd_map {
    winograd_axis down, across;
    winograd_group groups[4]; // an axis has at most two kinds
    int64_t group_count, positions, matrix_rows;
} winograd_map;

/** A matrix for each position, one after the other: a row per tile, a column per channel. Row-major; or `blocked`, for the
 *  kernels of products: g->block rows after one another, of each 16 columns of all rows and then the next 16. */
typedef struct winograd_matrices {
    float *data;
    int64_t stride; // floats per row; a multiple of 16
    bool blocked;
} winograd_matrices;

/** Start of a position's matrix. A cache line after each keeps the points of a tile from falling into one set of the cache.
 */
static inline float *winograd_matrix(winograd_matrices m, const winograd_group *g, int64_t point) {
    return m.data + (g->first_row + point * g->padded_tiles) * m.stride + (g->first_position + point) * WINOGRAD_LANES;
}

static inline int64_t winograd_matrices_floats(const winograd_map *map, int64_t stride) {
    return map->matrix_rows * stride + map->positions * WINOGRAD_LANES;
}

/* Pixels of one image, 16 channels each; the one after the last must be 0. */

/** Planes of `channels` ≤ 16 channels to pixels; lanes without a channel become 0. */
void winograd_read_planes(float *pixels, const float *planes, int64_t plane, int64_t channels);
/** And back; with `accumulate` it adds. */
void winograd_write_planes(float *planes, const float *pixels, int64_t plane, int64_t channels, bool accumulate);

/** Bᵀ: the inputs of all tiles of image `image` to their points, for the channels that begin at `channel`. */
void winograd_read_inputs(winograd_matrices to, const float *pixels, const winograd_map *map, int64_t image,
                          int64_t channel);
/** Aᵀ: points to outputs, to which `bias` (16) is added, and with `relu` negative ones become 0. */
void winograd_write_outputs(float *pixels, winograd_matrices from, const winograd_map *map, int64_t image, int64_t channel,
                            const float *bias, bool relu);
/** A: the gradient of the outputs to that of the points. */
void winograd_read_outputs(winograd_matrices to, const float *pixels, const winograd_map *map, int64_t image,
                           int64_t channel);

/** Weights of a convolution, seen from one of its directions: that to `out` channels from `in` channels. */
typedef struct winograd_filters {
    const float *w; // (K,C,3,3)
    int64_t in, out;
    bool transposed; // of the backward pass: out = C, in = K, and the taps turned round
} winograd_filters;

/** Floats of the halves of the filters from `in` channels to the output channels of a panel. */
int64_t winograd_halves_floats(const winograd_map *map, int64_t in);

/** G down: halves (row of points, filter, 3) of the filters of the output channels first .. first+count−1, count ≤ 48,
 * which become the lanes. The rows are those of all kinds of pieces down, kind after kind. */
void winograd_arrange(float *halves, const winograd_filters *filters, const winograd_map *map, int64_t first,
                      int64_t count);

/** Gᵀ across: panels (in,48) for one row of halves, at all points of the kinds of pieces across, kind after kind.
 *  `stride` floats from panel to panel. */
void winograd_panels(float *panels, int64_t stride, const float *halves, const winograd_map *map, int64_t row, int64_t in,
                     int64_t count);

/** Adds Gᵀ gradient G to the filters of one output channel.
 *  Shapes    dw (in,3,3)  gradient: per position, at distances of `stride` floats, `in` floats */
void winograd_add_weights(float *dw, const float *gradient, int64_t stride, const winograd_map *map, int64_t in);

#endif
