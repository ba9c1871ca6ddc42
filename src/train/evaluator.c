#include <math.h>
#include <string.h>

#include "trainer.h"

dgba_status evaluator_create(evaluator *out, const dgba_train_job *job, float *parameters) {
    *out = (evaluator){.job = job};
    const int64_t tasks = job->model->task_count;
    const int64_t most = job->evaluated.count < job->options->batch ? job->evaluated.count : job->options->batch;
    const dgba_shape shape = {most, 3, job->height, job->width};
    if (most < 1)
        return dgba_fail(DGBA_E_SHAPE, "there are no images of the split '%s' to evaluate", job->options->evaluate_split);
    DGBA_TRY(dgba_network_oracle_create(&out->oracle, job->model, parameters, job->tasks, shape, DGBA_PURPOSE_EVALUATE));
    DGBA_TRY(dgba_batch_create(&out->batch, job->data, most, shape.h, shape.w));
    DGBA_TRY(DGBA_NEW(&out->losses, tasks * most));
    for (int64_t t = 0; t < tasks; ++t) {
        DGBA_TRY(DGBA_NEW(&out->totals[t].sums, dgba_task_sum_count(&job->tasks[t])));
        DGBA_TRY(DGBA_NEW(&out->totals[t].counts, dgba_task_count_count(&job->tasks[t])));
    }
    return DGBA_OK;
}

void evaluator_free(evaluator *e) {
    dgba_network_oracle_free(&e->oracle);
    dgba_batch_free(&e->batch);
    dgba_free(e->losses);
    for (int64_t t = 0; t < DGBA_MOST_TASKS; ++t) {
        dgba_free(e->totals[t].sums);
        dgba_free(e->totals[t].counts);
    }
    *e = (evaluator){0};
}

static void clear_totals(evaluator *e) {
    const dgba_task *tasks = e->job->tasks;
    for (int64_t t = 0; t < e->job->model->task_count; ++t) {
        memset(e->totals[t].sums, 0, (size_t)dgba_task_sum_count(&tasks[t]) * sizeof(double));
        memset(e->totals[t].counts, 0, (size_t)dgba_task_count_count(&tasks[t]) * sizeof(int64_t));
    }
}

/** Adds the losses of a batch, each times its denominator, to sums[task], and the denominators to weights. */
static dgba_status add_batch(evaluator *e, double *sums, double *weights, int64_t first, int64_t count) {
    dgba_labels labels[DGBA_MOST_TASKS];
    DGBA_TRY(dgba_batch_load(&e->batch, e->job->data, e->job->evaluated.items + first, count));
    trainer_labels(labels, &e->batch);
    dgba_network_oracle_set_labels(e->oracle, labels, count);
    const dgba_oracle oracle = dgba_network_oracle_interface(e->oracle);
    DGBA_TRY(dgba_network_oracle_evaluate(e->losses, e->oracle, e->batch.images));
    dgba_network_oracle_measure(e->totals, e->oracle);
    for (int64_t i = 0; i < e->job->model->task_count * count; ++i) {
        if (oracle.denominators[i] == 0) continue; // a sample without a valid pixel
        sums[i / count] += e->losses[i] * oracle.denominators[i];
        weights[i / count] += oracle.denominators[i];
    }
    return DGBA_OK;
}

/** Mean over the tasks of loss / loss at the first evaluation. Tasks without a usable first loss do not count. */
static double score(const dgba_train_log *log, const double *losses) {
    double total = 0;
    int64_t count = 0;
    for (int64_t t = 0; t < log->tasks; ++t) {
        const double first = log->evaluation_losses[t];
        if (!(first > 0) || !isfinite(first)) continue;
        total += losses[t] / first;
        count += 1;
    }
    return count > 0 ? total / (double)count : NAN;
}

static void add_entry(dgba_train_state *state, const evaluator *e, const double *sums, const double *weights) {
    dgba_train_log *log = &state->log;
    const int64_t entry = log->evaluation_count++;
    DGBA_ASSERT(entry < log->evaluation_most);
    double *losses = log->evaluation_losses + entry * log->tasks;
    double *metrics = log->evaluation_metrics + entry * log->metrics;
    log->evaluation_iterations[entry] = state->iteration;
    for (int64_t t = 0; t < log->tasks; ++t) {
        losses[t] = weights[t] > 0 ? sums[t] / weights[t] : NAN;
        dgba_task_metrics(metrics, &e->job->tasks[t], &e->totals[t]);
        metrics += e->job->tasks[t].kind->metric_count;
    }
    log->scores[entry] = score(log, losses);
    if (state->best_evaluation >= 0 && !(log->scores[entry] < log->scores[state->best_evaluation])) return;
    state->best_evaluation = entry;
    memcpy(state->best, state->parameters, (size_t)state->floats * sizeof(float));
}

dgba_status evaluator_run(evaluator *e, dgba_train_state *state) {
    double sums[DGBA_MOST_TASKS] = {0}, weights[DGBA_MOST_TASKS] = {0};
    clear_totals(e);
    dgba_network_oracle_refresh(e->oracle);
    for (int64_t first = 0; first < e->job->evaluated.count; first += e->batch.most) {
        const int64_t left = e->job->evaluated.count - first;
        DGBA_TRY(add_batch(e, sums, weights, first, left < e->batch.most ? left : e->batch.most));
    }
    add_entry(state, e, sums, weights);
    log_show_evaluation(state, e->job);
    return DGBA_OK;
}
