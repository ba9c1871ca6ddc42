#include <string.h>

#include "schema.h"

enum { LOSS_CHUNK_ROWS = 16 };

/** Makes the axes of a dataset known by name. */
static dgba_status attach_scales(dgba_h5 *file, const char *path, const results_axis *axes, int count) {
    for (int i = 0; i < count; ++i) DGBA_TRY(dgba_h5_set_scale(file, path, i, results_axes[axes[i]].scale));
    return DGBA_OK;
}

dgba_status results_write_scale(dgba_h5 *file, const dgba_results *results, results_axis axis) {
    const int64_t count = results_axis_count(results, axis);
    const dgba_h5_dataset about = {.path = results_axes[axis].scale,
                                   .type = DGBA_H5_I64,
                                   .axes = 1,
                                   .sizes = {count},
                                   .description = results_axes[axis].description};
    if (axis == AXIS_IMAGE) return dgba_h5_write(file, &about, results->images);
    int64_t *rows = NULL;
    DGBA_TRY(DGBA_NEW(&rows, count));
    for (int64_t i = 0; i < count; ++i) rows[i] = i;
    const dgba_status status = dgba_h5_write(file, &about, rows);
    dgba_free(rows);
    return status;
}

static dgba_status write_texts(dgba_h5 *file, const char *path, const column_about *column, const char *rows,
                               size_t row_bytes, int64_t count) {
    const char **texts = NULL;
    DGBA_TRY(DGBA_NEW(&texts, count));
    for (int64_t i = 0; i < count; ++i) texts[i] = *FIELD(char *, rows + (size_t)i * row_bytes, column->offset);
    const dgba_status status = dgba_h5_write_texts(file, path, texts, count, column->description);
    dgba_free(texts);
    return status;
}

/** Integers and reals alike: both fields have 8 bytes. */
static dgba_status write_numbers(dgba_h5 *file, const char *path, const column_about *column, const char *rows,
                                 size_t row_bytes, int64_t count) {
    _Static_assert(sizeof(int64_t) == sizeof(double), "one buffer for both");
    const dgba_h5_dataset about = {.path = path,
                                   .type = column->type == COLUMN_REAL ? DGBA_H5_F64 : DGBA_H5_I64,
                                   .axes = 1,
                                   .sizes = {count},
                                   .unit = column->unit,
                                   .description = column->description};
    int64_t *values = NULL;
    DGBA_TRY(DGBA_NEW(&values, count));
    for (int64_t i = 0; i < count; ++i) memcpy(&values[i], rows + (size_t)i * row_bytes + column->offset, sizeof *values);
    const dgba_status status = dgba_h5_write(file, &about, values);
    dgba_free(values);
    return status;
}

dgba_status results_write_table(dgba_h5 *file, const dgba_results *results, const table_about *table) {
    const char *rows = *FIELD(char *, results, table->rows);
    const int64_t count = results_axis_count(results, table->axis);
    dgba_text path = {0};
    dgba_status status = DGBA_OK;
    for (int64_t c = 0; c < table->column_count; ++c) {
        const column_about *column = &table->columns[c];
        dgba_path_join(&path, table->group, column->name);
        const char *name = dgba_text_chars(&path);
        DGBA_TRY_OUT(
            (column->type == COLUMN_TEXT ? write_texts : write_numbers)(file, name, column, rows, table->row_bytes, count));
        DGBA_TRY_OUT(attach_scales(file, name, &table->axis, 1));
    }
out:
    dgba_text_free(&path);
    return status;
}

static dgba_status write_array(dgba_h5 *file, const dgba_results *results, const array_about *array) {
    dgba_h5_dataset about = {.path = array->path,
                             .type = DGBA_H5_F64,
                             .axes = array->axes,
                             .unit = array->unit,
                             .description = array->description};
    for (int i = 0; i < array->axes; ++i) about.sizes[i] = results_axis_count(results, array->axis[i]);
    if (array->axes == 3) { // the losses of all images, by far the largest part
        about.chunk_rows = LOSS_CHUNK_ROWS;
        about.compress = true;
    }
    DGBA_TRY(dgba_h5_write(file, &about, *FIELD(double *, results, array->values)));
    return attach_scales(file, array->path, array->axis, array->axes);
}

static dgba_status write_content(dgba_h5 *file, const dgba_results *results) {
    DGBA_TRY(dgba_h5_set_text(file, "/", "format", RESULTS_FORMAT));
    DGBA_TRY(dgba_h5_set_integer(file, "/", "format_version", RESULTS_FORMAT_VERSION));
    char *const *texts = (char *const *)&results->run;
    for (int i = 0; i < PROVENANCE_COUNT; ++i) DGBA_TRY(dgba_h5_set_text(file, "/run", results_provenance[i], texts[i]));
    for (int i = 0; i < AXIS_COUNT; ++i) DGBA_TRY(results_write_scale(file, results, (results_axis)i));
    for (int i = 0; i < TABLE_COUNT; ++i) DGBA_TRY(results_write_table(file, results, &results_tables[i]));
    for (int i = 0; i < ARRAY_COUNT; ++i) DGBA_TRY(write_array(file, results, &results_arrays[i]));
    return DGBA_OK;
}

dgba_status dgba_results_write(const char *path, const dgba_results *results) {
    dgba_h5 *file = NULL;
    DGBA_TRY(dgba_h5_create(&file, path));
    const dgba_status status = write_content(file, results);
    if (status == DGBA_OK) return dgba_h5_commit(&file);
    dgba_h5_close(&file);
    return status;
}
