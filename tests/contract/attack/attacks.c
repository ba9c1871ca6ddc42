/** What every pair of a registered step and a registered rule must do, on a quadratic oracle. */
#include <math.h>
#include <string.h>

#include "dgba/ilp.h"
#include "support/near.h"
#include "support/quadratic.h"

enum {
    TASKS = 3,
    SAMPLES = 4,
    CHANNELS = 3,
    HEIGHT = 2,
    WIDTH = 3,
    SIZE = CHANNELS * HEIGHT * WIDTH,
    PAIRS = TASKS * SAMPLES
};

static const dgba_shape shape = {SAMPLES, CHANNELS, HEIGHT, WIDTH};
static const dgba_box box = {.low = {-104.00699F, -116.66877F, -122.678914F}, .high = {150.99301F, 138.33123F, 132.32109F}};

static quadratic q;
static float x[SAMPLES * SIZE], adversarial[SAMPLES * SIZE];
static dgba_arena scratch;

static int set_up(void **state) {
    (void)state;
    quadratic_create(&q, TASKS, shape, 1);
    dgba_random stream = dgba_random_stream(2, DGBA_RANDOM_TEST, 0);
    for (int64_t i = 0; i < SAMPLES * SIZE; ++i) {
        const int64_t c = i / (HEIGHT * WIDTH) % CHANNELS;
        x[i] = (float)dgba_random_between(&stream, (double)box.low[c], (double)box.high[c]);
        if (i % 7 == 0) x[i] = box.low[c];
        if (i % 11 == 0) x[i] = box.high[c];
    }
    CHECK_OK(dgba_arena_create(&scratch, 1 << 17));
    return 0;
}

static int tear_down(void **state) {
    dgba_arena_free(&scratch);
    quadratic_free(&q);
    return check_no_leak(state);
}

static bool has_option(const dgba_attack *attack, const char *name) {
    const dgba_option_table *table = attack->step.kind->options;
    for (int64_t i = 0; i < table->count; ++i)
        if (strcmp(table->options[i].name, name) == 0) return true;
    return false;
}

/** Calls `check` for a pair, in both norms and with one start and three, where the step knows them. */
static void for_every_variant(dgba_attack *attack, void (*check)(const dgba_attack *attack)) {
    for (attack->step.norm = DGBA_NORM_LINF; attack->step.norm <= DGBA_NORM_L2; ++attack->step.norm) {
        if (attack->step.norm > 0 && !has_option(attack, "norm")) continue;
        for (attack->step.restarts = 1; attack->step.restarts <= 3; attack->step.restarts += 2)
            if (attack->step.restarts == 1 || has_option(attack, "restarts")) check(attack);
    }
}

/** Calls `check` for every pair that works. */
static void for_every_pair(double epsilon, void (*check)(const dgba_attack *attack)) {
    int64_t steps = 0, rules = 0;
    const dgba_step_kind *const *step = dgba_step_kinds(&steps);
    const dgba_rule_kind *const *rule = dgba_rule_kinds(&rules);
    for (int64_t s = 0; s < steps; ++s) {
        for (int64_t r = 0; r < rules; ++r) {
            if (dgba_attack_pair(step[s], rule[r]) != DGBA_OK) continue;
            dgba_attack attack = {.epsilon = epsilon, .box = box, .seed = 5};
            dgba_option_defaults(&attack.step, step[s]->options);
            dgba_option_defaults(&attack.rule, rule[r]->options);
            attack.step.kind = step[s];
            attack.rule.kind = rule[r];
            attack.rule.task_index = 1;
            attack.rule.ilp.objective = DGBA_ILP_MEAN; // the others would take a minute; tests/unit/rule/ilp.c has them
            for_every_variant(&attack, check);
        }
    }
}

static dgba_attack_log run(const dgba_attack *attack) {
    dgba_attack_log log = {0};
    const dgba_oracle oracle = quadratic_oracle(&q);
    CHECK_OK(dgba_attack_run(adversarial, &log, attack, &oracle, x, &scratch));
    return log;
}

/** Distance of a sample from its clean image. */
static double distance(const dgba_attack *attack, int64_t sample) {
    double largest = 0, squares = 0;
    for (int64_t i = sample * SIZE; i < (sample + 1) * SIZE; ++i) {
        const double offset = (double)adversarial[i] - (double)x[i];
        largest = fmax(largest, fabs(offset));
        squares += offset * offset;
    }
    return attack->step.norm == DGBA_NORM_L2 ? sqrt(squares) : largest;
}

static void check_ball_and_box(const dgba_attack *attack) {
    run(attack);
    int64_t moved = 0;
    for (int64_t i = 0; i < SAMPLES * SIZE; ++i) {
        const int64_t c = i / (HEIGHT * WIDTH) % CHANNELS;
        assert_true(adversarial[i] >= box.low[c] && adversarial[i] <= box.high[c]);
        moved += adversarial[i] != x[i];
    }
    for (int64_t n = 0; n < SAMPLES; ++n) assert_true(distance(attack, n) <= attack->epsilon);
    // An L2 ball smaller than the spacing of floats round 100 leaves little room.
    assert_true(moved > (attack->epsilon > 1e-3 || attack->step.norm == DGBA_NORM_LINF ? SAMPLES * SIZE / 2 : 0));
}

static void images_stay_in_ball_and_box(void **state) {
    (void)state;
    static const double radii[] = {1e-4, 0.1, 1, 16.0 / 3, 8, 300};
    for (int64_t i = 0; i < DGBA_COUNT_OF(radii); ++i) for_every_pair(radii[i], check_ball_and_box);
}

static void check_identity(const dgba_attack *attack) {
    const dgba_attack_log log = run(attack);
    assert_memory_equal(adversarial, x, sizeof x);
    assert_int_equal(log.passes.forward, 1);
    assert_int_equal(log.passes.backward, 0);
}

static void no_radius_is_the_identity(void **state) {
    (void)state;
    const float kept = x[0];
    x[0] = -0.0F; // a value that == would not tell from 0
    for_every_pair(0, check_identity);
    x[0] = kept;
}

static void check_clean_losses(const dgba_attack *attack) {
    double clean[PAIRS];
    dgba_attack_log log = {.clean_losses = clean};
    const dgba_oracle oracle = quadratic_oracle(&q);
    CHECK_OK(dgba_attack_run(adversarial, &log, attack, &oracle, x, &scratch));
    for (int64_t i = 0; i < PAIRS; ++i) assert_true(clean[i] == quadratic_loss(&q, i / SAMPLES, x + i % SAMPLES * SIZE));
}

static void the_log_has_the_losses_of_the_clean_images(void **state) {
    (void)state;
    for_every_pair(0, check_clean_losses);
    for_every_pair(8, check_clean_losses);
}

/** The rule's own score is higher than at the clean image, sample by sample. */
static void check_score_rises(const dgba_attack *attack) {
    double losses[PAIRS], clean[PAIRS], before[SAMPLES], after[SAMPLES];
    uint8_t active[PAIRS];
    run(attack);
    for (int64_t i = 0; i < PAIRS; ++i) {
        clean[i] = quadratic_loss(&q, i / SAMPLES, x + i % SAMPLES * SIZE);
        losses[i] = quadratic_loss(&q, i / SAMPLES, adversarial + i % SAMPLES * SIZE);
        active[i] = 1;
    }
    dgba_rule_score(
        before, &attack->rule,
        &(dgba_rule_input){.tasks = TASKS, .samples = SAMPLES, .losses = clean, .clean_losses = clean, .active = active});
    dgba_rule_score(
        after, &attack->rule,
        &(dgba_rule_input){.tasks = TASKS, .samples = SAMPLES, .losses = losses, .clean_losses = clean, .active = active});
    for (int64_t n = 0; n < SAMPLES; ++n) assert_true(after[n] > before[n]);
}

static void the_score_rises(void **state) {
    (void)state;
    for_every_pair(1, check_score_rises);
}

/** A batch equals its samples attacked one by one, bit for bit, and again with the same seed. */
static void check_batch(const dgba_attack *attack) {
    float again[SAMPLES * SIZE];
    run(attack);
    memcpy(again, adversarial, sizeof again);
    run(attack);
    assert_memory_equal(again, adversarial, sizeof again);
    if (attack->step.kind->scores_batch) return;
    quadratic alone = q;
    alone.shape.n = 1;
    const dgba_oracle oracle = quadratic_oracle(&alone);
    for (int64_t n = 0; n < SAMPLES; ++n) {
        float one[SIZE];
        dgba_attack_log log = {0};
        dgba_attack sample = *attack;
        sample.images = &n;
        CHECK_OK(dgba_attack_run(one, &log, &sample, &oracle, x + n * SIZE, &scratch));
        assert_memory_equal(one, adversarial + n * SIZE, sizeof one);
    }
}

static void batches_do_not_matter(void **state) {
    (void)state;
    for_every_pair(8, check_batch);
}

/** Another seed gives another result where starts are random, and nowhere else. */
static void check_seed(const dgba_attack *attack) {
    float before[SAMPLES * SIZE];
    dgba_attack other = *attack;
    other.seed = 6;
    run(attack);
    memcpy(before, adversarial, sizeof before);
    run(&other);
    const bool differs = memcmp(before, adversarial, sizeof before) != 0;
    if (!attack->step.kind->is_random) assert_false(differs);
    if (attack->step.kind->is_random && attack->step.norm == DGBA_NORM_L2) assert_true(differs); // no corners to end in
}

static void seeds_matter_to_random_starts(void **state) {
    (void)state;
    for_every_pair(8, check_seed);
}

static void check_passes(const dgba_attack *attack) {
    q.evaluations = q.gradients = 0;
    const dgba_attack_log log = run(attack);
    const dgba_passes foretold = dgba_attack_passes(attack, TASKS);
    assert_int_equal(log.passes.forward, q.evaluations);
    assert_int_equal(log.passes.backward, q.gradients);
    assert_int_equal(log.passes.forward, foretold.forward);
    assert_int_equal(log.passes.backward, foretold.backward);
    assert_int_equal(log.left_out, 0);
}

static void passes_are_foretold(void **state) {
    (void)state;
    for_every_pair(8, check_passes);
    for_every_pair(0, check_passes);
}

/** The loss of a batch whose samples all weigh alike, of samples that are all the same, is that of each sample. */
static void check_pooled(const dgba_attack *attack) {
    float kept[SAMPLES * SIZE], alone[SAMPLES * SIZE];
    memcpy(kept, x, sizeof kept);
    for (int64_t n = 1; n < SAMPLES; ++n) memcpy(x + n * SIZE, x, SIZE * sizeof *x);
    dgba_attack pooled = *attack;
    pooled.images = (const int64_t[SAMPLES]){0}; // the same random numbers for all
    run(&pooled);
    memcpy(alone, adversarial, sizeof alone);
    pooled.pooled_loss = true;
    run(&pooled);
    CHECK_CLOSE(adversarial, alone, SAMPLES * SIZE, 0, 1e-3);
    memcpy(x, kept, sizeof kept);
}

static void pooling_equal_samples_changes_nothing(void **state) {
    (void)state;
    for_every_pair(8, check_pooled);
}

static void check_scratch(const dgba_attack *attack) {
    dgba_arena exact = {0};
    const dgba_oracle oracle = quadratic_oracle(&q);
    dgba_attack_log log = {0};
    const size_t held = 64, needed = dgba_attack_scratch_bytes(attack, TASKS, shape);
    void *mine = NULL;
    CHECK_OK(dgba_arena_create(&exact, held + needed));
    CHECK_OK(dgba_arena_take(&mine, &exact, "what was there before", (int64_t)held, 1));
    memset(mine, 7, held);
    CHECK_OK(dgba_attack_run(adversarial, &log, attack, &oracle, x, &exact));
    assert_int_equal(exact.used, held);
    assert_int_equal(exact.high_water, held + needed);
    for (size_t i = 0; i < held; ++i) assert_int_equal(((const char *)mine)[i], 7);
    dgba_arena_free(&exact);
}

static void scratch_is_foretold_and_given_back(void **state) {
    (void)state;
    for_every_pair(8, check_scratch);
}

/** Task 1 has no loss for sample 2: left out there, and `single` leaves that image as it is. */
static void check_left_out(const dgba_attack *attack) {
    q.broken_task = 1;
    q.broken_sample = 2;
    const dgba_attack_log log = run(attack);
    assert_int_equal(log.left_out, 1);
    const bool same = memcmp(adversarial + 2 * SIZE, x + 2 * SIZE, SIZE * sizeof *x) == 0;
    assert_int_equal(same, attack->rule.kind->one_task);
    assert_true(memcmp(adversarial, x, SIZE * sizeof *x) != 0);
}

static void a_task_without_loss_is_left_out_of_its_sample(void **state) {
    (void)state;
    for_every_pair(8, check_left_out);
    q.broken_task = q.broken_sample = QUADRATIC_NONE;
}

static void check_nothing_active(const dgba_attack *attack) {
    q.broken_task = q.broken_sample = QUADRATIC_ALL;
    const dgba_attack_log log = run(attack);
    assert_memory_equal(adversarial, x, sizeof x);
    assert_int_equal(log.left_out, attack->rule.kind->one_task ? SAMPLES : PAIRS);
}

static void images_without_any_loss_stay_as_they_are(void **state) {
    (void)state;
    for_every_pair(8, check_nothing_active);
    q.broken_task = q.broken_sample = QUADRATIC_NONE;
}

/** A gradient that is not a number moves nothing; the rest of the image is attacked. */
static void check_broken_gradient(const dgba_attack *attack) {
    q.broken_element = 4;
    run(attack);
    for (int64_t n = 0; n < SAMPLES && !attack->step.kind->is_random; ++n)
        assert_true(adversarial[n * SIZE + 4] == x[n * SIZE + 4]);
    for (int64_t i = 0; i < SAMPLES * SIZE; ++i) assert_true(isfinite(adversarial[i]));
    assert_true(memcmp(adversarial, x, sizeof x) != 0);
}

static void a_broken_gradient_moves_nothing(void **state) {
    (void)state;
    for_every_pair(8, check_broken_gradient);
    q.broken_element = QUADRATIC_NONE;
}

/** Losses that do not depend on the image leave it where it starts: in the clean image, unless starts are random. */
static void check_flat(const dgba_attack *attack) {
    run(attack);
    for (int64_t i = 0; i < SAMPLES * SIZE; ++i) assert_true(isfinite(adversarial[i]));
    for (int64_t n = 0; n < SAMPLES; ++n) assert_true(distance(attack, n) <= attack->epsilon);
    if (!attack->step.kind->is_random) assert_memory_equal(adversarial, x, sizeof x);
}

static void without_a_gradient_nothing_moves(void **state) {
    (void)state;
    quadratic kept = q;
    CHECK_OK(DGBA_NEW(&q.a, TASKS * q.rows * q.size));
    for_every_pair(8, check_flat);
    dgba_free(q.a);
    q.a = kept.a;
}

/** DGBA does not see the scale of a loss: 1024 times one of them gives the same images, bit for bit. */
static void check_scale(const dgba_attack *attack) {
    if (strcmp(attack->rule.kind->name, "dgba") != 0) return;
    float before[SAMPLES * SIZE];
    run(attack);
    memcpy(before, adversarial, sizeof before);
    q.scale = 1024;
    run(attack);
    q.scale = 1;
    assert_memory_equal(before, adversarial, sizeof before);
}

static void dgba_does_not_see_the_scale_of_a_loss(void **state) {
    (void)state;
    for_every_pair(8, check_scale);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(images_stay_in_ball_and_box),
        cmocka_unit_test(no_radius_is_the_identity),
        cmocka_unit_test(the_log_has_the_losses_of_the_clean_images),
        cmocka_unit_test(the_score_rises),
        cmocka_unit_test(batches_do_not_matter),
        cmocka_unit_test(seeds_matter_to_random_starts),
        cmocka_unit_test(passes_are_foretold),
        cmocka_unit_test(pooling_equal_samples_changes_nothing),
        cmocka_unit_test(scratch_is_foretold_and_given_back),
        cmocka_unit_test(a_task_without_loss_is_left_out_of_its_sample),
        cmocka_unit_test(images_without_any_loss_stay_as_they_are),
        cmocka_unit_test(a_broken_gradient_moves_nothing),
        cmocka_unit_test(without_a_gradient_nothing_moves),
        cmocka_unit_test(dgba_does_not_see_the_scale_of_a_loss),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
