#include "trainer.h"

#include <math.h>

/** Dropout patterns of adversarial steps are named by numbers that no iteration has. */
static const uint64_t ADVERSARIAL_DROPOUT = UINT64_C(1) << 32;

bool trainer_is_adversarial(const dgba_train_job *job) {
    return job->adversarial != NULL && job->adversarial->attack.epsilon > 0;
}

static dgba_shape batch_shape(const dgba_train_job *job) {
    const dgba_train *o = job->options;
    return (dgba_shape){o->batch, 3, o->crop_height > 0 ? o->crop_height : job->height,
                        o->crop_width > 0 ? o->crop_width : job->width};
}

dgba_status trainer_create(trainer *t, const dgba_train_job *job, dgba_train_state *state) {
    *t = (trainer){.job = job, .state = state, .epoch = -1};
    const dgba_shape shape = batch_shape(job);
    if (job->images.count < 1) return dgba_fail(DGBA_E_SHAPE, "there are no training images");
    DGBA_TRY(dgba_plan_create(&t->plan, job->model->graph, shape, DGBA_PURPOSE_TRAIN));
    DGBA_TRY(dgba_batch_create(&t->batch, job->data, shape.n, shape.h, shape.w));
    DGBA_TRY(DGBA_NEW(&t->gradients, state->floats));
    DGBA_TRY(DGBA_NEW(&t->order, job->images.count));
    DGBA_TRY(DGBA_NEW(&t->chosen, shape.n));
    DGBA_TRY(DGBA_NEW(&t->losses, shape.n));
    DGBA_TRY(DGBA_NEW(&t->weights, shape.n));
    dgba_plan_bind(t->plan, state->parameters);
    state->plan_bytes = dgba_plan_bytes(t->plan, NULL);
    if (trainer_is_adversarial(job)) {
        DGBA_TRY(attacker_create(&t->attacker, job, shape, state->parameters));
        state->plan_bytes += dgba_network_oracle_bytes(t->attacker.oracle);
    }
    if (job->options->evaluate_every > 0) {
        DGBA_TRY(evaluator_create(&t->evaluator, job, state->parameters));
        state->plan_bytes += dgba_network_oracle_bytes(t->evaluator.oracle);
    }
    return DGBA_OK;
}

void trainer_free(trainer *t) {
    dgba_plan_free(&t->plan);
    dgba_batch_free(&t->batch);
    dgba_free(t->gradients);
    dgba_free(t->order);
    dgba_free(t->chosen);
    dgba_free(t->losses);
    dgba_free(t->weights);
    attacker_free(&t->attacker);
    evaluator_free(&t->evaluator);
}

void trainer_labels(dgba_labels labels[DGBA_MOST_TASKS], const dgba_batch *batch) {
    for (int64_t t = 0; t < batch->task_count; ++t)
        labels[t] = (dgba_labels){.values = batch->labels[t].values,
                                  .valid = batch->labels[t].valid,
                                  .height = batch->shape.h,
                                  .width = batch->shape.w};
}

/* ---- Batches ---- */

/** The image of running number `sample`: every epoch visits all images in an order of its own. */
static int64_t image_of(trainer *t, int64_t sample) {
    const dgba_train_images *images = &t->job->images;
    const int64_t epoch = sample / images->count;
    if (epoch != t->epoch) {
        const uint64_t seed = (uint64_t)t->job->options->seed;
        dgba_random stream = dgba_random_stream(seed, DGBA_RANDOM_SHUFFLE, (uint64_t)epoch);
        dgba_random_permutation(t->order, images->count, &stream);
        t->epoch = epoch;
    }
    return images->items[t->order[sample % images->count]];
}

static dgba_status load(trainer *t, int64_t first) {
    const dgba_train *o = t->job->options;
    for (int64_t i = 0; i < o->batch; ++i) t->chosen[i] = image_of(t, first + i);
    const dgba_augment augment = {.scale_low = o->scale_low,
                                  .scale_high = o->scale_high,
                                  .mirror = o->mirror,
                                  .seed = (uint64_t)o->seed,
                                  .first_sample = first};
    return dgba_batch_load_augmented(&t->batch, t->job->data, t->chosen, o->batch, &augment);
}

/* ---- Steps ---- */

double dgba_train_seed_task(dgba_plan *plan, int64_t output, double *losses, double *weights, const dgba_task *task,
                            const dgba_labels *labels, double factor) {
    dgba_shape shape;
    const float *prediction = dgba_plan_output(plan, output, &shape);
    dgba_task_loss(losses, weights, task, prediction, shape, labels);
    double total = 0, pooled = 0;
    for (int64_t n = 0; n < shape.n; ++n) total += weights[n];
    for (int64_t n = 0; n < shape.n; ++n) {
        const double share = total > 0 ? weights[n] / total : 0;
        if (share > 0) pooled += share * losses[n];
        weights[n] = share * factor;
    }
    dgba_task_loss_gradient(dgba_plan_seed(plan, output), weights, task, prediction, shape, labels);
    return pooled;
}

/** Writes the seeds of all tasks and adds their losses to sums. */
static dgba_status seed_tasks(trainer *t, double *sums) {
    const dgba_train *o = t->job->options;
    dgba_labels labels[DGBA_MOST_TASKS];
    trainer_labels(labels, &t->batch);
    for (int64_t task = 0; task < t->job->model->task_count; ++task) {
        const double factor = o->loss_weights.count > 0 ? o->loss_weights.values[task] : 1;
        const double loss =
            dgba_train_seed_task(t->plan, task, t->losses, t->weights, &t->job->tasks[task], &labels[task], factor);
        if (!isfinite(loss))
            return dgba_fail(DGBA_E_NUMERIC, "training diverged: the loss of %s is %g at iteration %lld",
                             t->job->tasks[task].name, loss, (long long)t->state->iteration);
        sums[task] += loss;
    }
    return DGBA_OK;
}

static dgba_status clip(trainer *t) {
    const dgba_train *o = t->job->options;
    if (o->clip_norm == 0) return DGBA_OK;
    const double norm = dgba_train_clip(t->gradients, t->job->model->graph, o->clip_norm);
    if (isfinite(norm)) return DGBA_OK;
    return dgba_fail(DGBA_E_NUMERIC, "training diverged: the norm of the gradient is %g at iteration %lld", norm,
                     (long long)t->state->iteration);
}

/** One update of the parameters on images with the labels of the batch. */
static dgba_status step(trainer *t, double *sums, const float *images, uint64_t dropout_index) {
    const dgba_train *o = t->job->options;
    dgba_train_state *state = t->state;
    const dgba_run run = {.samples = o->batch, .seed = (uint64_t)o->seed, .dropout_index = dropout_index};
    dgba_plan_forward(t->plan, images, run);
    DGBA_TRY(seed_tasks(t, sums));
    dgba_fill(t->gradients, 0, state->floats);
    dgba_plan_backward_params(t->plan, t->gradients);
    DGBA_TRY(clip(t));
    dgba_adam_step(state->parameters, &state->adam, t->gradients, t->job->model->graph,
                   dgba_train_rate(o, state->iteration), o);
    return DGBA_OK;
}

static dgba_status adversarial_step(trainer *t, int64_t first, uint64_t iteration) {
    DGBA_TRY(attacker_run(&t->attacker, &t->batch, first));
    return step(t, t->state->adversarial_losses_since, t->attacker.images, ADVERSARIAL_DROPOUT + iteration);
}

dgba_status trainer_iterate(trainer *t) {
    const uint64_t iteration = (uint64_t)t->state->iteration;
    const int64_t first = t->state->iteration * t->job->options->batch;
    DGBA_TRY(load(t, first));
    const bool is_adversarial = trainer_is_adversarial(t->job);
    if (!is_adversarial || t->job->adversarial->clean_step)
        DGBA_TRY(step(t, t->state->losses_since, t->batch.images, iteration));
    else
        for (int64_t task = 0; task < t->state->log.tasks; ++task) t->state->losses_since[task] = NAN;
    return is_adversarial ? adversarial_step(t, first, iteration) : DGBA_OK;
}
