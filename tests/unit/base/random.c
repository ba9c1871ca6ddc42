#include <math.h>

#include "support/check.h"

/** Known answer of Philox4x32-10 for key 0, counter 0 (the kat_vectors file of Random123). */
static void known_answer(void **state) {
    (void)state;
    dgba_random stream = dgba_random_stream(0, (dgba_random_purpose)0, 0);
    assert_int_equal(dgba_random_bits(&stream), 0x6627e8d5);
    assert_int_equal(dgba_random_bits(&stream), 0xe169c58d);
    assert_int_equal(dgba_random_bits(&stream), 0xbc57ac4c);
    assert_int_equal(dgba_random_bits(&stream), 0x9b00dbd8);
}

static void streams_differ(void **state) {
    (void)state;
    dgba_random a = dgba_random_stream(1, DGBA_RANDOM_TEST, 0), b = dgba_random_stream(2, DGBA_RANDOM_TEST, 0);
    dgba_random c = dgba_random_stream(1, DGBA_RANDOM_TEST, 1), d = dgba_random_stream(1, DGBA_RANDOM_SCENE, 0);
    const uint32_t first = dgba_random_bits(&a);
    assert_true(first != dgba_random_bits(&b) && first != dgba_random_bits(&c) && first != dgba_random_bits(&d));
}

static void moments(void **state) {
    (void)state;
    enum { COUNT = 100000 };
    dgba_random stream = dgba_random_stream(7, DGBA_RANDOM_TEST, 0);
    double sum = 0, square = 0, uniform = 0;
    for (int i = 0; i < COUNT; ++i) {
        const double x = dgba_random_normal(&stream);
        sum += x;
        square += x * x;
        uniform += dgba_random_between(&stream, -1, 3);
    }
    assert_true(fabs(sum / COUNT) < 0.015); // 4.7 standard errors
    assert_true(fabs(square / COUNT - 1) < 0.02);
    assert_true(fabs(uniform / COUNT - 1) < 0.018);
}

static void permutations_hold_everything(void **state) {
    (void)state;
    int64_t order[50], seen[50] = {0};
    dgba_random stream = dgba_random_stream(3, DGBA_RANDOM_TEST, 0);
    dgba_random_permutation(order, 50, &stream);
    bool moved = false;
    for (int64_t i = 0; i < 50; ++i) {
        seen[order[i]] += 1;
        moved |= order[i] != i;
    }
    for (int64_t i = 0; i < 50; ++i) assert_int_equal(seen[i], 1);
    assert_true(moved);
}

static void below_is_below(void **state) {
    (void)state;
    dgba_random stream = dgba_random_stream(4, DGBA_RANDOM_TEST, 0);
    int64_t seen[3] = {0};
    for (int i = 0; i < 3000; ++i) seen[dgba_random_below(&stream, 3)] += 1;
    for (int i = 0; i < 3; ++i) assert_true(seen[i] > 850 && seen[i] < 1150);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answer),   cmocka_unit_test(streams_differ),
        cmocka_unit_test(moments),        cmocka_unit_test(permutations_hold_everything),
        cmocka_unit_test(below_is_below),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
