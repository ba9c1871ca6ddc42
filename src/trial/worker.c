#include "worker.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

dgba_status dgba_worker_create(dgba_worker **out, const dgba_shelf *shelf) {
    DGBA_TRY(DGBA_NEW(out, 1));
    (*out)->shelf = shelf;
    (*out)->watch.save_seconds = HUGE_VAL;
    return DGBA_OK;
}

void dgba_worker_set_watch(dgba_worker *worker, const dgba_worker_watch *watch) { worker->watch = *watch; }

dgba_worker_memory dgba_worker_used(const dgba_worker *worker) { return worker->memory; }

dgba_attacked dgba_worker_attacked(const dgba_worker *worker) {
    return (dgba_attacked){worker->batch.shape, worker->batch.images, worker->adversarial};
}

void worker_note_plan(dgba_worker *w, int64_t bytes) {
    if (bytes > w->memory.plan_bytes) w->memory.plan_bytes = bytes;
}

void worker_forget_plan(dgba_worker *w) {
    dgba_network_oracle_free(&w->oracle);
    dgba_batch_free(&w->batch);
    dgba_free(w->adversarial);
    dgba_arena_free(&w->scratch);
    w->adversarial = NULL;
    w->planned = (dgba_shape){0};
    w->data_images = 0;
}

void worker_forget_model(dgba_worker *w) {
    worker_forget_plan(w);
    dgba_model_free(&w->model);
    dgba_shelf_put_back(&w->parameters);
    w->model_id[0] = '\0';
}

static void forget_data(dgba_worker *w) {
    worker_forget_model(w);
    dgba_data_close(&w->data);
    w->data_key[0] = '\0';
}

void dgba_worker_free(dgba_worker **worker) {
    if (*worker == NULL) return;
    forget_data(*worker);
    dgba_free(*worker);
    *worker = NULL;
}

dgba_status worker_load_data(dgba_worker *w, const dgba_settings *message) {
    data_settings wanted;
    const char *fingerprint = NULL;
    char key[sizeof w->data_key];
    DGBA_TRY(dgba_settings_read(&wanted, &trial_data_options, message, "@data."));
    DGBA_TRY(trial_read_text(&fingerprint, message, "data.fingerprint"));
    snprintf(key, sizeof key, "%s\n%s", wanted.file, dgba_settings_get(message, "@data.tasks"));
    if (strcmp(key, w->data_key) != 0) {
        forget_data(w);
        DGBA_TRY(trial_open_data(&w->data, wanted.file, &wanted.tasks));
        memcpy(w->data_key, key, sizeof key);
    }
    const dgba_data_info *about = dgba_data_about(w->data);
    if (strcmp(about->fingerprint, fingerprint) != 0)
        return dgba_fail(DGBA_E_FORMAT, "%s: the data has changed since the run began", wanted.file);
    w->task_count = about->task_count;
    return trial_read_tasks(w->tasks, about, dgba_settings_get(message, "data.compat") != NULL);
}

static void read_message(unit_message *out) {
    for (int64_t i = 0; i < out->all.count; ++i)
        if (out->all.items[i].key[0] != '@')
            dgba_settings_set(&out->identity, out->all.items[i].key, out->all.items[i].value);
    out->id = dgba_settings_get(&out->all, "@id");
}

static dgba_status run_message(char **result, size_t *count, dgba_worker *w, const unit_message *message) {
    const char *kind = NULL, *id = NULL;
    DGBA_TRY(trial_read_text(&kind, &message->all, "kind"));
    DGBA_TRY(trial_read_text(&id, &message->all, "@id"));
    DGBA_TRY(dgba_crew_agree(w->crew, worker_load_data(w, &message->all)));
    if (strcmp(kind, "train") == 0) return worker_run_train(result, count, w, message);
    if (strcmp(kind, "transfer") == 0) return worker_run_transfer(result, count, w, message);
    return worker_run_shard(result, count, w, message, strcmp(kind, "attack") == 0);
}

dgba_status dgba_worker_run(char **result, size_t *result_count, dgba_worker *worker, const char *message, size_t count,
                            const dgba_crew *crew) {
    *result = NULL;
    *result_count = 0;
    if (count == 0 || message[count - 1] != '\0') return dgba_fail(DGBA_E_FORMAT, "a unit's message is not a text");
    unit_message unit = {0};
    DGBA_TRY(dgba_settings_parse(&unit.all, message));
    read_message(&unit);
    worker->crew = crew;
    const dgba_status status = run_message(result, result_count, worker, &unit);
    worker->crew = NULL;
    dgba_settings_free(&unit.all);
    dgba_settings_free(&unit.identity);
    return status;
}
