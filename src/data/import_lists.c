#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "import.h"
#include "npy.h"

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/** Adds text[0..length) without blanks and a carriage return at its ends. */
static dgba_status add_line(dgba_names *out, const char *text, size_t length) {
    while (length > 0 && is_blank(text[0])) ++text, --length;
    while (length > 0 && is_blank(text[length - 1])) --length;
    DGBA_TRY(DGBA_GROW(&out->items, out->count));
    DGBA_TRY(DGBA_NEW(&out->items[out->count], (int64_t)length + 1));
    memcpy(out->items[out->count++], text, length);
    return DGBA_OK;
}

dgba_status dgba_data_list_lines(dgba_names *out, const char *path) {
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    char *content = NULL;
    size_t bytes = 0;
    DGBA_TRY(dgba_file_read(&content, &bytes, path));
    dgba_status status = DGBA_OK;
    const char *line = strncmp(content, byte_order_mark, 3) == 0 ? content + 3 : content;
    if (strlen(content) != bytes) {
        status = dgba_fail(DGBA_E_FORMAT, "%s: not a text file", path);
        goto out;
    }
    while (*line != '\0') {
        const size_t length = strcspn(line, "\n");
        DGBA_TRY_OUT(add_line(out, line, length));
        line += length + (line[length] == '\n');
    }
out:
    dgba_free(content);
    return status;
}

/** The lines of a split's file that name an image. */
static dgba_status read_split_file(dgba_names *out, const char *path) {
    DGBA_TRY(dgba_data_list_lines(out, path));
    int64_t kept = 0;
    for (int64_t i = 0; i < out->count; ++i) {
        if (out->items[i][0] == '\0')
            dgba_free(out->items[i]);
        else
            out->items[kept++] = out->items[i];
    }
    out->count = kept;
    return kept > 0 ? DGBA_OK : dgba_fail(DGBA_E_FORMAT, "%s: lists no images", path);
}

static int compare_names(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/** Moves `from` to the end of `names`. */
static dgba_status move_names(dgba_names *names, dgba_names *from) {
    for (int64_t i = 0; i < from->count; ++i) {
        DGBA_TRY(DGBA_GROW(&names->items, names->count));
        names->items[names->count++] = from->items[i];
        from->items[i] = NULL;
    }
    return DGBA_OK;
}

static void sort_unique(dgba_names *names) {
    qsort(names->items, (size_t)names->count, sizeof *names->items, compare_names);
    int64_t kept = 0;
    for (int64_t i = 0; i < names->count; ++i) {
        if (kept > 0 && strcmp(names->items[kept - 1], names->items[i]) == 0)
            dgba_free(names->items[i]);
        else
            names->items[kept++] = names->items[i];
    }
    names->count = kept;
}

static dgba_status add_split(data_splits *splits, const char *name, const char *path, const dgba_names *images) {
    dgba_names listed = {0};
    bool *seen = NULL;
    data_split *split = NULL;
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(DGBA_NEW(&seen, images->count));
    DGBA_TRY_OUT(read_split_file(&listed, path));
    DGBA_TRY_OUT(dgba_data_splits_add(&split, splits, name, listed.count));
    for (int64_t i = 0; i < listed.count; ++i) {
        char *const *found =
            bsearch(&listed.items[i], images->items, (size_t)images->count, sizeof *images->items, compare_names);
        DGBA_ASSERT(found != NULL);
        split->images[i] = found - images->items;
        if (seen[split->images[i]]) {
            status = dgba_fail(DGBA_E_FORMAT, "%s: '%s' is listed twice", path, listed.items[i]);
            goto out;
        }
        seen[split->images[i]] = true;
    }
out:
    dgba_names_free(&listed);
    dgba_free(seen);
    return status;
}

dgba_status dgba_data_list_images(dgba_names *names, data_splits *splits, const import_split *lists, int64_t count) {
    *names = (dgba_names){0};
    *splits = (data_splits){0};
    dgba_names listed = {0};
    dgba_status status = DGBA_OK;
    for (int64_t i = 0; i < count; ++i) {
        DGBA_TRY_OUT(read_split_file(&listed, lists[i].path));
        DGBA_TRY_OUT(move_names(names, &listed));
        dgba_names_free(&listed);
    }
    sort_unique(names);
    for (int64_t i = 0; i < count; ++i) DGBA_TRY_OUT(add_split(splits, lists[i].name, lists[i].path, names));
out:
    dgba_names_free(&listed);
    return status;
}

dgba_status dgba_data_list_optional(dgba_names *names, data_splits *splits, const dgba_import *options) {
    *names = (dgba_names){0};
    *splits = (data_splits){0};
    const import_split lists[] = {{"train", options->train_list}, {"test", options->test_list}};
    for (int64_t i = 0; i < DGBA_COUNT_OF(lists); ++i)
        if (lists[i].path[0] == '\0')
            return dgba_fail(DGBA_E_USAGE, "say which images are for %sing: --%s-list FILE, a name a line", lists[i].name,
                             lists[i].name);
    return dgba_data_list_images(names, splits, lists, DGBA_COUNT_OF(lists));
}

/** Reads "stored-value name" into the list of class names. */
static dgba_status read_class(dgba_names *out, const char *line, const import_task *task) {
    char *name = NULL;
    const long long stored = strtoll(line, &name, 10);
    if (name == line || !is_blank(*name)) return dgba_fail(DGBA_E_FORMAT, "'%s' is not a stored value and a name", line);
    while (is_blank(*name)) ++name;
    if (stored == task->ignore) return DGBA_OK;
    int64_t class = 0;
    DGBA_TRY(dgba_data_decode_class(&class, stored, task, out->count));
    if (out->items[class] != NULL) return dgba_fail(DGBA_E_FORMAT, "stored value %lld is named a second time", stored);
    out->items[class] = dgba_text_copy(name);
    return DGBA_OK;
}

dgba_status dgba_data_list_classes(dgba_names *out, const char *path, const import_task *task, int64_t classes) {
    *out = (dgba_names){0};
    dgba_names lines = {0};
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(DGBA_NEW(&out->items, classes));
    out->count = classes;
    DGBA_TRY_OUT(dgba_data_list_lines(&lines, path));
    for (int64_t i = 0; i < lines.count; ++i)
        if (lines.items[i][0] != '\0')
            DGBA_TRY_OUT(dgba_context(read_class(out, lines.items[i], task), "%s:%lld", path, (long long)i + 1));
    for (int64_t class = 0; class < classes; ++class) {
        if (out->items[class] != NULL) continue;
        status = dgba_fail(DGBA_E_FORMAT, "%s: class %lld of 0..%lld has no name", path, (long long)class,
                           (long long)classes - 1);
        goto out;
    }
out:
    dgba_names_free(&lines);
    return status;
}

static dgba_status read_weight_lines(float *weights, const char *path, int64_t classes) {
    dgba_names lines = {0};
    int64_t count = 0;
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(dgba_data_list_lines(&lines, path));
    for (int64_t i = 0; i < lines.count; ++i) {
        double value = 0;
        if (lines.items[i][0] == '\0') continue;
        DGBA_TRY_OUT(dgba_context(dgba_text_real(&value, lines.items[i]), "%s:%lld", path, (long long)i + 1));
        if (count < classes) weights[count] = (float)value;
        count += 1;
    }
    if (count != classes)
        status = dgba_fail(DGBA_E_FORMAT, "%s: %lld weights for %lld classes", path, (long long)count, (long long)classes);
out:
    dgba_names_free(&lines);
    return status;
}

dgba_status dgba_data_list_weights(float weights[DGBA_DATA_MOST_CLASSES], const char *path, int64_t classes) {
    const size_t length = strlen(path);
    if (length < 4 || strcmp(path + length - 4, ".npy") != 0) return read_weight_lines(weights, path, classes);
    data_array array = {0};
    DGBA_TRY(dgba_data_npy_read(&array, path));
    dgba_status status = DGBA_OK;
    if (array.axes == 1 && array.sizes[0] == classes)
        memcpy(weights, array.values, (size_t)classes * sizeof *weights);
    else
        status = dgba_fail(DGBA_E_FORMAT, "%s: not a list of weights for %lld classes", path, (long long)classes);
    dgba_data_array_free(&array);
    return status;
}
