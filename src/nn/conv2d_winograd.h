/** The transforms of Winograd's F(4×4, 3×3), one axis at a time, each over many lanes at once.
 *
 *  A tile is 4 × 4 outputs; it reads 6 × 6 inputs, and in the transformed domain has 6 × 6 points. At each point the
 *  convolution is a matrix product over the channels:  y = Aᵀ [Σ_c (G w Gᵀ) ⊙ (Bᵀ x B)] A.
 *  Source    arXiv 1509.09308 §4; the points of interpolation are 0, 1, −1, 2, −2, ∞
 */
#ifndef DGBA_NN_CONV2D_WINOGRAD_H
#define DGBA_NN_CONV2D_WINOGRAD_H

#include "conv2d.h"

enum { WINOGRAD_KERNEL = 3, WINOGRAD_OUTPUTS = 4, WINOGRAD_POINTS = 6, WINOGRAD_ALL_POINTS = 36 };

/* `to` and `from` are arrays of rows that do not overlap, or the same rows; each of `count` lanes is transformed by itself.
 */

/** Bᵀ: the inputs of a tile to its points, and B, its transpose. */
void conv2d_winograd_input(float *const to[6], const float *const from[6], int64_t count);
void conv2d_winograd_input_transposed(float *const to[6], const float *const from[6], int64_t count);

/** Aᵀ: points to the outputs of a tile, and A, its transpose. */
void conv2d_winograd_output(float *const to[4], const float *const from[6], int64_t count);
void conv2d_winograd_output_transposed(float *const to[6], const float *const from[4], int64_t count);

/** u = G w Gᵀ.
 *  Shapes    u (36, filters)  w (filters,3,3) */
void conv2d_winograd_weights(float *u, const float *w, int64_t filters);

/** Adds Gᵀ du G to dw. */
void conv2d_winograd_add_weights(float *dw, const float *du, int64_t filters);

#endif
