/** Transforms along one axis for the kinds whose points of interpolation come in pairs ±p: FOUR, SIX and both SEVENs.
 *
 *  Filtering n outputs with three taps is a product of polynomials with n + 2 coefficients, transposed (arXiv 1509.09308
 *  §5.1): of its residues at ∞, at 0 for some kinds, and modulo t² − p² for each pair. Such a residue e + o t has the
 *  values e ± p o, so that two points share the even and the odd part of every transform. For p = i it is one complex
 *  number, and a product of two of these is three real ones: of the e, of the o, and of the e + o.
 */
#ifndef DGBA_NN_CONV2D_WINOGRAD_PAIRS_H
#define DGBA_NN_CONV2D_WINOGRAD_PAIRS_H

#include "conv2d_winograd_lanes.h"

enum { MOST_PAIRS = 4 };

typedef struct pairs {
    int outputs, count;
    bool zero;      // 0 is a point too, the first one; ∞ is always the last
    bool imaginary; // the last pair is ±i
    float p[MOST_PAIRS], square[MOST_PAIRS];
    float others[MOST_PAIRS][MOST_PAIRS]; // ∏ (t² − p²) over the other pairs: coefficients of 1, t², …, the last of them 1
    float all[MOST_PAIRS + 1];            // over all pairs
    float scale[MOST_PAIRS];              // of the weights: what the inputs' transform leaves out of the interpolation
    float zero_scale;
} pairs;

/* ∏ (t² − a) …, and its value at t² = x. */
#define ROOTS_1(a) \
    { -(a), 1 }
#define ROOTS_2(a, b) \
    { (a) * (b), -((a) + (b)), 1 }
#define ROOTS_3(a, b, c) \
    { -(a) * (b) * (c), (a) * (b) + (a) * (c) + (b) * (c), -((a) + (b) + (c)), 1 }
#define ROOTS_4(a, b, c, d)                                                                                    \
    {                                                                                                          \
        (a) * (b) * (c) * (d), -((a) * (b) * (c) + (a) * (b) * (d) + (a) * (c) * (d) + (b) * (c) * (d)),       \
            (a) * (b) + (a) * (c) + (a) * (d) + (b) * (c) + (b) * (d) + (c) * (d), -((a) + (b) + (c) + (d)), 1 \
    }
#define AT_1(x, a)       ((x) - (a))
#define AT_2(x, a, b)    (AT_1(x, a) * AT_1(x, b))
#define AT_3(x, a, b, c) (AT_2(x, a, b) * AT_1(x, c))

static const pairs winograd_four = {
    .outputs = 4,
    .count = 2,
    .zero = true,
    .p = {1, 2},
    .square = {1, 4},
    .others = {ROOTS_1(4.0), ROOTS_1(1.0)},
    .all = ROOTS_2(1.0, 4.0),
    .scale = {1 / (2 * AT_1(1.0, 4)), 1 / (2 * 4 * AT_1(4.0, 1))},
    .zero_scale = 1 / AT_2(0.0, 1, 4),
};

static const pairs winograd_six = {
    .outputs = 6,
    .count = 3,
    .zero = true,
    .p = {1, 2, 0.5},
    .square = {1, 4, 0.25},
    .others = {ROOTS_2(4.0, 0.25), ROOTS_2(1.0, 0.25), ROOTS_2(1.0, 4.0)},
    .all = ROOTS_3(1.0, 4.0, 0.25),
    .scale = {1 / (2 * AT_2(1.0, 4, 0.25)), 1 / (2 * 4 * AT_2(4.0, 1, 0.25)), 1 / (2 * 0.25 * AT_2(0.25, 1, 4))},
    .zero_scale = 1 / AT_3(0.0, 1, 4, 0.25),
};

/* Four pairs and no 0: what follows from the squares of their points. */
#define FOUR_PAIRS(a, b, c, d)                                                    \
    .outputs = 7, .count = 4, .square = {a, b, c, d}, .all = ROOTS_4(a, b, c, d), \
    .others = {ROOTS_3(b, c, d), ROOTS_3(a, c, d), ROOTS_3(a, b, d), ROOTS_3(a, b, c)}

// Those that make the least Σ |A row|² |G row|² |B row|² over the points, rounded: the mean square of errors follows it.
#define SEVEN_A (0.25 * 0.25)
#define SEVEN_B (0.6875 * 0.6875)
#define SEVEN_C (1.125 * 1.125)
#define SEVEN_D (2.25 * 2.25)

static const pairs winograd_seven = {
    FOUR_PAIRS(SEVEN_A, SEVEN_B, SEVEN_C, SEVEN_D),
    .p = {0.25, 0.6875, 1.125, 2.25},
    .scale = {1 / (2 * 0.25 * AT_3(SEVEN_A, SEVEN_B, SEVEN_C, SEVEN_D)),
              1 / (2 * 0.6875 * AT_3(SEVEN_B, SEVEN_A, SEVEN_C, SEVEN_D)),
              1 / (2 * 1.125 * AT_3(SEVEN_C, SEVEN_A, SEVEN_B, SEVEN_D)),
              1 / (2 * 2.25 * AT_3(SEVEN_D, SEVEN_A, SEVEN_B, SEVEN_C))},
};

#define COMPLEX_A (0.375 * 0.375)
#define COMPLEX_B (0.875 * 0.875)
#define COMPLEX_C (1.5 * 1.5)
#define COMPLEX_D (-1.0)

static const pairs winograd_seven_complex = {
    FOUR_PAIRS(COMPLEX_A, COMPLEX_B, COMPLEX_C, COMPLEX_D),
    .imaginary = true,
    .p = {0.375, 0.875, 1.5, 1},
    .scale = {1 / (2 * 0.375 * AT_3(COMPLEX_A, COMPLEX_B, COMPLEX_C, COMPLEX_D)),
              1 / (2 * 0.875 * AT_3(COMPLEX_B, COMPLEX_A, COMPLEX_C, COMPLEX_D)),
              1 / (2 * 1.5 * AT_3(COMPLEX_C, COMPLEX_A, COMPLEX_B, COMPLEX_D)),
              1 / AT_3(COMPLEX_D, COMPLEX_A, COMPLEX_B, COMPLEX_C)},
};

/** Does `transform` with the points of `kind`, which it knows where it is inlined. */
#define WITH_PAIRS(transform, kind, ...)                     \
    do {                                                     \
        if ((kind) == WINOGRAD_FOUR)                         \
            transform(&winograd_four, __VA_ARGS__);          \
        else if ((kind) == WINOGRAD_SIX)                     \
            transform(&winograd_six, __VA_ARGS__);           \
        else if ((kind) == WINOGRAD_SEVEN)                   \
            transform(&winograd_seven, __VA_ARGS__);         \
        else                                                 \
            transform(&winograd_seven_complex, __VA_ARGS__); \
    } while (0)

/** Whether pair i is ±i. */
INLINE bool is_imaginary(const pairs *k, int i) { return k->imaginary && i == k->count - 1; }

/** Σ_j c[j] · from[j f], j = 0 … last, where c[last] = 1. */
INLINE void polynomial(lanes *sum, const float *c, int last, const lanes *from, int64_t f) {
    *sum = from[last * f];
#pragma GCC unroll 4
    for (int j = 0; j < last; ++j) *sum += c[j] * from[j * f];
}

/** Bᵀ */
INLINE void pairs_of_inputs(const pairs *k, lanes *to, int64_t t, const lanes *from, int64_t f) {
    if (k->zero) {
        polynomial(to, k->all, k->count, from, 2 * f);
        to += t;
    }
#pragma GCC unroll 4
    for (int i = 0; i < k->count; ++i, to += 2 * t) {
        lanes even, odd;
        polynomial(&even, k->others[i], k->count - 1, from + (k->zero ? 2 : 0) * f, 2 * f);
        polynomial(&odd, k->others[i], k->count - 1, from + f, 2 * f);
        if (k->zero)
            odd *= k->p[i];
        else
            even *= k->p[i];
        to[0] = even + odd;
        to[t] = even - odd;
        if (is_imaginary(k, i)) {
            to[2 * t] = odd;
            to += t;
        }
    }
    polynomial(to, k->all, k->count, from + (k->zero ? 1 : 0) * f, 2 * f);
}

/** Aᵀ */
INLINE void pairs_to_outputs(const pairs *k, lanes *to, int64_t t, const lanes *from, int64_t f) {
    lanes even[MOST_PAIRS], odd[MOST_PAIRS];
    const lanes *point = from + (k->zero ? 1 : 0) * f;
#pragma GCC unroll 4
    for (int i = 0; i < k->count; ++i, point += 2 * f) {
        if (is_imaginary(k, i)) {
            even[i] = point[f] + point[2 * f];
            odd[i] = point[0] + point[2 * f];
            point += f;
        } else {
            even[i] = point[0] + point[f];
            odd[i] = k->p[i] * (point[0] - point[f]);
        }
    }
#pragma GCC unroll 7
    for (int y = 0; y < k->outputs; ++y) {
        lanes *part = y % 2 == 0 ? even : odd, sum = part[0];
#pragma GCC unroll 4
        for (int i = 1; i < k->count; ++i) sum += part[i];
#pragma GCC unroll 4
        for (int i = 0; i < k->count; ++i) part[i] *= k->square[i];
        if (k->zero && y == 0) sum += from[0];
        if (y == k->outputs - 1) sum += *point;
        to[y * t] = sum;
    }
}

/** Σ_j from[j f] · squareʲ, j = 0 … last. */
INLINE void horner(lanes *sum, float square, int last, const lanes *from, int64_t f) {
    *sum = from[last * f];
#pragma GCC unroll 4
    for (int j = last - 1; j >= 0; --j) *sum = from[j * f] + square * *sum;
}

/** A */
INLINE void pairs_of_outputs(const pairs *k, lanes *to, int64_t t, const lanes *from, int64_t f) {
    const int last = k->outputs - 1;
    if (k->zero) {
        *to = from[0];
        to += t;
    }
#pragma GCC unroll 4
    for (int i = 0; i < k->count; ++i, to += 2 * t) {
        lanes even, odd;
        horner(&even, k->square[i], last / 2, from, 2 * f);
        horner(&odd, k->square[i], (last - 1) / 2, from + f, 2 * f);
        odd *= k->p[i];
        if (is_imaginary(k, i)) {
            to[0] = odd;
            to[t] = even;
            to[2 * t] = even + odd;
            to += t;
        } else {
            to[0] = even + odd;
            to[t] = even - odd;
        }
    }
    *to = from[last * f];
}

/** G */
INLINE void pairs_of_taps(const pairs *k, lanes *to, int64_t t, const lanes *from, int64_t f) {
    const lanes w0 = from[0], w1 = from[f], w2 = from[2 * f];
    if (k->zero) {
        *to = k->zero_scale * w0;
        to += t;
    }
#pragma GCC unroll 4
    for (int i = 0; i < k->count; ++i, to += 2 * t) {
        const lanes even = k->scale[i] * w0 + k->scale[i] * k->square[i] * w2, odd = k->scale[i] * k->p[i] * w1;
        if (is_imaginary(k, i)) {
            to[0] = -odd;
            to[t] = even;
            to[2 * t] = even + odd;
            to += t;
        } else {
            to[0] = even + odd;
            to[t] = even - odd;
        }
    }
    *to = w2;
}

/** Gᵀ */
INLINE void pairs_to_taps(const pairs *k, lanes *to, int64_t t, const lanes *from, int64_t f) {
    lanes w0 = {0}, w1 = {0}, w2 = {0};
    if (k->zero) {
        w0 = k->zero_scale * *from;
        from += f;
    }
#pragma GCC unroll 4
    for (int i = 0; i < k->count; ++i, from += 2 * f) {
        lanes even = from[0] + from[f], odd = from[0] - from[f];
        if (is_imaginary(k, i)) {
            even = from[f] + from[2 * f];
            odd = from[2 * f] - from[0];
            from += f;
        }
        w0 += k->scale[i] * even;
        w1 += k->scale[i] * k->p[i] * odd;
        w2 += k->scale[i] * k->square[i] * even;
    }
    to[0] = w0;
    to[t] = w1;
    to[2 * t] = w2 + *from;
}

#endif
