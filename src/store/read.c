#include <string.h>

#include "schema.h"

// A file of an older dgba lacks the columns, arrays and axes that were added since: they stay empty, as they were
// allocated.

enum { MOST_MISSING = 1 << 20 }; // elements of an array, or rows of a table, that a file may be without

static dgba_status check_format(dgba_h5 *file) {
    dgba_text format = {0};
    int64_t version = 0;
    dgba_status status = dgba_h5_get_text(&format, file, "/", "format");
    if (status != DGBA_OK || strcmp(dgba_text_chars(&format), RESULTS_FORMAT) != 0) {
        status = dgba_fail(DGBA_E_FORMAT, "%s: not a results file of dgba", dgba_h5_name(file));
        goto out;
    }
    DGBA_TRY_OUT(dgba_h5_get_integer(&version, file, "/", "format_version"));
    if (version > RESULTS_FORMAT_VERSION)
        status = dgba_fail(DGBA_E_FORMAT, "%s: written by a newer dgba (results format %lld; this one reads up to %d)",
                           dgba_h5_name(file), (long long)version, RESULTS_FORMAT_VERSION);
out:
    dgba_text_free(&format);
    return status;
}

static dgba_status read_provenance(dgba_provenance *run, dgba_h5 *file) {
    dgba_text text = {0};
    dgba_status status = DGBA_OK;
    for (int i = 0; i < PROVENANCE_COUNT; ++i) {
        if (!dgba_h5_has_attribute(file, "/run", results_provenance[i])) continue;
        DGBA_TRY_OUT(dgba_h5_get_text(&text, file, "/run", results_provenance[i]));
        dgba_results_set_text((char **)run + i, dgba_text_chars(&text));
    }
out:
    dgba_text_free(&text);
    return status;
}

dgba_status results_read_count(dgba_results *results, dgba_h5 *file, results_axis axis) {
    int axes = 0;
    int64_t sizes[DGBA_H5_MOST_AXES];
    const char *scale = results_axes[axis].scale;
    DGBA_TRY(dgba_h5_sizes(&axes, sizes, file, scale));
    if (axes != 1) return dgba_fail(DGBA_E_FORMAT, "%s:%s: %d axes", dgba_h5_name(file), scale, axes);
    *FIELD(int64_t, results, results_axes[axis].count) = sizes[0];
    return DGBA_OK;
}

static dgba_status read_counts(dgba_results *results, dgba_h5 *file) {
    for (int i = 0; i < AXIS_COUNT; ++i)
        if (i <= AXIS_IMAGE || dgba_h5_has(file, results_axes[i].scale))
            DGBA_TRY(results_read_count(results, file, (results_axis)i));
    return DGBA_OK;
}

static dgba_status read_texts(char *rows, size_t row_bytes, int64_t count, dgba_h5 *file, const char *path,
                              const column_about *column) {
    dgba_names texts = {0};
    DGBA_TRY(dgba_h5_read_texts(&texts, file, path));
    dgba_status status = DGBA_OK;
    if (texts.count != count)
        status = dgba_fail(DGBA_E_FORMAT, "%s:%s: %lld rows; expected %lld", dgba_h5_name(file), path,
                           (long long)texts.count, (long long)count);
    for (int64_t i = 0; i < count && status == DGBA_OK; ++i)
        dgba_results_set_text(FIELD(char *, rows + (size_t)i * row_bytes, column->offset), texts.items[i]);
    dgba_names_free(&texts);
    return status;
}

static dgba_status read_numbers(char *rows, size_t row_bytes, int64_t count, dgba_h5 *file, const char *path,
                                const column_about *column) {
    int64_t *values = NULL; // or doubles: both have 8 bytes
    DGBA_TRY(DGBA_NEW(&values, count));
    const dgba_h5_type type = column->type == COLUMN_REAL ? DGBA_H5_F64 : DGBA_H5_I64;
    const dgba_status status = dgba_h5_read(values, file, path, type, count);
    for (int64_t i = 0; i < count && status == DGBA_OK; ++i)
        memcpy(rows + (size_t)i * row_bytes + column->offset, &values[i], sizeof *values);
    dgba_free(values);
    return status;
}

dgba_status results_read_table(dgba_results *results, dgba_h5 *file, const table_about *table) {
    char *rows = *FIELD(char *, results, table->rows);
    int64_t count = 0;
    DGBA_TRY(results_table_count(&count, results, table));
    dgba_text path = {0};
    dgba_status status = DGBA_OK;
    for (int64_t c = 0; c < table->column_count; ++c) {
        const column_about *column = &table->columns[c];
        dgba_path_join(&path, table->group, column->name);
        if (!dgba_h5_has(file, dgba_text_chars(&path))) continue;
        DGBA_TRY_OUT((column->type == COLUMN_TEXT ? read_texts : read_numbers)(rows, table->row_bytes, count, file,
                                                                               dgba_text_chars(&path), column));
    }
out:
    dgba_text_free(&path);
    return status;
}

static dgba_status read_array(dgba_results *results, dgba_h5 *file, const array_about *array) {
    int64_t count = 0;
    DGBA_TRY(results_array_count(&count, results, array));
    if (!dgba_h5_has(file, array->path)) return DGBA_OK;
    return dgba_h5_read(*FIELD(void *, results, array->values), file, array->path, results_h5_types[array->type], count);
}

/** A row that points to a row: readers index with it. */
static dgba_status check_reference(const char *column, int64_t row, int64_t value, int64_t count, const char *rows) {
    if (value >= 0 && value < count) return DGBA_OK;
    return dgba_fail(DGBA_E_FORMAT, "%s: row %lld is %lld; there are %lld %s", column, (long long)row, (long long)value,
                     (long long)count, rows);
}

static dgba_status check_references(const dgba_results *r) {
    int64_t transfers = 0;
    DGBA_TRY(results_table_count(&transfers, r, &results_tables[TABLE_TRANSFER]));
    for (int64_t i = 0; i < r->metric_count; ++i)
        DGBA_TRY(check_reference("/metrics/task", i, r->metrics[i].task, r->task_count, "tasks"));
    for (int64_t i = 0; i < r->attack_count; ++i)
        DGBA_TRY(check_reference("/attacks/model", i, r->attacks[i].model, r->model_count, "models"));
    for (int64_t i = 0; i < transfers; ++i)
        DGBA_TRY(check_reference("/transfer/attack", i, r->transfers[i].attack, r->attack_count, "attacks"));
    for (int64_t i = 0; i < r->solve_count; ++i)
        DGBA_TRY(check_reference("/ilp/attack", i, r->solves[i].attack, r->attack_count, "attacks"));
    for (int64_t i = 0; i < r->answer_count; ++i)
        DGBA_TRY(check_reference("/answers/task", i, r->answers[i].task, r->task_count, "tasks"));
    for (int64_t i = 0; i < r->class_count; ++i)
        DGBA_TRY(check_reference("/classes/task", i, r->classes[i].task, r->task_count, "tasks"));
    for (int64_t i = 0; i < r->example_count; ++i)
        DGBA_TRY(check_reference("/examples/attack", i, r->examples[i].attack, r->attack_count, "attacks"));
    if (r->example_image_count > r->image_count)
        return dgba_fail(DGBA_E_FORMAT, "/example_image: %lld images; the run has %lld", (long long)r->example_image_count,
                         (long long)r->image_count);
    return DGBA_OK;
}

/** The file must have what is large. */
static dgba_status check_large(dgba_h5 *file, const char *path, int64_t count) {
    int axes = 0;
    int64_t sizes[DGBA_H5_MOST_AXES], found = 1;
    if (count <= MOST_MISSING) return DGBA_OK;
    DGBA_TRY(dgba_h5_sizes(&axes, sizes, file, path));
    for (int i = 0; i < axes; ++i) found *= sizes[i];
    if (found == count) return DGBA_OK;
    return dgba_fail(DGBA_E_FORMAT, "%s:%s: %lld elements; the axes have %lld", dgba_h5_name(file), path, (long long)found,
                     (long long)count);
}

/** Memory is taken for all that the axes multiply to, of which a small file can tell any number. */
static dgba_status check_memory(const dgba_results *results, dgba_h5 *file) {
    int64_t count = 0;
    dgba_text path = {0};
    dgba_status status = DGBA_OK;
    for (int i = 0; i < TABLE_COUNT; ++i) {
        DGBA_TRY_OUT(results_table_count(&count, results, &results_tables[i]));
        dgba_path_join(&path, results_tables[i].group, results_tables[i].columns[0].name);
        DGBA_TRY_OUT(check_large(file, dgba_text_chars(&path), count));
    }
    for (int i = 0; i < ARRAY_COUNT; ++i) {
        DGBA_TRY_OUT(results_array_count(&count, results, &results_arrays[i]));
        DGBA_TRY_OUT(check_large(file, results_arrays[i].path, count));
    }
out:
    dgba_text_free(&path);
    return status;
}

static dgba_status read_content(dgba_results *results, dgba_h5 *file) {
    DGBA_TRY(check_format(file));
    DGBA_TRY(read_counts(results, file));
    DGBA_TRY(check_memory(results, file));
    DGBA_TRY(dgba_results_allocate(results));
    DGBA_TRY(read_provenance(&results->run, file));
    DGBA_TRY(dgba_h5_read(results->images, file, results_axes[AXIS_IMAGE].scale, DGBA_H5_I64, results->image_count));
    for (int i = 0; i < TABLE_COUNT; ++i) DGBA_TRY(results_read_table(results, file, &results_tables[i]));
    for (int i = 0; i < ARRAY_COUNT; ++i) DGBA_TRY(read_array(results, file, &results_arrays[i]));
    return dgba_context(check_references(results), "%s", dgba_h5_name(file));
}

dgba_status dgba_results_read(dgba_results *out, const char *path) {
    *out = (dgba_results){0};
    dgba_h5 *file = NULL;
    DGBA_TRY(dgba_h5_open(&file, path));
    const dgba_status status = read_content(out, file);
    if (status != DGBA_OK) dgba_results_free(out);
    dgba_h5_close(&file);
    return status;
}
