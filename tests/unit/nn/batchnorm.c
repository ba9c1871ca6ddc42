#include <math.h>
#include <string.h>

#include "ref/nn.h"
#include "support/batchnorm.h"
#include "support/check.h"

// Tolerances for inputs of standard deviation 1 about means up to 3: |result − twin| ≤ relative·|twin| + absolute.
static const struct tolerance {
    double relative, absolute;
} forward_tolerance = {1e-6, 2e-6}, statistics_tolerance = {1e-6, 1e-7}, input_tolerance = {1e-5, 1e-5},
  params_tolerance = {2e-6, 1e-5}, difference_tolerance = {1e-5, 2e-5};

#define CHECK_WITHIN(a, b, count, tolerance) CHECK_CLOSE(a, b, count, (tolerance).relative, (tolerance).absolute)

enum { MOST = 4000, CHANNELS = 5 };
static const dgba_batchnorm options = {1e-5f, 0.1f};

static const dgba_shape shapes[] = {{1, 1, 1, 2}, {2, 3, 1, 1}, {5, 4, 1, 1},  {3, 5, 7, 9},
                                    {1, 5, 4, 4}, {4, 2, 3, 5}, {2, 1, 33, 1}, {2, 5, 12, 16}};

/** Everything one case needs, in float and double. */
static struct problem {
    dgba_shape shape;
    int64_t count, channels;
    float x[MOST], dy[MOST], y[MOST], dx[MOST], expected[MOST];
    float gamma[CHANNELS], beta[CHANNELS], mean[CHANNELS], inv_std[CHANNELS];
    float running_mean[CHANNELS], running_var[CHANNELS], dgamma[CHANNELS], dbeta[CHANNELS];
    double wide_x[MOST], wide_dy[MOST], wide_y[MOST], wide_dx[MOST];
    double wide_gamma[CHANNELS], wide_beta[CHANNELS], wide_dgamma[CHANNELS], wide_dbeta[CHANNELS];
    double wide_running_mean[CHANNELS], wide_running_var[CHANNELS];
} p;

static void make_problem(dgba_shape shape) {
    p.shape = shape;
    p.count = dgba_shape_count(shape);
    p.channels = shape.c;
    check_random(p.x, p.count, 1);
    check_random(p.dy, p.count, 2);
    for (int64_t i = 0; i < p.count; ++i) p.x[i] += (float)(i / (shape.h * shape.w) % shape.c) - 1;
    check_random(p.gamma, CHANNELS, 3);
    check_random(p.beta, CHANNELS, 4);
    check_random(p.running_mean, CHANNELS, 5);
    for (int c = 0; c < CHANNELS; ++c) p.running_var[c] = 0.5f + (float)c;
    ref_widen(p.wide_x, p.x, p.count);
    ref_widen(p.wide_dy, p.dy, p.count);
    ref_widen(p.wide_gamma, p.gamma, CHANNELS);
    ref_widen(p.wide_beta, p.beta, CHANNELS);
    ref_widen(p.wide_running_mean, p.running_mean, CHANNELS);
    ref_widen(p.wide_running_var, p.running_var, CHANNELS);
}

static const float *expected(const double *from, int64_t count) {
    ref_narrow(p.expected, from, count);
    return p.expected;
}

static void forward(void) {
    batchnorm_forward(p.y, p.mean, p.inv_std, p.running_mean, p.running_var, p.x, p.gamma, p.beta, p.shape, options);
}

static void forward_equals_the_twin(void **state) {
    (void)state;
    for (int64_t i = 0; i < DGBA_COUNT_OF(shapes); ++i) {
        make_problem(shapes[i]);
        for (int step = 0; step < 3; ++step) { // the running statistics move each time
            forward();
            ref_batchnorm_forward(p.wide_y, p.wide_running_mean, p.wide_running_var, p.wide_x, p.wide_gamma, p.wide_beta,
                                  p.shape, options);
        }
        // Two elements a channel can lie so near each other that float32 means something else by their difference.
        const double few = p.count / p.channels < 4 ? 10 : 1;
        CHECK_CLOSE(p.y, expected(p.wide_y, p.count), p.count, few * forward_tolerance.relative,
                    few * forward_tolerance.absolute);
        CHECK_WITHIN(p.running_mean, expected(p.wide_running_mean, CHANNELS), p.channels, statistics_tolerance);
        CHECK_WITHIN(p.running_var, expected(p.wide_running_var, CHANNELS), p.channels, statistics_tolerance);
    }
}

static void rectified_on_the_way(void **state) {
    (void)state;
    for (int64_t i = 0; i < DGBA_COUNT_OF(shapes); ++i) {
        make_problem(shapes[i]);
        forward();
        p.x[0] = NAN;
        dgba_batchnorm_normalise(p.expected, p.x, p.mean, p.inv_std, p.gamma, p.beta, p.shape, false);
        dgba_relu_forward(p.expected, p.expected, p.count);
        dgba_batchnorm_normalise(p.y, p.x, p.mean, p.inv_std, p.gamma, p.beta, p.shape, true);
        assert_memory_equal(p.y, p.expected, (size_t)p.count * sizeof *p.y);
        assert_true(isnan(p.y[0]));
    }
}

static void backward_equals_the_twin(void **state) {
    (void)state;
    for (int64_t i = 2; i < DGBA_COUNT_OF(shapes); ++i) {
        make_problem(shapes[i]);
        forward();
        ref_batchnorm_backward(p.wide_dx, p.wide_dgamma, p.wide_dbeta, p.wide_dy, p.wide_x, p.wide_gamma, p.shape, options);
        check_random(p.dgamma, CHANNELS, 6);
        check_random(p.dbeta, CHANNELS, 7);
        for (int c = 0; c < CHANNELS; ++c) p.wide_dgamma[c] += (double)p.dgamma[c];
        for (int c = 0; c < CHANNELS; ++c) p.wide_dbeta[c] += (double)p.dbeta[c];
        dgba_fill(p.dx, NAN, p.count);
        batchnorm_backward(p.dx, p.dgamma, p.dbeta, p.dy, p.x, p.mean, p.inv_std, p.gamma, p.shape, false);
        CHECK_WITHIN(p.dx, expected(p.wide_dx, p.count), p.count, input_tolerance);
        CHECK_WITHIN(p.dgamma, expected(p.wide_dgamma, CHANNELS), p.channels, params_tolerance);
        CHECK_WITHIN(p.dbeta, expected(p.wide_dbeta, CHANNELS), p.channels, params_tolerance);

        dgba_fill(p.dx, 3, p.count);
        for (int64_t e = 0; e < p.count; ++e) p.wide_dx[e] += 3;
        batchnorm_backward(p.dx, p.dgamma, p.dbeta, p.dy, p.x, p.mean, p.inv_std, p.gamma, p.shape, true);
        CHECK_WITHIN(p.dx, expected(p.wide_dx, p.count), p.count, input_tolerance);
    }
}

/** (L(z + h) − L(z − h))/2h for L = Σ dy·y of the twin, where `element` is an element of its x, gamma or beta. */
static float difference(double *element) {
    const double step = 1e-4, value = *element;
    double loss[2];
    for (int side = 0; side < 2; ++side) {
        *element = value + (side == 0 ? step : -step);
        ref_batchnorm_forward(p.wide_y, p.wide_running_mean, p.wide_running_var, p.wide_x, p.wide_gamma, p.wide_beta,
                              p.shape, options);
        loss[side] = ref_dot(p.wide_dy, p.wide_y, p.count);
    }
    *element = value;
    return (float)((loss[0] - loss[1]) / (2 * step));
}

static void check_differences(const float *gradient, double *wide, int64_t count) {
    for (int64_t i = 0; i < count; i += 1 + count / 20) {
        const float measured = difference(wide + i);
        CHECK_WITHIN(gradient + i, &measured, 1, difference_tolerance);
    }
}

static void gradients_equal_finite_differences(void **state) {
    (void)state;
    for (int64_t i = 2; i < DGBA_COUNT_OF(shapes); ++i) {
        make_problem(shapes[i]);
        forward();
        memset(p.dgamma, 0, sizeof p.dgamma);
        memset(p.dbeta, 0, sizeof p.dbeta);
        batchnorm_backward(p.dx, p.dgamma, p.dbeta, p.dy, p.x, p.mean, p.inv_std, p.gamma, p.shape, false);
        check_differences(p.dx, p.wide_x, p.count);
        check_differences(p.dgamma, p.wide_gamma, p.channels);
        check_differences(p.dbeta, p.wide_beta, p.channels);
    }
}

/** A mean of 1000 standard deviations costs no digits of the variance beyond those that x has lost already. */
static void far_mean(void **state) {
    (void)state;
    make_problem((dgba_shape){2, 1, 12, 16});
    for (int64_t i = 0; i < p.count; ++i) p.x[i] += 1000;
    ref_widen(p.wide_x, p.x, p.count);
    forward();
    ref_batchnorm_forward(p.wide_y, p.wide_running_mean, p.wide_running_var, p.wide_x, p.wide_gamma, p.wide_beta, p.shape,
                          options);
    CHECK_WITHIN(p.running_var, expected(p.wide_running_var, 1), 1, statistics_tolerance);
    CHECK_CLOSE(p.y, expected(p.wide_y, p.count), p.count, 0, 1e-4); // the mean itself is rounded to 6e-5
}

/** A channel without variation becomes beta, and its variance is 0, never less. */
static void constant_channel(void **state) {
    (void)state;
    make_problem((dgba_shape){3, 2, 5, 7});
    dgba_fill(p.x, 0.1f, p.count);
    p.running_var[0] = 1;
    forward();
    for (int64_t i = 0; i < p.count; ++i) assert_true(p.y[i] == p.beta[i / 35 % 2]);
    assert_true(p.running_var[0] == 0.9f);
    assert_true(fabs((double)p.inv_std[0] - 1 / sqrt((double)options.epsilon)) < 1e-4);
}

static void not_a_number_spoils_its_channel(void **state) {
    (void)state;
    make_problem((dgba_shape){2, 2, 3, 5});
    p.x[20] = NAN;
    forward();
    for (int64_t i = 0; i < p.count; ++i) assert_true(isnan(p.y[i]) == (i / 15 % 2 == 1));
    assert_true(!isnan(p.running_var[0]) && isnan(p.running_var[1]) && isnan(p.running_mean[1]));
}

static void folded_equals_the_formula(void **state) {
    (void)state;
    float gamma[CHANNELS], beta[CHANNELS], mean[CHANNELS], scale[CHANNELS], shift[CHANNELS];
    const float var[CHANNELS] = {0, 1e-6f, 0.3f, 1, 250};
    check_random(gamma, CHANNELS, 1);
    check_random(beta, CHANNELS, 2);
    check_random(mean, CHANNELS, 3);
    dgba_batchnorm_fold(scale, shift, gamma, beta, mean, var, CHANNELS, options);
    for (int c = 0; c < CHANNELS; ++c) {
        const double std = sqrt((double)var[c] + (double)options.epsilon);
        for (double x = -2; x < 3; x += 1.5) {
            const double direct = (x - (double)mean[c]) / std * (double)gamma[c] + (double)beta[c];
            const double folded = x * (double)scale[c] + (double)shift[c];
            assert_true(fabs(folded - direct) <= 2e-7 * (fabs(x) + fabs((double)mean[c])) / std + 1e-6);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forward_equals_the_twin),
        cmocka_unit_test(rectified_on_the_way),
        cmocka_unit_test(backward_equals_the_twin),
        cmocka_unit_test(gradients_equal_finite_differences),
        cmocka_unit_test(far_mean),
        cmocka_unit_test(constant_channel),
        cmocka_unit_test(not_a_number_spoils_its_channel),
        cmocka_unit_test(folded_equals_the_formula),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
