/** Rectifier and sum of two maps. Both are exact: every result is one rounding of the twin's, so it must be equal. */
#include <math.h>
#include <string.h>

#include "ref/nn.h"
#include "support/check.h"

enum { MOST = 200 };
static const int64_t counts[] = {0, 1, 7, 15, 16, 17, 33, 64, 131, MOST};

static float a[MOST], b[MOST], dy[MOST], y[MOST], expected[MOST];
static double wide_a[MOST], wide_b[MOST], wide_dy[MOST], wide_y[MOST];

static void make(int64_t count) {
    check_random(a, count, 1);
    check_random(b, count, 2);
    check_random(dy, count, 3);
    if (count > 3) a[2] = 0, a[3] = -0.0f;
    ref_widen(wide_a, a, count);
    ref_widen(wide_b, b, count);
    ref_widen(wide_dy, dy, count);
}

static void check_equal(const float *result, const double *twin, int64_t count) {
    ref_narrow(expected, twin, count);
    for (int64_t i = 0; i < count; ++i) assert_true(result[i] == expected[i]);
}

static void relu_equals_the_twin(void **state) {
    (void)state;
    for (int64_t c = 0; c < DGBA_COUNT_OF(counts); ++c) {
        const int64_t count = counts[c];
        make(count);
        ref_relu_forward(wide_y, wide_a, count);
        dgba_relu_forward(y, a, count);
        check_equal(y, wide_y, count);
        dgba_relu_forward(a, a, count); // in place
        check_equal(a, wide_y, count);
    }
}

static void relu_gradient_equals_the_twin(void **state) {
    (void)state;
    for (int64_t c = 0; c < DGBA_COUNT_OF(counts); ++c) {
        const int64_t count = counts[c];
        float dx[MOST];
        make(count);
        dgba_relu_forward(y, a, count);
        ref_relu_backward(wide_y, wide_dy, wide_a, count);
        dgba_relu_backward(dx, dy, y, count, false);
        check_equal(dx, wide_y, count);
        memcpy(dx, b, sizeof dx);
        dgba_relu_backward(dx, dy, y, count, true);
        for (int64_t i = 0; i < count; ++i) wide_y[i] += wide_b[i];
        check_equal(dx, wide_y, count);
        dgba_relu_backward(dy, dy, y, count, false); // in place
        ref_relu_backward(wide_y, wide_dy, wide_a, count);
        check_equal(dy, wide_y, count);
    }
}

/** Marks come in blocks of 512 elements. */
static void marks_serve_as_the_value(void **state) {
    (void)state;
    enum { MOST_MARKED = 1537, MOST_WORDS = 64 };
    static const int64_t marked[] = {1, 15, 511, 512, 513, 1024, MOST_MARKED - 1};
    static float value[MOST_MARKED], gradient[MOST_MARKED], dx[2][MOST_MARKED];
    static uint32_t marks[MOST_WORDS + 1];
    for (int64_t c = 0; c < DGBA_COUNT_OF(marked); ++c) {
        const int64_t count = marked[c], words = dgba_relu_mark_words(count);
        assert_true(words <= MOST_WORDS && 32 * words >= count);
        check_random(value, MOST_MARKED, 21);
        check_random(gradient, MOST_MARKED, 22);
        check_random(dx[0], MOST_MARKED, 23);
        memcpy(dx[1], dx[0], sizeof dx[0]);
        value[0] = 0;
        value[1] = NAN;
        gradient[2] = NAN;
        marks[words] = 0x5AU;
        dgba_relu_forward(value, value, count);
        dgba_relu_mark(marks, value, count);
        assert_int_equal(marks[words], 0x5AU);
        for (int accumulate = 1; accumulate >= 0; --accumulate) {
            dgba_relu_backward(dx[0], gradient, value, count, accumulate);
            dgba_relu_backward_marked(dx[1], gradient, marks, count, accumulate);
            assert_memory_equal(dx[0], dx[1], sizeof dx[0]); // also behind the last one
        }
        dgba_relu_backward_marked(gradient, gradient, marks, count, false); // in place
        assert_memory_equal(dx[0], gradient, (size_t)count * sizeof *gradient);
    }
}

static void relu_gradient_equals_finite_differences(void **state) {
    (void)state;
    const double step = 1e-6;
    float dx[MOST];
    make(MOST);
    dgba_relu_forward(y, a, MOST);
    dgba_relu_backward(dx, dy, y, MOST, false);
    for (int64_t i = 0; i < MOST; ++i) {
        if (fabs(wide_a[i]) <= step) continue; // at the kink
        const double sides[2] = {wide_a[i] + step, wide_a[i] - step};
        double values[2];
        ref_relu_forward(values, sides, 2);
        assert_true(fabs(wide_dy[i] * (values[0] - values[1]) / (2 * step) - (double)dx[i]) < 1e-8);
    }
}

static void add_equals_the_twin(void **state) {
    (void)state;
    for (int64_t c = 0; c < DGBA_COUNT_OF(counts); ++c) {
        const int64_t count = counts[c];
        for (int relu = 0; relu < 2; ++relu) {
            make(count);
            ref_add_forward(wide_y, wide_a, wide_b, count, relu);
            dgba_add_forward(y, a, b, count, relu);
            check_equal(y, wide_y, count);
            memcpy(y, a, sizeof y);
            dgba_add_forward(y, y, b, count, relu); // onto the first
            check_equal(y, wide_y, count);
            dgba_add_forward(b, a, b, count, relu); // onto the second
            check_equal(b, wide_y, count);
        }
        make(count);
        ref_add_forward(wide_y, wide_a, wide_a, count, false);
        dgba_add_forward(a, a, a, count, false);
        check_equal(a, wide_y, count);
    }
}

/** At every place of a vector register. */
static void not_a_number_stays(void **state) {
    (void)state;
    for (int64_t at = 0; at < 40; ++at) {
        make(40);
        a[at] = NAN;
        dgba_relu_forward(y, a, 40);
        for (int64_t i = 0; i < 40; ++i) assert_true(isnan(y[i]) == (i == at));
        dgba_add_forward(y, a, b, 40, true);
        for (int64_t i = 0; i < 40; ++i) assert_true(isnan(y[i]) == (i == at));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(relu_equals_the_twin),     cmocka_unit_test(relu_gradient_equals_the_twin),
        cmocka_unit_test(marks_serve_as_the_value), cmocka_unit_test(relu_gradient_equals_finite_differences),
        cmocka_unit_test(add_equals_the_twin),      cmocka_unit_test(not_a_number_stays),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
