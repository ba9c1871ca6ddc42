/** Pooled losses: the rule sees the loss of the batch, and every sample has its share of the gradient. */
#include <math.h>

#include "support/near.h"
#include "support/quadratic.h"

enum { TASKS = 2, SAMPLES = 3, SIZE = 6, PAIRS = TASKS * SAMPLES };
static const dgba_shape shape = {SAMPLES, 3, 1, 2};
static const double denominators[PAIRS] = {1, 2, 5, 4, 4, 0}; // the last sample has no label for the last task

static quadratic q;
static float x[SAMPLES * SIZE], adversarial[SAMPLES * SIZE];
static double clean[PAIRS];

static int set_up(void **state) {
    (void)state;
    quadratic_create(&q, TASKS, shape, 4);
    q.denominators = denominators;
    q.broken_task = 1;
    q.broken_sample = 2;
    check_random(x, SAMPLES * SIZE, 9);
    return 0;
}

static int tear_down(void **state) {
    quadratic_free(&q);
    return check_no_leak(state);
}

/** One step of length 1 along u/‖u‖₂, with pooled losses. */
static void run(const char *rule) {
    dgba_attack attack = {.epsilon = 1, .pooled_loss = true, .step.norm = DGBA_NORM_L2};
    dgba_attack_log log = {.clean_losses = clean};
    dgba_arena scratch = {0};
    const dgba_oracle oracle = quadratic_oracle(&q);
    attack.box = (dgba_box){.low = {-500, -500, -500}, .high = {500, 500, 500}};
    CHECK_OK(dgba_step_kind_find(&attack.step.kind, "fgsm"));
    CHECK_OK(dgba_rule_kind_find(&attack.rule.kind, rule));
    CHECK_OK(dgba_arena_create(&scratch, dgba_attack_scratch_bytes(&attack, TASKS, shape)));
    CHECK_OK(dgba_attack_run(adversarial, &log, &attack, &oracle, x, &scratch));
    dgba_arena_free(&scratch);
}

static double batch_loss(int64_t task) {
    double sum = 0, total = 0;
    for (int64_t n = 0; n < SAMPLES; ++n) {
        const double d = denominators[task * SAMPLES + n];
        sum += d * quadratic_loss(&q, task, x + n * SIZE);
        total += d;
    }
    return sum / total;
}

/** The move of each sample is along Σ_t weights[t]·d_tn·g_tn / Σ_n d_tn. */
static void check_moves(const double weights[TASKS]) {
    static const double totals[TASKS] = {8, 8};
    for (int64_t n = 0; n < SAMPLES; ++n) {
        double u[SIZE] = {0}, squares = 0;
        for (int64_t t = 0; t < TASKS; ++t) {
            const double share = denominators[t * SAMPLES + n] / totals[t];
            quadratic_add_gradient(u, &q, t, weights[t] * share, x + n * SIZE);
        }
        for (int j = 0; j < SIZE; ++j) squares += u[j] * u[j];
        for (int j = 0; j < SIZE; ++j) {
            const int64_t i = n * SIZE + j;
            CHECK_NEAR((double)adversarial[i] - (double)x[i], u[j] / sqrt(squares), 1e-6);
        }
    }
}

static void gradients_are_those_of_the_batch_loss(void **state) {
    (void)state;
    run("total");
    for (int64_t i = 0; i < PAIRS; ++i) CHECK_NEAR(clean[i], batch_loss(i / SAMPLES), 1e-12 * clean[i]);
    check_moves((double[]){1, 1});
    run("dgba");
    check_moves((double[]){1 / batch_loss(0), 1 / batch_loss(1)});
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(gradients_are_those_of_the_batch_loss)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
