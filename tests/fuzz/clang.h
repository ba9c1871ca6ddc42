/** gcc's builtin of src/nn for clang, which has it by another name and with other arguments. */
#ifndef TESTS_FUZZ_CLANG_H
#define TESTS_FUZZ_CLANG_H

typedef float fuzz_lanes __attribute__((vector_size(32)));
typedef int fuzz_lane_numbers __attribute__((vector_size(32)));

static inline fuzz_lanes fuzz_shuffle(fuzz_lanes a, fuzz_lanes b, fuzz_lane_numbers from) {
    fuzz_lanes shuffled;
    for (int i = 0; i < 8; ++i) shuffled[i] = from[i] < 8 ? a[from[i]] : b[from[i] - 8];
    return shuffled;
}
#define __builtin_shuffle fuzz_shuffle

#endif
