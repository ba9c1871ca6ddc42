#include <stdio.h>
#include <string.h>

#include "bundle.h"
#include "worker.h"

/** A transfer unit at work. */
typedef struct transfer {
    dgba_worker *worker;
    const unit_message *message;
    int64_t first, images, most; // of the test images; most per shard
    int64_t examples;            // images to keep, from the first
    int64_t shard_count, image_floats;
    float *adversarial; // [images] made on the source model
    bundle records;
} transfer;

static dgba_status read_transfer(transfer *t) {
    const dgba_settings *message = &t->message->all;
    int64_t height = 0, width = 0;
    DGBA_TRY(trial_read_integer(&t->first, message, "shard.first"));
    DGBA_TRY(trial_read_integer(&t->images, message, "shard.images"));
    DGBA_TRY(trial_read_integer(&t->most, message, "shard.most"));
    DGBA_TRY(trial_read_integer(&height, message, "data.height"));
    DGBA_TRY(trial_read_integer(&width, message, "data.width"));
    if (dgba_settings_get(message, "@examples") != NULL) DGBA_TRY(trial_read_integer(&t->examples, message, "@examples"));
    if (t->images < 1 || t->most < 1) return dgba_fail(DGBA_E_FORMAT, "a transfer of no images");
    t->shard_count = (t->images + t->most - 1) / t->most;
    t->image_floats = 3 * height * width;
    return DGBA_NEW(&t->adversarial, t->images * t->image_floats);
}

/** Images of the transfer that come before a shard. */
static int64_t images_before(const transfer *t, int64_t shard) { return shard * t->most; }

/** Turns the settings of the transfer unit into those of a unit on one of its shards. */
static void become_shard_unit(dgba_settings *settings, const char *kind, const transfer *t, int64_t shard) {
    const int64_t left = t->images - images_before(t, shard);
    dgba_settings_set(settings, "kind", kind);
    dgba_settings_format(settings, "shard.first", "%lld", (long long)(t->first + images_before(t, shard)));
    dgba_settings_format(settings, "shard.images", "%lld", (long long)(left < t->most ? left : t->most));
}

static dgba_status add_record(transfer *t, const dgba_record *record, const dgba_settings *identity) {
    char id[DGBA_HASH_TEXT_BYTES], *bytes = NULL;
    size_t count = 0;
    dgba_hash_text(id, dgba_config_id(identity));
    DGBA_TRY(dgba_record_write(&bytes, &count, record, t->worker->tasks, identity, id));
    const dgba_status status = bundle_add(&t->records, id, bytes, count);
    dgba_free(bytes);
    return status;
}

/* ---- On the source model ---- */

static dgba_status attack_shard(transfer *t, int64_t shard) {
    dgba_settings all = {0}, identity = {0};
    dgba_record record = {0};
    dgba_status status = DGBA_OK;
    dgba_settings_add(&all, "", &t->message->all);
    dgba_settings_add(&identity, "", &t->message->identity);
    become_shard_unit(&all, "attack", t, shard);
    become_shard_unit(&identity, "attack", t, shard);
    dgba_settings_format(&all, "@examples", "%lld", (long long)(t->examples - images_before(t, shard)));
    DGBA_TRY_OUT(worker_attack_shard(t->worker, &record, &all));
    memcpy(t->adversarial + images_before(t, shard) * t->image_floats, t->worker->adversarial,
           (size_t)(record.image_count * t->image_floats) * sizeof(float));
    DGBA_TRY_OUT(add_record(t, &record, &identity));
out:
    dgba_record_free(&record);
    dgba_settings_free(&identity);
    dgba_settings_free(&all);
    return status;
}

/* ---- On the other models ---- */

/** Puts the record of a shard into that of all. */
static void merge(dgba_record *all, const dgba_record *one, const dgba_task *tasks, int64_t shard, int64_t before) {
    memcpy(all->images + before, one->images, (size_t)one->image_count * sizeof *one->images);
    for (int64_t i = 0; i < all->task_count; ++i) {
        const int64_t sums = dgba_task_sum_count(&tasks[i]);
        memcpy(all->losses + i * all->image_count + before, one->losses + i * one->image_count,
               (size_t)one->image_count * sizeof *one->losses);
        for (int64_t k = 0; k < sums; ++k) all->totals[i].sums[shard * sums + k] = one->totals[i].sums[k];
        for (int64_t k = 0; k < dgba_task_count_count(&tasks[i]); ++k) all->totals[i].counts[k] += one->totals[i].counts[k];
    }
    all->seconds += one->seconds;
    all->forward_passes += 1;
}

static dgba_status measure_shard(transfer *t, dgba_record *all, const dgba_settings *target, int64_t shard) {
    dgba_settings message = {0};
    dgba_record record = {0};
    dgba_settings_add(&message, "", target);
    become_shard_unit(&message, "clean", t, shard);
    dgba_status status = worker_prepare_shard(t->worker, &record, &message);
    const float *images = t->adversarial + images_before(t, shard) * t->image_floats;
    if (status == DGBA_OK) status = worker_measure_images(t->worker, &record, images);
    if (status == DGBA_OK) merge(all, &record, t->worker->tasks, shard, images_before(t, shard));
    dgba_record_free(&record);
    dgba_settings_free(&message);
    return status;
}

static dgba_status measure_target(transfer *t, const char *model, const char *file) {
    dgba_worker *w = t->worker;
    dgba_settings message = {0}, identity = {0};
    dgba_record record = {0};
    dgba_status status = DGBA_OK;
    dgba_settings_add(&message, "", &t->message->all);
    dgba_settings_set(&message, "model", model);
    dgba_settings_set(&message, "@model.file", file);
    dgba_settings_add(&identity, "", &t->message->identity);
    dgba_settings_set(&identity, "target", model);
    DGBA_TRY_OUT(dgba_record_allocate_parts(&record, w->tasks, w->task_count, t->images, t->shard_count));
    for (int64_t shard = 0; shard < t->shard_count; ++shard) DGBA_TRY_OUT(measure_shard(t, &record, &message, shard));
    DGBA_TRY_OUT(add_record(t, &record, &identity));
out:
    dgba_record_free(&record);
    dgba_settings_free(&identity);
    dgba_settings_free(&message);
    return status;
}

static dgba_status run(transfer *t) {
    DGBA_TRY(read_transfer(t));
    for (int64_t shard = 0; shard < t->shard_count; ++shard) DGBA_TRY(attack_shard(t, shard));
    for (int64_t i = 0;; ++i) {
        char key[64];
        const char *file = NULL;
        snprintf(key, sizeof key, "@target.%lld", (long long)i);
        const char *model = dgba_settings_get(&t->message->all, key);
        if (model == NULL) return DGBA_OK;
        snprintf(key, sizeof key, "@target.%lld.file", (long long)i);
        DGBA_TRY(trial_read_text(&file, &t->message->all, key));
        DGBA_TRY(dgba_context(measure_target(t, model, file), "%s", file));
    }
}

dgba_status worker_run_transfer(char **result, size_t *count, dgba_worker *w, const unit_message *message) {
    transfer t = {.worker = w, .message = message};
    const dgba_status status = run(&t);
    dgba_free(t.adversarial);
    if (status != DGBA_OK) bundle_free(&t.records);
    *result = t.records.bytes;
    *count = t.records.count;
    return status;
}
