#include <math.h>
#include <string.h>

#include "dgba/train.h"

enum { LOG_ENTRIES = 100, SHOWN_ENTRIES = 5 };

/** Everything one training run holds. */
typedef struct trainer {
    const dgba_train *options;
    const dgba_model *model;
    const dgba_task *tasks;
    const dgba_train_source *source;
    dgba_plan *plan;
    dgba_batch batch;
    float *parameters, *gradients;
    dgba_adam adam;
    int64_t *order; // of the images in the current epoch
    int64_t epoch;
    int64_t *chosen;               // images of the current batch
    double *losses, *weights;      // per sample
    double since[DGBA_MOST_TASKS]; // sum of the task losses since the last log entry
    int64_t since_count;
} trainer;

static dgba_status create(trainer *t) {
    const dgba_train *o = t->options;
    const int64_t floats = dgba_graph_parameter_floats(t->model->graph);
    const dgba_shape shape = {o->batch, 3, o->crop_height > 0 ? o->crop_height : t->source->height,
                              o->crop_width > 0 ? o->crop_width : t->source->width};
    DGBA_TRY(dgba_plan_create(&t->plan, t->model->graph, shape, DGBA_PURPOSE_TRAIN));
    DGBA_TRY(dgba_batch_create(&t->batch, t->source->data, o->batch, shape.h, shape.w));
    DGBA_TRY(DGBA_NEW(&t->gradients, floats));
    DGBA_TRY(DGBA_NEW(&t->adam.first, floats));
    DGBA_TRY(DGBA_NEW(&t->adam.second, floats));
    DGBA_TRY(DGBA_NEW(&t->order, t->source->count));
    DGBA_TRY(DGBA_NEW(&t->chosen, o->batch));
    DGBA_TRY(DGBA_NEW(&t->losses, o->batch));
    DGBA_TRY(DGBA_NEW(&t->weights, o->batch));
    dgba_plan_bind(t->plan, t->parameters);
    t->epoch = -1;
    return DGBA_OK;
}

static void destroy(trainer *t) {
    dgba_plan_free(&t->plan);
    dgba_batch_free(&t->batch);
    dgba_free(t->gradients);
    dgba_free(t->adam.first);
    dgba_free(t->adam.second);
    dgba_free(t->order);
    dgba_free(t->chosen);
    dgba_free(t->losses);
    dgba_free(t->weights);
}

/** The image of running number `sample`: every epoch visits all images in an order of its own. */
static int64_t image_of(trainer *t, int64_t sample) {
    const int64_t epoch = sample / t->source->count;
    if (epoch != t->epoch) {
        dgba_random stream = dgba_random_stream((uint64_t)t->options->seed, DGBA_RANDOM_SHUFFLE, (uint64_t)epoch);
        dgba_random_permutation(t->order, t->source->count, &stream);
        t->epoch = epoch;
    }
    return t->source->images[t->order[sample % t->source->count]];
}

static dgba_status load(trainer *t, int64_t iteration) {
    const dgba_train *o = t->options;
    const int64_t first = iteration * o->batch;
    for (int64_t i = 0; i < o->batch; ++i) t->chosen[i] = image_of(t, first + i);
    const dgba_augment augment = {.scale_low = o->scale_low,
                                  .scale_high = o->scale_high,
                                  .mirror = o->mirror,
                                  .seed = (uint64_t)o->seed,
                                  .first_sample = first};
    return dgba_batch_load_augmented(&t->batch, t->source->data, t->chosen, o->batch, &augment);
}

double dgba_train_seed_task(dgba_plan *plan, int64_t output, double *losses, double *weights, const dgba_task *task,
                            const dgba_labels *labels) {
    dgba_shape shape;
    const float *prediction = dgba_plan_output(plan, output, &shape);
    dgba_task_loss(losses, weights, task, prediction, shape, labels);
    double total = 0, pooled = 0;
    for (int64_t n = 0; n < shape.n; ++n) total += weights[n];
    for (int64_t n = 0; n < shape.n; ++n) {
        weights[n] = total > 0 ? weights[n] / total : 0;
        if (weights[n] > 0) pooled += weights[n] * losses[n];
    }
    dgba_task_loss_gradient(dgba_plan_seed(plan, output), weights, task, prediction, shape, labels);
    return pooled;
}

static double seed_task(trainer *t, int64_t task) {
    const dgba_labels labels = {.values = t->batch.labels[task].values,
                                .valid = t->batch.labels[task].valid,
                                .height = t->batch.shape.h,
                                .width = t->batch.shape.w};
    return dgba_train_seed_task(t->plan, task, t->losses, t->weights, &t->tasks[task], &labels);
}

static dgba_status iterate(trainer *t, int64_t iteration) {
    DGBA_TRY(load(t, iteration));
    const dgba_run run = {
        .samples = t->batch.shape.n, .seed = (uint64_t)t->options->seed, .dropout_index = (uint64_t)iteration};
    dgba_plan_forward(t->plan, t->batch.images, run);
    for (int64_t task = 0; task < t->model->task_count; ++task) {
        const double loss = seed_task(t, task);
        if (!isfinite(loss))
            return dgba_fail(DGBA_E_NUMERIC, "training diverged: the loss of %s is %g at iteration %lld",
                             t->tasks[task].name, loss, (long long)iteration);
        t->since[task] += loss;
    }
    t->since_count += 1;
    dgba_fill(t->gradients, 0, dgba_graph_parameter_floats(t->model->graph));
    dgba_plan_backward_params(t->plan, t->gradients);
    dgba_adam_step(t->parameters, &t->adam, t->gradients, t->model->graph, dgba_train_rate(t->options, iteration),
                   t->options);
    return DGBA_OK;
}

/** A sign of life, since training is the longest of units. */
static void show_losses(const trainer *t, int64_t iterations) {
    dgba_text line = {0};
    for (int64_t task = 0; task < t->model->task_count; ++task)
        dgba_text_add(&line, "%s %s %.4g", task > 0 ? "," : "", t->tasks[task].name,
                      t->since[task] / (double)t->since_count);
    DGBA_INFO("layout %lld seed %lld: iteration %lld of %lld, loss%s", (long long)t->model->def.layout,
              (long long)t->options->seed, (long long)iterations, (long long)t->options->iterations,
              dgba_text_chars(&line));
    dgba_text_free(&line);
}

static void log_losses(dgba_train_log *log, trainer *t, int64_t iterations) {
    if ((log->count + 1) % (LOG_ENTRIES / SHOWN_ENTRIES) == 0) show_losses(t, iterations);
    log->iterations[log->count] = iterations;
    for (int64_t task = 0; task < log->tasks; ++task) {
        log->losses[log->count * log->tasks + task] = t->since[task] / (double)t->since_count;
        t->since[task] = 0;
    }
    t->since_count = 0;
    log->count += 1;
}

dgba_status dgba_train_model(float *parameters, dgba_train_log *log, const dgba_model *model, const dgba_task *tasks,
                             const dgba_train_source *source, const dgba_train *options) {
    *log = (dgba_train_log){.tasks = model->task_count};
    if (source->count < 1) return dgba_fail(DGBA_E_SHAPE, "there are no training images");
    if (options->scale_low > options->scale_high)
        return dgba_fail(DGBA_E_CONFIG, "scale_low %g exceeds scale_high %g", options->scale_low, options->scale_high);
    const double start = dgba_clock_seconds();
    dgba_status status = DGBA_OK;
    trainer t = {.options = options, .model = model, .tasks = tasks, .source = source, .parameters = parameters};
    DGBA_TRY_OUT(create(&t));
    DGBA_TRY_OUT(DGBA_NEW(&log->iterations, LOG_ENTRIES));
    DGBA_TRY_OUT(DGBA_NEW(&log->losses, LOG_ENTRIES * log->tasks));
    for (int64_t i = 0; i < options->iterations; ++i) {
        DGBA_TRY_OUT(iterate(&t, i));
        // Entry k of LOG_ENTRIES is due when that share of the iterations is done.
        const int64_t done = i + 1;
        if (done * LOG_ENTRIES / options->iterations > i * LOG_ENTRIES / options->iterations) log_losses(log, &t, done);
    }
    log->seconds = dgba_clock_seconds() - start;
    log->plan_bytes = dgba_plan_bytes(t.plan, NULL);
out:
    destroy(&t);
    if (status != DGBA_OK) dgba_train_log_free(log);
    return status;
}

void dgba_train_log_free(dgba_train_log *log) {
    dgba_free(log->iterations);
    dgba_free(log->losses);
    *log = (dgba_train_log){0};
}
