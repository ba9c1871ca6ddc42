#include "trainer.h"

#include <math.h>
#include <string.h>

/** Dropout patterns of adversarial steps are named by numbers that no iteration has. */
static const uint64_t ADVERSARIAL_DROPOUT = UINT64_C(1) << 32;

bool trainer_is_adversarial(const dgba_train_job *job) {
    return job->adversarial != NULL && job->adversarial->attack.epsilon > 0;
}

batch_share trainer_share(const dgba_train_job *job) {
    const dgba_train *o = job->options;
    const int64_t members = dgba_crew_members(job->crew), own = o->batch / members;
    DGBA_ASSERT(o->group % members == 0);
    return (batch_share){.parts = o->group / members,
                         .part_samples = o->batch / o->group,
                         .first = own * dgba_crew_member(job->crew),
                         .samples = own,
                         .all = o->batch};
}

static dgba_shape part_shape(const dgba_train_job *job) {
    const dgba_train *o = job->options;
    return (dgba_shape){o->batch / o->group, 3, o->crop_height > 0 ? o->crop_height : job->height,
                        o->crop_width > 0 ? o->crop_width : job->width};
}

dgba_status trainer_create(trainer *t, const dgba_train_job *job, dgba_train_state *state) {
    *t = (trainer){.job = job, .state = state, .share = trainer_share(job), .epoch = -1};
    const dgba_shape part = part_shape(job);
    if (job->images.count < 1) return dgba_fail(DGBA_E_SHAPE, "there are no training images");
    DGBA_TRY(dgba_plan_create_in_parts(&t->plan, job->model->graph, part, job->options->group, job->crew));
    DGBA_TRY(dgba_batch_create(&t->batch, job->data, t->share.samples, part.h, part.w));
    if (job->options->clip_norm > 0) DGBA_TRY(DGBA_NEW(&t->gradients, state->floats));
    DGBA_TRY(DGBA_NEW(&t->order, job->images.count));
    DGBA_TRY(DGBA_NEW(&t->chosen, t->share.samples));
    DGBA_TRY(DGBA_NEW(&t->found, 2 * t->share.samples));
    DGBA_TRY(DGBA_NEW(&t->in_all, 2 * t->share.all));
    DGBA_TRY(DGBA_NEW(&t->losses, t->share.all));
    DGBA_TRY(DGBA_NEW(&t->weights, t->share.all));
    dgba_plan_bind(t->plan, state->parameters);
    state->plan_bytes = dgba_plan_bytes(t->plan, NULL);
    if (trainer_is_adversarial(job)) {
        DGBA_TRY(attacker_create(&t->attacker, job, part, t->share.parts, state->parameters));
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
    dgba_free(t->found);
    dgba_free(t->in_all);
    dgba_free(t->losses);
    dgba_free(t->weights);
    attacker_free(&t->attacker);
    evaluator_free(&t->evaluator);
}

void trainer_labels(dgba_labels labels[DGBA_MOST_TASKS], const dgba_batch *batch, int64_t first) {
    const int64_t pixels = batch->shape.h * batch->shape.w;
    for (int64_t t = 0; t < batch->task_count; ++t)
        labels[t] = (dgba_labels){.values = batch->labels[t].values + first * batch->labels[t].channels * pixels,
                                  .valid = batch->labels[t].valid + first * pixels,
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

/** Loads samples from running number `first` on. */
static dgba_status load(trainer *t, int64_t first) {
    const dgba_train *o = t->job->options;
    for (int64_t i = 0; i < t->share.samples; ++i) t->chosen[i] = image_of(t, first + i);
    const dgba_augment augment = {.scale_low = o->scale_low,
                                  .scale_high = o->scale_high,
                                  .mirror = o->mirror,
                                  .seed = (uint64_t)o->seed,
                                  .first_sample = first};
    return dgba_batch_load_augmented(&t->batch, t->job->data, t->chosen, t->share.samples, &augment);
}

/* ---- Steps ---- */

double dgba_train_pool(double *weights, const double *losses, int64_t samples, double factor) {
    double total = 0, pooled = 0;
    for (int64_t n = 0; n < samples; ++n) total += weights[n];
    for (int64_t n = 0; n < samples; ++n) {
        const double share = total > 0 ? weights[n] / total : 0;
        if (share > 0) pooled += share * losses[n];
        weights[n] = share * factor;
    }
    return pooled;
}

double dgba_train_seed_task(dgba_plan *plan, int64_t output, double *losses, double *weights, const dgba_task *task,
                            const dgba_labels *labels, double factor) {
    dgba_shape shape;
    const float *prediction = dgba_plan_output(plan, output, &shape);
    dgba_task_loss(losses, weights, task, prediction, shape, labels);
    const double pooled = dgba_train_pool(weights, losses, shape.n, factor);
    dgba_task_loss_gradient(dgba_plan_seed(plan, output), weights, task, prediction, shape, labels);
    return pooled;
}

/** Finds a task's losses and weights: of the samples computed here, then of all. */
static void find_losses(trainer *t, int64_t task) {
    const batch_share *s = &t->share;
    dgba_labels labels[DGBA_MOST_TASKS];
    for (int64_t part = 0; part < s->parts; ++part) {
        dgba_shape shape;
        dgba_plan_choose_part(t->plan, part);
        trainer_labels(labels, &t->batch, part * s->part_samples);
        const float *prediction = dgba_plan_output(t->plan, task, &shape);
        double *losses = t->found + part * s->part_samples;
        dgba_task_loss(losses, losses + s->samples, &t->job->tasks[task], prediction, shape, &labels[task]);
    }
    const size_t bytes = (size_t)s->samples * sizeof(double);
    dgba_crew_gather(t->job->crew, t->in_all, t->found, 2 * bytes);
    for (int64_t first = 0; first < s->all; first += s->samples) {
        memcpy(t->losses + first, t->in_all + 2 * first, bytes);
        memcpy(t->weights + first, t->in_all + 2 * first + s->samples, bytes);
    }
}

/** Writes the seeds of a task for the samples computed here. */
static void write_seeds(trainer *t, int64_t task) {
    const batch_share *s = &t->share;
    dgba_labels labels[DGBA_MOST_TASKS];
    for (int64_t part = 0; part < s->parts; ++part) {
        dgba_shape shape;
        dgba_plan_choose_part(t->plan, part);
        trainer_labels(labels, &t->batch, part * s->part_samples);
        const float *prediction = dgba_plan_output(t->plan, task, &shape);
        dgba_task_loss_gradient(dgba_plan_seed(t->plan, task), t->weights + s->first + part * s->part_samples,
                                &t->job->tasks[task], prediction, shape, &labels[task]);
    }
}

/** Called by the plan: seeds a task and adds its loss to the sums. */
static dgba_status seed(void *self, int64_t task) {
    trainer *t = self;
    const dgba_train *o = t->job->options;
    find_losses(t, task);
    const double factor = o->loss_weights.count > 0 ? o->loss_weights.values[task] : 1;
    const double loss = dgba_train_pool(t->weights, t->losses, t->share.all, factor);
    if (!isfinite(loss))
        return dgba_fail(DGBA_E_NUMERIC, "training diverged: the loss of %s is %g at iteration %lld",
                         t->job->tasks[task].name, loss, (long long)t->state->iteration);
    write_seeds(t, task);
    t->sums[task] += loss;
    return DGBA_OK;
}

/** Called by the plan: updates a parameter, or keeps its gradient until all are there to be clipped. */
static void take(void *self, int64_t number, const float *gradient) {
    trainer *t = self;
    int64_t count = 0;
    const dgba_parameter *p = dgba_graph_parameters(t->job->model->graph, &count) + number;
    if (t->gradients == NULL)
        dgba_adam_update_parameter(t->state->parameters, &t->state->adam, gradient, p, t->rate, t->job->options);
    else
        memcpy(t->gradients + p->offset, gradient, (size_t)dgba_shape_count(p->shape) * sizeof *gradient);
}

static dgba_status clip_and_update(trainer *t) {
    const dgba_graph *graph = t->job->model->graph;
    const double norm = dgba_train_clip(t->gradients, graph, t->job->options->clip_norm);
    if (!isfinite(norm))
        return dgba_fail(DGBA_E_NUMERIC, "training diverged: the norm of the gradient is %g at iteration %lld", norm,
                         (long long)t->state->iteration);
    dgba_adam_step(t->state->parameters, &t->state->adam, t->gradients, graph, t->rate, t->job->options);
    return DGBA_OK;
}

/** One update of the parameters on images with the labels of the batch. */
static dgba_status step(trainer *t, double *sums, const float *images, uint64_t dropout_index) {
    const dgba_train *o = t->job->options;
    const dgba_run run = {.samples = t->share.part_samples, .seed = (uint64_t)o->seed, .dropout_index = dropout_index};
    t->sums = sums;
    t->rate = dgba_train_rate(o, t->state->iteration);
    t->state->adam.step += 1;
    DGBA_TRY(dgba_plan_train(t->plan, images, run, &(dgba_plan_callbacks){.self = t, .seed = seed, .take = take}));
    return t->gradients != NULL ? clip_and_update(t) : DGBA_OK;
}

static dgba_status adversarial_step(trainer *t, int64_t first, uint64_t iteration) {
    DGBA_TRY(dgba_crew_agree(t->job->crew, attacker_run(&t->attacker, &t->batch, first)));
    return step(t, t->state->adversarial_losses_since, t->attacker.images, ADVERSARIAL_DROPOUT + iteration);
}

dgba_status trainer_iterate(trainer *t) {
    const uint64_t iteration = (uint64_t)t->state->iteration;
    const int64_t first = t->state->iteration * t->job->options->batch + t->share.first;
    DGBA_TRY(dgba_crew_agree(t->job->crew, load(t, first)));
    const bool is_adversarial = trainer_is_adversarial(t->job);
    if (!is_adversarial || t->job->adversarial->clean_step)
        DGBA_TRY(step(t, t->state->losses_since, t->batch.images, iteration));
    else
        for (int64_t task = 0; task < t->state->log.tasks; ++task) t->state->losses_since[task] = NAN;
    return is_adversarial ? adversarial_step(t, first, iteration) : DGBA_OK;
}
