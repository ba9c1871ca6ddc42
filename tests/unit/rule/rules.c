/** Every rule against its formula, worked by hand: two tasks, three samples. */
#include <math.h>
#include <string.h>

#include "dgba/rule.h"
#include "support/near.h"

enum { TASKS = 2, SAMPLES = 3 };

/** The third sample has no usable loss for the second task. */
static const double losses[] = {2, 4, 5, 10, 0.5, 0}, clean_losses[] = {1, 5, 4, 8, 0.25, 2};
static const uint8_t active[] = {1, 1, 1, 1, 1, 0};
static const dgba_rule_input input = {
    .tasks = TASKS, .samples = SAMPLES, .losses = losses, .clean_losses = clean_losses, .active = active};

static dgba_rule make_rule(const char *kind) {
    dgba_rule rule = {.task_index = 1};
    CHECK_OK(dgba_rule_kind_find(&rule.kind, kind));
    return rule;
}

static void check_all(const double *values, const double *expected, int64_t count) {
    for (int64_t i = 0; i < count; ++i) CHECK_NEAR(values[i], expected[i], 1e-15 * fabs(expected[i]));
}

static void weights_by_hand(void **state) {
    (void)state;
    static const struct {
        const char *kind;
        double weights[TASKS * SAMPLES];
    } cases[] = {{"single", {0, 0, 0, 1, 1, 0}},
                 {"total", {1, 1, 1, 1, 1, 0}},
                 {"static", {1, 1.0 / 5, 1.0 / 4, 1.0 / 8, 4, 0}},
                 {"dgba", {1.0 / 2, 1.0 / 4, 1.0 / 5, 1.0 / 10, 2, 0}}};
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i) {
        const dgba_rule rule = make_rule(cases[i].kind);
        double weights[TASKS * SAMPLES];
        assert_false(rule.kind->needs_task_gradients);
        dgba_rule_weights(weights, &rule, &input);
        check_all(weights, cases[i].weights, TASKS * SAMPLES);
    }
}

static void scores_by_hand(void **state) {
    (void)state;
    static const struct {
        const char *kind;
        double scores[SAMPLES];
    } cases[] = {{"single", {10, 0.5, 0}},
                 {"total", {12, 4.5, 5}},
                 {"sign_sum", {12, 4.5, 5}},
                 {"static", {1 + 0.25, -0.2 + 1, 0.25}},
                 {"dgba", {1 + 0.25, -0.2 + 1, 0.25}},
                 {"minmax", {0.25, -0.2, 0.25}},
                 {"mgda", {1 + 0.25, -0.2 + 1, 0.25}},
                 {"pcgrad", {1 + 0.25, -0.2 + 1, 0.25}}};
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i) {
        const dgba_rule rule = make_rule(cases[i].kind);
        double scores[SAMPLES];
        dgba_rule_score(scores, &rule, &input);
        check_all(scores, cases[i].scores, SAMPLES);
    }
}

static void sign_sum_by_hand(void **state) {
    (void)state;
    const dgba_rule rule = make_rule("sign_sum");
    assert_true(rule.kind->needs_task_gradients);
    const float first[] = {1, -2, 0, 3, 5e-30F, -1}, second[] = {7, 2, -1, NAN, 1, 9}; // two elements a sample
    const float *const gradients[] = {first, second};
    float direction[6];
    CHECK_OK(dgba_rule_combine(direction, &rule, gradients, 2, &input));
    CHECK_CLOSE(direction, ((float[]){2, 0, -1, 1, 1, -1}), 6, 0, 0);
}

static void signs(void **state) {
    (void)state;
    assert_true(dgba_sign(3) == 1 && dgba_sign(-INFINITY) == -1 && dgba_sign(1e-44F) == 1);
    assert_true(dgba_sign(0) == 0 && dgba_sign(-0.0F) == 0 && dgba_sign(NAN) == 0);
}

static void unusable_losses_are_not_active(void **state) {
    (void)state;
    const double now[] = {1, NAN, 1, INFINITY, 1e-12, 2e-12, -1, 1};
    const double before[] = {1, 1, NAN, 1, 1, 1, 1, 0};
    static const uint8_t expected[] = {1, 0, 0, 0, 0, 1, 0, 0};
    uint8_t flags[8];
    dgba_rule_active(flags, now, before, 2, 4);
    assert_memory_equal(flags, expected, sizeof flags);
}

static void options_are_read(void **state) {
    (void)state;
    dgba_rule rule = make_rule("single");
    dgba_option_defaults(&rule, rule.kind->options);
    assert_string_equal(rule.task, "");
    CHECK_OK(dgba_option_set(&rule, rule.kind->options, "task", "normal"));
    assert_string_equal(rule.task, "normal");
    rule = make_rule("dgba");
    CHECK_FAILS(DGBA_E_CONFIG, dgba_option_set(&rule, rule.kind->options, "task", "normal"));
    CHECK_MESSAGE("unknown key 'task' in dgba");
}

static void kinds_are_found_by_name(void **state) {
    (void)state;
    const dgba_rule_kind *kind = NULL;
    CHECK_FAILS(DGBA_E_CONFIG, dgba_rule_kind_find(&kind, "sign-sum"));
    CHECK_MESSAGE("unknown rule 'sign-sum' (did you mean 'sign_sum'?)");
    CHECK_FAILS(DGBA_E_CONFIG, dgba_rule_kind_find(&kind, "fairness"));
    CHECK_MESSAGE("unknown rule 'fairness'");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_by_hand),
        cmocka_unit_test(scores_by_hand),
        cmocka_unit_test(sign_sum_by_hand),
        cmocka_unit_test(signs),
        cmocka_unit_test(unusable_losses_are_not_active),
        cmocka_unit_test(options_are_read),
        cmocka_unit_test(kinds_are_found_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
