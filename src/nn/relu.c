#include <string.h>

#include "dgba/nn.h"

// No `restrict`: output and input may be the same array. The compiler checks that at run time, and stays as fast.

DGBA_VECTORIZE
static void rectify(float *y, const float *x, int64_t count) {
    for (int64_t i = 0; i < count; ++i) y[i] = x[i] < 0 ? 0 : x[i]; // NaN is not less than 0 and stays
}

DGBA_VECTORIZE
static void pass(float *dx, const float *dy, const float *y, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
        const float gradient = dy[i];
        dx[i] = y[i] > 0 ? gradient : 0;
    }
}

DGBA_VECTORIZE
static void pass_add(float *dx, const float *dy, const float *y, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
        const float gradient = dy[i];
        dx[i] += y[i] > 0 ? gradient : 0;
    }
}

/* ---- Marks ---- */

// Bit k of word j belongs to element 16·k + j of a block of 512, so that neighbouring elements have bits of equal weight in
// neighbouring words: no bits need to be moved within a register.
enum { LANES = 16, BITS = 32, BLOCK = LANES * BITS };

typedef float lanes __attribute__((vector_size(LANES * sizeof(float)), aligned(sizeof(float)), may_alias));
typedef int32_t words __attribute__((vector_size(LANES * sizeof(int32_t)), aligned(sizeof(int32_t)), may_alias));

#define INLINE static inline __attribute__((always_inline))

INLINE void mark_block(uint32_t *marks, const float *y) {
    words found = {0};
    for (int k = 0; k < BITS; ++k) found |= (*(const lanes *)(y + k * LANES) > 0) & (int32_t)(1U << k);
    *(words *)marks = found;
}

INLINE void pass_block(float *dx, const float *dy, const uint32_t *marks, bool accumulate) {
    const words found = *(const words *)marks;
    for (int k = 0; k < BITS; ++k, dx += LANES, dy += LANES) {
        const words passes = (found & (int32_t)(1U << k)) != 0;
        const lanes gradient = (lanes)(*(const words *)dy & passes), before = *(const lanes *)dx;
        *(lanes *)dx = gradient;
        if (accumulate) *(lanes *)dx += before;
    }
}

DGBA_VECTORIZE
static void mark(uint32_t *marks, const float *y, int64_t count) {
    for (; count >= BLOCK; count -= BLOCK, marks += LANES, y += BLOCK) mark_block(marks, y);
    if (count == 0) return;
    float rest[BLOCK] = {0};
    memcpy(rest, y, (size_t)count * sizeof *y);
    mark_block(marks, rest);
}

DGBA_VECTORIZE
static void pass_marked(float *dx, const float *dy, const uint32_t *marks, int64_t count, bool accumulate) {
    for (; count >= BLOCK; count -= BLOCK, marks += LANES, dx += BLOCK, dy += BLOCK) pass_block(dx, dy, marks, accumulate);
    if (count == 0) return;
    float rest[2][BLOCK] = {0};
    memcpy(rest[0], dx, (size_t)count * sizeof *dx);
    memcpy(rest[1], dy, (size_t)count * sizeof *dy);
    pass_block(rest[0], rest[1], marks, accumulate);
    memcpy(dx, rest[0], (size_t)count * sizeof *dx);
}

void dgba_relu_forward(float *y, const float *x, int64_t count) { rectify(y, x, count); }

void dgba_relu_backward(float *dx, const float *dy, const float *y, int64_t count, bool accumulate) {
    if (accumulate)
        pass_add(dx, dy, y, count);
    else
        pass(dx, dy, y, count);
}

int64_t dgba_relu_mark_words(int64_t count) { return (count + BLOCK - 1) / BLOCK * LANES; }

void dgba_relu_mark(uint32_t *marks, const float *y, int64_t count) { mark(marks, y, count); }

void dgba_relu_backward_marked(float *dx, const float *dy, const uint32_t *marks, int64_t count, bool accumulate) {
    pass_marked(dx, dy, marks, count, accumulate);
}
