#include <math.h>

#include "dgba/tensor.h"
#include "support/check.h"

enum { MOST = 70 };

static float x[MOST + 1], y[MOST + 1], was[MOST + 1];

/** Every count up to several vector registers; the element behind the last stays as it is. */
static void every_count(void **state) {
    (void)state;
    for (int64_t count = 0; count < MOST; ++count) {
        check_random(x, MOST + 1, 1);
        check_random(was, MOST + 1, 2);
        for (int64_t i = 0; i <= MOST; ++i) y[i] = was[i];
        dgba_axpy(y, -1.5f, x, count);
        for (int64_t i = 0; i <= MOST; ++i) assert_true(y[i] == (i < count ? was[i] + -1.5f * x[i] : was[i]));
        for (int64_t i = 0; i <= MOST; ++i) y[i] = was[i];
        dgba_scale(y, 0.3f, count);
        for (int64_t i = 0; i <= MOST; ++i) assert_true(y[i] == (i < count ? 0.3f * was[i] : was[i]));
        dgba_fill(y, 7, count);
        for (int64_t i = 0; i <= MOST; ++i) assert_true(y[i] == (i < count ? 7 : was[i]));
    }
}

static void sums_of_every_count(void **state) {
    (void)state;
    check_random(x, MOST, 1);
    check_random(y, MOST, 2);
    double sum = 0, dot = 0;
    for (int64_t count = 0; count < MOST; ++count) {
        assert_true(fabs(dgba_sum(x, count) - sum) < 1e-13);
        assert_true(fabs(dgba_dot(x, y, count) - dot) < 1e-13);
        sum += (double)x[count];
        dot += (double)x[count] * (double)y[count];
    }
}

/** In float32 the ones would vanish beside 1e8, and the product's square would round. */
static void sums_are_double(void **state) {
    (void)state;
    dgba_fill(x, 1, MOST);
    x[0] = 1e8f;
    assert_true(dgba_sum(x, MOST) == 1e8 + MOST - 1);
    x[0] = 16777213;
    assert_true(dgba_dot(x, x, MOST) == 16777213.0 * 16777213.0 + MOST - 1);
}

static void not_a_number_is_summed(void **state) {
    (void)state;
    for (int64_t at = 0; at < MOST; ++at) {
        dgba_fill(x, 1, MOST);
        x[at] = NAN;
        assert_true(isnan(dgba_sum(x, MOST)) && isnan(dgba_dot(x, x, MOST)));
    }
}

static void shapes(void **state) {
    (void)state;
    const dgba_shape a = {2, 3, 5, 7};
    assert_int_equal(dgba_shape_count(a), 210);
    assert_int_equal(dgba_shape_count((dgba_shape){100000, 1000, 1000, 1000}), 100000000000000);
    assert_true(dgba_shape_equal(a, a));
    assert_false(dgba_shape_equal(a, (dgba_shape){1, 3, 5, 7}));
    assert_false(dgba_shape_equal(a, (dgba_shape){2, 1, 5, 7}));
    assert_false(dgba_shape_equal(a, (dgba_shape){2, 3, 1, 7}));
    assert_false(dgba_shape_equal(a, (dgba_shape){2, 3, 5, 1}));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_count),     cmocka_unit_test(sums_of_every_count),
        cmocka_unit_test(sums_are_double), cmocka_unit_test(not_a_number_is_summed),
        cmocka_unit_test(shapes),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
