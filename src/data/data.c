#include "dgba/data.h"

#include <math.h>
#include <string.h>

#include "data_file.h"

struct dgba_data {
    dgba_h5 *file;
    dgba_data_info about;
    data_splits splits;
};

static dgba_status get_text(char *out, size_t bytes, dgba_h5 *file, const char *path, const char *attribute) {
    dgba_text text = {0};
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(dgba_h5_get_text(&text, file, path, attribute));
    if (dgba_text_fit(out, bytes, dgba_text_chars(&text)) != DGBA_OK)
        status = dgba_fail(DGBA_E_FORMAT, "%s: attribute %s of %s is too long", dgba_h5_name(file), attribute, path);
out:
    dgba_text_free(&text);
    return status;
}

static dgba_status check_format(dgba_h5 *file) {
    char format[DGBA_DATA_NAME_BYTES];
    int64_t version = 0;
    if (get_text(format, sizeof format, file, "/", "format") != DGBA_OK || strcmp(format, DATA_FORMAT) != 0)
        return dgba_fail(DGBA_E_FORMAT, "%s: an HDF5 file, but not a data file of dgba", dgba_h5_name(file));
    DGBA_TRY(dgba_h5_get_integer(&version, file, "/", "format_version"));
    if (version == DATA_FORMAT_VERSION) return DGBA_OK;
    return dgba_fail(DGBA_E_FORMAT, "%s: a data file of version %lld; this program reads version %d", dgba_h5_name(file),
                     (long long)version, DATA_FORMAT_VERSION);
}

static dgba_status read_weights(dgba_data_task *task, dgba_h5 *file) {
    if (!dgba_data_is_weighted(task) || task->classes < 1 || task->classes > DGBA_DATA_MOST_CLASSES) return DGBA_OK;
    dgba_text path = {0};
    dgba_h5_dataset dataset;
    dgba_data_weights_dataset(&dataset, &path, task);
    const dgba_status status = dgba_h5_read(task->class_weights, file, dataset.path, DGBA_H5_F32, task->classes);
    dgba_text_free(&path);
    return status;
}

static dgba_status read_task(dgba_data *data, const char *name, int64_t tasks) {
    dgba_text path = {0};
    dgba_text_add(&path, "/tasks/%s", name);
    const char *dataset = dgba_text_chars(&path);
    dgba_status status = DGBA_OK;
    int64_t position = 0, sizes[DGBA_H5_MOST_AXES];
    int axes = 0;
    DGBA_TRY_OUT(dgba_context(dgba_data_name_check(name, "task"), "%s", dgba_h5_name(data->file)));
    DGBA_TRY_OUT(dgba_h5_get_integer(&position, data->file, dataset, "position"));
    if (position < 0 || position >= tasks || data->about.tasks[position].name[0] != '\0') {
        status = dgba_fail(DGBA_E_FORMAT, "%s: position %lld of %s is taken or not possible", dgba_h5_name(data->file),
                           (long long)position, dataset);
        goto out;
    }
    dgba_data_task *task = &data->about.tasks[position];
    DGBA_TRY_OUT(dgba_text_fit(task->name, sizeof task->name, name));
    DGBA_TRY_OUT(get_text(task->kind, sizeof task->kind, data->file, dataset, "kind"));
    DGBA_TRY_OUT(get_text(task->unit, sizeof task->unit, data->file, dataset, "units"));
    DGBA_TRY_OUT(dgba_h5_get_integer(&task->classes, data->file, dataset, "classes"));
    DGBA_TRY_OUT(dgba_h5_sizes(&axes, sizes, data->file, dataset));
    task->channels = axes == 4 ? sizes[3] : 1;
    status = read_weights(task, data->file);
out:
    dgba_text_free(&path);
    return status;
}

static dgba_status read_tasks(dgba_data *data) {
    dgba_names names = {0};
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(dgba_h5_members(&names, data->file, "/tasks"));
    if (names.count > DGBA_DATA_MOST_TASKS) {
        status = dgba_fail(DGBA_E_FORMAT, "%s: %lld tasks; at most %d are possible", dgba_h5_name(data->file),
                           (long long)names.count, DGBA_DATA_MOST_TASKS);
        goto out;
    }
    for (int64_t i = 0; i < names.count; ++i) DGBA_TRY_OUT(read_task(data, names.items[i], names.count));
    data->about.task_count = names.count;
out:
    dgba_names_free(&names);
    return status;
}

/** The dataset `expected->path` must have the axes of `expected`. */
static dgba_status check_sizes(dgba_h5 *file, const dgba_h5_dataset *expected) {
    int axes = 0;
    int64_t sizes[DGBA_H5_MOST_AXES] = {0};
    DGBA_TRY(dgba_h5_sizes(&axes, sizes, file, expected->path));
    const size_t bytes = (size_t)expected->axes * sizeof *sizes;
    if (axes == expected->axes && memcmp(sizes, expected->sizes, bytes) == 0) return DGBA_OK;
    return dgba_fail(DGBA_E_FORMAT, "%s: the sizes of %s do not fit those of /images", dgba_h5_name(file), expected->path);
}

static dgba_status read_image_sizes(dgba_data *data) {
    int axes = 0;
    int64_t sizes[DGBA_H5_MOST_AXES] = {0};
    DGBA_TRY(dgba_h5_sizes(&axes, sizes, data->file, "/images"));
    if (axes != 4 || sizes[3] != 3)
        return dgba_fail(DGBA_E_FORMAT, "%s: /images is not (images, height, width, 3)", dgba_h5_name(data->file));
    data->about.images = sizes[0];
    data->about.height = sizes[1];
    data->about.width = sizes[2];
    return DGBA_OK;
}

static dgba_status read_about(dgba_data *data) {
    dgba_data_info *about = &data->about;
    dgba_h5 *file = data->file;
    DGBA_TRY(get_text(about->name, sizeof about->name, file, "/", "name"));
    DGBA_TRY(get_text(about->source, sizeof about->source, file, "/", "source"));
    DGBA_TRY(get_text(about->fingerprint, sizeof about->fingerprint, file, "/", "fingerprint"));
    DGBA_TRY(read_image_sizes(data));
    DGBA_TRY(read_tasks(data));
    DGBA_TRY(dgba_context(dgba_data_info_check(about), "%s", dgba_h5_name(file)));
    DGBA_TRY(check_sizes(file, &(dgba_h5_dataset){.path = "/names", .axes = 1, .sizes = {about->images}}));
    dgba_text path = {0};
    dgba_status status = DGBA_OK;
    for (int64_t t = 0; t < about->task_count && status == DGBA_OK; ++t) {
        dgba_h5_dataset dataset;
        dgba_data_task_dataset(&dataset, &path, about, t);
        status = check_sizes(file, &dataset);
    }
    dgba_text_free(&path);
    return status;
}

static dgba_status read_split(dgba_data *data, const char *name) {
    dgba_text path = {0};
    dgba_text_add(&path, "/splits/%s", name);
    const char *dataset = dgba_text_chars(&path);
    dgba_status status = DGBA_OK;
    int axes = 0;
    int64_t sizes[DGBA_H5_MOST_AXES];
    data_split *split = NULL;
    DGBA_TRY_OUT(dgba_h5_sizes(&axes, sizes, data->file, dataset));
    if (axes != 1) {
        status = dgba_fail(DGBA_E_FORMAT, "%s: %s is not a list of images", dgba_h5_name(data->file), dataset);
        goto out;
    }
    DGBA_TRY_OUT(dgba_data_splits_add(&split, &data->splits, name, sizes[0]));
    DGBA_TRY_OUT(dgba_h5_read(split->images, data->file, dataset, DGBA_H5_I64, split->count));
    for (int64_t i = 0; i < split->count; ++i) {
        if (split->images[i] >= 0 && split->images[i] < data->about.images) continue;
        status = dgba_fail(DGBA_E_FORMAT, "%s: %s has image %lld of %lld", dgba_h5_name(data->file), dataset,
                           (long long)split->images[i], (long long)data->about.images);
        goto out;
    }
out:
    dgba_text_free(&path);
    return status;
}

static dgba_status read_splits(dgba_data *data) {
    if (!dgba_h5_has(data->file, "/splits")) return DGBA_OK;
    dgba_names names = {0};
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(dgba_h5_members(&names, data->file, "/splits"));
    for (int64_t i = 0; i < names.count; ++i) DGBA_TRY_OUT(read_split(data, names.items[i]));
out:
    dgba_names_free(&names);
    return status;
}

dgba_status dgba_data_open(dgba_data **out, const char *path) {
    *out = NULL;
    dgba_data *data = NULL;
    DGBA_TRY(DGBA_NEW(&data, 1));
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(dgba_h5_open(&data->file, path));
    DGBA_TRY_OUT(check_format(data->file));
    DGBA_TRY_OUT(read_about(data));
    DGBA_TRY_OUT(read_splits(data));
    *out = data;
out:
    if (status != DGBA_OK) dgba_data_close(&data);
    return status;
}

void dgba_data_close(dgba_data **data) {
    if (*data == NULL) return;
    dgba_h5_close(&(*data)->file);
    dgba_data_splits_free(&(*data)->splits);
    dgba_free(*data);
    *data = NULL;
}

const dgba_data_info *dgba_data_about(const dgba_data *data) { return &data->about; }

static dgba_status find_task(int64_t *out, const dgba_data *data, const char *name) {
    const char *known[DGBA_DATA_MOST_TASKS];
    for (int64_t t = 0; t < data->about.task_count; ++t) known[t] = data->about.tasks[t].name;
    return dgba_context(dgba_text_find(out, name, known, data->about.task_count, "task"), "%s", dgba_h5_name(data->file));
}

dgba_status dgba_data_select_tasks(dgba_data *data, const char *const *names, int64_t count) {
    dgba_data_task chosen[DGBA_DATA_MOST_TASKS];
    for (int64_t i = 0; i < count; ++i) {
        int64_t found = 0;
        DGBA_TRY(find_task(&found, data, names[i]));
        for (int64_t k = 0; k < i; ++k)
            if (strcmp(names[k], names[i]) == 0) return dgba_fail(DGBA_E_CONFIG, "task '%s' is named twice", names[i]);
        chosen[i] = data->about.tasks[found];
    }
    memcpy(data->about.tasks, chosen, (size_t)count * sizeof *chosen);
    data->about.task_count = count;
    return DGBA_OK;
}

dgba_status dgba_data_split(const int64_t **indices, int64_t *count, const dgba_data *data, const char *split) {
    for (int64_t i = 0; i < data->splits.count; ++i) {
        const data_split *found = &data->splits.items[i];
        if (strcmp(found->name, split) != 0) continue;
        *indices = found->images;
        *count = found->count;
        return DGBA_OK;
    }
    dgba_text known = {0};
    for (int64_t i = 0; i < data->splits.count; ++i)
        dgba_text_add(&known, "%s%s", i > 0 ? ", " : "", data->splits.items[i].name);
    const dgba_status status = dgba_fail(DGBA_E_FORMAT, "%s: there is no split '%s' (there are: %s)",
                                         dgba_h5_name(data->file), split, dgba_text_chars(&known));
    dgba_text_free(&known);
    return status;
}

dgba_status dgba_data_class_names(dgba_names *out, const dgba_data *data, int64_t task) {
    DGBA_ASSERT(task >= 0 && task < data->about.task_count);
    *out = (dgba_names){0};
    dgba_text path = {0};
    dgba_text_add(&path, "/class_names/%s", data->about.tasks[task].name);
    dgba_status status = DGBA_OK;
    if (!dgba_h5_has(data->file, dgba_text_chars(&path))) goto out;
    DGBA_TRY_OUT(dgba_h5_read_texts(out, data->file, dgba_text_chars(&path)));
    if (out->count != data->about.tasks[task].classes) {
        status = dgba_fail(DGBA_E_FORMAT, "%s: %s has %lld names for %lld classes", dgba_h5_name(data->file),
                           dgba_text_chars(&path), (long long)out->count, (long long)data->about.tasks[task].classes);
        dgba_names_free(out);
    }
out:
    dgba_text_free(&path);
    return status;
}

/** Stored classes, converted to floats by HDF5, with NaN for the ignore value. A class that no network knows would index
 *  beyond its logits, so the content is checked, too. */
static dgba_status check_classes(float *values, int64_t pixels, int64_t classes) {
    for (int64_t i = 0; i < pixels; ++i) {
        if (values[i] == DGBA_DATA_IGNORE)
            values[i] = NAN;
        else if (!(values[i] >= 0 && values[i] < (float)classes))
            return dgba_fail(DGBA_E_FORMAT, "class %g is not one of 0..%lld", (double)values[i], (long long)classes - 1);
    }
    return DGBA_OK;
}

static dgba_status read_label(float *values, dgba_data *data, int64_t image, int64_t task) {
    const dgba_data_info *about = &data->about;
    dgba_text path = {0};
    dgba_h5_dataset dataset;
    dgba_data_task_dataset(&dataset, &path, about, task);
    dgba_status status = dgba_h5_read_rows(values, data->file, dataset.path, DGBA_H5_F32, image, 1);
    if (status == DGBA_OK && dataset.type == DGBA_H5_U8) {
        status = check_classes(values, about->height * about->width, about->tasks[task].classes);
        status = dgba_context(status, "%s: %s, image %lld", dgba_h5_name(data->file), dataset.path, (long long)image);
    }
    dgba_text_free(&path);
    return status;
}

dgba_status dgba_data_read(uint8_t *rgb, float *const *values, dgba_data *data, int64_t image) {
    if (image < 0 || image >= data->about.images)
        return dgba_fail(DGBA_E_SHAPE, "%s: there is no image %lld; they are numbered from 0 to %lld",
                         dgba_h5_name(data->file), (long long)image, (long long)data->about.images - 1);
    DGBA_TRY(dgba_h5_read_rows(rgb, data->file, "/images", DGBA_H5_U8, image, 1));
    for (int64_t t = 0; t < data->about.task_count; ++t)
        if (values[t] != NULL) DGBA_TRY(read_label(values[t], data, image, t));
    return DGBA_OK;
}
