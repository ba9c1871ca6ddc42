/** The measurements: one pass that is not timed, then `repeat` that are; medians. */
#include <stdlib.h>

#include "bench.h"
#include "dgba/rule.h"
#include "dgba/train.h"

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/** Sorts. */
static double median(double *values, int64_t count) {
    qsort(values, (size_t)count, sizeof *values, compare);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

/** Seconds since *start, which becomes now. */
static double lap(double *start) {
    const double before = *start;
    *start = dgba_clock_seconds();
    return *start - before;
}

/* ---- Layers ---- */

/** What the seeds are does not change what a pass costs, as long as they are ordinary numbers. */
static void fill_seeds(dgba_plan *plan, int64_t outputs) {
    for (int64_t t = 0; t < outputs; ++t) {
        dgba_shape shape;
        dgba_plan_output(plan, t, &shape);
        dgba_fill(dgba_plan_seed(plan, t), 1 / (float)(shape.h * shape.w), dgba_shape_count(shape));
    }
}

/** seconds[step][forward, backward][repetition] */
static void time_steps(double *seconds, dgba_plan *plan, float *dx, const bench_subject *subject, int64_t repeat) {
    for (int64_t r = -1; r < repeat; ++r) {
        dgba_plan_reset_times(plan);
        dgba_plan_forward(plan, subject->images, (dgba_run){.samples = subject->input.n});
        fill_seeds(plan, subject->model.task_count);
        dgba_plan_backward_input(plan, dx);
        for (int64_t i = 0; i < dgba_plan_step_count(plan) && r >= 0; ++i) {
            const dgba_plan_step step = dgba_plan_step_at(plan, i);
            seconds[2 * i * repeat + r] = step.forward_seconds;
            seconds[(2 * i + 1) * repeat + r] = step.backward_seconds;
        }
    }
}

static dgba_purpose attack_purpose(const bench_subject *subject) {
    return subject->folded ? DGBA_PURPOSE_ATTACK_FOLDED : DGBA_PURPOSE_ATTACK;
}

dgba_status bench_layers(bench_result *result, const bench_subject *subject, int64_t repeat) {
    dgba_plan *plan = NULL;
    double *seconds = NULL;
    float *dx = NULL;
    dgba_status status;
    DGBA_TRY_OUT(dgba_plan_create(&plan, subject->model.graph, subject->input, attack_purpose(subject)));
    dgba_plan_bind(plan, subject->parameters);
    result->layer_count = dgba_plan_step_count(plan);
    DGBA_TRY_OUT(DGBA_NEW(&result->layers, result->layer_count));
    DGBA_TRY_OUT(DGBA_NEW(&seconds, 2 * result->layer_count * repeat));
    DGBA_TRY_OUT(DGBA_NEW(&dx, dgba_shape_count(subject->input)));
    time_steps(seconds, plan, dx, subject, repeat);
    for (int64_t i = 0; i < result->layer_count; ++i)
        result->layers[i] = (bench_layer){dgba_plan_step_at(plan, i), median(seconds + 2 * i * repeat, repeat),
                                          median(seconds + (2 * i + 1) * repeat, repeat)};
out:
    dgba_plan_free(&plan);
    dgba_free(seconds);
    dgba_free(dx);
    return status;
}

/* ---- Attack ---- */

typedef struct attack_bench {
    const bench_subject *subject;
    dgba_network_oracle *network;
    dgba_oracle oracle;
    dgba_rule rule;
    double *losses, *weights;                    // [task][sample]
    uint8_t *active;                             // [task][sample]
    float *direction, *dx;                       // of dgba, of one task
    double *forward, *backward, *task_backwards; // [repetition]
} attack_bench;

static dgba_status create_attack(attack_bench *a, int64_t repeat) {
    const bench_subject *subject = a->subject;
    const int64_t losses = subject->model.task_count * subject->input.n;
    DGBA_TRY(dgba_network_oracle_create(&a->network, &subject->model, subject->parameters, subject->tasks, subject->input,
                                        attack_purpose(subject)));
    dgba_network_oracle_set_labels(a->network, subject->labels, subject->input.n);
    a->oracle = dgba_network_oracle_interface(a->network);
    DGBA_TRY(dgba_rule_kind_find(&a->rule.kind, "dgba"));
    DGBA_TRY(DGBA_NEW(&a->losses, losses));
    DGBA_TRY(DGBA_NEW(&a->weights, losses));
    DGBA_TRY(DGBA_NEW(&a->active, losses));
    DGBA_TRY(DGBA_NEW(&a->direction, dgba_shape_count(subject->input)));
    DGBA_TRY(DGBA_NEW(&a->dx, dgba_shape_count(subject->input)));
    DGBA_TRY(DGBA_NEW(&a->forward, repeat));
    DGBA_TRY(DGBA_NEW(&a->backward, repeat));
    return DGBA_NEW(&a->task_backwards, repeat);
}

static void destroy_attack(attack_bench *a) {
    dgba_network_oracle_free(&a->network);
    dgba_free(a->losses);
    dgba_free(a->weights);
    dgba_free(a->active);
    dgba_free(a->direction);
    dgba_free(a->dx);
    dgba_free(a->forward);
    dgba_free(a->backward);
    dgba_free(a->task_backwards);
}

static dgba_status walk_back_per_task(attack_bench *a) {
    const int64_t samples = a->subject->input.n;
    for (int64_t t = 0; t < a->subject->model.task_count; ++t) {
        for (int64_t i = 0; i < a->subject->model.task_count * samples; ++i) a->weights[i] = i / samples == t;
        DGBA_TRY(a->oracle.gradient(a->oracle.self, a->dx, a->weights));
    }
    return DGBA_OK;
}

/** One iteration, and the backward passes that another rule would need; repetition -1 is not kept. */
static dgba_status iterate_attack(attack_bench *a, int64_t r) {
    const bench_subject *subject = a->subject;
    const dgba_rule_input input = {.tasks = subject->model.task_count,
                                   .samples = subject->input.n,
                                   .losses = a->losses,
                                   .clean_losses = a->losses,
                                   .active = a->active};
    double start = dgba_clock_seconds();
    DGBA_TRY(a->oracle.evaluate(a->oracle.self, a->losses, subject->images));
    const double forward = lap(&start);
    dgba_rule_active(a->active, a->losses, a->losses, input.tasks, input.samples);
    dgba_rule_weights(a->weights, &a->rule, &input);
    DGBA_TRY(a->oracle.gradient(a->oracle.self, a->direction, a->weights));
    const double backward = lap(&start);
    DGBA_TRY(walk_back_per_task(a));
    if (r < 0) return DGBA_OK;
    a->forward[r] = forward;
    a->backward[r] = backward;
    a->task_backwards[r] = lap(&start);
    return DGBA_OK;
}

dgba_status bench_attack(bench_result *result, const bench_subject *subject, int64_t repeat) {
    attack_bench a = {.subject = subject};
    dgba_status status;
    DGBA_TRY_OUT(create_attack(&a, repeat));
    for (int64_t r = -1; r < repeat; ++r) DGBA_TRY_OUT(iterate_attack(&a, r));
    result->attack_forward = median(a.forward, repeat);
    result->attack_backward = median(a.backward, repeat);
    result->attack_task_backwards = median(a.task_backwards, repeat);
    result->attack_plan_bytes = dgba_network_oracle_bytes(a.network);
    result->losses = a.losses;
    result->direction = a.direction;
    a.losses = NULL;
    a.direction = NULL;
out:
    destroy_attack(&a);
    return status;
}

/* ---- Training ---- */

typedef struct train_bench {
    const bench_subject *subject;
    dgba_plan *plan;
    dgba_train options;
    dgba_adam adam;
    double *losses, *weights;            // [sample]
    double seeding, updating;            // seconds of this repetition
    double *forward, *backward, *update; // [repetition]
} train_bench;

static dgba_status create_train(train_bench *b, int64_t repeat) {
    const bench_subject *subject = b->subject;
    const int64_t floats = dgba_graph_parameter_floats(subject->model.graph), samples = subject->input.n;
    dgba_option_defaults(&b->options, &dgba_train_options);
    DGBA_TRY(dgba_plan_create(&b->plan, subject->model.graph, subject->input, DGBA_PURPOSE_TRAIN));
    dgba_plan_bind(b->plan, subject->parameters);
    DGBA_TRY(DGBA_NEW(&b->adam.first, floats));
    DGBA_TRY(DGBA_NEW(&b->adam.second, floats));
    DGBA_TRY(DGBA_NEW(&b->losses, samples));
    DGBA_TRY(DGBA_NEW(&b->weights, samples));
    DGBA_TRY(DGBA_NEW(&b->forward, repeat));
    DGBA_TRY(DGBA_NEW(&b->backward, repeat));
    return DGBA_NEW(&b->update, repeat);
}

static void destroy_train(train_bench *b) {
    dgba_plan_free(&b->plan);
    dgba_free(b->adam.first);
    dgba_free(b->adam.second);
    dgba_free(b->losses);
    dgba_free(b->weights);
    dgba_free(b->forward);
    dgba_free(b->backward);
    dgba_free(b->update);
}

static dgba_status seed(void *self, int64_t task) {
    train_bench *b = self;
    double start = dgba_clock_seconds();
    dgba_train_seed_task(b->plan, task, b->losses, b->weights, &b->subject->tasks[task], &b->subject->labels[task], 1);
    b->seeding += lap(&start);
    return DGBA_OK;
}

static void take(void *self, int64_t parameter, const float *gradient) {
    train_bench *b = self;
    int64_t count = 0;
    const dgba_parameter *list = dgba_graph_parameters(b->subject->model.graph, &count);
    double start = dgba_clock_seconds();
    dgba_adam_update_parameter(b->subject->parameters, &b->adam, gradient, &list[parameter], b->options.learning_rate,
                               &b->options);
    b->updating += lap(&start);
}

/** Of all steps, forward. */
static double forward_seconds(const dgba_plan *plan) {
    double sum = 0;
    for (int64_t i = 0; i < dgba_plan_step_count(plan); ++i) sum += dgba_plan_step_at(plan, i).forward_seconds;
    return sum;
}

/** One step of training; repetition -1 is not kept. */
static dgba_status iterate_train(train_bench *b, int64_t r) {
    const dgba_run run = {.samples = b->subject->input.n, .dropout_index = (uint64_t)(r + 1)};
    double start = dgba_clock_seconds();
    dgba_plan_reset_times(b->plan);
    b->seeding = b->updating = 0;
    b->adam.step += 1;
    DGBA_TRY(
        dgba_plan_train(b->plan, b->subject->images, run, &(dgba_plan_callbacks){.self = b, .seed = seed, .take = take}));
    if (r < 0) return DGBA_OK;
    b->forward[r] = forward_seconds(b->plan) + b->seeding;
    b->update[r] = b->updating;
    b->backward[r] = lap(&start) - b->forward[r] - b->update[r];
    return DGBA_OK;
}

dgba_status bench_train(bench_result *result, const bench_subject *subject, int64_t repeat) {
    train_bench b = {.subject = subject};
    dgba_status status;
    DGBA_TRY_OUT(create_train(&b, repeat));
    for (int64_t r = -1; r < repeat; ++r) DGBA_TRY_OUT(iterate_train(&b, r));
    result->train_forward = median(b.forward, repeat);
    result->train_backward = median(b.backward, repeat);
    result->train_update = median(b.update, repeat);
    result->train_plan_bytes = dgba_plan_bytes(b.plan, NULL);
out:
    destroy_train(&b);
    return status;
}

void bench_result_free(bench_result *result) {
    dgba_free(result->layers);
    dgba_free(result->losses);
    dgba_free(result->direction);
    *result = (bench_result){0};
}
