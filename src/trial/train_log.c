#include "train_file.h"

dgba_status train_file_write_unit(dgba_h5 *file, const unit_message *message) {
    dgba_text settings = {0};
    dgba_settings_print(&settings, &message->identity);
    dgba_status status = dgba_h5_set_text(file, "/", "id", message->id);
    if (status == DGBA_OK) status = dgba_h5_set_text(file, "/", "settings", dgba_text_chars(&settings));
    dgba_text_free(&settings);
    return status;
}

/** Columns of numbers that differ in unit from column to column have none; the lists of names beside them say it. */
static dgba_status write_rows(dgba_h5 *file, const char *path, const double *values, int64_t rows, int64_t columns,
                              const char *description) {
    const dgba_h5_dataset dataset = {
        .path = path, .type = DGBA_H5_F64, .axes = 2, .sizes = {rows, columns}, .unit = "", .description = description};
    return dgba_h5_write(file, &dataset, values);
}

static dgba_status write_iterations(dgba_h5 *file, const char *path, const int64_t *values, int64_t count) {
    const dgba_h5_dataset dataset = {
        .path = path, .type = DGBA_H5_I64, .axes = 1, .sizes = {count}, .unit = "", .description = "iterations done"};
    return dgba_h5_write(file, &dataset, values);
}

static dgba_status write_tasks(dgba_h5 *file, const dgba_train_job *job) {
    const char *names[DGBA_MOST_TASKS], *units[DGBA_MOST_TASKS];
    const int64_t count = job->model->task_count;
    for (int64_t t = 0; t < count; ++t) {
        names[t] = job->tasks[t].name;
        units[t] = job->tasks[t].kind->loss_unit;
    }
    DGBA_TRY(dgba_h5_write_texts(file, "/train/task", names, count, "tasks, the columns of losses"));
    return dgba_h5_write_texts(file, "/train/loss_unit", units, count, "unit of each task's loss");
}

static dgba_status write_losses(dgba_h5 *file, const dgba_train_log *log) {
    DGBA_TRY(write_iterations(file, "/train/iteration", log->iterations, log->count));
    DGBA_TRY(write_rows(file, "/train/loss", log->losses, log->count, log->tasks,
                        "mean training loss of every task since the entry before"));
    DGBA_TRY(dgba_h5_set_scale(file, "/train/loss", 0, "/train/iteration"));
    if (log->adversarial_losses == NULL) return DGBA_OK;
    DGBA_TRY(write_rows(file, "/train/adversarial_loss", log->adversarial_losses, log->count, log->tasks,
                        "the same on the adversarial images"));
    return dgba_h5_set_scale(file, "/train/adversarial_loss", 0, "/train/iteration");
}

/** "normal/mean_angle" and "degree", column by column. */
static dgba_status write_metric_names(dgba_h5 *file, const dgba_train_job *job) {
    dgba_text name = {0};
    char *names[DGBA_MOST_TASKS * DGBA_TASK_MOST_METRICS] = {0};
    const char *units[DGBA_MOST_TASKS * DGBA_TASK_MOST_METRICS];
    int64_t count = 0;
    for (int64_t t = 0; t < job->model->task_count; ++t)
        for (int64_t m = 0; m < job->tasks[t].kind->metric_count; ++m) {
            dgba_text_clear(&name);
            dgba_text_add(&name, "%s/%s", job->tasks[t].name, job->tasks[t].kind->metrics[m].name);
            units[count] = job->tasks[t].kind->metrics[m].unit;
            names[count++] = dgba_text_copy(dgba_text_chars(&name));
        }
    dgba_status status = dgba_h5_write_texts(file, "/train/evaluation/metric_name", (const char *const *)names, count,
                                             "task and metric, the columns of metrics");
    if (status == DGBA_OK)
        status = dgba_h5_write_texts(file, "/train/evaluation/metric_unit", units, count, "unit of each metric");
    for (int64_t i = 0; i < count; ++i) dgba_free(names[i]);
    dgba_text_free(&name);
    return status;
}

static dgba_status write_evaluations(dgba_h5 *file, const dgba_train_log *log, const dgba_train_job *job) {
    static const char *const scaled[] = {"/train/evaluation/loss", "/train/evaluation/metric", "/train/evaluation/score"};
    const int64_t count = log->evaluation_count;
    const dgba_h5_dataset scores = {
        .path = scaled[2],
        .type = DGBA_H5_F64,
        .axes = 1,
        .sizes = {count},
        .unit = "",
        .description = "mean over tasks of loss by loss at the first evaluation; least is best"};
    DGBA_TRY(write_iterations(file, "/train/evaluation/iteration", log->evaluation_iterations, count));
    DGBA_TRY(write_rows(file, scaled[0], log->evaluation_losses, count, log->tasks,
                        "loss of every task, pooled over all valid pixels"));
    DGBA_TRY(write_rows(file, scaled[1], log->evaluation_metrics, count, log->metrics, "metrics of all tasks"));
    DGBA_TRY(dgba_h5_write(file, &scores, log->scores));
    for (int64_t i = 0; i < DGBA_COUNT_OF(scaled); ++i)
        DGBA_TRY(dgba_h5_set_scale(file, scaled[i], 0, "/train/evaluation/iteration"));
    DGBA_TRY(dgba_h5_set_text(file, "/train/evaluation", "split", job->options->evaluate_split));
    DGBA_TRY(dgba_h5_set_integer(file, "/train/evaluation", "images", job->evaluated.count));
    return write_metric_names(file, job);
}

dgba_status train_file_write_log(dgba_h5 *file, const dgba_train_state *state, const dgba_train_job *job) {
    DGBA_TRY(write_tasks(file, job));
    DGBA_TRY(write_losses(file, &state->log));
    DGBA_TRY(dgba_h5_set_real(file, "/train", "seconds", state->seconds));
    DGBA_TRY(dgba_h5_set_integer(file, "/train", "iterations_done", state->iteration));
    return state->log.evaluation_count > 0 ? write_evaluations(file, &state->log, job) : DGBA_OK;
}
