/** Trainings of a tiny model on made-up images: what options do, what an iteration is, that stopping leaves no trace. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dgba/h5io.h"
#include "dgba/oracle.h"
#include "dgba/train.h"
#include "support/check.h"
#include "support/crew.h"
#include "support/dataset.h"
#include "support/near.h"

enum { TASKS = DATASET_TASKS, IMAGES = 10, HEIGHT = 25, WIDTH = 21, BATCH = 2 };

/** How much groups differ from one part: losses of the first iteration, relative; its gradient, relative to the largest of
 *  a parameter; losses of the tenth iteration, at a tiny rate: where rounding moves an element across the rectifier's
 * corner, gradients jump, and trainings part. */
static const double FIRST_LOSSES = 2e-6, FIRST_GRADIENT = 2e-5, LATER_LOSSES = 1e-5;

/** A model, data and a job for them; the options of a case are changed before begin(). */
typedef struct fixture {
    dgba_model model;
    dgba_task tasks[TASKS];
    dgba_train options;
    dgba_train_adversarial adversarial;
    dgba_train_job job;
    char path[600]; // of the data
} fixture;

static fixture f;

static int make(void **state) {
    (void)state;
    const dgba_data_info about = dataset_about(IMAGES, HEIGHT, WIDTH);
    const dgba_model_def def = {
        .width = 0.0625, .layout = 31, .head_channels = 4, .head_rates = {1, {1}}, .head_dropout = 0.5};
    dgba_model_task heads[TASKS];
    for (int t = 0; t < TASKS; ++t) {
        f.tasks[t] = (dgba_task){.classes = about.tasks[t].classes};
        strcpy(f.tasks[t].name, about.tasks[t].name);
        CHECK_OK(dgba_task_kind_find(&f.tasks[t].kind, about.tasks[t].kind));
        heads[t].channels = dgba_task_prediction_channels(&f.tasks[t]);
        strcpy(heads[t].name, f.tasks[t].name);
    }
    CHECK_OK(dgba_model_create(&f.model, &def, heads, TASKS));
    const char *folder = check_folder("training");
    snprintf(f.path, sizeof f.path, "%s/%s.h5", folder, about.name);
    f.job = (dgba_train_job){.model = &f.model,
                             .tasks = f.tasks,
                             .options = &f.options,
                             .data = dataset_open(folder, &about),
                             .height = HEIGHT,
                             .width = WIDTH};
    CHECK_OK(dgba_data_split(&f.job.images.items, &f.job.images.count, f.job.data, "train"));
    CHECK_OK(dgba_data_split(&f.job.evaluated.items, &f.job.evaluated.count, f.job.data, "test"));
    return 0;
}

static int unmake(void **state) {
    dgba_data_close(&f.job.data);
    dgba_model_free(&f.model);
    return check_no_leak(state);
}

/** The defaults of every case. */
static int reset(void **state) {
    (void)state;
    dgba_option_defaults(&f.options, &dgba_train_options);
    dgba_option_defaults(&f.adversarial, &dgba_train_adversarial_options);
    f.options.iterations = 6;
    f.options.batch = BATCH;
    f.options.seed = 4;
    f.job.adversarial = NULL;
    f.job.after = NULL;
    return 0;
}

/** Adversarial training by two steps of PGD, which has a random start. */
static void attack_batches(void) {
    CHECK_OK(dgba_step_kind_find(&f.adversarial.attack.step.kind, "pgd"));
    CHECK_OK(dgba_rule_kind_find(&f.adversarial.attack.rule.kind, "dgba"));
    dgba_option_defaults(&f.adversarial.attack.step, f.adversarial.attack.step.kind->options);
    f.adversarial.attack.step.iterations = 2;
    f.adversarial.attack.epsilon = 8;
    for (int c = 0; c < 3; ++c) {
        f.adversarial.attack.box.low[c] = -dgba_data_mean[c];
        f.adversarial.attack.box.high[c] = 255 - dgba_data_mean[c];
    }
    f.job.adversarial = &f.adversarial;
}

static dgba_train_state train(void) {
    dgba_train_state training;
    CHECK_OK(dgba_train_begin(&training, &f.job));
    CHECK_OK(dgba_train_run(&training, &f.job));
    return training;
}

static void check_bits(const void *a, const void *b, int64_t count, size_t size) {
    if (count > 0) assert_memory_equal(a, b, (size_t)count * size);
}

/** Two trainings are the same in all but time. */
static void check_same(const dgba_train_state *a, const dgba_train_state *b) {
    const dgba_train_log *x = &a->log, *y = &b->log;
    assert_int_equal(a->iteration, b->iteration);
    assert_int_equal(a->adam.step, b->adam.step);
    assert_int_equal(a->best_evaluation, b->best_evaluation);
    check_bits(a->parameters, b->parameters, a->floats, sizeof(float));
    check_bits(a->adam.first, b->adam.first, a->floats, sizeof(float));
    check_bits(a->adam.second, b->adam.second, a->floats, sizeof(float));
    if (a->best != NULL) check_bits(a->best, b->best, a->floats, sizeof(float));
    assert_int_equal(x->count, y->count);
    assert_int_equal(x->evaluation_count, y->evaluation_count);
    check_bits(x->iterations, y->iterations, x->count, sizeof(int64_t));
    check_bits(x->losses, y->losses, x->count * TASKS, sizeof(double));
    check_bits(x->evaluation_losses, y->evaluation_losses, x->evaluation_count * TASKS, sizeof(double));
    check_bits(x->evaluation_metrics, y->evaluation_metrics, x->evaluation_count * x->metrics, sizeof(double));
    check_bits(x->scores, y->scores, x->evaluation_count, sizeof(double));
}

/* ---- What an iteration is, by public functions ---- */

typedef struct by_hand {
    dgba_plan *plan;
    dgba_network_oracle *oracle;
    dgba_batch batch;
    dgba_arena scratch;
    dgba_labels labels[TASKS];
    dgba_train_state state; // parameters and moments only
    float *gradients, *images;
} by_hand;

static void start_by_hand(by_hand *h) {
    const dgba_shape shape = {BATCH, 3, HEIGHT, WIDTH};
    *h = (by_hand){0};
    CHECK_OK(dgba_train_begin(&h->state, &f.job));
    CHECK_OK(dgba_plan_create(&h->plan, f.model.graph, shape, DGBA_PURPOSE_TRAIN));
    CHECK_OK(dgba_network_oracle_create(&h->oracle, &f.model, h->state.parameters, f.tasks, shape, DGBA_PURPOSE_ATTACK));
    CHECK_OK(dgba_batch_create(&h->batch, f.job.data, BATCH, HEIGHT, WIDTH));
    CHECK_OK(dgba_arena_create(&h->scratch, dgba_attack_scratch_bytes(&f.adversarial.attack, TASKS, shape)));
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
    int64_t order[IMAGES], chosen[BATCH];
    const int64_t count = f.job.images.count;
    const dgba_augment augment = {0.5, 1.5, true, 4, iteration * BATCH};
    for (int64_t i = 0; i < BATCH; ++i) {
        const int64_t sample = iteration * BATCH + i;
        dgba_random stream = dgba_random_stream(4, DGBA_RANDOM_SHUFFLE, (uint64_t)(sample / count));
        dgba_random_permutation(order, count, &stream);
        chosen[i] = f.job.images.items[order[sample % count]];
    }
    CHECK_OK(dgba_batch_load_augmented(&h->batch, f.job.data, chosen, BATCH, &augment));
    for (int t = 0; t < TASKS; ++t)
        h->labels[t] = (dgba_labels){h->batch.labels[t].values, h->batch.labels[t].valid, HEIGHT, WIDTH};
}

static void step_by_hand(by_hand *h, const float *images, uint64_t dropout_index, double rate) {
    double losses[BATCH], weights[BATCH];
    dgba_plan_forward(h->plan, images, (dgba_run){.samples = BATCH, .seed = 4, .dropout_index = dropout_index});
    for (int t = 0; t < TASKS; ++t) dgba_train_seed_task(h->plan, t, losses, weights, &f.tasks[t], &h->labels[t], 1);
    dgba_fill(h->gradients, 0, h->state.floats);
    dgba_plan_backward_params(h->plan, h->gradients);
    dgba_adam_step(h->state.parameters, &h->state.adam, h->gradients, f.model.graph, rate, &f.options);
}

static void attack_by_hand(by_hand *h, int64_t iteration) {
    dgba_attack attack = f.adversarial.attack;
    dgba_attack_log log = {0};
    const int64_t samples[BATCH] = {iteration * BATCH, iteration * BATCH + 1};
    attack.images = samples;
    attack.seed = 4;
    dgba_network_oracle_refresh(h->oracle);
    dgba_network_oracle_set_labels(h->oracle, h->labels, BATCH);
    const dgba_oracle oracle = dgba_network_oracle_interface(h->oracle);
    dgba_arena_reset(&h->scratch);
    CHECK_OK(dgba_attack_run(h->images, &log, &attack, &oracle, h->batch.images, &h->scratch));
}

static void an_adversarial_iteration_by_hand(void **state) {
    (void)state;
    f.options.iterations = 3;
    f.options.decay_every = 2;
    attack_batches();
    for (int clean = 0; clean < 2; ++clean) {
        by_hand h;
        f.adversarial.clean_step = clean == 1;
        start_by_hand(&h);
        for (int64_t i = 0; i < 3; ++i) {
            const double rate = i < 2 ? 1e-3 : 5e-4;
            load_by_hand(&h, i);
            if (clean == 1) step_by_hand(&h, h.batch.images, (uint64_t)i, rate);
            attack_by_hand(&h, i);
            step_by_hand(&h, h.images, (UINT64_C(1) << 32) + (uint64_t)i, rate);
        }
        dgba_train_state training = train();
        check_bits(training.parameters, h.state.parameters, training.floats, sizeof(float));
        check_bits(training.adam.second, h.state.adam.second, training.floats, sizeof(float));
        assert_int_equal(training.adam.step, clean == 1 ? 6 : 3);
        assert_true(isnan(training.log.losses[0]) == (clean == 0));
        assert_true(isfinite(training.log.adversarial_losses[0]));
        dgba_train_state_free(&training);
        end_by_hand(&h);
    }
}

static void radius_zero_is_clean_training(void **state) {
    (void)state;
    dgba_train_state clean = train();
    attack_batches();
    f.adversarial.attack.epsilon = 0;
    dgba_train_state zero = train();
    check_same(&clean, &zero);
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
    attack_batches();
    f.options.iterations = 7;
    f.options.log_every = 3;
    f.options.evaluate_every = 2;
    f.options.clip_norm = 1;
    f.options.keep = DGBA_TRAIN_KEEP_BEST;
    dgba_train_state whole = train();
    f.job.after = stop_now_and_then;
    for (stop_every = 1; stop_every < 4; ++stop_every) {
        dgba_train_state parts;
        int64_t stops = 0;
        CHECK_OK(dgba_train_begin(&parts, &f.job));
        dgba_status status = DGBA_E_STOPPED;
        for (; status == DGBA_E_STOPPED; ++stops) status = dgba_train_run(&parts, &f.job);
        CHECK_OK(status);
        assert_int_equal(stops, 7 / stop_every + 1);
        check_same(&whole, &parts);
        check_bits(whole.log.adversarial_losses, parts.log.adversarial_losses, whole.log.count * TASKS, sizeof(double));
        dgba_train_state_free(&parts);
    }
    dgba_train_state_free(&whole);
}

/* ---- Log and evaluations ---- */

static void entries_are_due(void **state) {
    (void)state;
    f.options.log_every = 4;
    dgba_train_state sparse = train();
    f.options.log_every = 1;
    dgba_train_state dense = train();
    assert_int_equal(sparse.log.count, 2);
    assert_int_equal(dense.log.count, 6);
    assert_int_equal(sparse.log.iterations[0], 4);
    assert_int_equal(sparse.log.iterations[1], 6);
    for (int64_t t = 0; t < TASKS; ++t) {
        double first = 0, second = 0;
        for (int64_t i = 0; i < 4; ++i) first += dense.log.losses[i * TASKS + t];
        for (int64_t i = 4; i < 6; ++i) second += dense.log.losses[i * TASKS + t];
        CHECK_NEAR(sparse.log.losses[t], first / 4, 1e-12);
        CHECK_NEAR(sparse.log.losses[TASKS + t], second / 2, 1e-12);
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
    double weights[TASKS] = {0};
    CHECK_OK(dgba_network_oracle_create(&oracle, &f.model, parameters, f.tasks, (dgba_shape){1, 3, HEIGHT, WIDTH},
                                        DGBA_PURPOSE_EVALUATE));
    CHECK_OK(dgba_batch_create(&batch, f.job.data, 1, HEIGHT, WIDTH));
    memset(losses, 0, TASKS * sizeof *losses);
    for (int64_t i = 0; i < f.job.evaluated.count; ++i) {
        double found[TASKS];
        dgba_labels labels[TASKS];
        CHECK_OK(dgba_batch_load(&batch, f.job.data, f.job.evaluated.items + i, 1));
        for (int t = 0; t < TASKS; ++t)
            labels[t] = (dgba_labels){batch.labels[t].values, batch.labels[t].valid, HEIGHT, WIDTH};
        dgba_network_oracle_set_labels(oracle, labels, 1);
        CHECK_OK(dgba_network_oracle_evaluate(found, oracle, batch.images));
        const dgba_oracle interface = dgba_network_oracle_interface(oracle);
        for (int t = 0; t < TASKS; ++t) {
            losses[t] += found[t] * interface.denominators[t];
            weights[t] += interface.denominators[t];
        }
    }
    for (int t = 0; t < TASKS; ++t) losses[t] /= weights[t];
    dgba_batch_free(&batch);
    dgba_network_oracle_free(&oracle);
}

static void evaluations_are_pooled_and_the_best_is_kept(void **state) {
    (void)state;
    f.options.iterations = 9;
    f.options.evaluate_every = 2;
    f.options.learning_rate = 0.02; // so large that losses go up and down
    f.options.keep = DGBA_TRAIN_KEEP_BEST;
    dgba_train_state training = train();
    const dgba_train_log *log = &training.log;
    static const int64_t expected[] = {0, 2, 4, 6, 8, 9};
    assert_int_equal(log->evaluation_count, DGBA_COUNT_OF(expected));
    assert_memory_equal(log->evaluation_iterations, expected, sizeof expected);
    double last[TASKS], best[TASKS];
    measure(last, training.parameters);
    measure(best, dgba_train_kept(&training, &f.options));
    int64_t least = 0;
    for (int64_t e = 0; e < log->evaluation_count; ++e) {
        double score = 0;
        for (int t = 0; t < TASKS; ++t) score += log->evaluation_losses[e * TASKS + t] / log->evaluation_losses[t] / TASKS;
        CHECK_NEAR(log->scores[e] / score, 1, 1e-12);
        if (log->scores[e] < log->scores[least]) least = e;
    }
    assert_int_equal(training.best_evaluation, least);
    for (int t = 0; t < TASKS; ++t) {
        CHECK_NEAR(log->evaluation_losses[5 * TASKS + t] / last[t], 1, 1e-5);
        CHECK_NEAR(log->evaluation_losses[least * TASKS + t] / best[t], 1, 1e-5);
    }
    assert_int_equal(log->metrics, 2 + 5 + 5);
    dgba_train_state_free(&training);
}

static void looking_changes_nothing(void **state) {
    (void)state;
    dgba_train_state blind = train();
    f.options.evaluate_every = 1;
    dgba_train_state seeing = train();
    check_bits(blind.parameters, seeing.parameters, blind.floats, sizeof(float));
    assert_ptr_equal(dgba_train_kept(&seeing, &f.options), seeing.parameters);
    dgba_train_state_free(&blind);
    dgba_train_state_free(&seeing);
}

/* ---- Weights of the losses, clipping ---- */

/** Without weight decay, what only a task of weight 0 uses is not moved. */
static void a_task_without_weight_is_not_trained(void **state) {
    (void)state;
    f.options.weight_decay = 0;
    f.options.loss_weights = (dgba_reals){TASKS, {1, 0, 2}};
    dgba_train_state before, after = train();
    CHECK_OK(dgba_train_begin(&before, &f.job));
    int64_t count = 0, still = 0;
    const dgba_parameter *list = dgba_graph_parameters(f.model.graph, &count);
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

static void a_weight_scales_the_seed(void **state) {
    (void)state;
    by_hand h;
    dgba_shape shape;
    double losses[BATCH], weights[BATCH];
    attack_batches();
    start_by_hand(&h);
    load_by_hand(&h, 0);
    dgba_plan_forward(h.plan, h.batch.images, (dgba_run){.samples = BATCH});
    dgba_plan_output(h.plan, DATASET_DEPTH, &shape);
    const int64_t count = dgba_shape_count(shape);
    const dgba_task *task = &f.tasks[DATASET_DEPTH];
    const double loss = dgba_train_seed_task(h.plan, DATASET_DEPTH, losses, weights, task, &h.labels[DATASET_DEPTH], 1);
    memcpy(h.gradients, dgba_plan_seed(h.plan, DATASET_DEPTH), (size_t)count * sizeof(float));
    CHECK_NEAR(dgba_train_seed_task(h.plan, DATASET_DEPTH, losses, weights, task, &h.labels[DATASET_DEPTH], 0.25), loss, 0);
    dgba_scale(h.gradients, 0.25F, count);
    CHECK_CLOSE(dgba_plan_seed(h.plan, DATASET_DEPTH), h.gradients, count, 1e-6, 0);
    end_by_hand(&h);
}

static void clipping_shortens_the_whole_gradient(void **state) {
    (void)state;
    const int64_t floats = dgba_graph_parameter_floats(f.model.graph);
    int64_t count = 0;
    const dgba_parameter *list = dgba_graph_parameters(f.model.graph, &count);
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
    CHECK_NEAR(dgba_train_clip(gradients, f.model.graph, 2 * norm), norm, 1e-9 * norm);
    check_bits(gradients, expected, floats, sizeof(float));
    CHECK_NEAR(dgba_train_clip(gradients, f.model.graph, 0.5), norm, 1e-9 * norm);
    for (int64_t i = 0; i < floats; ++i) expected[i] = (float)((double)expected[i] * 0.5 / (norm + 1e-6));
    CHECK_CLOSE(gradients, expected, floats, 1e-6, 0);
    gradients[list[0].offset] = INFINITY;
    assert_true(isinf(dgba_train_clip(gradients, f.model.graph, 0.5)));
    assert_true(isfinite(gradients[list[0].offset + 1]));
    dgba_free(gradients);
    dgba_free(expected);
}

/* ---- Groups ---- */

/** Trainings of a crew's members, each with a data file of its own. */
typedef struct shared {
    dgba_train_state states[CREW_MOST];
    dgba_data *data[CREW_MOST];
    dgba_status status[CREW_MOST];
} shared;

static void train_as_member(int64_t member, const dgba_crew *crew, void *context) {
    shared *s = context;
    dgba_train_job job = f.job;
    job.crew = crew;
    job.data = s->data[member];
    s->status[member] = dgba_train_begin(&s->states[member], &job);
    if (s->status[member] == DGBA_OK) s->status[member] = dgba_train_run(&s->states[member], &job);
}

/** Trains by a crew; the state of its first member, after a look at the others'. */
static dgba_train_state train_by(int64_t members) {
    shared s = {0};
    for (int64_t m = 0; m < members; ++m) CHECK_OK(dgba_data_open(&s.data[m], f.path));
    crew_run(members, train_as_member, &s);
    for (int64_t m = 0; m < members; ++m) {
        CHECK_OK(s.status[m]);
        dgba_data_close(&s.data[m]);
        if (m == 0) continue;
        check_same(&s.states[0], &s.states[m]);
        dgba_train_state_free(&s.states[m]);
    }
    return s.states[0];
}

/** The largest difference of two arrays, relative to the largest number. */
static double difference(const float *a, const float *b, int64_t count) {
    double worst = 0, largest = 0;
    for (int64_t i = 0; i < count; ++i) {
        worst = fmax(worst, fabs((double)a[i] - (double)b[i]));
        largest = fmax(largest, fabs((double)b[i]));
    }
    return worst / largest;
}

static void all_that_a_group_exchanges(void) {
    f.options.batch = 8;
    f.options.iterations = 3;
    f.options.evaluate_every = 2;
    f.options.log_every = 1;
    f.options.clip_norm = 1;
}

/** A group of k gives the same bits for any crew whose size divides k, adversarial training included. */
static void a_group_does_not_depend_on_its_crew(void **state) {
    (void)state;
    if (!dgba_h5_is_threadsafe()) skip(); // the members read data
    all_that_a_group_exchanges();
    attack_batches();
    for (f.options.group = 2; f.options.group <= 4; f.options.group += 2) {
        dgba_train_state alone = train();
        for (int64_t members = 1; members <= f.options.group; members *= 2) {
            dgba_train_state together = train_by(members);
            check_same(&alone, &together);
            dgba_train_state_free(&together);
        }
        dgba_train_state_free(&alone);
    }
}

/** The largest relative difference of the losses in an entry of two logs. */
static double losses_differ(const dgba_train_log *a, const dgba_train_log *b, int64_t entry) {
    double worst = 0;
    for (int64_t i = entry * TASKS; i < (entry + 1) * TASKS; ++i)
        worst = fmax(worst, fabs(a->losses[i] / b->losses[i] - 1));
    return worst;
}

/** A group computes what one part does, up to rounding: all statistics are those of the whole batch. */
static void groups_differ_by_rounding_only(void **state) {
    (void)state;
    static const int64_t lengths[] = {1, 10};
    all_that_a_group_exchanges();
    f.options.learning_rate = 1e-7;
    for (int64_t l = 0; l < DGBA_COUNT_OF(lengths); ++l) {
        f.options.iterations = lengths[l];
        f.options.group = 1;
        dgba_train_state one = train();
        for (f.options.group = 2; f.options.group <= 8; f.options.group *= 2) {
            dgba_train_state several = train();
            const double losses = losses_differ(&several.log, &one.log, lengths[l] - 1);
            const double gradient = difference(several.adam.first, one.adam.first, one.floats);
            printf("group of %lld, iteration %lld: losses differ by %.1g, the gradient by %.1g\n",
                   (long long)f.options.group, (long long)lengths[l], losses, gradient);
            assert_true(losses < (l == 0 ? FIRST_LOSSES : LATER_LOSSES) && (l > 0 || gradient < FIRST_GRADIENT));
            dgba_train_state_free(&several);
        }
        dgba_train_state_free(&one);
    }
}

/* ---- What is refused ---- */

static void check_refused(dgba_status expected, const char *message) {
    dgba_train_state training;
    CHECK_OK(dgba_train_begin(&training, &f.job));
    CHECK_FAILS(expected, dgba_train_run(&training, &f.job));
    CHECK_MESSAGE(message);
    dgba_train_state_free(&training);
    reset(NULL);
}

static void what_cannot_be(void **state) {
    (void)state;
    f.options.group = 2;
    f.options.batch = 3;
    check_refused(DGBA_E_CONFIG, "group: a batch of 3 images has no 2 equal parts");
    f.options.scale_low = 2;
    check_refused(DGBA_E_CONFIG, "scale_low 2 exceeds scale_high 1.5");
    f.options.loss_weights.count = 2;
    check_refused(DGBA_E_CONFIG, "loss_weights has 2 numbers for 3 tasks");
    f.options.keep = DGBA_TRAIN_KEEP_BEST;
    check_refused(DGBA_E_CONFIG, "set evaluate_every");
    f.options.learning_rate = 1e30;
    check_refused(DGBA_E_NUMERIC, "training diverged: the loss of ");
    const dgba_train_images none = {0}, images = f.job.images, evaluated = f.job.evaluated;
    f.job.images = none;
    check_refused(DGBA_E_SHAPE, "there are no training images");
    f.job.images = images;
    f.job.evaluated = none;
    f.options.evaluate_every = 1;
    check_refused(DGBA_E_SHAPE, "there are no images of the split 'test' to evaluate");
    f.job.evaluated = evaluated;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_adversarial_iteration_by_hand, reset),
        cmocka_unit_test_setup(radius_zero_is_clean_training, reset),
        cmocka_unit_test_setup(parts_make_the_same_training, reset),
        cmocka_unit_test_setup(entries_are_due, reset),
        cmocka_unit_test_setup(evaluations_are_pooled_and_the_best_is_kept, reset),
        cmocka_unit_test_setup(looking_changes_nothing, reset),
        cmocka_unit_test_setup(a_task_without_weight_is_not_trained, reset),
        cmocka_unit_test_setup(a_weight_scales_the_seed, reset),
        cmocka_unit_test_setup(clipping_shortens_the_whole_gradient, reset),
        cmocka_unit_test_setup(a_group_does_not_depend_on_its_crew, reset),
        cmocka_unit_test_setup(groups_differ_by_rounding_only, reset),
        cmocka_unit_test_setup(what_cannot_be, reset),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
