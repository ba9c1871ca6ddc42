/** The side file of a training under way. */
#include <string.h>

#include "train_file.h"

#define GROUP "/state"

enum { FORMAT = 1 };

/** An array of a state, for writing and reading alike. */
typedef struct part {
    const char *path, *description;
    dgba_h5_type type;
    void *values;
    int64_t count;
} part;

enum { MOST_PARTS = 6 };

static int64_t list_parts(part parts[MOST_PARTS], const dgba_train_state *s) {
    int64_t count = 0;
    const int64_t tasks = s->log.tasks;
    parts[count++] = (part){GROUP "/parameters", "parameters", DGBA_H5_F32, s->parameters, s->floats};
    parts[count++] = (part){GROUP "/first", "Adam's first moments", DGBA_H5_F32, s->adam.first, s->floats};
    parts[count++] = (part){GROUP "/second", "Adam's second moments", DGBA_H5_F32, s->adam.second, s->floats};
    if (s->best != NULL)
        parts[count++] = (part){GROUP "/best", "parameters at the best evaluation", DGBA_H5_F32, s->best, s->floats};
    parts[count++] = (part){GROUP "/losses_since", "losses summed since the last entry of the log", DGBA_H5_F64,
                            (void *)(uintptr_t)s->losses_since, tasks};
    parts[count++] = (part){GROUP "/adversarial_losses_since", "the same on adversarial images", DGBA_H5_F64,
                            (void *)(uintptr_t)s->adversarial_losses_since, tasks};
    return count;
}

/* ---- Writing ---- */

static dgba_status write_state(dgba_h5 *file, const dgba_train_state *state) {
    part parts[MOST_PARTS];
    const int64_t count = list_parts(parts, state);
    for (int64_t i = 0; i < count; ++i) {
        const dgba_h5_dataset dataset = {.path = parts[i].path,
                                         .type = parts[i].type,
                                         .axes = 1,
                                         .sizes = {parts[i].count},
                                         .unit = "",
                                         .description = parts[i].description};
        DGBA_TRY(dgba_h5_write(file, &dataset, parts[i].values));
    }
    DGBA_TRY(dgba_h5_set_integer(file, GROUP, "format", FORMAT));
    DGBA_TRY(dgba_h5_set_integer(file, GROUP, "iteration", state->iteration));
    DGBA_TRY(dgba_h5_set_integer(file, GROUP, "adam_step", state->adam.step));
    return dgba_h5_set_integer(file, GROUP, "best_evaluation", state->best_evaluation);
}

dgba_status train_file_save(const char *path, const dgba_train_state *state, const dgba_train_job *job,
                            const unit_message *message) {
    dgba_h5 *file = NULL;
    dgba_status status = DGBA_OK;
    DGBA_TRY(dgba_h5_create(&file, path));
    DGBA_TRY_OUT(train_file_write_unit(file, message));
    DGBA_TRY_OUT(train_file_write_log(file, state, job));
    DGBA_TRY_OUT(write_state(file, state));
    status = dgba_h5_commit(&file);
out:
    dgba_h5_close(&file);
    return status;
}

/* ---- Reading ---- */

static dgba_status check_id(dgba_h5 *file, const char *id) {
    dgba_text found = {0};
    dgba_status status = dgba_h5_get_text(&found, file, "/", "id");
    if (status == DGBA_OK && strcmp(dgba_text_chars(&found), id) != 0)
        status = dgba_fail(DGBA_E_FORMAT, "%s: belongs to unit %s", dgba_h5_name(file), dgba_text_chars(&found));
    dgba_text_free(&found);
    return status;
}

static dgba_status check_format(dgba_h5 *file) {
    int64_t format = 0;
    DGBA_TRY(dgba_h5_get_integer(&format, file, GROUP, "format"));
    if (format == FORMAT) return DGBA_OK;
    return dgba_fail(DGBA_E_FORMAT, "%s: a training of format %lld; this program goes on from format %d",
                     dgba_h5_name(file), (long long)format, FORMAT);
}

/** Reads a list of iterations; there is room for `most`. */
static dgba_status read_iterations(int64_t *values, int64_t *count, dgba_h5 *file, const char *path, int64_t most) {
    int axes = 0;
    int64_t sizes[DGBA_H5_MOST_AXES];
    DGBA_TRY(dgba_h5_sizes(&axes, sizes, file, path));
    if (axes != 1 || sizes[0] > most)
        return dgba_fail(DGBA_E_FORMAT, "%s: %s is not a list of at most %lld numbers", dgba_h5_name(file), path,
                         (long long)most);
    *count = sizes[0];
    return dgba_h5_read(values, file, path, DGBA_H5_I64, *count);
}

static dgba_status read_log(dgba_train_log *log, dgba_h5 *file) {
    DGBA_TRY(read_iterations(log->iterations, &log->count, file, "/train/iteration", log->most));
    DGBA_TRY(dgba_h5_read(log->losses, file, "/train/loss", DGBA_H5_F64, log->count * log->tasks));
    if (log->adversarial_losses != NULL)
        DGBA_TRY(
            dgba_h5_read(log->adversarial_losses, file, "/train/adversarial_loss", DGBA_H5_F64, log->count * log->tasks));
    if (log->evaluation_most == 0) return DGBA_OK;
    DGBA_TRY(read_iterations(log->evaluation_iterations, &log->evaluation_count, file, "/train/evaluation/iteration",
                             log->evaluation_most));
    const int64_t count = log->evaluation_count;
    DGBA_TRY(dgba_h5_read(log->evaluation_losses, file, "/train/evaluation/loss", DGBA_H5_F64, count * log->tasks));
    DGBA_TRY(dgba_h5_read(log->evaluation_metrics, file, "/train/evaluation/metric", DGBA_H5_F64, count * log->metrics));
    return dgba_h5_read(log->scores, file, "/train/evaluation/score", DGBA_H5_F64, count);
}

static dgba_status read_state(dgba_train_state *state, dgba_h5 *file) {
    part parts[MOST_PARTS];
    const int64_t count = list_parts(parts, state);
    for (int64_t i = 0; i < count; ++i)
        DGBA_TRY(dgba_h5_read(parts[i].values, file, parts[i].path, parts[i].type, parts[i].count));
    DGBA_TRY(dgba_h5_get_integer(&state->iteration, file, GROUP, "iteration"));
    DGBA_TRY(dgba_h5_get_integer(&state->adam.step, file, GROUP, "adam_step"));
    DGBA_TRY(dgba_h5_get_integer(&state->best_evaluation, file, GROUP, "best_evaluation"));
    DGBA_TRY(dgba_h5_get_real(&state->seconds, file, "/train", "seconds"));
    return read_log(&state->log, file);
}

static dgba_status read_file(dgba_train_state *state, const dgba_train *options, const char *path, const char *id) {
    dgba_h5 *file = NULL;
    dgba_status status = DGBA_OK;
    DGBA_TRY(dgba_h5_open(&file, path));
    DGBA_TRY_OUT(check_id(file, id));
    DGBA_TRY_OUT(check_format(file));
    DGBA_TRY_OUT(read_state(state, file));
    status = dgba_context(dgba_train_check_state(state, options), "%s", path);
out:
    dgba_h5_close(&file);
    return status;
}

dgba_status train_file_resume(bool *resumed, dgba_train_state *state, const dgba_train_job *job, const char *path,
                              const char *id) {
    *resumed = false;
    if (!dgba_file_exists(path)) return DGBA_OK;
    *resumed = read_file(state, job->options, path, id) == DGBA_OK;
    if (*resumed) return DGBA_OK;
    DGBA_WARNING("%s; the training begins anew", dgba_error());
    dgba_error_clear();
    dgba_train_state_free(state); // may be half filled
    return dgba_train_begin(state, job);
}
