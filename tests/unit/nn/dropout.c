#include <math.h>
#include <string.h>

#include "ref/nn.h"
#include "support/check.h"

// Tolerance: one product with a rounded factor.
static const struct tolerance { double relative, absolute; } tolerance = {2e-7, 0};

enum { COUNT = 40000 };

static float x[COUNT], y[COUNT], expected[COUNT];
static double wide_x[COUNT], wide_y[COUNT];
static uint8_t kept[COUNT], other[COUNT];

static void values_equal_the_twin(void **state) {
    (void)state;
    static const float rates[] = {0, 0.1f, 0.5f, 0.9f};
    check_random(x, COUNT, 1);
    ref_widen(wide_x, x, COUNT);
    for (int64_t i = 0; i < DGBA_COUNT_OF(rates); ++i) {
        dgba_dropout_forward(y, kept, x, COUNT, (dgba_dropout){rates[i], 5, 6, 0});
        ref_dropout(wide_y, wide_x, kept, COUNT, (double)rates[i]);
        ref_narrow(expected, wide_y, COUNT);
        CHECK_CLOSE(y, expected, COUNT, tolerance.relative, tolerance.absolute);

        // The gradient goes the same way, so the twin of dropout is its own transpose.
        dgba_dropout_backward(y, x, kept, COUNT, rates[i], false);
        CHECK_CLOSE(y, expected, COUNT, tolerance.relative, tolerance.absolute);
        memcpy(y, x, sizeof y);
        dgba_dropout_backward(y, x, kept, COUNT, rates[i], true);
        for (int64_t e = 0; e < COUNT; ++e) expected[e] += x[e];
        CHECK_CLOSE(y, expected, COUNT, 2 * tolerance.relative, tolerance.absolute);
    }
}

/** Dropout of a rectified map, walked back step by step and at once; in place, too. */
static void back_through_a_rectifier(void **state) {
    (void)state;
    static const float rates[] = {0, 0.1f, 0.5f, 1};
    static float dropped[COUNT], dy[COUNT], dx[COUNT];
    check_random(dy, COUNT, 2);
    for (int64_t i = 0; i < DGBA_COUNT_OF(rates); ++i) {
        check_random(x, COUNT, 1);
        x[7] = NAN;
        dgba_relu_forward(y, x, COUNT);
        dgba_dropout_forward(dropped, kept, y, COUNT, (dgba_dropout){rates[i], 5, 6, 0});
        dgba_dropout_backward(expected, dy, kept, COUNT, rates[i], false);
        dgba_relu_backward(expected, expected, y, COUNT, false);
        dgba_dropout_backward_rectified(dx, dy, dropped, COUNT, rates[i], false);
        CHECK_CLOSE(dx, expected, COUNT, 0, 0);
        memcpy(x, dy, sizeof x);
        dgba_dropout_backward_rectified(x, x, dropped, COUNT, rates[i], false);
        CHECK_CLOSE(x, expected, COUNT, 0, 0);
        dgba_dropout_backward_rectified(x, dy, dropped, COUNT, rates[i], true);
        dgba_scale(expected, 2, COUNT);
        CHECK_CLOSE(x, expected, COUNT, 0, 0);
    }
}

static void in_place(void **state) {
    (void)state;
    check_random(x, COUNT, 1);
    dgba_dropout_forward(y, kept, x, COUNT, (dgba_dropout){0.5f, 1, 2, 0});
    dgba_dropout_forward(x, other, x, COUNT, (dgba_dropout){0.5f, 1, 2, 0});
    assert_memory_equal(x, y, sizeof x);
    assert_memory_equal(kept, other, sizeof kept);
}

/** The kept share lies within five standard errors of 1 − rate, and neighbours are independent. */
static void pattern_has_the_rate(void **state) {
    (void)state;
    static const double rates[] = {0.1, 0.5, 0.8};
    for (int64_t r = 0; r < DGBA_COUNT_OF(rates); ++r) {
        const double keep = 1 - rates[r];
        int64_t sum = 0, pairs = 0;
        dgba_dropout_forward(y, kept, x, COUNT, (dgba_dropout){(float)rates[r], 7, 8, 0});
        for (int64_t i = 0; i < COUNT; ++i) {
            sum += kept[i];
            pairs += i > 0 && kept[i] && kept[i - 1];
        }
        assert_true(fabs((double)sum / COUNT - keep) < 5 * sqrt(keep * (1 - keep) / COUNT));
        assert_true(fabs((double)pairs / COUNT - keep * keep) < 0.015);
    }
}

static void nothing_and_everything(void **state) {
    (void)state;
    check_random(x, COUNT, 1);
    dgba_dropout_forward(y, kept, x, COUNT, (dgba_dropout){0, 7, 8, 0});
    assert_memory_equal(y, x, sizeof x);
    dgba_dropout_forward(y, kept, x, COUNT, (dgba_dropout){1, 7, 8, 0});
    for (int64_t i = 0; i < COUNT; ++i) assert_true(y[i] == 0 && kept[i] == 0);
}

/** Same (seed, index): same pattern, and a shorter one is its beginning. Another seed or index: another pattern. */
static void pattern_depends_on_seed_and_index_only(void **state) {
    (void)state;
    dgba_dropout_forward(y, kept, x, COUNT, (dgba_dropout){0.5f, 7, 8, 0});
    check_random(x, COUNT, 9);
    dgba_dropout_forward(y, other, x, COUNT, (dgba_dropout){0.5f, 7, 8, 0});
    assert_memory_equal(kept, other, COUNT);
    dgba_dropout_forward(y, other, x, 1001, (dgba_dropout){0.5f, 7, 8, 0});
    assert_memory_equal(kept, other, 1001);
    for (uint64_t change = 0; change < 2; ++change) {
        int64_t equal = 0;
        dgba_dropout_forward(y, other, x, COUNT, (dgba_dropout){0.5f, 7 + change, 9 - change, 0});
        for (int64_t i = 0; i < COUNT; ++i) equal += kept[i] == other[i];
        assert_true(fabs((double)equal / COUNT - 0.5) < 0.0125);
    }
}

/** Wherever it begins, an array sees its elements of the pattern. */
static void a_pattern_can_be_cut(void **state) {
    (void)state;
    static const float rates[] = {0.5f, 0.3f, 0};
    for (int64_t r = 0; r < DGBA_COUNT_OF(rates); ++r) {
        dgba_dropout dropout = {rates[r], 7, 8, 0};
        dgba_dropout_forward(y, kept, x, COUNT, dropout);
        for (dropout.first = 1; dropout.first < COUNT; dropout.first = 3 * dropout.first + 28) {
            const int64_t count = COUNT - dropout.first < 900 ? COUNT - dropout.first : 900;
            dgba_dropout_forward(y, other, x, count, dropout);
            assert_memory_equal(kept + dropout.first, other, (size_t)count);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_equal_the_twin),
        cmocka_unit_test(back_through_a_rectifier),
        cmocka_unit_test(in_place),
        cmocka_unit_test(pattern_has_the_rate),
        cmocka_unit_test(nothing_and_everything),
        cmocka_unit_test(pattern_depends_on_seed_and_index_only),
        cmocka_unit_test(a_pattern_can_be_cut),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
