#include <math.h>

#include "trainer.h"

enum { ENTRIES = 100, SHOWN_ENTRIES = 5 };

static int64_t training_entries(const dgba_train *o) {
    return o->log_every > 0 ? o->iterations / o->log_every + 1 : ENTRIES;
}

/** Before the first iteration, every so many, and after the last one. */
static int64_t evaluation_entries(const dgba_train *o) {
    return o->evaluate_every > 0 ? o->iterations / o->evaluate_every + 2 : 0;
}

dgba_status log_create(dgba_train_log *out, const dgba_train_job *job) {
    const int64_t tasks = job->model->task_count;
    *out = (dgba_train_log){
        .tasks = tasks, .most = training_entries(job->options), .evaluation_most = evaluation_entries(job->options)};
    for (int64_t t = 0; t < tasks; ++t) out->metrics += job->tasks[t].kind->metric_count;
    DGBA_TRY(DGBA_NEW(&out->iterations, out->most));
    DGBA_TRY(DGBA_NEW(&out->losses, out->most * tasks));
    if (trainer_is_adversarial(job)) DGBA_TRY(DGBA_NEW(&out->adversarial_losses, out->most * tasks));
    DGBA_TRY(DGBA_NEW(&out->evaluation_iterations, out->evaluation_most));
    DGBA_TRY(DGBA_NEW(&out->evaluation_losses, out->evaluation_most * tasks));
    DGBA_TRY(DGBA_NEW(&out->evaluation_metrics, out->evaluation_most * out->metrics));
    return DGBA_NEW(&out->scores, out->evaluation_most);
}

void log_free(dgba_train_log *log) {
    dgba_free(log->iterations);
    dgba_free(log->losses);
    dgba_free(log->adversarial_losses);
    dgba_free(log->evaluation_iterations);
    dgba_free(log->evaluation_losses);
    dgba_free(log->evaluation_metrics);
    dgba_free(log->scores);
    *log = (dgba_train_log){0};
}

/* ---- Lines for people ---- */

static void start_line(dgba_text *line, const dgba_train_job *job, int64_t iteration) {
    dgba_text_add(line, "layout %lld seed %lld%s: iteration %lld of %lld", (long long)job->model->def.layout,
                  (long long)job->options->seed, trainer_is_adversarial(job) ? " adversarial" : "", (long long)iteration,
                  (long long)job->options->iterations);
}

static void add_losses(dgba_text *line, const char *title, const double *losses, const dgba_train_job *job) {
    dgba_text_add(line, ", %s", title);
    for (int64_t t = 0; t < job->model->task_count; ++t)
        dgba_text_add(line, "%s %s %.4g", t > 0 ? "," : "", job->tasks[t].name, losses[t]);
}

/** A sign of life, since training is the longest of units; of a crew the first member gives it. */
static void show_entry(const dgba_train_log *log, const dgba_train_job *job, int64_t entry) {
    if (dgba_crew_member(job->crew) > 0) return;
    dgba_text line = {0};
    start_line(&line, job, log->iterations[entry]);
    if (!isnan(log->losses[entry * log->tasks])) add_losses(&line, "loss", log->losses + entry * log->tasks, job);
    if (log->adversarial_losses != NULL)
        add_losses(&line, "adversarial loss", log->adversarial_losses + entry * log->tasks, job);
    DGBA_INFO("%s", dgba_text_chars(&line));
    dgba_text_free(&line);
}

void log_show_evaluation(const dgba_train_state *state, const dgba_train_job *job) {
    if (dgba_crew_member(job->crew) > 0) return;
    const dgba_train_log *log = &state->log;
    const int64_t entry = log->evaluation_count - 1;
    dgba_text line = {0};
    start_line(&line, job, state->iteration);
    add_losses(&line, "evaluated loss", log->evaluation_losses + entry * log->tasks, job);
    dgba_text_add(&line, "; relative to the first %.4f%s", log->scores[entry],
                  entry == state->best_evaluation ? ", the best so far" : "");
    DGBA_INFO("%s", dgba_text_chars(&line));
    dgba_text_free(&line);
}

/* ---- Entries ---- */

/** Entry k of ENTRIES is due when that share of the iterations is done. */
bool log_is_due(const dgba_train *o, int64_t iteration) {
    if (o->log_every > 0) return iteration % o->log_every == 0 || iteration == o->iterations;
    return iteration * ENTRIES / o->iterations > (iteration - 1) * ENTRIES / o->iterations;
}

static void take_means(double *means, double *sums, int64_t tasks, double count) {
    for (int64_t t = 0; t < tasks; ++t) {
        means[t] = sums[t] / count;
        sums[t] = 0;
    }
}

void log_training(dgba_train_state *state, const dgba_train_job *job) {
    if (!log_is_due(job->options, state->iteration)) return;
    dgba_train_log *log = &state->log;
    const int64_t entry = log->count++, before = entry > 0 ? log->iterations[entry - 1] : 0;
    DGBA_ASSERT(entry < log->most);
    const double count = (double)(state->iteration - before);
    log->iterations[entry] = state->iteration;
    take_means(log->losses + entry * log->tasks, state->losses_since, log->tasks, count);
    if (log->adversarial_losses != NULL)
        take_means(log->adversarial_losses + entry * log->tasks, state->adversarial_losses_since, log->tasks, count);
    const int64_t all = job->options->iterations;
    if (state->iteration * SHOWN_ENTRIES / all > before * SHOWN_ENTRIES / all) show_entry(log, job, entry);
}
