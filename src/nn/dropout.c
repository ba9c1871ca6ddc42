#include <math.h>

#include "dgba/nn.h"

// No `restrict` here: y may be x.
DGBA_VECTORIZE
static void apply(float *y, const float *x, const uint8_t *kept, float factor, int64_t count) {
    for (int64_t i = 0; i < count; ++i) y[i] = x[i] * ((float)kept[i] * factor);
}

DGBA_VECTORIZE
static void apply_add(float *restrict y, const float *restrict x, const uint8_t *restrict kept, float factor,
                      int64_t count) {
    for (int64_t i = 0; i < count; ++i) y[i] += x[i] * ((float)kept[i] * factor);
}

// As above, no `restrict`.
DGBA_VECTORIZE
static void pass(float *dx, const float *dy, const float *y, float factor, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
        const float gradient = dy[i] * factor;
        dx[i] = y[i] > 0 ? gradient : 0;
    }
}

DGBA_VECTORIZE
static void pass_add(float *dx, const float *dy, const float *y, float factor, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
        const float gradient = dy[i] * factor;
        dx[i] += y[i] > 0 ? gradient : 0;
    }
}

/** At rate 1 nothing is kept, and the factor must only be finite. */
static float keep_factor(float rate) { return rate < 1 ? 1 / (1 - rate) : 0; }

// One draw of 32 bits serves 32 elements, once for each binary digit of the probability that matters: one draw in all for
// the usual rate of a half. A draw for every element would cost as much as the convolution beside it.
enum { DIGITS = 16, WORD = 32 };

/** Draws that a word takes. */
static int draws_of(uint32_t keep) { return DIGITS - __builtin_ctz(keep | 1u << DIGITS); }

/** 32 decisions in one word, each 1 with probability keep/2^16. From the last binary digit of `keep` to the first, "and"
 *  with random bits halves the probability reached so far, and "or" adds a half to its half. */
static uint32_t draw_word(dgba_random *stream, uint32_t keep) {
    uint32_t word = keep >> DIGITS != 0 ? UINT32_MAX : 0;
    for (int digit = DIGITS - draws_of(keep); digit < DIGITS; ++digit) {
        const uint32_t bits = dgba_random_bits(stream);
        word = keep >> digit & 1 ? word | bits : word & bits;
    }
    return word;
}

DGBA_VECTORIZE
static void unpack(uint8_t *kept, uint32_t word, int bits) {
    for (int bit = 0; bit < bits; ++bit) kept[bit] = word >> bit & 1;
}

/** The stream is (seed, DROPOUT, index); element i of the pattern is bit i mod 32 of its word i/32. */
static void draw(uint8_t *kept, int64_t count, dgba_dropout d) {
    dgba_random stream = dgba_random_stream(d.seed, DGBA_RANDOM_DROPOUT, d.index);
    const uint32_t keep = (uint32_t)lrint((1 - (double)d.rate) * (1 << DIGITS));
    dgba_random_skip(&stream, (uint64_t)(d.first / WORD) * (uint64_t)draws_of(keep));
    for (int64_t i = 0; i < count;) {
        const int place = (int)((d.first + i) % WORD), left = WORD - place; // more than 0 in the first word only
        const int bits = count - i < left ? (int)(count - i) : left;
        unpack(kept + i, draw_word(&stream, keep) >> place, bits);
        i += bits;
    }
}

void dgba_dropout_forward(float *y, uint8_t *kept, const float *x, int64_t count, dgba_dropout dropout) {
    draw(kept, count, dropout);
    apply(y, x, kept, keep_factor(dropout.rate), count);
}

void dgba_dropout_backward(float *dx, const float *dy, const uint8_t *kept, int64_t count, float rate, bool accumulate) {
    if (accumulate)
        apply_add(dx, dy, kept, keep_factor(rate), count);
    else
        apply(dx, dy, kept, keep_factor(rate), count);
}

void dgba_dropout_backward_rectified(float *dx, const float *dy, const float *y, int64_t count, float rate,
                                     bool accumulate) {
    (accumulate ? pass_add : pass)(dx, dy, y, keep_factor(rate), count);
}
