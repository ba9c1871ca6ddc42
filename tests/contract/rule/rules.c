/** What every registered rule must do. */
#include <math.h>
#include <string.h>

#include "dgba/rule.h"
#include "support/near.h"

enum { TASKS = 3, SAMPLES = 4, SIZE = 5, PAIRS = TASKS * SAMPLES };

static double losses[PAIRS], clean_losses[PAIRS];
static float gradients[TASKS][SAMPLES * SIZE];
static uint8_t active[PAIRS];
static const float still[SAMPLES * SIZE]; // images

static void make_input(void) {
    dgba_random stream = dgba_random_stream(3, DGBA_RANDOM_TEST, 0);
    for (int i = 0; i < PAIRS; ++i) {
        losses[i] = dgba_random_between(&stream, 0.1, 3);
        clean_losses[i] = dgba_random_between(&stream, 0.1, 3);
    }
    for (int t = 0; t < TASKS; ++t) check_random(gradients[t], SAMPLES * SIZE, 100 + (uint64_t)t);
    memset(active, 1, sizeof active);
}

/** `tasks` tasks of `samples` samples from `first` on, copied out of the input above. */
typedef struct part {
    dgba_rule_input input;
    double losses[PAIRS], clean_losses[PAIRS];
    uint8_t active[PAIRS];
    const float *gradients[TASKS];
} part;

static void take_part(part *p, int64_t tasks, int64_t first, int64_t samples) {
    for (int64_t t = 0; t < tasks; ++t) {
        const int64_t from = t * SAMPLES + first, to = t * samples;
        memcpy(p->losses + to, losses + from, (size_t)samples * sizeof *losses);
        memcpy(p->clean_losses + to, clean_losses + from, (size_t)samples * sizeof *losses);
        memcpy(p->active + to, active + from, (size_t)samples);
        p->gradients[t] = gradients[t] + first * SIZE;
    }
    p->input = (dgba_rule_input){.tasks = tasks,
                                 .samples = samples,
                                 .losses = p->losses,
                                 .clean_losses = p->clean_losses,
                                 .active = p->active,
                                 .channels = 1,
                                 .pixels = SIZE,
                                 .epsilon = 8,
                                 .iterate = still,
                                 .clean = still};
}

/** Direction of a rule of either sort. */
static void direction_once(float *direction, const dgba_rule *rule, const part *p) {
    if (rule->kind->needs_task_gradients) {
        CHECK_OK(dgba_rule_combine(direction, rule, p->gradients, SIZE, &p->input));
        return;
    }
    double weights[PAIRS];
    dgba_rule_weights(weights, rule, &p->input);
    for (int64_t i = 0; i < p->input.samples * SIZE; ++i) {
        double sum = 0;
        for (int64_t t = 0; t < p->input.tasks; ++t)
            sum += weights[t * p->input.samples + i / SIZE] * (double)p->gradients[t][i];
        direction[i] = (float)sum;
    }
}

/** Direction at the second iterate, so that a rule's memory has its say. */
static void direction_of(float *direction, const dgba_rule *rule, part *p) {
    const size_t bytes = dgba_rule_state_bytes(rule, &p->input);
    CHECK_OK(dgba_allocate(&p->input.state, (int64_t)bytes, 1));
    memset(p->input.state, 0x5a, bytes);
    dgba_rule_start(rule, &p->input);
    for (p->input.iteration = 0; p->input.iteration < 2; ++p->input.iteration) direction_once(direction, rule, p);
    dgba_free(p->input.state);
}

static void for_every_rule(void (*check)(const dgba_rule *rule)) {
    int64_t count = 0;
    const dgba_rule_kind *const *kinds = dgba_rule_kinds(&count);
    for (int64_t k = 0; k < count; ++k) {
        dgba_rule rule = {0};
        dgba_option_defaults(&rule, kinds[k]->options);
        rule.kind = kinds[k];
        make_input();
        check(&rule);
    }
}

static void check_description(const dgba_rule *rule) {
    const dgba_rule_kind *kind = rule->kind, *found = NULL;
    CHECK_OK(dgba_rule_kind_find(&found, kind->name));
    assert_ptr_equal(found, kind);
    assert_string_equal(kind->options->name, kind->name);
    assert_true(kind->help[0] != '\0' && kind->direction[0] != '\0' && kind->score[0] != '\0');
    assert_true((kind->weights == NULL) == kind->needs_task_gradients);
    assert_true((kind->combine != NULL) == kind->needs_task_gradients);
}

static void rules_describe_themselves(void **state) {
    (void)state;
    for_every_rule(check_description);
}

/** With one task, every rule attacks that task. */
static void check_one_task(const dgba_rule *rule) {
    part p;
    float direction[SAMPLES * SIZE];
    take_part(&p, 1, 0, SAMPLES);
    direction_of(direction, rule, &p);
    for (int i = 0; i < SAMPLES * SIZE; ++i) assert_true(dgba_sign(direction[i]) == dgba_sign(gradients[0][i]));
}

static void one_task_is_single(void **state) {
    (void)state;
    for_every_rule(check_one_task);
}

/** A sample's direction and score are its own, whatever the batch. */
static void check_samples(const dgba_rule *rule) {
    part whole, alone;
    float together[SAMPLES * SIZE], direction[SIZE];
    double scores[SAMPLES], score = 0;
    active[1] = active[SAMPLES] = 0;
    take_part(&whole, TASKS, 0, SAMPLES);
    direction_of(together, rule, &whole);
    dgba_rule_score(scores, rule, &whole.input);
    for (int64_t n = 0; n < SAMPLES; ++n) {
        take_part(&alone, TASKS, n, 1);
        direction_of(direction, rule, &alone);
        dgba_rule_score(&score, rule, &alone.input);
        assert_memory_equal(direction, together + n * SIZE, sizeof direction);
        assert_true(score == scores[n]);
    }
}

static void samples_are_independent(void **state) {
    (void)state;
    for_every_rule(check_samples);
}

/** What an inactive task says, even nonsense, changes nothing. */
static void check_inactive(const dgba_rule *rule) {
    part p;
    float before[SAMPLES * SIZE], after[SAMPLES * SIZE];
    double scores[SAMPLES], scores_after[SAMPLES];
    active[2 * SAMPLES + 1] = 0;
    take_part(&p, TASKS, 0, SAMPLES);
    for (int i = 0; i < SIZE; ++i) gradients[2][SIZE + i] = 0;
    direction_of(before, rule, &p);
    dgba_rule_score(scores, rule, &p.input);
    p.losses[2 * SAMPLES + 1] = NAN;
    p.clean_losses[2 * SAMPLES + 1] = 0;
    for (int i = 0; i < SIZE; ++i) gradients[2][SIZE + i] = 1e9F * (float)rule->kind->needs_task_gradients;
    direction_of(after, rule, &p);
    dgba_rule_score(scores_after, rule, &p.input);
    assert_memory_equal(before, after, sizeof before);
    assert_memory_equal(scores, scores_after, sizeof scores);
}

static void inactive_tasks_do_not_count(void **state) {
    (void)state;
    for_every_rule(check_inactive);
}

static void check_all_inactive(const dgba_rule *rule) {
    part p;
    float direction[SAMPLES * SIZE];
    double scores[SAMPLES];
    memset(active, 0, sizeof active);
    take_part(&p, TASKS, 0, SAMPLES);
    direction_of(direction, rule, &p);
    dgba_rule_score(scores, rule, &p.input);
    for (int i = 0; i < SAMPLES * SIZE; ++i) assert_true(direction[i] == 0);
    for (int n = 0; n < SAMPLES; ++n) assert_true(scores[n] == 0);
}

static void nothing_active_gives_no_direction(void **state) {
    (void)state;
    for_every_rule(check_all_inactive);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_describe_themselves),         cmocka_unit_test(one_task_is_single),
        cmocka_unit_test(samples_are_independent),           cmocka_unit_test(inactive_tasks_do_not_count),
        cmocka_unit_test(nothing_active_gives_no_direction),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
