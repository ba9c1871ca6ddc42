#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dgba/oracle.h"
#include "settings.h"

/** What stays from unit to unit: each part is made anew only when a unit names another. */
struct dgba_worker {
    char data_key[2 * DGBA_OPTION_TEXT_BYTES]; // file and tasks
    dgba_data *data;
    dgba_task tasks[DGBA_MOST_TASKS];
    int64_t task_count;

    char model_id[DGBA_HASH_TEXT_BYTES];
    dgba_model model;
    float *parameters;

    dgba_shape planned; // of the oracle and the batch; n = 0: none
    dgba_network_oracle *oracle;
    dgba_batch batch;

    float *adversarial; // images of the planned shape
    dgba_arena scratch; // of attacks
};

dgba_status dgba_worker_create(dgba_worker **out) { return DGBA_NEW(out, 1); }

static void forget_plan(dgba_worker *w) {
    dgba_network_oracle_free(&w->oracle);
    dgba_batch_free(&w->batch);
    dgba_free(w->adversarial);
    dgba_arena_free(&w->scratch);
    w->adversarial = NULL;
    w->planned = (dgba_shape){0};
}

static void forget_model(dgba_worker *w) {
    forget_plan(w);
    dgba_model_free(&w->model);
    dgba_free(w->parameters);
    w->parameters = NULL;
    w->model_id[0] = '\0';
}

static void forget_data(dgba_worker *w) {
    forget_model(w);
    dgba_data_close(&w->data);
    w->data_key[0] = '\0';
}

void dgba_worker_free(dgba_worker **worker) {
    if (*worker == NULL) return;
    forget_data(*worker);
    dgba_free(*worker);
    *worker = NULL;
}

/* ---- Making what a unit needs ---- */

static dgba_status load_data(dgba_worker *w, const dgba_settings *message) {
    data_settings wanted;
    const char *fingerprint = NULL;
    char key[sizeof w->data_key];
    DGBA_TRY(dgba_settings_read(&wanted, &data_options, message, "@data."));
    DGBA_TRY(read_text(&fingerprint, message, "data.fingerprint"));
    snprintf(key, sizeof key, "%s\n%s", wanted.file, dgba_settings_get(message, "@data.tasks"));
    if (strcmp(key, w->data_key) != 0) {
        forget_data(w);
        DGBA_TRY(open_data(&w->data, wanted.file, &wanted.tasks));
        memcpy(w->data_key, key, sizeof key);
    }
    const dgba_data_info *about = dgba_data_about(w->data);
    if (strcmp(about->fingerprint, fingerprint) != 0)
        return dgba_fail(DGBA_E_FORMAT, "%s: the data has changed since the run began", wanted.file);
    w->task_count = about->task_count;
    return read_tasks(w->tasks, about);
}

static dgba_status check_model_tasks(const dgba_worker *w, const char *path) {
    bool same = w->model.task_count == w->task_count;
    for (int64_t t = 0; same && t < w->task_count; ++t) same = strcmp(w->model.tasks[t].name, w->tasks[t].name) == 0;
    return same ? DGBA_OK : dgba_fail(DGBA_E_FORMAT, "%s: the model's tasks are not those of the data", path);
}

static dgba_status load_model(dgba_worker *w, const dgba_settings *message) {
    const char *id = NULL, *path = NULL;
    DGBA_TRY(read_text(&id, message, "model"));
    DGBA_TRY(read_text(&path, message, "@model.file"));
    if (strcmp(id, w->model_id) == 0) return DGBA_OK;
    forget_model(w);
    dgba_h5 *file = NULL;
    DGBA_TRY(dgba_h5_open(&file, path));
    dgba_status status = dgba_checkpoint_read(&w->model, &w->parameters, file);
    dgba_h5_close(&file);
    if (status == DGBA_OK) status = check_model_tasks(w, path);
    if (status == DGBA_OK) status = dgba_text_fit(w->model_id, sizeof w->model_id, id);
    if (status != DGBA_OK) forget_model(w);
    return status;
}

static dgba_status plan(dgba_worker *w, dgba_shape shape) {
    if (dgba_shape_equal(shape, w->planned)) return DGBA_OK;
    forget_plan(w);
    DGBA_TRY(dgba_network_oracle_create(&w->oracle, &w->model, w->parameters, w->tasks, shape, DGBA_PURPOSE_ATTACK));
    DGBA_TRY(dgba_batch_create(&w->batch, w->data, shape.n, shape.h, shape.w));
    DGBA_TRY(DGBA_NEW(&w->adversarial, dgba_shape_count(shape)));
    w->planned = shape;
    return DGBA_OK;
}

/** Loads the unit's images and tells the oracle their labels. `image` receives their indices in the data file. */
static dgba_status load_shard(dgba_worker *w, int64_t *image, const dgba_settings *message, int64_t count) {
    const int64_t *images = NULL;
    int64_t first = 0, available = 0;
    DGBA_TRY(read_integer(&first, message, "shard.first"));
    DGBA_TRY(dgba_data_split(&images, &available, w->data, "test"));
    if (first < 0 || first + count > available)
        return dgba_fail(DGBA_E_FORMAT, "the shard [%lld, %lld) is not within the %lld test images", (long long)first,
                         (long long)(first + count), (long long)available);
    memcpy(image, images + first, (size_t)count * sizeof *image);
    DGBA_TRY(dgba_batch_load(&w->batch, w->data, image, count));
    dgba_labels labels[DGBA_MOST_TASKS];
    for (int64_t t = 0; t < w->task_count; ++t)
        labels[t] = (dgba_labels){.values = w->batch.labels[t].values,
                                  .valid = w->batch.labels[t].valid,
                                  .height = w->batch.shape.h,
                                  .width = w->batch.shape.w};
    dgba_network_oracle_set_labels(w->oracle, labels, count);
    return DGBA_OK;
}

static dgba_status prepare_shard(dgba_worker *w, dgba_record *record, const dgba_settings *message) {
    int64_t height = 0, width = 0, count = 0;
    DGBA_TRY(read_integer(&height, message, "data.height"));
    DGBA_TRY(read_integer(&width, message, "data.width"));
    DGBA_TRY(read_integer(&count, message, "shard.images"));
    DGBA_TRY(load_model(w, message));
    const dgba_status status = plan(w, (dgba_shape){count, 3, height, width});
    if (status != DGBA_OK) forget_plan(w);
    DGBA_TRY(status);
    DGBA_TRY(dgba_record_allocate(record, w->tasks, w->task_count, count));
    return load_shard(w, record->images, message, count);
}

/* ---- The kinds of unit ---- */

/** Valid input values: 0..255 per channel with the mean subtracted. */
static dgba_box image_box(void) {
    dgba_box box;
    for (int c = 0; c < 3; ++c) {
        box.low[c] = 0 - dgba_data_mean[c];
        box.high[c] = 255 - dgba_data_mean[c];
    }
    return box;
}

static dgba_status run_attack(dgba_worker *w, dgba_record *record, const dgba_settings *message) {
    dgba_attack attack;
    dgba_attack_log log = {0};
    DGBA_TRY(read_attack(&attack, message, w->tasks, w->task_count));
    attack.box = image_box();
    const dgba_oracle oracle = dgba_network_oracle_interface(w->oracle);
    const size_t bytes = dgba_attack_scratch_bytes(&attack, w->task_count, w->batch.shape);
    if (w->scratch.bytes < bytes) {
        dgba_arena_free(&w->scratch);
        DGBA_TRY(dgba_arena_create(&w->scratch, bytes));
    }
    dgba_arena_reset(&w->scratch);
    DGBA_TRY(dgba_attack_run(w->adversarial, &log, &attack, &oracle, w->batch.images, &w->scratch));
    record->forward_passes = log.forward_passes;
    record->backward_passes = log.backward_passes;
    record->left_out = log.left_out;
    return DGBA_OK;
}

static dgba_status run_shard(dgba_worker *w, dgba_record *record, const dgba_settings *message, bool attack) {
    DGBA_TRY(prepare_shard(w, record, message));
    const double start = dgba_clock_thread_seconds();
    if (attack) DGBA_TRY(run_attack(w, record, message));
    const float *images = attack ? w->adversarial : w->batch.images;
    if (attack) record->seconds = dgba_clock_thread_seconds() - start;
    DGBA_TRY(dgba_network_oracle_evaluate(record->losses, w->oracle, images));
    if (!attack) record->seconds = dgba_clock_thread_seconds() - start;
    dgba_network_oracle_measure(record->totals, w->oracle);
    return DGBA_OK;
}

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
                               const dgba_train_log *log, const dgba_settings *settings) {
    dgba_h5 *file = NULL;
    dgba_text text = {0};
    dgba_status status = DGBA_OK;
    DGBA_TRY(dgba_h5_create_in_memory(&file));
    dgba_settings_print(&text, settings);
    DGBA_TRY_OUT(dgba_checkpoint_write(file, model, parameters));
    DGBA_TRY_OUT(dgba_h5_set_text(file, "/", "id", dgba_settings_get(settings, "@id")));
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
    DGBA_TRY(read_integer(&limit, message, "data.train_images"));
    DGBA_TRY(read_integer(&source.height, message, "data.height"));
    DGBA_TRY(read_integer(&source.width, message, "data.width"));
    if (limit > 0 && limit < source.count) source.count = limit;
    dgba_model_initialise(parameters, model, (uint64_t)options.seed);
    return dgba_train_model(parameters, log, model, w->tasks, &source, &options);
}

static dgba_status run_train(char **result, size_t *count, dgba_worker *w, const dgba_settings *message) {
    dgba_model model = {0};
    float *parameters = NULL;
    dgba_train_log log = {0};
    dgba_status status = DGBA_OK;
    DGBA_TRY(create_model(&model, message, dgba_data_about(w->data)));
    DGBA_TRY_OUT(DGBA_NEW(&parameters, dgba_graph_parameter_floats(model.graph)));
    DGBA_TRY_OUT(train(w, parameters, &log, &model, message));
    DGBA_TRY_OUT(write_model(result, count, &model, parameters, &log, message));
out:
    dgba_train_log_free(&log);
    dgba_free(parameters);
    dgba_model_free(&model);
    return status;
}

static dgba_status run_settings(char **result, size_t *count, dgba_worker *w, const dgba_settings *message) {
    const char *kind = NULL, *id = NULL;
    DGBA_TRY(read_text(&kind, message, "kind"));
    DGBA_TRY(read_text(&id, message, "@id"));
    DGBA_TRY(load_data(w, message));
    if (strcmp(kind, "train") == 0) return run_train(result, count, w, message);
    dgba_record record = {0};
    dgba_status status = run_shard(w, &record, message, strcmp(kind, "attack") == 0);
    if (status == DGBA_OK) status = dgba_record_write(result, count, &record, w->tasks, message, id);
    dgba_record_free(&record);
    return status;
}

dgba_status dgba_worker_run(char **result, size_t *result_count, dgba_worker *worker, const char *message, size_t count) {
    *result = NULL;
    *result_count = 0;
    if (count == 0 || message[count - 1] != '\0') return dgba_fail(DGBA_E_FORMAT, "a unit's message is not a text");
    dgba_settings settings = {0};
    DGBA_TRY(dgba_settings_parse(&settings, message));
    const dgba_status status = run_settings(result, result_count, worker, &settings);
    dgba_settings_free(&settings);
    return status;
}
