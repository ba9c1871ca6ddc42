/** The rule ilp: its directions solve the program, its pixels stay, and what has no solution is said. */
#include <math.h>
#include <string.h>

#include "dgba/ilp.h"
#include "dgba/rule.h"
#include "ref/ilp.h"
#include "support/near.h"

enum { TASKS = 3, SAMPLES = 2, CHANNELS = 3, PIXELS = 4, SIZE = CHANNELS * PIXELS, PAIRS = TASKS * SAMPLES, MOST_TOLD = 8 };

static const char *const names[TASKS] = {"segment", "normal", "depth"};
static const double losses[PAIRS] = {2, 1, 0.5, 3, 1, 1}, clean_losses[PAIRS] = {1, 1, 0.25, 1, 2, 1};

typedef struct bed {
    dgba_rule rule;
    dgba_rule_input input;
    uint8_t active[PAIRS];
    float gradients[TASKS][SAMPLES * SIZE], direction[SAMPLES * SIZE];
    dgba_rule_sink sink;
    dgba_rule_solve told[MOST_TOLD];
    int64_t told_count;
} bed;

static void hear(void *self, const dgba_rule_solve *solve) {
    bed *b = self;
    assert_true(b->told_count < MOST_TOLD);
    b->told[b->told_count++] = *solve;
}

static void set(bed *b, const char *name, const char *value) {
    CHECK_OK(dgba_option_set(&b->rule, b->rule.kind->options, name, value));
}

static void create(bed *b) {
    *b = (bed){0};
    CHECK_OK(dgba_rule_kind_find(&b->rule.kind, "ilp"));
    dgba_option_defaults(&b->rule, b->rule.kind->options);
    memset(b->active, 1, sizeof b->active);
    for (int64_t t = 0; t < TASKS; ++t) check_random(b->gradients[t], SAMPLES * SIZE, 40 + (uint64_t)t);
    b->sink = (dgba_rule_sink){b, hear};
    b->input = (dgba_rule_input){.tasks = TASKS,
                                 .samples = SAMPLES,
                                 .losses = losses,
                                 .clean_losses = clean_losses,
                                 .active = b->active,
                                 .channels = CHANNELS,
                                 .pixels = PIXELS,
                                 .epsilon = 4,
                                 .sink = &b->sink};
}

static void begin(bed *b) {
    CHECK_OK(dgba_rule_bind(&b->rule, names, TASKS));
    CHECK_OK(dgba_allocate(&b->input.state, (int64_t)dgba_rule_state_bytes(&b->rule, &b->input), 1));
    dgba_rule_start(&b->rule, &b->input);
}

static void combine(bed *b) {
    const float *gradients[TASKS] = {b->gradients[0], b->gradients[1], b->gradients[2]};
    CHECK_OK(dgba_rule_combine(b->direction, &b->rule, gradients, SIZE, &b->input));
    ++b->input.iteration;
}

static int64_t changed_pixels(const bed *b, int64_t sample) {
    const float *d = b->direction + sample * SIZE;
    int64_t count = 0;
    for (int64_t i = 0; i < PIXELS; ++i) count += d[i] != 0 || d[PIXELS + i] != 0 || d[2 * PIXELS + i] != 0;
    return count;
}

static double twin_best(double *value, const bed *b, int64_t sample, int64_t budget) {
    static const double low[TASKS] = {-INFINITY, -INFINITY, -INFINITY}, high[TASKS] = {INFINITY, INFINITY, INFINITY};
    double a[TASKS * SIZE];
    int8_t d[SIZE];
    for (int64_t t = 0; t < TASKS; ++t)
        for (int64_t j = 0; j < SIZE; ++j)
            a[t * SIZE + j] = (double)b->gradients[t][sample * SIZE + j] / losses[t * SAMPLES + sample] * b->input.epsilon;
    const ref_ilp twin = {TASKS, SIZE, PIXELS, budget, a, low, high, 1};
    for (int64_t j = 0; j < SIZE; ++j) d[j] = (int8_t)b->direction[sample * SIZE + j];
    *value = ref_ilp_value(&twin, d);
    return ref_ilp_best(&twin);
}

static void directions_are_optimal(void **state) {
    (void)state;
    bed b;
    create(&b);
    set(&b, "pixels", "50%");
    begin(&b);
    combine(&b);
    assert_int_equal(b.told_count, SAMPLES);
    for (int64_t n = 0; n < SAMPLES; ++n) {
        double value = 0;
        const double best = twin_best(&value, &b, n, PIXELS / 2);
        CHECK_NEAR(value, best, 1e-4 * best);
        const dgba_rule_solve *s = &b.told[n];
        CHECK_NEAR(s->objective, value, 1e-6 * best);
        assert_true(s->proven && s->bound >= value - 1e-6 * best && s->gap <= 1e-4);
        assert_int_equal(s->sample, n);
        assert_int_equal(s->iteration, 0);
        assert_int_equal(s->variables, SIZE);
        assert_string_equal(s->solver, "cbc");
        assert_string_equal(s->status, "optimal");
    }
    dgba_free(b.input.state);
}

/** Pixels of the first iterate are the only ones ever after, unless the rule chooses anew. */
static void check_support(bool resupport) {
    bed b;
    uint8_t before[SAMPLES * PIXELS];
    create(&b);
    set(&b, "pixels", "1");
    set(&b, "resupport", resupport ? "true" : "false");
    begin(&b);
    const uint8_t *support = dgba_rule_support(&b.rule, &b.input);
    combine(&b);
    memcpy(before, support, sizeof before);
    for (int64_t n = 0; n < SAMPLES; ++n) {
        assert_int_equal(changed_pixels(&b, n), 1);
        assert_int_equal(before[n * PIXELS] + before[n * PIXELS + 1] + before[n * PIXELS + 2] + before[n * PIXELS + 3], 1);
    }
    int64_t pixel = 0;
    while (!before[pixel]) ++pixel;
    for (int64_t t = 0; t < TASKS; ++t) // the first sample's pixel hardly matters any more
        for (int64_t c = 0; c < CHANNELS; ++c) b.gradients[t][c * PIXELS + pixel] *= 1e-3F;
    combine(&b);
    assert_true((memcmp(before, support, sizeof before) == 0) == !resupport);
    assert_int_equal(changed_pixels(&b, 0), 1);
    if (!resupport) assert_true(b.direction[pixel] != 0);
    dgba_free(b.input.state);
}

static void pixels_are_kept(void **state) { (void)state, check_support(false); }
static void pixels_are_chosen_anew(void **state) { (void)state, check_support(true); }

/** An image without a solution stays as it is, is told of, and may have one later. */
static void infeasible_is_told(void **state) {
    (void)state;
    bed b;
    create(&b);
    set(&b, "pixels", "1");
    set(&b, "floor", "[depth=100]");
    begin(&b);
    for (int64_t j = 0; j < SIZE; ++j) b.gradients[2][j] *= 1e3F; // only the first sample's
    combine(&b);
    assert_string_equal(b.told[0].status, "optimal");
    assert_string_equal(b.told[1].status, "infeasible");
    assert_true(b.told[1].proven && isnan(b.told[1].objective));
    assert_int_equal(changed_pixels(&b, 1), 0);
    for (int64_t i = 0; i < PIXELS; ++i) assert_int_equal(dgba_rule_support(&b.rule, &b.input)[PIXELS + i], 0);
    for (int64_t j = SIZE; j < 2 * SIZE; ++j) b.gradients[2][j] *= 1e3F;
    combine(&b);
    assert_string_equal(b.told[3].status, "optimal");
    assert_int_equal(changed_pixels(&b, 1), 1);
    dgba_free(b.input.state);
}

static void keep_spares_a_task(void **state) {
    (void)state;
    bed b;
    create(&b);
    set(&b, "objective", "mean");
    set(&b, "keep", "[normal=0.5]");
    begin(&b);
    combine(&b);
    for (int64_t n = 0; n < SAMPLES; ++n) {
        double change = 0;
        for (int64_t j = n * SIZE; j < (n + 1) * SIZE; ++j)
            change += (double)b.gradients[1][j] / losses[SAMPLES + n] * 4 * (double)b.direction[j];
        assert_true(fabs(change) <= 0.5 + 1e-4);
    }
    dgba_free(b.input.state);
}

/** Relative rises are 1, 1, -0.5 for the first sample and 0, 2, 0 for the second. */
static void scores_worked_by_hand(void **state) {
    (void)state;
    bed b;
    double scores[SAMPLES];
    create(&b);
    dgba_rule_score(scores, &b.rule, &b.input);
    CHECK_NEAR(scores[0], -0.5, 1e-15);
    CHECK_NEAR(scores[1], 0, 1e-15);
    set(&b, "objective", "mean");
    dgba_rule_score(scores, &b.rule, &b.input);
    CHECK_NEAR(scores[0], 0.5, 1e-15);
    CHECK_NEAR(scores[1], 2.0 / 3, 1e-15);
    b.active[0] = 0;
    dgba_rule_score(scores, &b.rule, &b.input);
    CHECK_NEAR(scores[0], 0.25, 1e-15);
}

static void refused(const char *option, const char *value, const char *message) {
    bed b;
    create(&b);
    set(&b, option, value);
    CHECK_FAILS(DGBA_E_CONFIG, dgba_rule_bind(&b.rule, names, TASKS));
    CHECK_MESSAGE("rule ilp");
    CHECK_MESSAGE(message);
}

static void options_are_checked(void **state) {
    (void)state;
    refused("floor", "[dept=1]", "floor: unknown task 'dept' (did you mean 'depth'?)");
    refused("keep", "[depth=-1]", "keep: 'depth=-1' is no value for a task");
    bed b;
    create(&b);
    CHECK_FAILS(DGBA_E_CONFIG, dgba_option_set(&b.rule, b.rule.kind->options, "keep", "[depth=much]"));
    CHECK_MESSAGE("keep: 'depth=much' is not of the form name=number");
    CHECK_FAILS(DGBA_E_CONFIG, dgba_option_set(&b.rule, b.rule.kind->options, "floor", "[depth]"));
    refused("pixels", "2.5", "pixels: '2.5' is neither a number of pixels nor a percentage");
    refused("pixels", "120%", "pixels: '120%' is neither");
    refused("pixels", "-3", "pixels: '-3' is neither");
    refused("solver", "closed_form", "the solver closed_form needs objective mean and no constraints");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(directions_are_optimal), cmocka_unit_test(pixels_are_kept),
        cmocka_unit_test(pixels_are_chosen_anew), cmocka_unit_test(infeasible_is_told),
        cmocka_unit_test(keep_spares_a_task),     cmocka_unit_test(scores_worked_by_hand),
        cmocka_unit_test(options_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
