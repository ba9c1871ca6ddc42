// Trainings of a tiny model on made-up images: what options do, what an iteration is, that stopping leaves no trace.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dgba/oracle.h"
#include "support/check.h"
#include "support/near.h"
#include "support/training.h"

/* ---- What an iteration is, by public functions ---- */

typedef struct by_hand {
    dgba_plan *plan;
    dgba_network_oracle *oracle;
    dgba_batch batch;
    dgba_arena scratch;
    dgba_labels labels[TRAINING_TASKS];
    dgba_train_state state; // parameters and moments only
    float *gradients, *images;
} by_hand;

static void start_by_hand(by_hand *h) {
    const dgba_shape shape = {TRAINING_BATCH, 3, TRAINING_HEIGHT, TRAINING_WIDTH};
    *h = (by_hand){0};
    CHECK_OK(dgba_train_begin(&h->state, &fixture.job));
    CHECK_OK(dgba_plan_create(&h->plan, fixture.model.graph, shape, DGBA_PURPOSE_TRAIN));
    CHECK_OK(dgba_network_oracle_create(&h->oracle, &fixture.model, h->state.parameters, fixture.tasks, shape,
                                        DGBA_PURPOSE_ATTACK));
    CHECK_OK(dgba_batch_create(&h->batch, fixture.job.data, TRAINING_BATCH, TRAINING_HEIGHT, TRAINING_WIDTH));
    CHECK_OK(dgba_arena_create(&h->scratch, dgba_attack_scratch_bytes(&fixture.adversarial.attack, TRAINING_TASKS, shape)));
    CHECK_OK(DGBA_NEW(&h->gradients, h->state.floats));
    CHECK_OK(DGBA_NEW(&h->images, dgba_shape_count(shape)));
    dgba_plan_bind(h->plan, h->state.parameters);
}

static void end_by_hand(by_hand *h) {
    dgba_plan_free(&h->plan);
    dgba_network_oracle_free(&h->oracle);
    dgba_batch_free(&h->batch);
    dgba_arena_free(&h->scratch);
    dgba_train_state_free(&h->state);
    dgba_free(h->gradients);
    dgba_free(h->images);
}

static void load_by_hand(by_hand *h, int64_t iteration) {
    int64_t order[TRAINING_IMAGES], chosen[TRAINING_BATCH];
    const int64_t count = fixture.job.images.count;
    const dgba_augment augment = {0.5, 1.5, true, 4, iteration * TRAINING_BATCH};
    for (int64_t i = 0; i < TRAINING_BATCH; ++i) {
        const int64_t sample = iteration * TRAINING_BATCH + i;
        dgba_random stream = dgba_random_stream(4, DGBA_RANDOM_SHUFFLE, (uint64_t)(sample / count));
        dgba_random_permutation(order, count, &stream);
        chosen[i] = fixture.job.images.items[order[sample % count]];
    }
    CHECK_OK(dgba_batch_load_augmented(&h->batch, fixture.job.data, chosen, TRAINING_BATCH, &augment));
    for (int t = 0; t < TRAINING_TASKS; ++t)
        h->labels[t] = (dgba_labels){h->batch.labels[t].values, h->batch.labels[t].valid, TRAINING_HEIGHT, TRAINING_WIDTH};
}

static dgba_status seed_by_hand(void *self, int64_t task) {
    by_hand *h = self;
    double losses[TRAINING_BATCH], weights[TRAINING_BATCH];
    dgba_train_seed_task(h->plan, task, losses, weights, &fixture.tasks[task], &h->labels[task], 1);
    return DGBA_OK;
}

static void take_by_hand(void *self, int64_t number, const float *gradient) {
    by_hand *h = self;
    int64_t count = 0;
    const dgba_parameter *p = dgba_graph_parameters(fixture.model.graph, &count) + number;
    memcpy(h->gradients + p->offset, gradient, (size_t)dgba_shape_count(p->shape) * sizeof *gradient);
}

/** All gradients first, then all updates. */
static void step_by_hand(by_hand *h, const float *images, uint64_t dropout_index, double rate) {
    const dgba_run run = {.samples = TRAINING_BATCH, .seed = 4, .dropout_index = dropout_index};
    CHECK_OK(dgba_plan_train(h->plan, images, run, &(dgba_plan_callbacks){h, seed_by_hand, take_by_hand}));
    h->state.adam.step += 1;
    dgba_adam_step(h->state.parameters, &h->state.adam, h->gradients, fixture.model.graph, rate, &fixture.options);
}

static void attack_by_hand(by_hand *h, int64_t iteration) {
    dgba_attack attack = fixture.adversarial.attack;
    dgba_attack_log log = {0};
    const int64_t samples[TRAINING_BATCH] = {iteration * TRAINING_BATCH, iteration * TRAINING_BATCH + 1};
    attack.images = samples;
    attack.seed = 4;
    dgba_network_oracle_refresh(h->oracle);
    dgba_network_oracle_set_labels(h->oracle, h->labels, TRAINING_BATCH);
    const dgba_oracle oracle = dgba_network_oracle_interface(h->oracle);
    dgba_arena_reset(&h->scratch);
    CHECK_OK(dgba_attack_run(h->images, &log, &attack, &oracle, h->batch.images, &h->scratch));
}

static void an_adversarial_iteration_by_hand(void **state) {
    (void)state;
    fixture.options.iterations = 3;
    fixture.options.decay_every = 2;
    training_attack_batches();
    for (int clean = 0; clean < 2; ++clean) {
        by_hand h;
        fixture.adversarial.clean_step = clean == 1;
        start_by_hand(&h);
        for (int64_t i = 0; i < 3; ++i) {
            const double rate = i < 2 ? 1e-3 : 5e-4;
            load_by_hand(&h, i);
            if (clean == 1) step_by_hand(&h, h.batch.images, (uint64_t)i, rate);
            attack_by_hand(&h, i);
            step_by_hand(&h, h.images, (UINT64_C(1) << 32) + (uint64_t)i, rate);
        }
        dgba_train_state training = training_run();
        training_check_bits(training.parameters, h.state.parameters, training.floats, sizeof(float));
        training_check_bits(training.adam.second, h.state.adam.second, training.floats, sizeof(float));
        assert_int_equal(training.adam.step, clean == 1 ? 6 : 3);
        assert_true(isnan(training.log.losses[0]) == (clean == 0));
        assert_true(isfinite(training.log.adversarial_losses[0]));
        dgba_train_state_free(&training);
        end_by_hand(&h);
    }
}

static void radius_zero_is_clean_training(void **state) {
    (void)state;
    dgba_train_state clean = training_run();
    training_attack_batches();
    fixture.adversarial.attack.epsilon = 0;
    dgba_train_state zero = training_run();
    training_check_same(&clean, &zero);
    assert_null(zero.log.adversarial_losses);
    dgba_train_state_free(&clean);
    dgba_train_state_free(&zero);
}

/* ---- Stopping ---- */

static int64_t stop_every;

static dgba_status stop_now_and_then(void *self, const dgba_train_state *training) {
    (void)self;
    return training->iteration % stop_every == 0 ? dgba_fail(DGBA_E_STOPPED, "stopped") : DGBA_OK;
}

/** Every part of a training has a trainer of its own; only the state lives on. */
static void parts_make_the_same_training(void **state) {
    (void)state;
    training_attack_batches();
    fixture.options.iterations = 7;
    fixture.options.log_every = 3;
    fixture.options.evaluate_every = 2;
    fixture.options.clip_norm = 1;
    fixture.options.keep = DGBA_TRAIN_KEEP_BEST;
    dgba_train_state whole = training_run();
    fixture.job.after = stop_now_and_then;
    for (stop_every = 1; stop_every < 4; ++stop_every) {
        dgba_train_state parts;
        int64_t stops = 0;
        CHECK_OK(dgba_train_begin(&parts, &fixture.job));
        dgba_status status = DGBA_E_STOPPED;
        for (; status == DGBA_E_STOPPED; ++stops) status = dgba_train_run(&parts, &fixture.job);
        CHECK_OK(status);
        assert_int_equal(stops, 7 / stop_every + 1);
        training_check_same(&whole, &parts);
        training_check_bits(whole.log.adversarial_losses, parts.log.adversarial_losses, whole.log.count * TRAINING_TASKS,
                            sizeof(double));
        dgba_train_state_free(&parts);
    }
    dgba_train_state_free(&whole);
}

/* ---- Log and evaluations ---- */

static void entries_are_due(void **state) {
    (void)state;
    fixture.options.log_every = 4;
    dgba_train_state sparse = training_run();
    fixture.options.log_every = 1;
    dgba_train_state dense = training_run();
    assert_int_equal(sparse.log.count, 2);
    assert_int_equal(dense.log.count, 6);
    assert_int_equal(sparse.log.iterations[0], 4);
    assert_int_equal(sparse.log.iterations[1], 6);
    for (int64_t t = 0; t < TRAINING_TASKS; ++t) {
        double first = 0, second = 0;
        for (int64_t i = 0; i < 4; ++i) first += dense.log.losses[i * TRAINING_TASKS + t];
        for (int64_t i = 4; i < 6; ++i) second += dense.log.losses[i * TRAINING_TASKS + t];
        CHECK_NEAR(sparse.log.losses[t], first / 4, 1e-12);
        CHECK_NEAR(sparse.log.losses[TRAINING_TASKS + t], second / 2, 1e-12);
    }
    assert_int_equal(sparse.log.evaluation_count, 0);
    assert_null(sparse.best);
    dgba_train_state_free(&sparse);
    dgba_train_state_free(&dense);
}

/** Pooled losses of parameters on the test images, one image at a time. */
static void measure(double *losses, float *parameters) {
    dgba_network_oracle *oracle = NULL;
    dgba_batch batch;
    double weights[TRAINING_TASKS] = {0};
    CHECK_OK(dgba_network_oracle_create(&oracle, &fixture.model, parameters, fixture.tasks,
                                        (dgba_shape){1, 3, TRAINING_HEIGHT, TRAINING_WIDTH}, DGBA_PURPOSE_EVALUATE));
    CHECK_OK(dgba_batch_create(&batch, fixture.job.data, 1, TRAINING_HEIGHT, TRAINING_WIDTH));
    memset(losses, 0, TRAINING_TASKS * sizeof *losses);
    for (int64_t i = 0; i < fixture.job.evaluated.count; ++i) {
        double found[TRAINING_TASKS];
        dgba_labels labels[TRAINING_TASKS];
        CHECK_OK(dgba_batch_load(&batch, fixture.job.data, fixture.job.evaluated.items + i, 1));
        for (int t = 0; t < TRAINING_TASKS; ++t)
            labels[t] = (dgba_labels){batch.labels[t].values, batch.labels[t].valid, TRAINING_HEIGHT, TRAINING_WIDTH};
        dgba_network_oracle_set_labels(oracle, labels, 1);
        CHECK_OK(dgba_network_oracle_evaluate(found, oracle, batch.images));
        const dgba_oracle interface = dgba_network_oracle_interface(oracle);
        for (int t = 0; t < TRAINING_TASKS; ++t) {
            losses[t] += found[t] * interface.denominators[t];
            weights[t] += interface.denominators[t];
        }
    }
    for (int t = 0; t < TRAINING_TASKS; ++t) losses[t] /= weights[t];
    dgba_batch_free(&batch);
    dgba_network_oracle_free(&oracle);
}

static void evaluations_are_pooled_and_the_best_is_kept(void **state) {
    (void)state;
    fixture.options.iterations = 9;
    fixture.options.evaluate_every = 2;
    fixture.options.learning_rate = 0.02; // so large that losses go up and down
    fixture.options.keep = DGBA_TRAIN_KEEP_BEST;
    dgba_train_state training = training_run();
    const dgba_train_log *log = &training.log;
    static const int64_t expected[] = {0, 2, 4, 6, 8, 9};
    assert_int_equal(log->evaluation_count, DGBA_COUNT_OF(expected));
    assert_memory_equal(log->evaluation_iterations, expected, sizeof expected);
    double last[TRAINING_TASKS], best[TRAINING_TASKS];
    measure(last, training.parameters);
    measure(best, dgba_train_kept(&training, &fixture.options));
    int64_t least = 0;
    for (int64_t e = 0; e < log->evaluation_count; ++e) {
        double score = 0;
        for (int t = 0; t < TRAINING_TASKS; ++t)
            score += log->evaluation_losses[e * TRAINING_TASKS + t] / log->evaluation_losses[t] / TRAINING_TASKS;
        CHECK_NEAR(log->scores[e] / score, 1, 1e-12);
        if (log->scores[e] < log->scores[least]) least = e;
    }
    assert_int_equal(training.best_evaluation, least);
    for (int t = 0; t < TRAINING_TASKS; ++t) {
        CHECK_NEAR(log->evaluation_losses[5 * TRAINING_TASKS + t] / last[t], 1, 1e-5);
        CHECK_NEAR(log->evaluation_losses[least * TRAINING_TASKS + t] / best[t], 1, 1e-5);
    }
    assert_int_equal(log->metrics, 2 + 5 + 5);
    dgba_train_state_free(&training);
}

static void looking_changes_nothing(void **state) {
    (void)state;
    dgba_train_state blind = training_run();
    fixture.options.evaluate_every = 1;
    dgba_train_state seeing = training_run();
    training_check_bits(blind.parameters, seeing.parameters, blind.floats, sizeof(float));
    assert_ptr_equal(dgba_train_kept(&seeing, &fixture.options), seeing.parameters);
    dgba_train_state_free(&blind);
    dgba_train_state_free(&seeing);
}

/* ---- Weights of the losses, clipping ---- */

/** Without weight decay, what only a task of weight 0 uses is not moved. */
static void a_task_without_weight_is_not_trained(void **state) {
    (void)state;
    fixture.options.weight_decay = 0;
    fixture.options.loss_weights = (dgba_reals){TRAINING_TASKS, {1, 0, 2}};
    dgba_train_state before, after = training_run();
    CHECK_OK(dgba_train_begin(&before, &fixture.job));
    int64_t count = 0, still = 0;
    const dgba_parameter *list = dgba_graph_parameters(fixture.model.graph, &count);
    for (int64_t i = 0; i < count; ++i) {
        if (!dgba_parameter_is_trainable(list[i].role) || strncmp(list[i].name, "head.", 5) != 0) continue;
        const size_t bytes = (size_t)dgba_shape_count(list[i].shape) * sizeof(float);
        const bool same = memcmp(before.parameters + list[i].offset, after.parameters + list[i].offset, bytes) == 0;
        assert_int_equal(same, strncmp(list[i].name, "head.normal.", 12) == 0);
        still += same;
    }
    assert_int_equal(still, 6);
    assert_true(after.log.losses[1] > 0); // the log tells losses without their weights
    dgba_train_state_free(&before);
    dgba_train_state_free(&after);
}

static dgba_status seed_twice(void *self, int64_t task) {
    by_hand *h = self;
    dgba_shape shape;
    double losses[TRAINING_BATCH], weights[TRAINING_BATCH];
    const dgba_labels *labels = &h->labels[task];
    dgba_plan_output(h->plan, task, &shape);
    const int64_t count = dgba_shape_count(shape);
    const double loss = dgba_train_seed_task(h->plan, task, losses, weights, &fixture.tasks[task], labels, 1);
    memcpy(h->gradients, dgba_plan_seed(h->plan, task), (size_t)count * sizeof(float));
    CHECK_NEAR(dgba_train_seed_task(h->plan, task, losses, weights, &fixture.tasks[task], labels, 0.25), loss, 0);
    dgba_scale(h->gradients, 0.25F, count);
    CHECK_CLOSE(dgba_plan_seed(h->plan, task), h->gradients, count, 1e-6, 0);
    return DGBA_OK;
}

static void a_weight_scales_the_seed(void **state) {
    (void)state;
    by_hand h;
    training_attack_batches();
    start_by_hand(&h);
    load_by_hand(&h, 0);
    CHECK_OK(dgba_plan_train(h.plan, h.batch.images, (dgba_run){.samples = TRAINING_BATCH},
                             &(dgba_plan_callbacks){&h, seed_twice, take_by_hand}));
    end_by_hand(&h);
}

static void clipping_shortens_the_whole_gradient(void **state) {
    (void)state;
    const int64_t floats = dgba_graph_parameter_floats(fixture.model.graph);
    int64_t count = 0;
    const dgba_parameter *list = dgba_graph_parameters(fixture.model.graph, &count);
    float *gradients = NULL, *expected = NULL;
    double squares = 0;
    CHECK_OK(DGBA_NEW(&gradients, floats));
    CHECK_OK(DGBA_NEW(&expected, floats));
    for (int64_t i = 0; i < count; ++i) {
        if (!dgba_parameter_is_trainable(list[i].role)) continue;
        float *g = gradients + list[i].offset;
        check_random(g, dgba_shape_count(list[i].shape), (uint64_t)i);
        for (int64_t k = 0; k < dgba_shape_count(list[i].shape); ++k) squares += (double)g[k] * (double)g[k];
    }
    const double norm = sqrt(squares);
    memcpy(expected, gradients, (size_t)floats * sizeof(float));
    CHECK_NEAR(dgba_train_clip(gradients, fixture.model.graph, 2 * norm), norm, 1e-9 * norm);
    training_check_bits(gradients, expected, floats, sizeof(float));
    CHECK_NEAR(dgba_train_clip(gradients, fixture.model.graph, 0.5), norm, 1e-9 * norm);
    for (int64_t i = 0; i < floats; ++i) expected[i] = (float)((double)expected[i] * 0.5 / (norm + 1e-6));
    CHECK_CLOSE(gradients, expected, floats, 1e-6, 0);
    gradients[list[0].offset] = INFINITY;
    assert_true(isinf(dgba_train_clip(gradients, fixture.model.graph, 0.5)));
    assert_true(isfinite(gradients[list[0].offset + 1]));
    dgba_free(gradients);
    dgba_free(expected);
}

/* ---- What is refused ---- */

static void check_refused(dgba_status expected, const char *message) {
    dgba_train_state training;
    CHECK_OK(dgba_train_begin(&training, &fixture.job));
    CHECK_FAILS(expected, dgba_train_run(&training, &fixture.job));
    CHECK_MESSAGE(message);
    dgba_train_state_free(&training);
    training_reset(NULL);
}

static void what_cannot_be(void **state) {
    (void)state;
    fixture.options.group = 2;
    fixture.options.batch = 3;
    check_refused(DGBA_E_CONFIG, "group: a batch of 3 images has no 2 equal parts");
    fixture.options.scale_low = 2;
    check_refused(DGBA_E_CONFIG, "scale_low 2 exceeds scale_high 1.5");
    fixture.options.loss_weights.count = 2;
    check_refused(DGBA_E_CONFIG, "loss_weights has 2 numbers for 3 tasks");
    fixture.options.keep = DGBA_TRAIN_KEEP_BEST;
    check_refused(DGBA_E_CONFIG, "set evaluate_every");
    fixture.options.learning_rate = 1e30;
    check_refused(DGBA_E_NUMERIC, "training diverged: the loss of ");
    const dgba_train_images none = {0}, images = fixture.job.images, evaluated = fixture.job.evaluated;
    fixture.job.images = none;
    check_refused(DGBA_E_SHAPE, "there are no training images");
    fixture.job.images = images;
    fixture.job.evaluated = none;
    fixture.options.evaluate_every = 1;
    check_refused(DGBA_E_SHAPE, "there are no images of the split 'test' to evaluate");
    fixture.job.evaluated = evaluated;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_adversarial_iteration_by_hand, training_reset),
        cmocka_unit_test_setup(radius_zero_is_clean_training, training_reset),
        cmocka_unit_test_setup(parts_make_the_same_training, training_reset),
        cmocka_unit_test_setup(entries_are_due, training_reset),
        cmocka_unit_test_setup(evaluations_are_pooled_and_the_best_is_kept, training_reset),
        cmocka_unit_test_setup(looking_changes_nothing, training_reset),
        cmocka_unit_test_setup(a_task_without_weight_is_not_trained, training_reset),
        cmocka_unit_test_setup(a_weight_scales_the_seed, training_reset),
        cmocka_unit_test_setup(clipping_shortens_the_whole_gradient, training_reset),
        cmocka_unit_test_setup(what_cannot_be, training_reset),
    };
    return cmocka_run_group_tests(tests, training_make, training_unmake);
}
