#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ref/nn.h"
#include "support/check.h"

// Tolerances: the forward pass only selects, so it is exact; the backward pass sums at most kernel² gradients.
static const struct tolerance { double relative, absolute; } forward_tolerance = {0, 0}, input_tolerance = {1e-6, 1e-6};

enum { MOST = 6000 };

static float x[MOST], y[MOST], dy[MOST], dx[MOST], expected[MOST];
static int32_t winner[MOST];
static double wide_x[MOST], wide_y[MOST], wide_dy[MOST], wide_dx[MOST];

static void check_forward(dgba_maxpool pool, dgba_shape shape, dgba_shape out) {
    const int64_t count = dgba_shape_count(out);
    ref_maxpool_forward(wide_y, wide_x, shape, &pool);
    ref_narrow(expected, wide_y, count);
    dgba_maxpool_forward(y, NULL, x, shape, &pool);
    CHECK_CLOSE(y, expected, count, forward_tolerance.relative, forward_tolerance.absolute);
    dgba_fill(y, NAN, count);
    dgba_maxpool_forward(y, winner, x, shape, &pool);
    CHECK_CLOSE(y, expected, count, forward_tolerance.relative, forward_tolerance.absolute);
    for (int64_t i = 0; i < count; ++i) assert_true(x[i / (out.h * out.w) * shape.h * shape.w + winner[i]] == y[i]);
}

static void check_backward(dgba_maxpool pool, dgba_shape shape) {
    const int64_t count = dgba_shape_count(shape);
    ref_maxpool_backward(wide_dx, wide_dy, wide_x, shape, &pool);
    ref_narrow(expected, wide_dx, count);
    dgba_fill(dx, NAN, count);
    dgba_maxpool_backward(dx, dy, winner, shape, &pool, false);
    CHECK_CLOSE(dx, expected, count, input_tolerance.relative, input_tolerance.absolute);
    dgba_fill(dx, 2, count);
    dgba_maxpool_backward(dx, dy, winner, shape, &pool, true);
    for (int64_t i = 0; i < count; ++i) expected[i] += 2;
    CHECK_CLOSE(dx, expected, count, input_tolerance.relative, input_tolerance.absolute);
}

/** With `levels` few different values, so that windows hold equal maxima; 0: all different. */
static void check_pool(dgba_maxpool pool, dgba_shape shape, int levels) {
    dgba_shape out;
    CHECK_OK(dgba_maxpool_output_shape(&out, &pool, shape));
    assert_true(dgba_shape_equal(out, ref_maxpool_shape(&pool, shape)));
    assert_true(dgba_shape_count(shape) <= MOST && dgba_shape_count(out) <= MOST);
    check_random(x, dgba_shape_count(shape), 1);
    check_random(dy, dgba_shape_count(out), 2);
    if (levels > 0)
        for (int64_t i = 0; i < dgba_shape_count(shape); ++i) x[i] = roundf(x[i] * (float)levels);
    ref_widen(wide_x, x, dgba_shape_count(shape));
    ref_widen(wide_dy, dy, dgba_shape_count(out));
    check_forward(pool, shape, out);
    check_backward(pool, shape);
}

/** Kernel 1 to 5, stride 1 to 4, every padding, floor and ceil, odd and even sizes. */
static void all_geometries_equal_the_twin(void **state) {
    (void)state;
    static const dgba_shape shapes[] = {{1, 1, 1, 1}, {1, 2, 2, 3}, {2, 3, 7, 10}, {3, 1, 9, 8}, {1, 1, 5, 37}};
    for (int64_t i = 0; i < DGBA_COUNT_OF(shapes); ++i) {
        for (int code = 0; code < 5 * 4 * 3 * 2; ++code) {
            const dgba_maxpool pool = {1 + code % 5, 1 + code / 5 % 4, code / 20 % 3, code / 60};
            dgba_shape out;
            if (dgba_maxpool_output_shape(&out, &pool, shapes[i]) != DGBA_OK) continue;
            check_pool(pool, shapes[i], 0);
            check_pool(pool, shapes[i], 1);
        }
    }
}

/** Sizes that PyTorch 1.13 gives. */
static void sizes_of_ceil_mode(void **state) {
    (void)state;
    static const struct {
        dgba_maxpool pool;
        int64_t in, out;
    } cases[] = {
        {{3, 2, 1, true}, 161, 81}, {{3, 2, 1, true}, 112, 57}, {{3, 2, 1, false}, 112, 56}, {{3, 2, 1, false}, 161, 81},
        {{2, 2, 0, true}, 5, 3},    {{2, 2, 0, false}, 5, 2},   {{3, 2, 0, true}, 2, 1},     {{2, 3, 1, true}, 5, 2},
        {{3, 3, 1, true}, 5, 2},    {{2, 4, 1, true}, 3, 1},    {{1, 3, 0, true}, 3, 1},     {{1, 3, 0, true}, 4, 2},
    };
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i) {
        dgba_shape out;
        CHECK_OK(dgba_maxpool_output_shape(&out, &cases[i].pool, (dgba_shape){2, 3, cases[i].in, 9}));
        assert_int_equal(out.h, cases[i].out);
        assert_int_equal(out.n, 2);
        assert_int_equal(out.c, 3);
    }
}

static void first_of_equals_wins(void **state) {
    (void)state;
    const dgba_maxpool pool = {3, 2, 1, true};
    const dgba_shape shape = {1, 1, 4, 4};
    dgba_fill(x, -INFINITY, 16);
    dgba_maxpool_forward(y, winner, x, shape, &pool);
    static const int32_t first[9] = {0, 1, 3, 4, 5, 7, 12, 13, 15};
    for (int i = 0; i < 9; ++i) {
        assert_int_equal(winner[i], first[i]);
        assert_true(y[i] == -INFINITY);
    }
}

static void not_a_number_wins(void **state) {
    (void)state;
    const dgba_maxpool pool = {3, 2, 1, true};
    const dgba_shape shape = {1, 1, 5, 5};
    for (int64_t at = 0; at < 25; ++at) {
        check_random(x, 25, 1);
        x[at] = NAN;
        dgba_maxpool_forward(y, winner, x, shape, &pool);
        for (int64_t i = 0; i < 9; ++i) {
            const bool inside = llabs(at / 5 - i / 3 * 2) <= 1 && llabs(at % 5 - i % 3 * 2) <= 1;
            assert_true(isnan(y[i]) == inside && (winner[i] == at || !inside));
        }
        dgba_maxpool_forward(dx, NULL, x, shape, &pool);
        assert_memory_equal(dx, y, 9 * sizeof *y);
    }
}

static void gradient_equals_finite_differences(void **state) {
    (void)state;
    const dgba_maxpool pool = {3, 2, 1, true};
    const dgba_shape shape = {2, 2, 7, 8}, out = ref_maxpool_shape(&pool, shape);
    const double step = 1e-5;
    check_pool(pool, shape, 0);
    dgba_maxpool_backward(dx, dy, winner, shape, &pool, false);
    for (int64_t i = 0; i < dgba_shape_count(shape); ++i) {
        double loss[2];
        for (int side = 0; side < 2; ++side) {
            wide_x[i] = (double)x[i] + (side == 0 ? step : -step);
            ref_maxpool_forward(wide_y, wide_x, shape, &pool);
            loss[side] = ref_dot(wide_dy, wide_y, dgba_shape_count(out));
        }
        wide_x[i] = (double)x[i];
        assert_true(fabs((loss[0] - loss[1]) / (2 * step) - (double)dx[i]) < 1e-6);
    }
}

static void what_does_not_fit_is_refused(void **state) {
    (void)state;
    static const struct {
        dgba_maxpool pool;
        dgba_shape x;
        const char *message;
    } cases[] = {
        {{0, 1, 0, false}, {1, 1, 4, 4}, "kernel 0 and stride 1"},
        {{2, 0, 0, false}, {1, 1, 4, 4}, "kernel 2 and stride 0"},
        {{2, 1, -1, false}, {1, 1, 4, 4}, "padding is -1"},
        {{3, 1, 2, false}, {1, 1, 4, 4}, "padding is 2; it must be between 0 and half the kernel (1)"},
        {{2, 1, 0, false}, {1, 1, 0, 4}, "(1,1,0,4) is empty or too large"},
        {{2, 1, 0, false}, {1, 1, 65536, 65536}, "too large"},
        {{5, 1, 0, false}, {1, 1, 4, 9}, "nothing is left of a map of 4 x 9 (kernel 5, padding 0)"},
        {{5, 2, 0, true}, {1, 1, 3, 9}, "nothing is left of a map of 3 x 9"},
    };
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i) {
        dgba_shape out = {7, 7, 7, 7};
        CHECK_FAILS(DGBA_E_SHAPE, dgba_maxpool_output_shape(&out, &cases[i].pool, cases[i].x));
        CHECK_MESSAGE(cases[i].message);
        assert_int_equal(out.n, 7);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_geometries_equal_the_twin),
        cmocka_unit_test(sizes_of_ceil_mode),
        cmocka_unit_test(first_of_equals_wins),
        cmocka_unit_test(not_a_number_wins),
        cmocka_unit_test(gradient_equals_finite_differences),
        cmocka_unit_test(what_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
