/** What attacks promise to rules with a memory, a support, failures and listeners: a made-up rule that has them all. */
#include <math.h>
#include <string.h>

#include "support/near.h"
#include "support/quadratic.h"

enum { TASKS = 2, SAMPLES = 2, CHANNELS = 3, PIXELS = 4, SIZE = CHANNELS * PIXELS };
static const dgba_shape shape = {SAMPLES, CHANNELS, 2, 2};

/** Counts, and the pixels that may change: none before the first direction, then sample n's pixel n. */
typedef struct memory {
    int64_t starts, directions;
    uint8_t support[SAMPLES * PIXELS];
} memory;

static int64_t starts, fail_at;

static size_t state_bytes(const dgba_rule *rule, const dgba_rule_input *input) {
    (void)rule;
    assert_true(input->tasks == TASKS && input->samples == SAMPLES && input->channels == CHANNELS);
    assert_true(input->pixels == PIXELS && input->epsilon == 2);
    return sizeof(memory);
}

static void start(const dgba_rule *rule, const dgba_rule_input *input) {
    (void)rule;
    memset(input->state, 0, sizeof(memory));
    starts += 1;
}

static dgba_status combine(float *direction, const dgba_rule *rule, const float *const *gradients, int64_t size,
                           const dgba_rule_input *input) {
    memory *m = input->state;
    (void)rule;
    assert_int_equal(size, SIZE);
    assert_int_equal(m->directions, input->iteration);
    if (input->iteration == fail_at) return dgba_fail(DGBA_E_NUMERIC, "no direction at iterate %lld", (long long)fail_at);
    m->directions += 1;
    for (int64_t n = 0; n < SAMPLES; ++n) {
        m->support[n * PIXELS + n] = 1;
        dgba_rule_tell(input, &(dgba_rule_solve){.sample = n, .iteration = input->iteration, .variables = size});
    }
    for (int64_t i = 0; i < SAMPLES * SIZE; ++i) {
        assert_true(fabs((double)input->iterate[i] - (double)input->clean[i]) <= input->epsilon);
        direction[i] = gradients[0][i] + gradients[1][i];
    }
    return DGBA_OK;
}

static const uint8_t *support(const dgba_rule *rule, const dgba_rule_input *input) {
    (void)rule;
    return ((const memory *)input->state)->support;
}

static void score_of(double *scores, const dgba_rule *rule, const dgba_rule_input *input) {
    (void)rule;
    for (int64_t n = 0; n < input->samples; ++n) scores[n] = input->losses[n];
}

static const dgba_option_table table = {.name = "made_up", .help = "for this test"};
static const dgba_rule_kind made_up = {.name = "made_up",
                                       .options = &table,
                                       .needs_task_gradients = true,
                                       .combine = combine,
                                       .score_of = score_of,
                                       .state_bytes = state_bytes,
                                       .start = start,
                                       .support = support};

static int64_t heard;

static void solved(void *self, const dgba_rule_solve *solve) {
    assert_ptr_equal(self, &heard);
    assert_true(solve->variables == SIZE && solve->sample >= 0 && solve->sample < SAMPLES && solve->iteration < 4);
    heard += 1;
}

static dgba_status run(const char *step, float *adversarial, const float *x) {
    const dgba_step_kind *kind = NULL;
    const dgba_rule_sink sink = {&heard, solved};
    quadratic q;
    dgba_arena scratch = {0};
    dgba_attack_log log = {0};
    dgba_attack attack = {.epsilon = 2, .rule.kind = &made_up, .sink = &sink};
    attack.box = (dgba_box){.low = {-500, -500, -500}, .high = {500, 500, 500}};
    quadratic_create(&q, TASKS, shape, 4);
    CHECK_OK(dgba_step_kind_find(&kind, step));
    dgba_option_defaults(&attack.step, kind->options);
    attack.step.kind = kind;
    attack.step.iterations = 4;
    if (attack.step.restarts == 1) attack.step.restarts = 2;
    const dgba_oracle oracle = quadratic_oracle(&q);
    CHECK_OK(dgba_arena_create(&scratch, dgba_attack_scratch_bytes(&attack, TASKS, shape)));
    const dgba_status status = dgba_attack_run(adversarial, &log, &attack, &oracle, x, &scratch);
    dgba_arena_free(&scratch);
    quadratic_free(&q);
    return status;
}

/** Whatever the step, random starts and momentum included, only the pixels of the support differ. */
static void only_the_support_changes(void **state) {
    (void)state;
    static const char *const steps[] = {"fgsm", "ifgsm", "pgd", "mim", "apgd", "apgd_released"};
    float x[SAMPLES * SIZE], adversarial[SAMPLES * SIZE];
    check_random(x, SAMPLES * SIZE, 9);
    fail_at = -1;
    for (int64_t s = 0; s < DGBA_COUNT_OF(steps); ++s) {
        CHECK_OK(run(steps[s], adversarial, x));
        for (int64_t i = 0; i < SAMPLES * SIZE; ++i)
            assert_int_equal(adversarial[i] != x[i], i % PIXELS == i / SIZE); // sample n: pixel n
    }
}

static void memory_begins_anew_with_every_start(void **state) {
    (void)state;
    float x[SAMPLES * SIZE] = {0}, adversarial[SAMPLES * SIZE];
    starts = heard = 0;
    fail_at = -1;
    CHECK_OK(run("ifgsm", adversarial, x));
    assert_int_equal(starts, 1);
    assert_int_equal(heard, 4 * SAMPLES);
    starts = heard = 0;
    CHECK_OK(run("pgd", adversarial, x));
    assert_int_equal(starts, 1 + 2); // of the attack, and of each of its random starts
    assert_int_equal(heard, 2 * 4 * SAMPLES);
}

static void a_failure_ends_the_attack(void **state) {
    (void)state;
    float x[SAMPLES * SIZE] = {0}, adversarial[SAMPLES * SIZE];
    fail_at = 2;
    CHECK_FAILS(DGBA_E_NUMERIC, run("ifgsm", adversarial, x));
    CHECK_MESSAGE("rule made_up: no direction at iterate 2");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_support_changes),
        cmocka_unit_test(memory_begins_anew_with_every_start),
        cmocka_unit_test(a_failure_ends_the_attack),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
