/** Steps by hand and against a naive loop in double; pass counts, the log, refusals. */
#include <math.h>
#include <string.h>

#include "support/near.h"
#include "support/quadratic.h"

static const dgba_box wide = {.low = {-500, -500, -500}, .high = {500, 500, 500}};

static dgba_attack make_attack(const char *step, const char *rule, double epsilon) {
    dgba_attack attack = {.epsilon = epsilon, .box = wide};
    const dgba_step_kind *kind = NULL;
    CHECK_OK(dgba_step_kind_find(&kind, step));
    dgba_option_defaults(&attack.step, kind->options);
    attack.step.kind = kind;
    CHECK_OK(dgba_rule_kind_find(&attack.rule.kind, rule));
    return attack;
}

/** Runs with scratch of its own. */
static dgba_status run(float *adversarial, dgba_attack_log *log, const dgba_attack *attack, quadratic *q, const float *x) {
    dgba_arena scratch = {0};
    const dgba_oracle oracle = quadratic_oracle(q);
    CHECK_OK(dgba_arena_create(&scratch, dgba_attack_scratch_bytes(attack, q->tasks, q->shape)));
    const dgba_status status = dgba_attack_run(adversarial, log, attack, &oracle, x, &scratch);
    assert_int_equal(scratch.used, 0);
    dgba_arena_free(&scratch);
    return status;
}

/** One task of three "pixels" with A = 1, so that the gradient is x − b. */
static void make_identity(quadratic *q, const double b[3]) {
    quadratic_create(q, 1, (dgba_shape){1, 3, 1, 1}, 0);
    q->rows = 3;
    for (int i = 0; i < 9; ++i) q->a[i] = i % 4 == 0;
    for (int i = 0; i < 3; ++i) q->b[i] = b[i];
}

static void fgsm_by_hand(void **state) {
    (void)state;
    quadratic q;
    make_identity(&q, (double[]){1, 5, 3});
    dgba_attack attack = make_attack("fgsm", "total", 2);
    attack.box.high[0] = 3.5F;
    float adversarial[3];
    double clean = 0;
    dgba_attack_log log = {.clean_losses = &clean, .left_out = 99};
    CHECK_OK(run(adversarial, &log, &attack, &q, (float[]){2, 4, 3})); // the gradient is (1, −1, 0)
    CHECK_CLOSE(adversarial, ((float[]){3.5F, 2, 3}), 3, 0, 0);
    CHECK_NEAR(clean, 2, 0); // ½(1 + 1) + 1
    assert_int_equal(log.passes.forward, 1);
    assert_int_equal(log.passes.backward, 1);
    assert_int_equal(log.left_out, 0);
    quadratic_free(&q);
}

static void ifgsm_by_hand(void **state) {
    (void)state;
    quadratic q;
    make_identity(&q, (double[]){1, 5, 3});
    dgba_attack attack = make_attack("ifgsm", "dgba", 3);
    assert_int_equal(attack.step.iterations, 10);
    assert_true(isnan(attack.step.alpha));
    float adversarial[3];
    dgba_attack_log log = {0};
    attack.step.iterations = 2;
    CHECK_OK(run(adversarial, &log, &attack, &q, (float[]){2, 4, 3}));
    CHECK_CLOSE(adversarial, ((float[]){5, 1, 3}), 3, 0, 0); // two steps of 1.5
    attack.step.alpha = 0.5;
    CHECK_OK(run(adversarial, &log, &attack, &q, (float[]){2, 4, 3}));
    CHECK_CLOSE(adversarial, ((float[]){3, 3, 3}), 3, 0, 0);
    attack.step.alpha = 2;
    CHECK_OK(run(adversarial, &log, &attack, &q, (float[]){2, 4, 3}));
    CHECK_CLOSE(adversarial, ((float[]){5, 1, 3}), 3, 0, 0); // back onto the ball
    quadratic_free(&q);
}

enum { TASKS = 3, SAMPLES = 2, SIZE = 12, ITERATIONS = 7 };
static const dgba_shape shape = {SAMPLES, 3, 2, 2};

/** ifgsm with dgba for one image: nothing but the formulas, in double. */
static void naive_ifgsm_dgba(float *out, const quadratic *q, const float *x, double epsilon) {
    memcpy(out, x, SIZE * sizeof *x);
    for (int k = 0; k < ITERATIONS; ++k) {
        double u[SIZE] = {0};
        for (int64_t t = 0; t < q->tasks; ++t) quadratic_add_gradient(u, q, t, 1 / quadratic_loss(q, t, out), out);
        for (int j = 0; j < SIZE; ++j) {
            const double moved = (double)out[j] + epsilon / ITERATIONS * ((u[j] > 0) - (u[j] < 0));
            out[j] = (float)fmin(fmax(moved, (double)x[j] - epsilon), (double)x[j] + epsilon);
        }
    }
}

static void ifgsm_equals_a_naive_loop(void **state) {
    (void)state;
    quadratic q;
    float x[SAMPLES * SIZE], adversarial[SAMPLES * SIZE], expected[SAMPLES * SIZE];
    quadratic_create(&q, TASKS, shape, 4);
    check_random(x, SAMPLES * SIZE, 9);
    dgba_attack attack = make_attack("ifgsm", "dgba", 2);
    attack.step.iterations = ITERATIONS;
    dgba_attack_log log = {0};
    CHECK_OK(run(adversarial, &log, &attack, &q, x));
    for (int64_t n = 0; n < SAMPLES; ++n) naive_ifgsm_dgba(expected + n * SIZE, &q, x + n * SIZE, 2);
    CHECK_CLOSE(adversarial, expected, SAMPLES * SIZE, 0, 1e-5);
    quadratic_free(&q);
}

static void passes_are_counted(void **state) {
    (void)state;
    static const struct {
        const char *step, *rule;
        int64_t forward, backward;
    } cases[] = {{"fgsm", "dgba", 1, 1},
                 {"fgsm", "sign_sum", 1, TASKS},
                 {"ifgsm", "single", ITERATIONS, ITERATIONS},
                 {"ifgsm", "dgba", ITERATIONS, ITERATIONS},
                 {"ifgsm", "sign_sum", ITERATIONS, TASKS * ITERATIONS}};
    quadratic q;
    float x[SAMPLES * SIZE], adversarial[SAMPLES * SIZE];
    quadratic_create(&q, TASKS, shape, 4);
    check_random(x, SAMPLES * SIZE, 9);
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i) {
        dgba_attack attack = make_attack(cases[i].step, cases[i].rule, 2);
        attack.step.iterations = ITERATIONS;
        q.evaluations = q.gradients = 0;
        dgba_attack_log log = {0};
        CHECK_OK(run(adversarial, &log, &attack, &q, x));
        assert_int_equal(q.evaluations, cases[i].forward);
        assert_int_equal(q.gradients, cases[i].backward);
    }
    quadratic_free(&q);
}

/** DGBA hurts every task; what TOTAL does is decided by the task with the largest scale. */
static void dgba_balances(void **state) {
    (void)state;
    quadratic q;
    float x[SAMPLES * SIZE], adversarial[SAMPLES * SIZE];
    quadratic_create(&q, TASKS, shape, 4);
    check_random(x, SAMPLES * SIZE, 9);
    double change[2] = {0};
    for (int r = 0; r < 2; ++r) {
        const dgba_attack attack = make_attack("ifgsm", r == 0 ? "dgba" : "total", 0.01);
        dgba_attack_log log = {0};
        CHECK_OK(run(adversarial, &log, &attack, &q, x));
        for (int64_t i = 0; i < TASKS * SAMPLES; ++i) {
            const double clean = quadratic_loss(&q, i / SAMPLES, x + i % SAMPLES * SIZE);
            change[r] += quadratic_loss(&q, i / SAMPLES, adversarial + i % SAMPLES * SIZE) / clean - 1;
        }
    }
    assert_true(change[0] > change[1] && change[1] > 0);
    quadratic_free(&q);
}

static void bad_input_is_refused(void **state) {
    (void)state;
    quadratic q;
    float x[SAMPLES * SIZE] = {0}, adversarial[SAMPLES * SIZE];
    dgba_attack_log log = {0};
    quadratic_create(&q, TASKS, shape, 4);
    dgba_attack attack = make_attack("fgsm", "single", 2);
    for (int64_t t = -1; t <= TASKS; t += TASKS + 1) {
        attack.rule.task_index = t;
        CHECK_FAILS(DGBA_E_BUG, run(adversarial, &log, &attack, &q, x));
        CHECK_MESSAGE("rule 'single' attacks task number");
    }
    attack = make_attack("fgsm", "total", -1);
    attack.rule.task_index = -1; // of no importance to a rule that looks at all tasks
    CHECK_FAILS(DGBA_E_CONFIG, run(adversarial, &log, &attack, &q, x));
    CHECK_MESSAGE("epsilon is -1");
    attack.epsilon = NAN;
    CHECK_FAILS(DGBA_E_CONFIG, run(adversarial, &log, &attack, &q, x));
    attack.epsilon = 1;
    x[SIZE + 3] = INFINITY;
    CHECK_FAILS(DGBA_E_NUMERIC, run(adversarial, &log, &attack, &q, x));
    CHECK_MESSAGE("image 1 of the batch");
    x[SIZE + 3] = 0;
    q.fails = true;
    CHECK_FAILS(DGBA_E_IO, run(adversarial, &log, &attack, &q, x));
    CHECK_MESSAGE("the oracle is silent");
    q.fails = false;
    q.shape.c = 4;
    CHECK_FAILS(DGBA_E_SHAPE, run(adversarial, &log, &attack, &q, x));
    quadratic_free(&q);
}

static void little_scratch_is_an_error(void **state) {
    (void)state;
    quadratic q;
    float x[SAMPLES * SIZE] = {0}, adversarial[SAMPLES * SIZE];
    dgba_attack_log log = {0};
    quadratic_create(&q, TASKS, shape, 4);
    dgba_arena scratch = {0};
    const dgba_oracle oracle = quadratic_oracle(&q);
    const dgba_attack attack = make_attack("fgsm", "sign_sum", 2);
    CHECK_OK(dgba_arena_create(&scratch, dgba_attack_scratch_bytes(&attack, TASKS, shape) - 64));
    CHECK_FAILS(DGBA_E_MEMORY, dgba_attack_run(adversarial, &log, &attack, &oracle, x, &scratch));
    assert_int_equal(scratch.used, 0);
    dgba_arena_free(&scratch);
    quadratic_free(&q);
}

static void kinds_and_options_are_found_by_name(void **state) {
    (void)state;
    const dgba_step_kind *kind = NULL;
    CHECK_FAILS(DGBA_E_CONFIG, dgba_step_kind_find(&kind, "ifgms"));
    CHECK_MESSAGE("unknown step 'ifgms' (did you mean 'ifgsm'?)");
    dgba_attack attack = make_attack("ifgsm", "dgba", 1);
    CHECK_FAILS(DGBA_E_CONFIG, dgba_option_set(&attack.step, attack.step.kind->options, "iterations", "0"));
    CHECK_OK(dgba_option_set(&attack.step, attack.step.kind->options, "alpha", "1/4"));
    CHECK_NEAR(attack.step.alpha, 0.25, 0);
    attack = make_attack("fgsm", "dgba", 1);
    CHECK_FAILS(DGBA_E_CONFIG, dgba_option_set(&attack.step, attack.step.kind->options, "iterations", "3"));
    CHECK_MESSAGE("unknown key 'iterations' in fgsm");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fgsm_by_hand),
        cmocka_unit_test(ifgsm_by_hand),
        cmocka_unit_test(ifgsm_equals_a_naive_loop),
        cmocka_unit_test(passes_are_counted),
        cmocka_unit_test(dgba_balances),
        cmocka_unit_test(bad_input_is_refused),
        cmocka_unit_test(little_scratch_is_an_error),
        cmocka_unit_test(kinds_and_options_are_found_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
