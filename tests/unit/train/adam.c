#include <math.h>

#include "dgba/train.h"
#include "support/check.h"

enum { COUNT = 9, STEPS = 50 };

/** Adam as in the paper, one parameter at a time, in double precision. */
static void naive_step(double *p, double *m, double *v, double g, int64_t t, double rate, const dgba_train *o) {
    g += o->weight_decay * *p;
    *m = o->beta1 * *m + (1 - o->beta1) * g;
    *v = o->beta2 * *v + (1 - o->beta2) * g * g;
    const double unbiased_m = *m / (1 - pow(o->beta1, (double)t)), unbiased_v = *v / (1 - pow(o->beta2, (double)t));
    *p -= rate * unbiased_m / (sqrt(unbiased_v) + 1e-8);
}

static void follows_the_naive_twin(void **state) {
    (void)state;
    dgba_train options = {0};
    dgba_option_defaults(&options, &dgba_train_options);
    options.decay_every = 10;
    float p[COUNT], m[COUNT] = {0}, v[COUNT] = {0}, g[COUNT], expected[COUNT];
    double dp[COUNT], dm[COUNT] = {0}, dv[COUNT] = {0};
    check_random(p, COUNT, 1);
    for (int i = 0; i < COUNT; ++i) dp[i] = (double)p[i];
    for (int64_t step = 0; step < STEPS; ++step) {
        check_random(g, COUNT, 100 + (uint64_t)step);
        const double rate = dgba_train_rate(&options, step);
        dgba_adam_update(p, m, v, g, COUNT, step + 1, rate, &options);
        for (int i = 0; i < COUNT; ++i) {
            naive_step(&dp[i], &dm[i], &dv[i], (double)g[i], step + 1, rate, &options);
            expected[i] = (float)dp[i];
        }
        CHECK_CLOSE(p, expected, COUNT, 1e-5, 1e-6);
    }
}

static void the_rate_falls_in_steps(void **state) {
    (void)state;
    const dgba_train options = {.learning_rate = 1e-3, .decay = 0.5, .decay_every = 4000};
    assert_true(dgba_train_rate(&options, 0) == 1e-3);
    assert_true(dgba_train_rate(&options, 3999) == 1e-3);
    assert_true(dgba_train_rate(&options, 4000) == 5e-4);
    assert_true(dgba_train_rate(&options, 12000) == 1.25e-4);
}

static void zero_gradient_without_decay_changes_nothing(void **state) {
    (void)state;
    const dgba_train options = {.learning_rate = 1, .decay = 1, .decay_every = 1, .beta1 = 0.5, .beta2 = 0.999};
    float p[2] = {1, -2}, m[2] = {0}, v[2] = {0};
    const float g[2] = {0}, expected[2] = {1, -2};
    dgba_adam_update(p, m, v, g, 2, 1, 1, &options);
    CHECK_CLOSE(p, expected, 2, 0, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_the_naive_twin),
        cmocka_unit_test(the_rate_falls_in_steps),
        cmocka_unit_test(zero_gradient_without_decay_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
