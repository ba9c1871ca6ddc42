#include "bitset.h"

static int64_t word_count(int64_t bits) { return (bits + 63) / 64; }

dgba_status dgba_bitset_create(dgba_bitset *out, int64_t count) {
    *out = (dgba_bitset){.bits = {count}};
    int64_t words = 0;
    for (int64_t bits = count; out->levels == 0 || bits > 1; bits = word_count(bits)) {
        out->bits[out->levels++] = bits;
        words += word_count(bits);
    }
    DGBA_TRY(DGBA_NEW(&out->words[0], words));
    for (int level = 1; level < out->levels; ++level)
        out->words[level] = out->words[level - 1] + word_count(out->bits[level - 1]);
    return DGBA_OK;
}

void dgba_bitset_free(dgba_bitset *set) {
    dgba_free(set->words[0]);
    *set = (dgba_bitset){0};
}

void dgba_bitset_add(dgba_bitset *set, int64_t number) {
    for (int level = 0; level < set->levels; ++level, number /= 64)
        set->words[level][number / 64] |= UINT64_C(1) << number % 64;
}

void dgba_bitset_remove(dgba_bitset *set, int64_t number) {
    for (int level = 0; level < set->levels; ++level, number /= 64) {
        uint64_t *word = &set->words[level][number / 64];
        *word &= ~(UINT64_C(1) << number % 64);
        if (*word != 0) return;
    }
}

/** The smallest member under the bit `number` of `level`, which is set. */
static int64_t descend(const dgba_bitset *set, int level, int64_t number) {
    while (level-- > 0) number = 64 * number + __builtin_ctzll(set->words[level][number]);
    return number;
}

int64_t dgba_bitset_first(const dgba_bitset *set, int64_t from) {
    for (int level = 0; level < set->levels && from < set->bits[level]; ++level) {
        const uint64_t rest = set->words[level][from / 64] & (~UINT64_C(0) << from % 64);
        if (rest != 0) return descend(set, level, from / 64 * 64 + __builtin_ctzll(rest));
        from = from / 64 + 1;
    }
    return -1;
}
