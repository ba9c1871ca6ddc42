/** Attacks on a tiny model of three tasks against PyTorch: attacks.h5, made by generate.py, which shares no code with us.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dgba/attack.h"
#include "dgba/h5io.h"
#include "support/near.h"

enum { SAMPLES = 3, SIZE = 60, HIDDEN = 8, OUTPUTS = 4, TASKS = 3, PAIRS = TASKS * SAMPLES };

static dgba_h5 *golden;
static double w[HIDDEN][SIZE], b[HIDDEN], v[TASKS][OUTPUTS][HIDDEN], c[TASKS][OUTPUTS], targets[TASKS][SAMPLES][OUTPUTS];
static double clean_losses[PAIRS];
static int64_t labels[SAMPLES];
static float images[SAMPLES * SIZE];

/* ---- The model: h = tanh(Wx + b), z_t = V_t h + c_t ---- */

static double hidden[SAMPLES][HIDDEN], seeds[TASKS][SAMPLES][OUTPUTS]; // seeds: ∂L_t/∂z_t

static double cross_entropy(double *seed, const double *z, int64_t label) {
    double sum = 0;
    for (int k = 0; k < OUTPUTS; ++k) sum += exp(z[k]);
    for (int k = 0; k < OUTPUTS; ++k) seed[k] = exp(z[k]) / sum - (k == label);
    return log(sum) - z[label];
}

static double angle(double *seed, const double *z, const double *target) {
    double dot = 0, squares = 0, target_squares = 0;
    for (int k = 0; k < OUTPUTS; ++k) {
        dot += z[k] * target[k];
        squares += z[k] * z[k];
        target_squares += target[k] * target[k];
    }
    const double length = sqrt(squares * target_squares);
    for (int k = 0; k < OUTPUTS; ++k) seed[k] = -0.01 * (target[k] - dot / squares * z[k]) / length;
    return 0.01 * (1.5 - dot / length);
}

static double mean_square(double *seed, const double *z, const double *target) {
    double sum = 0;
    for (int k = 0; k < OUTPUTS; ++k) {
        sum += (z[k] - target[k]) * (z[k] - target[k]);
        seed[k] = 200 * (z[k] - target[k]) / OUTPUTS;
    }
    return 100 * sum / OUTPUTS;
}

static dgba_status evaluate(void *self, double *losses, const float *x) {
    (void)self;
    for (int n = 0; n < SAMPLES; ++n) {
        for (int i = 0; i < HIDDEN; ++i) {
            double sum = b[i];
            for (int j = 0; j < SIZE; ++j) sum += w[i][j] * (double)x[n * SIZE + j];
            hidden[n][i] = tanh(sum);
        }
        for (int t = 0; t < TASKS; ++t) {
            double z[OUTPUTS];
            for (int k = 0; k < OUTPUTS; ++k) {
                z[k] = c[t][k];
                for (int i = 0; i < HIDDEN; ++i) z[k] += v[t][k][i] * hidden[n][i];
            }
            losses[t * SAMPLES + n] = t == 0   ? cross_entropy(seeds[t][n], z, labels[n])
                                      : t == 1 ? angle(seeds[t][n], z, targets[t][n])
                                               : mean_square(seeds[t][n], z, targets[t][n]);
        }
    }
    return DGBA_OK;
}

static dgba_status gradient(void *self, float *dx, const double *weights) {
    (void)self;
    for (int n = 0; n < SAMPLES; ++n) {
        double sum[SIZE] = {0};
        for (int i = 0; i < HIDDEN; ++i) {
            double back = 0;
            for (int t = 0; t < TASKS; ++t)
                for (int k = 0; k < OUTPUTS; ++k) back += weights[t * SAMPLES + n] * seeds[t][n][k] * v[t][k][i];
            back *= 1 - hidden[n][i] * hidden[n][i];
            for (int j = 0; j < SIZE; ++j) sum[j] += back * w[i][j];
        }
        for (int j = 0; j < SIZE; ++j) dx[n * SIZE + j] = (float)sum[j];
    }
    return DGBA_OK;
}

static const dgba_oracle oracle = {.tasks = TASKS, .shape = {SAMPLES, 3, 4, 5}, .evaluate = evaluate, .gradient = gradient};

static int open_golden(void **state) {
    (void)state;
    CHECK_OK(dgba_h5_open(&golden, TEST_SOURCE_DIR "/golden/attack/attacks.h5"));
    CHECK_OK(dgba_h5_read(w, golden, "/w", DGBA_H5_F64, HIDDEN * SIZE));
    CHECK_OK(dgba_h5_read(b, golden, "/b", DGBA_H5_F64, HIDDEN));
    CHECK_OK(dgba_h5_read(v, golden, "/v", DGBA_H5_F64, TASKS * OUTPUTS * HIDDEN));
    CHECK_OK(dgba_h5_read(c, golden, "/c", DGBA_H5_F64, TASKS * OUTPUTS));
    CHECK_OK(dgba_h5_read(targets, golden, "/targets", DGBA_H5_F64, PAIRS * OUTPUTS));
    CHECK_OK(dgba_h5_read(labels, golden, "/labels", DGBA_H5_I64, SAMPLES));
    CHECK_OK(dgba_h5_read(images, golden, "/images", DGBA_H5_F32, SAMPLES * SIZE));
    CHECK_OK(dgba_h5_read(clean_losses, golden, "/clean_losses", DGBA_H5_F64, PAIRS));
    return 0;
}

static int close_golden(void **state) {
    dgba_h5_close(&golden);
    return check_no_leak(state);
}

static void the_model_is_the_same(void **state) {
    (void)state;
    double losses[PAIRS];
    CHECK_OK(evaluate(NULL, losses, images));
    for (int i = 0; i < PAIRS; ++i) CHECK_NEAR(losses[i], clean_losses[i], 1e-12 * clean_losses[i]);
}

typedef struct golden_case {
    const char *name, *step, *rule;
    int64_t norm, iterations;
} golden_case;

static dgba_attack make_attack(const golden_case *at) {
    dgba_attack attack = {.epsilon = 8};
    const float mean[] = {104.00699F, 116.66877F, 122.678914F};
    const dgba_step_kind *step = NULL;
    const dgba_rule_kind *rule = NULL;
    for (int k = 0; k < 3; ++k) {
        attack.box.low[k] = -mean[k];
        attack.box.high[k] = 255 - mean[k];
    }
    CHECK_OK(dgba_step_kind_find(&step, at->step));
    CHECK_OK(dgba_rule_kind_find(&rule, at->rule));
    dgba_option_defaults(&attack.step, step->options);
    dgba_option_defaults(&attack.rule, rule->options);
    attack.step.kind = step;
    attack.step.norm = at->norm;
    attack.step.iterations = at->iterations;
    attack.step.random_start = false;
    attack.rule.kind = rule;
    attack.rule.beta = 1; // of minmax, so that the weights move far
    return attack;
}

static void check_case(const golden_case *at) {
    char path[64];
    double expected[SAMPLES * SIZE], expected_losses[PAIRS], losses[PAIRS];
    float adversarial[SAMPLES * SIZE], rounded[SAMPLES * SIZE];
    dgba_arena scratch = {0};
    dgba_attack_log log = {0};
    const dgba_attack attack = make_attack(at);
    CHECK_OK(dgba_arena_create(&scratch, dgba_attack_scratch_bytes(&attack, TASKS, oracle.shape)));
    CHECK_OK(dgba_attack_run(adversarial, &log, &attack, &oracle, images, &scratch));
    dgba_arena_free(&scratch);
    snprintf(path, sizeof path, "/adversarial/%s", at->name);
    CHECK_OK(dgba_h5_read(expected, golden, path, DGBA_H5_F64, SAMPLES * SIZE));
    for (int i = 0; i < SAMPLES * SIZE; ++i) rounded[i] = (float)expected[i];
    CHECK_CLOSE(adversarial, rounded, SAMPLES * SIZE, 0, 5e-4); // 20 steps in float, of values up to 150
    snprintf(path, sizeof path, "/losses/%s", at->name);
    CHECK_OK(dgba_h5_read(expected_losses, golden, path, DGBA_H5_F64, PAIRS));
    CHECK_OK(evaluate(NULL, losses, adversarial));
    for (int i = 0; i < PAIRS; ++i) CHECK_NEAR(losses[i], expected_losses[i], 1e-4 * expected_losses[i]);
}

static void attacks_equal_those_in_torch(void **state) {
    (void)state;
    static const golden_case cases[] = {
        {"mim", "mim", "dgba", DGBA_NORM_LINF, 10},      {"mim_l2", "mim", "dgba", DGBA_NORM_L2, 10},
        {"apgd", "apgd", "dgba", DGBA_NORM_LINF, 20},    {"apgd_l2", "apgd", "dgba", DGBA_NORM_L2, 20},
        {"saga", "saga", "dgba", DGBA_NORM_LINF, 10},    {"minmax", "ifgsm", "minmax", DGBA_NORM_LINF, 10},
        {"pcgrad", "ifgsm", "pcgrad", DGBA_NORM_L2, 10}, {"mgda", "ifgsm", "mgda", DGBA_NORM_L2, 10},
    };
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i) {
        print_message("%s\n", cases[i].name);
        check_case(&cases[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_model_is_the_same),
        cmocka_unit_test(attacks_equal_those_in_torch),
    };
    return cmocka_run_group_tests(tests, open_golden, close_golden);
}
