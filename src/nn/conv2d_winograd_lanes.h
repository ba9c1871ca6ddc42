/** Sixteen channels beside each other as one value, and small transpositions. For code that DGBA_VECTORIZE compiles for
 *  several instruction sets: what is here is inlined into each version. */
#ifndef DGBA_NN_CONV2D_WINOGRAD_LANES_H
#define DGBA_NN_CONV2D_WINOGRAD_LANES_H

#include "conv2d_winograd.h"

#define INLINE static inline __attribute__((always_inline))

typedef float lanes __attribute__((vector_size(WINOGRAD_LANES * sizeof(float)), aligned(sizeof(float)), may_alias));

/** The same with a two-dimensional tile of points. */
enum { MOST_POINTS = WINOGRAD_MOST_POINTS * WINOGRAD_MOST_POINTS };

enum { BLOCK = 8 };

typedef float eight __attribute__((vector_size(BLOCK * sizeof(float)), aligned(sizeof(float)), may_alias));
typedef int32_t eight_index __attribute__((vector_size(BLOCK * sizeof(int32_t))));

/** An 8 × 8 block, in place: halves, quarters, and single elements off the diagonal change places. */
INLINE void transpose(eight rows[BLOCK]) {
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
        eight *a = &rows[i], *b = &rows[i + 4];
        const eight old = *a;
        *a = __builtin_shuffle(old, *b, (eight_index){0, 1, 2, 3, 8, 9, 10, 11});
        *b = __builtin_shuffle(old, *b, (eight_index){4, 5, 6, 7, 12, 13, 14, 15});
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
        eight *a = &rows[i / 2 * 4 + i % 2], *b = a + 2;
        const eight old = *a;
        *a = __builtin_shuffle(old, *b, (eight_index){0, 1, 8, 9, 4, 5, 12, 13});
        *b = __builtin_shuffle(old, *b, (eight_index){2, 3, 10, 11, 6, 7, 14, 15});
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
        eight *a = &rows[2 * i], *b = a + 1;
        const eight old = *a;
        *a = __builtin_shuffle(old, *b, (eight_index){0, 8, 2, 10, 4, 12, 6, 14});
        *b = __builtin_shuffle(old, *b, (eight_index){1, 9, 3, 11, 5, 13, 7, 15});
    }
}

/** to[j][i] = from[i][j] of an 8 × 8 block; a stride from row to row. */
INLINE void transpose_block(float *to, int64_t to_stride, const float *from, int64_t from_stride) {
    eight rows[BLOCK];
#pragma GCC unroll 8
    for (int i = 0; i < BLOCK; ++i) rows[i] = *(const eight *)(from + i * from_stride);
    transpose(rows);
#pragma GCC unroll 8
    for (int i = 0; i < BLOCK; ++i) *(eight *)(to + i * to_stride) = rows[i];
}

#endif
