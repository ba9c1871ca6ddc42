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

static dgba_status write_texts(dgba_h5 *file, const dgba_h5_dataset *about, const char *rows, const table_about *table,
                               const column_about *column, int64_t count) {
    const char **texts = NULL;
    DGBA_TRY(DGBA_NEW(&texts, count));
    for (int64_t i = 0; i < count; ++i) texts[i] = *FIELD(char *, rows + (size_t)i * table->row_bytes, column->offset);
    const dgba_status status = dgba_h5_write_text_array(file, about, texts);
    dgba_free(texts);
    return status;
}

/** Integers and reals alike: both fields have 8 bytes. */
static dgba_status write_numbers(dgba_h5 *file, const dgba_h5_dataset *about, const char *rows, const table_about *table,
                                 const column_about *column, int64_t count) {
    _Static_assert(sizeof(int64_t) == sizeof(double), "one buffer for both");
    int64_t *values = NULL;
    DGBA_TRY(DGBA_NEW(&values, count));
    for (int64_t i = 0; i < count; ++i)
        memcpy(&values[i], rows + (size_t)i * table->row_bytes + column->offset, sizeof *values);
    const dgba_status status = dgba_h5_write(file, about, values);
    dgba_free(values);
    return status;
}

static void set_sizes(dgba_h5_dataset *about, const dgba_results *results, const results_axis *axes, int count) {
    about->axes = count;
    for (int i = 0; i < count; ++i) about->sizes[i] = results_axis_count(results, axes[i]);
}

static dgba_status write_column(dgba_h5 *file, const dgba_results *results, const table_about *table,
                                const column_about *column, const char *path) {
    dgba_h5_dataset about = {.path = path,
                             .type = column->type == COLUMN_REAL ? DGBA_H5_F64 : DGBA_H5_I64,
                             .unit = column->unit,
                             .description = column->description};
    const char *rows = *FIELD(char *, results, table->rows);
    int64_t count = 0;
    set_sizes(&about, results, table->axis, table->axes);
    DGBA_TRY(results_table_count(&count, results, table));
    DGBA_TRY((column->type == COLUMN_TEXT ? write_texts : write_numbers)(file, &about, rows, table, column, count));
    return attach_scales(file, path, table->axis, table->axes);
}

dgba_status results_write_table(dgba_h5 *file, const dgba_results *results, const table_about *table) {
    dgba_text path = {0};
    dgba_status status = DGBA_OK;
    for (int64_t c = 0; c < table->column_count && status == DGBA_OK; ++c) {
        dgba_path_join(&path, table->group, table->columns[c].name);
        status = write_column(file, results, table, &table->columns[c], dgba_text_chars(&path));
    }
    dgba_text_free(&path);
    return status;
}

static dgba_status write_array(dgba_h5 *file, const dgba_results *results, const array_about *array) {
    dgba_h5_dataset about = {
        .path = array->path, .type = results_h5_types[array->type], .unit = array->unit, .description = array->description};
    set_sizes(&about, results, array->axis, array->axes);
    // The losses of all images and the examples are by far the largest parts.
    if (array->axis[array->axes - 1] == AXIS_IMAGE) about.chunk_rows = LOSS_CHUNK_ROWS;
    if (array->type != ARRAY_F64) about.chunk_rows = 1;
    about.compress = about.chunk_rows > 0;
    DGBA_TRY(dgba_h5_write(file, &about, *FIELD(void *, results, array->values)));
    return attach_scales(file, array->path, array->axis, array->axes);
}

dgba_status dgba_results_put(dgba_h5 *file, const dgba_results *results) {
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
    const dgba_status status = dgba_results_put(file, results);
    if (status == DGBA_OK) return dgba_h5_commit(&file);
    dgba_h5_close(&file);
    return status;
}
