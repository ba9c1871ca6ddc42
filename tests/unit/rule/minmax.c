/** Min-max weights: by hand, and their projection on the simplex against a fine grid. */
#include <math.h>

#include "dgba/rule.h"
#include "support/near.h"

enum { TASKS = 3, SAMPLES = 2, PAIRS = TASKS * SAMPLES };

static double clean[PAIRS] = {2, 2, 4, 4, 8, 8}, losses[PAIRS], state[PAIRS], weights[PAIRS];
static uint8_t active[PAIRS];
static dgba_rule_input input = {
    .tasks = TASKS, .samples = SAMPLES, .losses = losses, .clean_losses = clean, .active = active, .state = state};

static dgba_rule make_rule(double beta, double gamma) {
    dgba_rule rule = {0};
    CHECK_OK(dgba_rule_kind_find(&rule.kind, "minmax"));
    dgba_option_defaults(&rule, rule.kind->options);
    assert_true(rule.beta == 30 && rule.gamma == 1);
    rule.beta = beta;
    rule.gamma = gamma;
    return rule;
}

/** Weights at the next iterate, where the losses have risen by r[task][sample] times their clean values. */
static void next(const dgba_rule *rule, const double r[PAIRS]) {
    for (int i = 0; i < PAIRS; ++i) losses[i] = (1 + r[i]) * clean[i];
    dgba_rule_active(active, losses, clean, TASKS, SAMPLES);
    dgba_rule_weights(weights, rule, &input);
    input.iteration += 1;
}

static void check_weights(int sample, double first, double second, double third) {
    const double expected[] = {first, second, third};
    for (int t = 0; t < TASKS; ++t)
        CHECK_NEAR(weights[t * SAMPLES + sample], expected[t] / clean[t * SAMPLES + sample], 1e-15);
}

static void weights_by_hand(void **s) {
    (void)s;
    const dgba_rule rule = make_rule(30, 1);
    input.iteration = 0;
    next(&rule, (double[PAIRS]){0});
    check_weights(0, 1.0 / 3, 1.0 / 3, 1.0 / 3);
    // r = (3, 0, 0): v = (1/3 − 1/10, 1/3, 1/3), and a third of what is missing goes to each
    next(&rule, (double[PAIRS]){3, 0, 0, 0, 0, 0});
    check_weights(0, 1.0 / 3 - 1.0 / 15, 1.0 / 3 + 1.0 / 30, 1.0 / 3 + 1.0 / 30);
    check_weights(1, 1.0 / 3, 1.0 / 3, 1.0 / 3);
    // r = 0: γ draws (−1/15, 1/30, 1/30) back by a thirtieth
    next(&rule, (double[PAIRS]){0});
    check_weights(0, 1.0 / 3 - 29.0 / 450, 1.0 / 3 + 29.0 / 900, 1.0 / 3 + 29.0 / 900);
    // A start anew forgets.
    input.iteration = 0;
    next(&rule, (double[PAIRS]){3, 0, 0, 0, 0, 0});
    check_weights(0, 1.0 / 3, 1.0 / 3, 1.0 / 3);
}

static void an_inactive_task_has_no_weight(void **s) {
    (void)s;
    const dgba_rule rule = make_rule(1, 0);
    input.iteration = 0;
    next(&rule, (double[PAIRS]){0, 0, NAN});
    check_weights(0, 0.5, 0, 0.5);
    next(&rule, (double[PAIRS]){0, 0, NAN, 0, 0.5, 0});
    check_weights(0, 0.75, 0, 0.25);
    next(&rule, (double[PAIRS]){0}); // back again: the most even weights that are near
    check_weights(0, 0.75, 0, 0.25);
    next(&rule, (double[PAIRS]){0.3, 0, 0, 0, 0, 0});
    check_weights(0, 0.55, 0.1, 0.35);
    for (int i = 0; i < PAIRS; ++i) active[i] = 0;
    dgba_rule_weights(weights, &rule, &input);
    for (int i = 0; i < PAIRS; ++i) assert_true(weights[i] == 0);
}

static double distance(const double a[TASKS], const double b[TASKS]) {
    double sum = 0;
    for (int t = 0; t < TASKS; ++t) sum += (a[t] - b[t]) * (a[t] - b[t]);
    return sum;
}

/** From even weights with β = 1, γ = 0 the new weights are the projection of 1/T − r. */
static void the_projection_is_the_nearest_point_of_the_simplex(void **s) {
    (void)s;
    enum { GRID = 200 };
    const dgba_rule rule = make_rule(1, 0);
    dgba_random stream = dgba_random_stream(5, DGBA_RANDOM_TEST, 0);
    for (int k = 0; k < 50; ++k) {
        double r[PAIRS] = {0}, v[TASKS], w[TASKS], best = INFINITY, sum = 0;
        for (int t = 0; t < TASKS; ++t) r[t * SAMPLES] = dgba_random_between(&stream, -0.9, 2);
        input.iteration = 0;
        next(&rule, (double[PAIRS]){0});
        next(&rule, r);
        for (int t = 0; t < TASKS; ++t) {
            v[t] = 1.0 / TASKS - r[t * SAMPLES];
            w[t] = weights[t * SAMPLES] * clean[t * SAMPLES];
            assert_true(w[t] >= 0);
            sum += w[t];
        }
        for (int a = 0; a <= GRID; ++a)
            for (int b = 0; a + b <= GRID; ++b) {
                const double point[] = {(double)a / GRID, (double)b / GRID, (double)(GRID - a - b) / GRID};
                best = fmin(best, distance(point, v));
            }
        CHECK_NEAR(sum, 1, 1e-12);
        assert_true(distance(w, v) <= best + 1e-12);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_by_hand),
        cmocka_unit_test(an_inactive_task_has_no_weight),
        cmocka_unit_test(the_projection_is_the_nearest_point_of_the_simplex),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
