#include "../../../src/report/statistic.h"

#include <math.h>

#include "support/check.h"
#include "support/near.h"

static void mean_and_deviation(void **state) {
    (void)state;
    statistic s = {0};
    const double values[] = {50.2, NAN, 49.9, 50.8, 50.1};
    for (int64_t i = 0; i < DGBA_COUNT_OF(values); ++i) statistic_add(&s, values[i]);
    assert_int_equal(s.count, 4);
    CHECK_NEAR(s.mean, 50.25, 1e-12);
    CHECK_NEAR(statistic_deviation(&s), 0.38729833462074, 1e-12); // numpy.std(ddof=1)
    const statistic one = statistic_of(3), none = statistic_of(NAN);
    assert_true(isnan(statistic_deviation(&one)));
    assert_int_equal(none.count, 0);
}

static void as_text(void **state) {
    (void)state;
    dgba_text text = {0};
    statistic s = {0};
    statistic_text(&text, &s, 2, 2);
    assert_string_equal(dgba_text_chars(&text), "");
    statistic_add(&s, 1);
    statistic_text(&text, &s, 2, 1);
    assert_string_equal(text.chars, "1.00");
    statistic_text(&text, &s, 2, 2);
    assert_string_equal(text.chars, "1.00 (n=1)");
    statistic_add(&s, 2);
    statistic_text(&text, &s, 1, 2);
    assert_string_equal(text.chars, "1.5 ± 0.7");
    dgba_text_free(&text);
}

/** Values of scipy.stats.spearmanr, SciPy 1.10.1. */
static void rank_correlation(void **state) {
    (void)state;
    double scratch[16];
    const double score[] = {15, 3, 6, 9, 7, 12, 0, 7}, arp[] = {-9.85, 1.04, -4.72, -1.79, -5.97, -6.62, 0.0, -5.97};
    CHECK_NEAR(spearman(score, arp, 8, scratch), -0.8313253012048192, 1e-12);
    const double x[] = {1, 2, 3, 4, 5}, y[] = {2, 1, 4, 3, 5}, constant[] = {7, 7, 7, 7, 7};
    CHECK_NEAR(spearman(x, y, 5, scratch), 0.8, 1e-12);
    assert_true(isnan(spearman(x, constant, 5, scratch)));
    assert_true(isnan(spearman(x, y, 1, scratch)));
}

static double mean_of(const int64_t *units, int64_t n, void *data) {
    double sum = 0;
    for (int64_t i = 0; i < n; ++i) sum += ((const double *)data)[units[i]];
    return sum / (double)n;
}

/** Against 200,000 resamples by NumPy: [336.9, 453.9] for the mean 395.0 of 0, 1, 2.8, ... 99^1.5. */
static void interval_of_a_mean(void **state) {
    (void)state;
    double values[100];
    for (int64_t i = 0; i < 100; ++i) values[i] = pow((double)i, 1.5);
    const interval found = bootstrap_interval(100, mean_of, values), again = bootstrap_interval(100, mean_of, values);
    CHECK_NEAR(found.low, 336.887, 6);
    CHECK_NEAR(found.high, 453.946, 6);
    assert_true(found.low == again.low && found.high == again.high);
    double same[] = {4, 4, 4};
    CHECK_NEAR(bootstrap_interval(3, mean_of, same).low, 4, 0);
    CHECK_NEAR(bootstrap_interval(3, mean_of, same).high, 4, 0);
    assert_true(isnan(bootstrap_interval(0, mean_of, same).low));
}

typedef struct pairs {
    const double *x, *y;
} pairs;

static double correlation_of(const int64_t *units, int64_t n, void *data) {
    const pairs *p = data;
    double x[12], y[12], scratch[24];
    for (int64_t i = 0; i < n; ++i) {
        x[i] = p->x[units[i]];
        y[i] = p->y[units[i]];
    }
    return spearman(x, y, n, scratch);
}

/** Against 50,000 resamples by SciPy. */
static void interval_of_a_correlation(void **state) {
    (void)state;
    const double x[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, y[] = {0, 2, 1, 3, 6, 4, 5, 9, 8, 7, 11, 10};
    pairs p = {x, y};
    const interval found = bootstrap_interval(12, correlation_of, &p);
    CHECK_NEAR(found.low, 0.7226, 0.02);
    CHECK_NEAR(found.high, 0.9928, 0.005);
    p.y = (const double[]){1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    assert_true(isnan(bootstrap_interval(12, correlation_of, &p).low));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mean_and_deviation),        cmocka_unit_test(as_text),
        cmocka_unit_test(rank_correlation),          cmocka_unit_test(interval_of_a_mean),
        cmocka_unit_test(interval_of_a_correlation),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
