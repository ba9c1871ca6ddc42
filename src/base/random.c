#include "dgba/base/random.h"

#include <Random123/philox.h>
#include <math.h>

#include "dgba/base/status.h"

dgba_random dgba_random_stream(uint64_t seed, dgba_random_purpose purpose, uint64_t index) {
    // Counter words: block number, purpose, index (64 bits).
    return (dgba_random){.key = {(uint32_t)seed, (uint32_t)(seed >> 32)},
                         .counter = {0, (uint32_t)purpose, (uint32_t)index, (uint32_t)(index >> 32)},
                         .used = 4};
}

static void refill(dgba_random *stream) {
    philox4x32_ctr_t counter;
    philox4x32_key_t key;
    for (int i = 0; i < 4; ++i) counter.v[i] = stream->counter[i];
    for (int i = 0; i < 2; ++i) key.v[i] = stream->key[i];
    const philox4x32_ctr_t block = philox4x32(counter, key);
    for (int i = 0; i < 4; ++i) stream->block[i] = block.v[i];
    stream->counter[0] += 1;
    stream->used = 0;
    DGBA_ASSERT(stream->counter[0] != 0);
}

uint32_t dgba_random_bits(dgba_random *stream) {
    if (stream->used == 4) refill(stream);
    return stream->block[stream->used++];
}

void dgba_random_skip(dgba_random *stream, uint64_t draws) {
    DGBA_ASSERT(stream->counter[0] == 0 && draws / 4 <= UINT32_MAX);
    stream->counter[0] = (uint32_t)(draws / 4);
    for (uint64_t i = 0; i < draws % 4; ++i) dgba_random_bits(stream);
}

double dgba_random_uniform(dgba_random *stream) { return dgba_random_bits(stream) * 0x1p-32; }

double dgba_random_between(dgba_random *stream, double low, double high) {
    return low + (high - low) * dgba_random_uniform(stream);
}

int64_t dgba_random_below(dgba_random *stream, int64_t count) {
    DGBA_ASSERT(count > 0);
    const uint64_t n = (uint64_t)count;
    const uint64_t reject = -n % n; // 2^64 mod n: draws below it would favour small numbers
    for (;;) {
        const uint64_t draw = (uint64_t)dgba_random_bits(stream) << 32 | dgba_random_bits(stream);
        if (draw >= reject) return (int64_t)(draw % n);
    }
}

double dgba_random_normal(dgba_random *stream) {
    const double u = (dgba_random_bits(stream) + 0.5) * 0x1p-32; // never 0
    const double v = dgba_random_uniform(stream);
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

void dgba_random_permutation(int64_t *order, int64_t count, dgba_random *stream) {
    for (int64_t i = 0; i < count; ++i) order[i] = i;
    for (int64_t i = count - 1; i > 0; --i) {
        const int64_t j = dgba_random_below(stream, i + 1);
        const int64_t moved = order[i];
        order[i] = order[j];
        order[j] = moved;
    }
}
