/** Labels that are computed from the image itself, as Taskonomy defines them. */
#ifndef DGBA_DATA_LABEL_FILTERS_H
#define DGBA_DATA_LABEL_FILTERS_H

#include "dgba/base.h"

/** Images of scratch that the filters need. */
enum { DGBA_FILTER_PLANES = 4 };

/** ITU-R 601 luma on 0..1.
 *  Shapes    out (H,W)  rgb (H,W,3) */
void dgba_filter_grey(float *out, const uint8_t *rgb, int64_t pixels);

/** Strength of edges: Gaussian blur, then the magnitude of the Sobel gradient.
 *  Units     sigma 3 px and gradients per px of an image 480 high, whatever the height is
 *  Shapes    out, grey (H,W)  work (DGBA_FILTER_PLANES,H,W) */
void dgba_filter_edges(float *out, const float *grey, int64_t height, int64_t width, float *work);

/** Keypoint strength: determinant of the Hessian of SURF's box filters, the largest over ten scales, at least 0.
 *  Units     as above, scales from 1 to 30 px
 *  Source    Bay, Tuytelaars, Van Gool, "SURF: Speeded Up Robust Features", ECCV 2006 */
void dgba_filter_keypoints(float *out, const float *grey, int64_t height, int64_t width, float *work);

/** x ← clip(x, 0, most) mapped to [−1, 1]. */
void dgba_filter_encode(float *x, int64_t count, float most);

#endif
