#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data_file.h"

struct dgba_data_writer {
    dgba_h5 *file;
    dgba_hasher *hasher; // of what has been put so far: makes the fingerprint
    dgba_data_info about;
    dgba_names names; // of the images put so far
    data_splits splits;
    void *stored; // one label of one image as it is stored
};

static void hash_text(dgba_hasher *hasher, const char *text) { dgba_hasher_add(hasher, text, strlen(text) + 1); }

static void hash_integer(dgba_hasher *hasher, int64_t value) { dgba_hasher_add(hasher, &value, sizeof value); }

/** Sizes and task descriptions open the fingerprint; the data set's name and source stay out. */
static void hash_about(dgba_hasher *hasher, const dgba_data_info *about) {
    const int64_t sizes[] = {DATA_FORMAT_VERSION, about->images, about->height, about->width, about->task_count};
    dgba_hasher_add(hasher, sizes, sizeof sizes);
    for (int64_t t = 0; t < about->task_count; ++t) {
        const dgba_data_task *task = &about->tasks[t];
        hash_text(hasher, task->name);
        hash_text(hasher, task->kind);
        hash_text(hasher, task->unit);
        hash_integer(hasher, task->classes);
        if (dgba_data_is_weighted(task))
            dgba_hasher_add(hasher, task->class_weights, (size_t)task->classes * sizeof *task->class_weights);
    }
}

static dgba_status add_tasks(dgba_h5 *file, const dgba_data_info *about) {
    dgba_text path = {0};
    dgba_status status = DGBA_OK;
    for (int64_t t = 0; t < about->task_count; ++t) {
        dgba_h5_dataset dataset;
        dgba_data_task_dataset(&dataset, &path, about, t);
        DGBA_TRY_OUT(dgba_h5_add(file, &dataset));
        DGBA_TRY_OUT(dgba_h5_set_text(file, dataset.path, "kind", about->tasks[t].kind));
        DGBA_TRY_OUT(dgba_h5_set_integer(file, dataset.path, "classes", about->tasks[t].classes));
        DGBA_TRY_OUT(dgba_h5_set_integer(file, dataset.path, "position", t));
        if (!dgba_data_is_weighted(&about->tasks[t])) continue;
        dgba_data_weights_dataset(&dataset, &path, &about->tasks[t]);
        DGBA_TRY_OUT(dgba_h5_write(file, &dataset, about->tasks[t].class_weights));
    }
out:
    dgba_text_free(&path);
    return status;
}

static dgba_status start_file(dgba_h5 *file, const dgba_data_info *about) {
    DGBA_TRY(dgba_h5_set_text(file, "/", "format", DATA_FORMAT));
    DGBA_TRY(dgba_h5_set_integer(file, "/", "format_version", DATA_FORMAT_VERSION));
    DGBA_TRY(dgba_h5_set_text(file, "/", "name", about->name));
    DGBA_TRY(dgba_h5_set_text(file, "/", "source", about->source));
    const dgba_h5_dataset images = {.path = "/images",
                                    .type = DGBA_H5_U8,
                                    .axes = 4,
                                    .sizes = {about->images, about->height, about->width, 3},
                                    .unit = "",
                                    .description = "red, green, blue of each pixel"};
    DGBA_TRY(dgba_h5_add(file, &images));
    return add_tasks(file, about);
}

dgba_status dgba_data_writer_create(dgba_data_writer **out, const char *path, const dgba_data_info *about) {
    *out = NULL;
    DGBA_TRY(dgba_context(dgba_data_info_check(about), "%s", path));
    dgba_data_writer *writer = NULL;
    DGBA_TRY(DGBA_NEW(&writer, 1));
    dgba_status status = DGBA_OK;
    writer->about = *about;
    DGBA_TRY_OUT(dgba_allocate(&writer->stored, about->height * about->width * 3, sizeof(float)));
    DGBA_TRY_OUT(dgba_hasher_create(&writer->hasher));
    hash_about(writer->hasher, about);
    DGBA_TRY_OUT(dgba_h5_create(&writer->file, path));
    DGBA_TRY_OUT(start_file(writer->file, about));
    *out = writer;
out:
    if (status != DGBA_OK) dgba_data_writer_abandon(&writer);
    return status;
}

static dgba_status store_classes(uint8_t *stored, const float *values, int64_t pixels, int64_t classes) {
    for (int64_t i = 0; i < pixels; ++i) {
        const float value = values[i];
        if (!isnan(value) && !(value >= 0 && value < (float)classes && value == floorf(value)))
            return dgba_fail(DGBA_E_FORMAT, "class %g is not one of 0..%lld", (double)value, (long long)classes - 1);
        stored[i] = isnan(value) ? DGBA_DATA_IGNORE : (uint8_t)value;
    }
    return DGBA_OK;
}

/** Copies, with one and the same NaN everywhere: equal labels shall have equal fingerprints. */
static dgba_status store_reals(float *stored, const float *values, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
        if (isinf(values[i])) return dgba_fail(DGBA_E_NUMERIC, "a label is infinite");
        stored[i] = isnan(values[i]) ? NAN : values[i];
    }
    return DGBA_OK;
}

static dgba_status put_label(dgba_data_writer *writer, int64_t image, int64_t task, const float *values) {
    const dgba_data_task *about = &writer->about.tasks[task];
    const int64_t pixels = writer->about.height * writer->about.width;
    dgba_text path = {0};
    dgba_h5_dataset dataset;
    dgba_data_task_dataset(&dataset, &path, &writer->about, task);
    const bool classes = dataset.type == DGBA_H5_U8;
    dgba_status status = classes ? store_classes(writer->stored, values, pixels, about->classes)
                                 : store_reals(writer->stored, values, pixels * about->channels);
    DGBA_TRY_OUT(dgba_context(status, "task '%s'", about->name));
    const size_t bytes = classes ? (size_t)pixels : (size_t)(pixels * about->channels) * sizeof(float);
    dgba_hasher_add(writer->hasher, writer->stored, bytes);
    DGBA_TRY_OUT(dgba_h5_write_rows(writer->file, dataset.path, dataset.type, image, 1, writer->stored));
out:
    dgba_text_free(&path);
    return status;
}

dgba_status dgba_data_writer_put(dgba_data_writer *writer, int64_t image, const char *name, const uint8_t *rgb,
                                 const float *const *values) {
    const dgba_data_info *about = &writer->about;
    // The fingerprint is computed on the way, so the order is part of it.
    if (image != writer->names.count || image >= about->images)
        return dgba_fail(DGBA_E_USAGE, "%s: image %lld of %lld cannot be put after %lld images", dgba_h5_name(writer->file),
                         (long long)image, (long long)about->images, (long long)writer->names.count);
    DGBA_TRY(dgba_h5_write_rows(writer->file, "/images", DGBA_H5_U8, image, 1, rgb));
    dgba_hasher_add(writer->hasher, rgb, (size_t)(about->height * about->width * 3));
    for (int64_t t = 0; t < about->task_count; ++t)
        DGBA_TRY(dgba_context(put_label(writer, image, t, values[t]), "image '%s'", name));
    DGBA_TRY(DGBA_GROW(&writer->names.items, writer->names.count));
    writer->names.items[writer->names.count++] = dgba_text_copy(name);
    return DGBA_OK;
}

static dgba_status check_split(const dgba_data_writer *writer, const char *split, const int64_t *images, int64_t count) {
    DGBA_TRY(dgba_data_name_check(split, "split"));
    for (int64_t i = 0; i < writer->splits.count; ++i)
        if (strcmp(writer->splits.items[i].name, split) == 0)
            return dgba_fail(DGBA_E_USAGE, "split '%s' is written twice", split);
    for (int64_t i = 0; i < count; ++i)
        if (images[i] < 0 || images[i] >= writer->about.images)
            return dgba_fail(DGBA_E_USAGE, "split '%s' has image %lld of %lld", split, (long long)images[i],
                             (long long)writer->about.images);
    return DGBA_OK;
}

dgba_status dgba_data_writer_split(dgba_data_writer *writer, const char *split, const int64_t *images, int64_t count) {
    DGBA_TRY(dgba_context(check_split(writer, split, images, count), "%s", dgba_h5_name(writer->file)));
    data_split *kept = NULL;
    DGBA_TRY(dgba_data_splits_add(&kept, &writer->splits, split, count));
    memcpy(kept->images, images, (size_t)count * sizeof *images);
    dgba_text path = {0};
    dgba_text_add(&path, "/splits/%s", split);
    const dgba_h5_dataset dataset = {.path = dgba_text_chars(&path),
                                     .type = DGBA_H5_I64,
                                     .axes = 1,
                                     .sizes = {count},
                                     .unit = "",
                                     .description = "numbers of the images of this split, from 0"};
    const dgba_status status = dgba_h5_write(writer->file, &dataset, images);
    dgba_text_free(&path);
    return status;
}

dgba_status dgba_data_writer_class_names(dgba_data_writer *writer, int64_t task, const char *const *names, int64_t count) {
    DGBA_ASSERT(task >= 0 && task < writer->about.task_count);
    const dgba_data_task *about = &writer->about.tasks[task];
    if (count != about->classes)
        return dgba_fail(DGBA_E_USAGE, "%s: %lld class names for the %lld classes of task '%s'", dgba_h5_name(writer->file),
                         (long long)count, (long long)about->classes, about->name);
    dgba_text path = {0};
    dgba_text_add(&path, "/class_names/%s", about->name);
    const dgba_status status =
        dgba_h5_write_texts(writer->file, dgba_text_chars(&path), names, count, "names of the classes, from class 0");
    dgba_text_free(&path);
    return status;
}

static int compare_splits(const void *a, const void *b) {
    return strcmp(((const data_split *)a)->name, ((const data_split *)b)->name);
}

/** Splits close the fingerprint, sorted by name, since the file does not keep the order they were written in. */
static void hash_splits(dgba_data_writer *writer) {
    data_splits *splits = &writer->splits;
    if (splits->count > 0) qsort(splits->items, (size_t)splits->count, sizeof *splits->items, compare_splits);
    for (int64_t i = 0; i < splits->count; ++i) {
        const data_split *split = &splits->items[i];
        hash_text(writer->hasher, split->name);
        hash_integer(writer->hasher, split->count);
        dgba_hasher_add(writer->hasher, split->images, (size_t)split->count * sizeof *split->images);
    }
}

static dgba_status finish_file(dgba_data_writer *writer) {
    const int64_t images = writer->names.count;
    if (images != writer->about.images)
        return dgba_fail(DGBA_E_USAGE, "%s: only %lld of %lld images were put", dgba_h5_name(writer->file),
                         (long long)images, (long long)writer->about.images);
    hash_splits(writer);
    char fingerprint[DGBA_HASH_TEXT_BYTES];
    dgba_hash_text(fingerprint, dgba_hasher_result(writer->hasher));
    DGBA_TRY(dgba_h5_set_text(writer->file, "/", "fingerprint", fingerprint));
    DGBA_TRY(dgba_h5_write_texts(writer->file, "/names", (const char *const *)writer->names.items, images,
                                 "names of the images"));
    return dgba_h5_commit(&writer->file);
}

dgba_status dgba_data_writer_commit(dgba_data_writer **writer) {
    const dgba_status status = finish_file(*writer);
    dgba_data_writer_abandon(writer);
    return status;
}

void dgba_data_writer_abandon(dgba_data_writer **writer) {
    if (*writer == NULL) return;
    dgba_h5_close(&(*writer)->file);
    dgba_hasher_free(&(*writer)->hasher);
    dgba_names_free(&(*writer)->names);
    dgba_data_splits_free(&(*writer)->splits);
    dgba_free((*writer)->stored);
    dgba_free(*writer);
    *writer = NULL;
}
