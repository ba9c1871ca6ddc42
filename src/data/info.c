#include <ctype.h>
#include <math.h>
#include <string.h>

#include "data_file.h"

/** The kinds of tasks that dgba/task.h knows, and what they are here. */
static const struct {
    const char *name;
    data_kind kind;
} kinds[] = {
    {"segmentation", DATA_SEGMENTATION}, {"weighted_segmentation", DATA_SEGMENTATION},
    {"normals", DATA_NORMALS},           {"cosine_normals", DATA_NORMALS},
    {"raw_normals", DATA_RAW_NORMALS},   {"depth", DATA_DEPTH},
    {"log_depth", DATA_LOG_DEPTH},       {"pixel_l1", DATA_PIXEL_L1},
};

dgba_status dgba_data_kind_read(data_kind *out, const char *name) {
    dgba_text known = {0};
    for (int64_t i = 0; i < DGBA_COUNT_OF(kinds); ++i) {
        dgba_text_add(&known, "%s%s", i > 0 ? ", " : "", kinds[i].name);
        if (strcmp(kinds[i].name, name) != 0) continue;
        *out = kinds[i].kind;
        dgba_text_free(&known);
        return DGBA_OK;
    }
    const dgba_status status = dgba_fail(DGBA_E_FORMAT, "unknown kind '%s' (there are %s)", name, dgba_text_chars(&known));
    dgba_text_free(&known);
    return status;
}

data_kind dgba_data_kind_of(const dgba_data_task *task) {
    data_kind kind = DATA_KIND_COUNT;
    const bool known = dgba_data_kind_read(&kind, task->kind) == DGBA_OK;
    DGBA_ASSERT(known);
    return kind;
}

bool dgba_data_is_weighted(const dgba_data_task *task) { return strcmp(task->kind, "weighted_segmentation") == 0; }

dgba_status dgba_data_name_check(const char *name, const char *what) {
    bool good = name[0] != '\0' && name[0] != '.' && strlen(name) < DGBA_DATA_NAME_BYTES;
    for (const char *c = name; *c != '\0'; ++c) good = good && (isalnum((unsigned char)*c) || strchr("_.-", *c) != NULL);
    if (good) return DGBA_OK;
    return dgba_fail(DGBA_E_FORMAT, "'%s' cannot be the name of a %s: it takes 1 to %d letters, digits, '_', '-' and '.'",
                     name, what, DGBA_DATA_NAME_BYTES - 1);
}

static dgba_status check_weights(const dgba_data_task *task) {
    float sum = 0;
    for (int64_t c = 0; c < task->classes; ++c) {
        if (!(task->class_weights[c] >= 0 && isfinite(task->class_weights[c])))
            return dgba_fail(DGBA_E_FORMAT, "task '%s': the weight of class %lld is %g", task->name, (long long)c,
                             (double)task->class_weights[c]);
        sum += task->class_weights[c];
    }
    return sum > 0 ? DGBA_OK : dgba_fail(DGBA_E_FORMAT, "task '%s': no class has a weight", task->name);
}

static dgba_status check_task(const dgba_data_task *task) {
    DGBA_TRY(dgba_data_name_check(task->name, "task"));
    data_kind kind = DATA_KIND_COUNT;
    DGBA_TRY(dgba_context(dgba_data_kind_read(&kind, task->kind), "task '%s'", task->name));
    const int64_t channels = kind == DATA_NORMALS || kind == DATA_RAW_NORMALS ? 3 : 1;
    if (task->channels != channels)
        return dgba_fail(DGBA_E_FORMAT, "task '%s' has %lld channels; %s have %lld", task->name, (long long)task->channels,
                         task->kind, (long long)channels);
    const bool segmentation = kind == DATA_SEGMENTATION;
    if (task->classes < segmentation || task->classes > (segmentation ? DGBA_DATA_IGNORE : 0))
        return dgba_fail(DGBA_E_FORMAT, "task '%s' of kind %s has %lld classes; %s", task->name, task->kind,
                         (long long)task->classes, segmentation ? "1 to 255 are possible" : "only segmentation has any");
    return dgba_data_is_weighted(task) ? check_weights(task) : DGBA_OK;
}

dgba_status dgba_data_info_check(const dgba_data_info *about) {
    const int64_t height = about->height, width = about->width;
    if (about->images < 1 || about->images > INT32_MAX)
        return dgba_fail(DGBA_E_FORMAT, "%lld images are not possible", (long long)about->images);
    if (height < 1 || width < 1 || height > DATA_MOST_SIDE || width > DATA_MOST_SIDE)
        return dgba_fail(DGBA_E_FORMAT, "images of %lld x %lld pixels are not possible; a side has 1 to %d",
                         (long long)height, (long long)width, DATA_MOST_SIDE);
    if (about->task_count < 1 || about->task_count > DGBA_DATA_MOST_TASKS)
        return dgba_fail(DGBA_E_FORMAT, "%lld tasks are not possible; there may be 1 to %d", (long long)about->task_count,
                         DGBA_DATA_MOST_TASKS);
    for (int64_t t = 0; t < about->task_count; ++t) {
        DGBA_TRY(check_task(&about->tasks[t]));
        for (int64_t other = 0; other < t; ++other)
            if (strcmp(about->tasks[t].name, about->tasks[other].name) == 0)
                return dgba_fail(DGBA_E_FORMAT, "there are two tasks '%s'", about->tasks[t].name);
    }
    return DGBA_OK;
}

/** Only classes are compressed, to a tenth. The rest would lose a third of its size and take ten times as long to read. */
void dgba_data_task_dataset(dgba_h5_dataset *dataset, dgba_text *path, const dgba_data_info *about, int64_t task) {
    const dgba_data_task *t = &about->tasks[task];
    const bool segmentation = dgba_data_kind_of(t) == DATA_SEGMENTATION;
    dgba_text_clear(path);
    dgba_text_add(path, "/tasks/%s", t->name);
    *dataset = (dgba_h5_dataset){
        .path = dgba_text_chars(path),
        .type = segmentation ? DGBA_H5_U8 : DGBA_H5_F32,
        .axes = t->channels > 1 ? 4 : 3,
        .sizes = {about->images, about->height, about->width, t->channels},
        .unit = t->unit,
        .description = segmentation ? "class of each pixel, 255 = not valid" : "label of each pixel, NaN = not valid",
        .chunk_rows = segmentation ? 1 : 0,
        .compress = segmentation};
}

void dgba_data_weights_dataset(dgba_h5_dataset *dataset, dgba_text *path, const dgba_data_task *task) {
    dgba_text_clear(path);
    dgba_text_add(path, "/class_weights/%s", task->name);
    *dataset = (dgba_h5_dataset){.path = dgba_text_chars(path),
                                 .type = DGBA_H5_F32,
                                 .axes = 1,
                                 .sizes = {task->classes},
                                 .unit = "",
                                 .description = "weight of each class in the loss"};
}

dgba_status dgba_data_splits_add(data_split **out, data_splits *splits, const char *name, int64_t count) {
    DGBA_TRY(DGBA_GROW(&splits->items, splits->count));
    data_split *split = &splits->items[splits->count];
    *split = (data_split){.count = count};
    DGBA_TRY(DGBA_NEW(&split->images, count));
    split->name = dgba_text_copy(name);
    splits->count += 1;
    *out = split;
    return DGBA_OK;
}

void dgba_data_splits_free(data_splits *splits) {
    for (int64_t i = 0; i < splits->count; ++i) {
        dgba_free(splits->items[i].name);
        dgba_free(splits->items[i].images);
    }
    dgba_free(splits->items);
    *splits = (data_splits){0};
}
