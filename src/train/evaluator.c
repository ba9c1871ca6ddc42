#include <math.h>
#include <string.h>

#include "trainer.h"

/** Images that part `part` begins with; so many parts as a batch has. */
static int64_t first_of(const dgba_train_job *job, int64_t part) {
    return job->evaluated.count * part / job->options->group;
}

/** A row holds per task the sum of losses and its weight, then the sums and then the counts of the tasks' totals. */
static void size_rows(evaluator *e) {
    const dgba_train_job *job = e->job;
    e->reals = 2 * job->model->task_count;
    for (int64_t t = 0; t < job->model->task_count; ++t) {
        e->reals += dgba_task_sum_count(&job->tasks[t]);
        e->counts += dgba_task_count_count(&job->tasks[t]);
    }
}

static int64_t row_numbers(const evaluator *e) { return e->reals + e->counts; }

/** The totals in a row. */
static void find_totals(dgba_totals totals[DGBA_MOST_TASKS], const evaluator *e, double *row) {
    double *sums = row + 2 * e->job->model->task_count;
    int64_t *counts = (int64_t *)(row + e->reals);
    for (int64_t t = 0; t < e->job->model->task_count; ++t) {
        totals[t] = (dgba_totals){.sums = sums, .counts = counts};
        sums += dgba_task_sum_count(&e->job->tasks[t]);
        counts += dgba_task_count_count(&e->job->tasks[t]);
    }
}

dgba_status evaluator_create(evaluator *out, const dgba_train_job *job, float *parameters) {
    _Static_assert(sizeof(int64_t) == sizeof(double), "a row is an array of both");
    *out = (evaluator){.job = job};
    const batch_share s = trainer_share(job);
    const int64_t part = (job->evaluated.count + job->options->group - 1) / job->options->group;
    const int64_t most = part < s.part_samples ? part : s.part_samples;
    const dgba_shape shape = {most, 3, job->height, job->width};
    if (most < 1)
        return dgba_fail(DGBA_E_SHAPE, "there are no images of the split '%s' to evaluate", job->options->evaluate_split);
    size_rows(out);
    DGBA_TRY(dgba_network_oracle_create(&out->oracle, job->model, parameters, job->tasks, shape, DGBA_PURPOSE_EVALUATE));
    DGBA_TRY(dgba_batch_create(&out->batch, job->data, most, shape.h, shape.w));
    DGBA_TRY(DGBA_NEW(&out->losses, job->model->task_count * most));
    DGBA_TRY(DGBA_NEW(&out->found, s.parts * row_numbers(out)));
    return DGBA_NEW(&out->in_all, job->options->group * row_numbers(out));
}

void evaluator_free(evaluator *e) {
    dgba_network_oracle_free(&e->oracle);
    dgba_batch_free(&e->batch);
    dgba_free(e->losses);
    dgba_free(e->found);
    dgba_free(e->in_all);
    *e = (evaluator){0};
}

/** Adds a batch to a row: losses, each times its denominator, the denominators, and what the tasks measure. */
static dgba_status add_batch(evaluator *e, double *row, int64_t first, int64_t count) {
    const int64_t tasks = e->job->model->task_count;
    dgba_labels labels[DGBA_MOST_TASKS];
    dgba_totals totals[DGBA_MOST_TASKS];
    DGBA_TRY(dgba_batch_load(&e->batch, e->job->data, e->job->evaluated.items + first, count));
    trainer_labels(labels, &e->batch, 0);
    find_totals(totals, e, row);
    dgba_network_oracle_set_labels(e->oracle, labels, count);
    const dgba_oracle oracle = dgba_network_oracle_interface(e->oracle);
    DGBA_TRY(dgba_network_oracle_evaluate(e->losses, e->oracle, e->batch.images));
    dgba_network_oracle_measure(totals, e->oracle);
    for (int64_t i = 0; i < tasks * count; ++i) {
        if (oracle.denominators[i] == 0) continue; // a sample without a valid pixel
        row[i / count] += e->losses[i] * oracle.denominators[i];
        row[tasks + i / count] += oracle.denominators[i];
    }
    return DGBA_OK;
}

static dgba_status measure_part(evaluator *e, double *row, int64_t part) {
    const int64_t end = first_of(e->job, part + 1);
    memset(row, 0, (size_t)row_numbers(e) * sizeof *row);
    for (int64_t first = first_of(e->job, part); first < end; first += e->batch.most)
        DGBA_TRY(add_batch(e, row, first, end - first < e->batch.most ? end - first : e->batch.most));
    return DGBA_OK;
}

/** Measures the parts of this process. */
static dgba_status measure_parts(evaluator *e) {
    const batch_share s = trainer_share(e->job);
    dgba_network_oracle_refresh(e->oracle);
    for (int64_t part = 0; part < s.parts; ++part)
        DGBA_TRY(measure_part(e, e->found + part * row_numbers(e), s.first / s.part_samples + part));
    return DGBA_OK;
}

/** What all parts have found, added to the row of the first. */
static double *add_parts(evaluator *e) {
    const int64_t numbers = row_numbers(e);
    dgba_crew_gather(e->job->crew, e->in_all, e->found, (size_t)(trainer_share(e->job).parts * numbers) * sizeof *e->found);
    int64_t *counts = (int64_t *)(e->in_all + e->reals);
    for (int64_t part = 1; part < e->job->options->group; ++part) {
        const double *row = e->in_all + part * numbers;
        const int64_t *row_counts = (const int64_t *)(row + e->reals);
        for (int64_t i = 0; i < e->reals; ++i) e->in_all[i] += row[i];
        for (int64_t i = 0; i < e->counts; ++i) counts[i] += row_counts[i];
    }
    return e->in_all;
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

static void add_entry(dgba_train_state *state, const evaluator *e, double *found) {
    dgba_train_log *log = &state->log;
    const int64_t entry = log->evaluation_count++;
    DGBA_ASSERT(entry < log->evaluation_most);
    double *losses = log->evaluation_losses + entry * log->tasks;
    double *metrics = log->evaluation_metrics + entry * log->metrics;
    dgba_totals totals[DGBA_MOST_TASKS];
    find_totals(totals, e, found);
    log->evaluation_iterations[entry] = state->iteration;
    for (int64_t t = 0; t < log->tasks; ++t) {
        const double weight = found[log->tasks + t];
        losses[t] = weight > 0 ? found[t] / weight : NAN;
        dgba_task_metrics(metrics, &e->job->tasks[t], &totals[t]);
        metrics += e->job->tasks[t].kind->metric_count;
    }
    log->scores[entry] = score(log, losses);
    if (state->best_evaluation >= 0 && !(log->scores[entry] < log->scores[state->best_evaluation])) return;
    state->best_evaluation = entry;
    memcpy(state->best, state->parameters, (size_t)state->floats * sizeof(float));
}

dgba_status evaluator_run(evaluator *e, dgba_train_state *state) {
    DGBA_TRY(dgba_crew_agree(e->job->crew, measure_parts(e)));
    add_entry(state, e, add_parts(e));
    log_show_evaluation(state, e->job);
    return DGBA_OK;
}
