#include <stdio.h>
#include <string.h>

#include "examples.h"

static const char format_name[] = "dgba-unit";

dgba_status dgba_record_allocate(dgba_record *out, const dgba_task *tasks, int64_t task_count, int64_t image_count) {
    return dgba_record_allocate_parts(out, tasks, task_count, image_count, 1);
}

dgba_status dgba_record_allocate_parts(dgba_record *out, const dgba_task *tasks, int64_t task_count, int64_t image_count,
                                       int64_t part_count) {
    *out = (dgba_record){.task_count = task_count, .image_count = image_count, .part_count = part_count};
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(DGBA_NEW(&out->images, image_count));
    DGBA_TRY_OUT(DGBA_NEW(&out->losses, task_count * image_count));
    for (int64_t t = 0; t < task_count; ++t) {
        DGBA_TRY_OUT(DGBA_NEW(&out->totals[t].sums, part_count * dgba_task_sum_count(&tasks[t])));
        DGBA_TRY_OUT(DGBA_NEW(&out->totals[t].counts, dgba_task_count_count(&tasks[t])));
    }
out:
    if (status != DGBA_OK) dgba_record_free(out);
    return status;
}

void dgba_record_free(dgba_record *record) {
    dgba_free(record->images);
    dgba_free(record->losses);
    dgba_solves_free(&record->solves, &record->solve_count);
    dgba_example_maps_free(&record->examples);
    for (int64_t t = 0; t < DGBA_MOST_TASKS; ++t) {
        dgba_free(record->totals[t].sums);
        dgba_free(record->totals[t].counts);
    }
    *record = (dgba_record){0};
}

static dgba_status write_row(dgba_h5 *file, const char *path, dgba_h5_type type, int64_t count, const char *description,
                             const void *content) {
    const dgba_h5_dataset dataset = {
        .path = path, .type = type, .axes = 1, .sizes = {count}, .unit = "", .description = description};
    return dgba_h5_write(file, &dataset, content);
}

static void totals_path(char *path, size_t bytes, const dgba_task *task, const char *part) {
    snprintf(path, bytes, "/totals/%s/%s", task->name, part);
}

/** Counts that are not 0 and their places. A histogram of angles has 184,321 bins, few of them filled. */
typedef struct sparse {
    int64_t count;
    int32_t *places;
    int64_t *values;
} sparse;

static dgba_status sparse_allocate(sparse *out, int64_t count) {
    *out = (sparse){.count = count};
    DGBA_TRY(DGBA_NEW(&out->places, count));
    return DGBA_NEW(&out->values, count);
}

static void sparse_free(sparse *s) {
    dgba_free(s->places);
    dgba_free(s->values);
}

static dgba_status gather(sparse *out, const int64_t *counts, int64_t count) {
    int64_t filled = 0;
    for (int64_t i = 0; i < count; ++i) filled += counts[i] != 0;
    DGBA_TRY(sparse_allocate(out, filled));
    filled = 0;
    for (int64_t i = 0; i < count; ++i) {
        if (counts[i] == 0) continue;
        out->places[filled] = (int32_t)i;
        out->values[filled++] = counts[i];
    }
    return DGBA_OK;
}

static dgba_status write_counts(dgba_h5 *file, const dgba_task *task, const int64_t *counts) {
    char path[128];
    sparse filled = {0};
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(gather(&filled, counts, dgba_task_count_count(task)));
    totals_path(path, sizeof path, task, "places");
    DGBA_TRY_OUT(
        write_row(file, path, DGBA_H5_I32, filled.count, "counts behind the metrics: which are not 0", filled.places));
    totals_path(path, sizeof path, task, "counts");
    DGBA_TRY_OUT(
        write_row(file, path, DGBA_H5_I64, filled.count, "counts behind the metrics, at these places", filled.values));
out:
    sparse_free(&filled);
    return status;
}

static dgba_status write_totals(dgba_h5 *file, const dgba_task *task, const dgba_totals *totals, int64_t parts) {
    char path[128];
    const dgba_h5_dataset sums = {.path = path,
                                  .type = DGBA_H5_F64,
                                  .axes = 2,
                                  .sizes = {parts, dgba_task_sum_count(task)},
                                  .unit = "",
                                  .description = "sums behind the metrics, of each shard"};
    totals_path(path, sizeof path, task, "sums");
    DGBA_TRY(dgba_h5_write(file, &sums, totals->sums));
    return write_counts(file, task, totals->counts);
}

static dgba_status write_head(dgba_h5 *file, const dgba_record *record, const dgba_settings *settings, const char *id) {
    dgba_text text = {0};
    dgba_settings_print(&text, settings);
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(dgba_h5_set_text(file, "/", "format", format_name));
    DGBA_TRY_OUT(dgba_h5_set_integer(file, "/", "format_version", DGBA_UNIT_FORMAT));
    DGBA_TRY_OUT(dgba_h5_set_text(file, "/", "id", id));
    DGBA_TRY_OUT(dgba_h5_set_text(file, "/", "settings", dgba_text_chars(&text)));
    DGBA_TRY_OUT(dgba_h5_set_real(file, "/", "seconds", record->seconds));
    DGBA_TRY_OUT(dgba_h5_set_integer(file, "/", "forward_passes", record->forward_passes));
    DGBA_TRY_OUT(dgba_h5_set_integer(file, "/", "backward_passes", record->backward_passes));
    DGBA_TRY_OUT(dgba_h5_set_integer(file, "/", "left_out", record->left_out));
    DGBA_TRY_OUT(dgba_h5_set_integer(file, "/", "images", record->image_count));
    DGBA_TRY_OUT(dgba_h5_set_integer(file, "/", "solves", record->solve_count));
out:
    dgba_text_free(&text);
    return status;
}

static dgba_status write_losses(dgba_h5 *file, const dgba_record *record) {
    const dgba_h5_dataset losses = {.path = "/losses",
                                    .type = DGBA_H5_F64,
                                    .axes = 2,
                                    .sizes = {record->task_count, record->image_count},
                                    .unit = "",
                                    .description = "loss of every task on every image; NaN = no valid label"};
    return dgba_h5_write(file, &losses, record->losses);
}

dgba_status dgba_record_write(char **bytes, size_t *count, const dgba_record *record, const dgba_task *tasks,
                              const dgba_settings *settings, const char *id) {
    dgba_h5 *file = NULL;
    dgba_status status = DGBA_OK;
    DGBA_TRY(dgba_h5_create_in_memory(&file));
    DGBA_TRY_OUT(write_head(file, record, settings, id));
    DGBA_TRY_OUT(write_row(file, "/image", DGBA_H5_I64, record->image_count, "index in the data file", record->images));
    DGBA_TRY_OUT(write_losses(file, record));
    if (record->solve_count > 0) DGBA_TRY_OUT(dgba_solves_write(file, record->solves, record->solve_count));
    for (int64_t t = 0; t < record->task_count; ++t)
        DGBA_TRY_OUT(write_totals(file, &tasks[t], &record->totals[t], record->part_count));
    if (record->examples.image_count > 0) DGBA_TRY_OUT(example_maps_write(file, &record->examples));
    status = dgba_h5_to_bytes(bytes, count, &file);
out:
    dgba_h5_close(&file);
    return status;
}

static dgba_status check_head(dgba_h5 *file, const char *id) {
    dgba_text text = {0};
    int64_t version = 0;
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(dgba_h5_get_text(&text, file, "/", "format"));
    DGBA_TRY_OUT(dgba_h5_get_integer(&version, file, "/", "format_version"));
    if (strcmp(dgba_text_chars(&text), format_name) != 0) {
        status = dgba_fail(DGBA_E_FORMAT, "%s: not the result of a unit", dgba_h5_name(file));
        goto out;
    }
    if (version != DGBA_UNIT_FORMAT) {
        status = dgba_fail(DGBA_E_FORMAT, "%s: written by %s dgba (unit format %lld; this one's is %d)", dgba_h5_name(file),
                           version > DGBA_UNIT_FORMAT ? "a newer" : "an older", (long long)version, DGBA_UNIT_FORMAT);
        goto out;
    }
    DGBA_TRY_OUT(dgba_h5_get_text(&text, file, "/", "id"));
    if (strcmp(dgba_text_chars(&text), id) != 0)
        status =
            dgba_fail(DGBA_E_FORMAT, "%s: holds unit %s instead of %s", dgba_h5_name(file), dgba_text_chars(&text), id);
out:
    dgba_text_free(&text);
    return status;
}

dgba_status dgba_record_check(const char *path, const char *id) {
    dgba_h5 *file = NULL;
    DGBA_TRY(dgba_h5_open(&file, path));
    const dgba_status status = check_head(file, id);
    dgba_h5_close(&file);
    return status;
}

static dgba_status read_counts(int64_t *counts, dgba_h5 *file, const dgba_task *task) {
    char path[128];
    sparse filled = {0};
    int axes = 0;
    int64_t sizes[DGBA_H5_MOST_AXES];
    dgba_status status = DGBA_OK;
    totals_path(path, sizeof path, task, "places");
    DGBA_TRY(dgba_h5_sizes(&axes, sizes, file, path));
    if (axes != 1 || sizes[0] > dgba_task_count_count(task))
        return dgba_fail(DGBA_E_FORMAT, "%s: %s is not a list of at most %lld places", dgba_h5_name(file), path,
                         (long long)dgba_task_count_count(task));
    DGBA_TRY_OUT(sparse_allocate(&filled, sizes[0]));
    DGBA_TRY_OUT(dgba_h5_read(filled.places, file, path, DGBA_H5_I32, filled.count));
    totals_path(path, sizeof path, task, "counts");
    DGBA_TRY_OUT(dgba_h5_read(filled.values, file, path, DGBA_H5_I64, filled.count));
    for (int64_t i = 0; i < filled.count; ++i) {
        if (filled.places[i] < 0 || filled.places[i] >= dgba_task_count_count(task)) {
            status =
                dgba_fail(DGBA_E_FORMAT, "%s: %s: place %d is not possible", dgba_h5_name(file), path, filled.places[i]);
            goto out;
        }
        counts[filled.places[i]] = filled.values[i];
    }
out:
    sparse_free(&filled);
    return status;
}

static dgba_status read_totals(dgba_totals *totals, dgba_h5 *file, const dgba_task *task, int64_t parts) {
    char path[128];
    totals_path(path, sizeof path, task, "sums");
    DGBA_TRY(dgba_h5_read(totals->sums, file, path, DGBA_H5_F64, parts * dgba_task_sum_count(task)));
    return read_counts(totals->counts, file, task);
}

static dgba_status read_content(dgba_record *record, dgba_h5 *file, const dgba_task *tasks) {
    DGBA_TRY(dgba_h5_get_real(&record->seconds, file, "/", "seconds"));
    DGBA_TRY(dgba_h5_get_integer(&record->forward_passes, file, "/", "forward_passes"));
    DGBA_TRY(dgba_h5_get_integer(&record->backward_passes, file, "/", "backward_passes"));
    DGBA_TRY(dgba_h5_get_integer(&record->left_out, file, "/", "left_out"));
    int64_t solves = 0; // and none in a unit of an older dgba
    if (dgba_h5_has_attribute(file, "/", "solves")) DGBA_TRY(dgba_h5_get_integer(&solves, file, "/", "solves"));
    if (solves > 0) DGBA_TRY(dgba_solves_read(&record->solves, &record->solve_count, file));
    DGBA_TRY(dgba_h5_read(record->images, file, "/image", DGBA_H5_I64, record->image_count));
    DGBA_TRY(dgba_h5_read(record->losses, file, "/losses", DGBA_H5_F64, record->task_count * record->image_count));
    for (int64_t t = 0; t < record->task_count; ++t)
        DGBA_TRY(read_totals(&record->totals[t], file, &tasks[t], record->part_count));
    return DGBA_OK;
}

/** How many images a record is of. */
static dgba_status read_images(int64_t *out, dgba_h5 *file) {
    int axes = 0;
    int64_t sizes[DGBA_H5_MOST_AXES];
    DGBA_TRY(dgba_h5_get_integer(out, file, "/", "images"));
    DGBA_TRY(dgba_h5_sizes(&axes, sizes, file, "/image"));
    if (axes == 1 && sizes[0] == *out) return DGBA_OK;
    return dgba_fail(DGBA_E_FORMAT, "%s: /image is not a list of %lld images", dgba_h5_name(file), (long long)*out);
}

/** How many shards a record is of. */
static dgba_status read_parts(int64_t *out, dgba_h5 *file, const dgba_task *task) {
    char path[128];
    int axes = 0;
    int64_t sizes[DGBA_H5_MOST_AXES];
    totals_path(path, sizeof path, task, "sums");
    DGBA_TRY(dgba_h5_sizes(&axes, sizes, file, path));
    *out = axes > 1 ? sizes[0] : 1;
    if (axes <= 2 && *out >= 1) return DGBA_OK;
    return dgba_fail(DGBA_E_FORMAT, "%s: %s has no sums of shards", dgba_h5_name(file), path);
}

dgba_status dgba_record_read_file(dgba_record *out, const dgba_task *tasks, int64_t task_count, dgba_h5 *file,
                                  const char *id) {
    *out = (dgba_record){0};
    int64_t images = 0, parts = 0;
    DGBA_TRY(check_head(file, id));
    DGBA_TRY(read_images(&images, file));
    DGBA_TRY(read_parts(&parts, file, &tasks[0]));
    DGBA_TRY(dgba_record_allocate_parts(out, tasks, task_count, images, parts));
    const dgba_status status = read_content(out, file, tasks);
    if (status != DGBA_OK) dgba_record_free(out);
    return status;
}

dgba_status dgba_record_read(dgba_record *out, const dgba_task *tasks, int64_t task_count, const char *path,
                             const char *id) {
    *out = (dgba_record){0};
    dgba_h5 *file = NULL;
    DGBA_TRY(dgba_h5_open(&file, path));
    const dgba_status status = dgba_record_read_file(out, tasks, task_count, file, id);
    dgba_h5_close(&file);
    return status;
}
