/** Rule ilp inside every step: the pixel budget holds for the final image, constraints hold in prediction, and programs
 *  without a solution are told of. */
#include <math.h>
#include <string.h>

#include "dgba/ilp.h"
#include "support/near.h"
#include "support/quadratic.h"

enum { TASKS = 3, SAMPLES = 2, CHANNELS = 3, PIXELS = 6, SIZE = CHANNELS * PIXELS, MOST_PIXELS = 2, ITERATIONS = 3 };

static const dgba_shape shape = {SAMPLES, CHANNELS, 2, 3};
static const dgba_box box = {.low = {-128, -128, -128}, .high = {127, 127, 127}};

typedef struct tally {
    int64_t solves, infeasible, first_iterates;
    double least_objective; // at first iterates
} tally;

static void hear(void *self, const dgba_rule_solve *solve) {
    tally *t = self;
    ++t->solves;
    t->infeasible += strcmp(solve->status, "infeasible") == 0;
    if (solve->iteration > 0) return;
    ++t->first_iterates;
    t->least_objective = fmin(t->least_objective, solve->objective);
}

static void set(dgba_attack *attack, const char *name, const char *value) {
    CHECK_OK(dgba_option_set(&attack->rule, attack->rule.kind->options, name, value));
}

/** Attacks random images with a step and the rule, whose options are pairs of names and values, ended by NULL. */
static tally run(float *adversarial, float *x, const dgba_step_kind *step, const char *const *options) {
    static const char *const names[TASKS] = {"segment", "normal", "depth"};
    tally heard = {.least_objective = INFINITY};
    const dgba_rule_sink sink = {&heard, hear};
    dgba_attack attack = {.epsilon = 4, .box = box, .seed = 5, .sink = &sink};
    dgba_attack_log log = {0};
    dgba_arena scratch = {0};
    quadratic q;
    quadratic_create(&q, TASKS, shape, 1);
    check_random(x, SAMPLES * SIZE, 3);
    dgba_option_defaults(&attack.step, step->options);
    attack.step.kind = step;
    attack.step.iterations = ITERATIONS;
    CHECK_OK(dgba_rule_kind_find(&attack.rule.kind, "ilp"));
    dgba_option_defaults(&attack.rule, attack.rule.kind->options);
    for (int i = 0; options[i] != NULL; i += 2) set(&attack, options[i], options[i + 1]);
    CHECK_OK(dgba_rule_bind(&attack.rule, names, TASKS));
    const dgba_oracle oracle = quadratic_oracle(&q);
    CHECK_OK(dgba_arena_create(&scratch, dgba_attack_scratch_bytes(&attack, TASKS, shape)));
    CHECK_OK(dgba_attack_run(adversarial, &log, &attack, &oracle, x, &scratch));
    dgba_arena_free(&scratch);
    quadratic_free(&q);
    return heard;
}

static int64_t changed_pixels(const float *adversarial, const float *x, int64_t sample) {
    int64_t count = 0;
    for (int64_t i = 0; i < PIXELS; ++i) {
        bool changed = false;
        for (int64_t j = sample * SIZE + i; j < (sample + 1) * SIZE; j += PIXELS)
            changed = changed || adversarial[j] != x[j];
        count += changed;
    }
    return count;
}

/** In every step that the rule works with, chosen once and anew. */
static void budget_holds_for_the_final_image(void **state) {
    (void)state;
    static const char *const mixes[][9] = {
        {"pixels", "2", "gap", "1e-3", NULL},
        {"pixels", "2", "gap", "1e-3", "resupport", "true", "objective", "mean", NULL},
    };
    const dgba_rule_kind *rule = NULL;
    int64_t steps = 0, tried = 0;
    const dgba_step_kind *const *step = dgba_step_kinds(&steps);
    CHECK_OK(dgba_rule_kind_find(&rule, "ilp"));
    for (int64_t s = 0; s < steps; ++s) {
        if (dgba_attack_pair(step[s], rule) != DGBA_OK) continue;
        for (int m = 0; m < 2; ++m, ++tried) {
            float x[SAMPLES * SIZE], adversarial[SAMPLES * SIZE];
            const tally heard = run(adversarial, x, step[s], mixes[m]);
            assert_true(heard.solves >= SAMPLES && heard.infeasible == 0);
            for (int64_t n = 0; n < SAMPLES; ++n) {
                const int64_t changed = changed_pixels(adversarial, x, n);
                if (changed < 1 || changed > MOST_PIXELS)
                    print_error("step %s, mix %d: %lld\n", step[s]->name, m, (long long)changed);
                assert_true(changed >= 1 && changed <= MOST_PIXELS);
            }
        }
    }
    assert_true(tried >= 2 * 5);
}

/** Predicted relative change of a task: with fgsm the direction is the image's whole change. */
static double predicted(int64_t task, const float *adversarial, const float *x) {
    double gradient[SIZE] = {0}, change = 0;
    quadratic q;
    quadratic_create(&q, TASKS, shape, 1);
    quadratic_add_gradient(gradient, &q, task, 1, x);
    for (int64_t j = 0; j < SIZE; ++j) change += gradient[j] * ((double)adversarial[j] - (double)x[j]);
    change /= quadratic_loss(&q, task, x);
    quadratic_free(&q);
    return change;
}

static void predictions_keep_the_constraints(void **state) {
    (void)state;
    static const char *const spare[] = {"keep", "[normal=0.01]", "objective", "mean", NULL};
    static const char *const raise[] = {"floor", "[depth=0.1]", "pixels", "50%", NULL};
    const dgba_step_kind *fgsm = NULL;
    float x[SAMPLES * SIZE], adversarial[SAMPLES * SIZE];
    CHECK_OK(dgba_step_kind_find(&fgsm, "fgsm"));
    assert_int_equal(run(adversarial, x, fgsm, spare).first_iterates, SAMPLES);
    for (int64_t n = 0; n < SAMPLES; ++n) {
        assert_true(fabs(predicted(1, adversarial + n * SIZE, x + n * SIZE)) <= 0.01 + 1e-4);
        assert_true(predicted(0, adversarial + n * SIZE, x + n * SIZE) > 0.1);
    }
    assert_int_equal(run(adversarial, x, fgsm, raise).infeasible, 0);
    for (int64_t n = 0; n < SAMPLES; ++n) assert_true(predicted(2, adversarial + n * SIZE, x + n * SIZE) >= 0.1 - 1e-4);
}

static void infeasible_programs_leave_the_image(void **state) {
    (void)state;
    static const char *const mix[] = {"floor", "[depth=1e6]", "pixels", "1", NULL};
    const dgba_step_kind *ifgsm = NULL;
    float x[SAMPLES * SIZE], adversarial[SAMPLES * SIZE];
    CHECK_OK(dgba_step_kind_find(&ifgsm, "ifgsm"));
    const tally heard = run(adversarial, x, ifgsm, mix);
    assert_int_equal(heard.solves, SAMPLES * ITERATIONS);
    assert_int_equal(heard.infeasible, SAMPLES * ITERATIONS);
    assert_memory_equal(adversarial, x, sizeof x);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(budget_holds_for_the_final_image),
        cmocka_unit_test(predictions_keep_the_constraints),
        cmocka_unit_test(infeasible_programs_leave_the_image),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
