#include "worker.h"

static dgba_status write_log(dgba_h5 *file, const dgba_train_log *log) {
    const dgba_h5_dataset iterations = {.path = "/train/iteration",
                                        .type = DGBA_H5_I64,
                                        .axes = 1,
                                        .sizes = {log->count},
                                        .unit = "",
                                        .description = "iterations done"};
    const dgba_h5_dataset losses = {.path = "/train/loss",
                                    .type = DGBA_H5_F64,
                                    .axes = 2,
                                    .sizes = {log->count, log->tasks},
                                    .unit = "",
                                    .description = "mean training loss of every task since the entry before"};
    DGBA_TRY(dgba_h5_write(file, &iterations, log->iterations));
    DGBA_TRY(dgba_h5_write(file, &losses, log->losses));
    DGBA_TRY(dgba_h5_set_scale(file, "/train/loss", 0, "/train/iteration"));
    return dgba_h5_set_real(file, "/train", "seconds", log->seconds);
}

static dgba_status write_model(char **bytes, size_t *count, const dgba_model *model, const float *parameters,
                               const dgba_train_log *log, const unit_message *message) {
    dgba_h5 *file = NULL;
    dgba_text text = {0};
    dgba_status status = DGBA_OK;
    DGBA_TRY(dgba_h5_create_in_memory(&file));
    dgba_settings_print(&text, &message->identity);
    DGBA_TRY_OUT(dgba_checkpoint_write(file, model, parameters));
    DGBA_TRY_OUT(dgba_h5_set_text(file, "/", "id", message->id));
    DGBA_TRY_OUT(dgba_h5_set_text(file, "/", "settings", dgba_text_chars(&text)));
    DGBA_TRY_OUT(write_log(file, log));
    status = dgba_h5_to_bytes(bytes, count, &file);
out:
    dgba_text_free(&text);
    dgba_h5_close(&file);
    return status;
}

static dgba_status train(dgba_worker *w, float *parameters, dgba_train_log *log, const dgba_model *model,
                         const dgba_settings *message) {
    dgba_train options;
    dgba_train_source source = {.data = w->data};
    int64_t limit = 0;
    DGBA_TRY(dgba_settings_read(&options, &dgba_train_options, message, "train."));
    DGBA_TRY(dgba_data_split(&source.images, &source.count, w->data, "train"));
    DGBA_TRY(trial_read_integer(&limit, message, "data.train_images"));
    DGBA_TRY(trial_read_integer(&source.height, message, "data.height"));
    DGBA_TRY(trial_read_integer(&source.width, message, "data.width"));
    if (limit > 0 && limit < source.count) source.count = limit;
    dgba_model_initialise(parameters, model, (uint64_t)options.seed);
    return dgba_train_model(parameters, log, model, w->tasks, &source, &options);
}

dgba_status worker_run_train(char **result, size_t *count, dgba_worker *w, const unit_message *message) {
    dgba_model model = {0};
    float *parameters = NULL;
    dgba_train_log log = {0};
    dgba_status status = DGBA_OK;
    DGBA_TRY(trial_create_model(&model, &message->all, dgba_data_about(w->data)));
    DGBA_TRY_OUT(DGBA_NEW(&parameters, dgba_graph_parameter_floats(model.graph)));
    DGBA_TRY_OUT(train(w, parameters, &log, &model, &message->all));
    worker_note_plan(w, log.plan_bytes);
    DGBA_TRY_OUT(write_model(result, count, &model, parameters, &log, message));
out:
    dgba_train_log_free(&log);
    dgba_free(parameters);
    dgba_model_free(&model);
    return status;
}
