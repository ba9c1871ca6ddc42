/** Random numbers that depend on where they are used, not on what was drawn before.
 *
 *  Philox4x32-10 of Random123: a stream is named by (seed, purpose, index), so a sample, a dropout mask or a weight gets
 *  the same numbers whatever rank or thread draws them, in whatever order.
 *  Source    Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011
 */
#ifndef DGBA_BASE_RANDOM_H
#define DGBA_BASE_RANDOM_H

#include <stdint.h>

/** What a stream is for: streams of different purposes never meet. */
typedef enum dgba_random_purpose {
    DGBA_RANDOM_WEIGHTS,
    DGBA_RANDOM_DROPOUT,
    DGBA_RANDOM_SHUFFLE,
    DGBA_RANDOM_AUGMENT,
    DGBA_RANDOM_ATTACK_START,
    DGBA_RANDOM_SCENE,
    DGBA_RANDOM_TEST,
    DGBA_RANDOM_BOOTSTRAP,
} dgba_random_purpose;

typedef struct dgba_random {
    uint32_t key[2], counter[4], block[4];
    int used;
} dgba_random;

dgba_random dgba_random_stream(uint64_t seed, dgba_random_purpose purpose, uint64_t index);

uint32_t dgba_random_bits(dgba_random *stream);

/** Moves a stream that nothing was drawn from yet to where `draws` numbers of dgba_random_bits() would have left it. */
void dgba_random_skip(dgba_random *stream, uint64_t draws);

/** Uniform on [0, 1), 32 bits. */
double dgba_random_uniform(dgba_random *stream);

/** Uniform on [low, high). */
double dgba_random_between(dgba_random *stream, double low, double high);

/** Uniform on 0 .. count-1, without bias; count > 0. */
int64_t dgba_random_below(dgba_random *stream, int64_t count);

/** Standard normal (Box-Muller). */
double dgba_random_normal(dgba_random *stream);

/** The numbers 0 .. count-1 in random order (Fisher-Yates). */
void dgba_random_permutation(int64_t *order, int64_t count, dgba_random *stream);

#endif
