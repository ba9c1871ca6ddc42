#include <math.h>

#include "schema.h"

static char **provenance_texts(dgba_results *results) { return (char **)&results->run; }

void dgba_results_set_text(char **field, const char *value) {
    char *copy = dgba_text_copy(value); // before the old text goes: they may be the same
    dgba_free(*field);
    *field = copy;
}

dgba_status results_allocate_table(dgba_results *results, const table_about *table) {
    char **rows = FIELD(char *, results, table->rows);
    int64_t count = 0;
    DGBA_TRY(results_table_count(&count, results, table));
    DGBA_TRY(dgba_allocate((void **)rows, count, table->row_bytes));
    for (int64_t row = 0; row < count; ++row) {
        char *fields = *rows + (size_t)row * table->row_bytes;
        for (int64_t c = 0; c < table->column_count; ++c) {
            const column_about *column = &table->columns[c];
            if (column->type == COLUMN_TEXT) *FIELD(char *, fields, column->offset) = dgba_text_copy("");
            if (column->type == COLUMN_REAL) *FIELD(double, fields, column->offset) = NAN;
        }
    }
    return DGBA_OK;
}

static dgba_status allocate_array(dgba_results *results, const array_about *array) {
    static const size_t bytes[] = {[ARRAY_F64] = sizeof(double), [ARRAY_F32] = sizeof(float), [ARRAY_U8] = 1};
    void **values = FIELD(void *, results, array->values);
    int64_t count = 0;
    DGBA_TRY(results_array_count(&count, results, array));
    DGBA_TRY(dgba_allocate(values, count, bytes[array->type]));
    for (int64_t i = 0; i < count && array->type == ARRAY_F64; ++i) ((double *)*values)[i] = NAN;
    for (int64_t i = 0; i < count && array->type == ARRAY_F32; ++i) ((float *)*values)[i] = NAN;
    return DGBA_OK;
}

dgba_status dgba_results_allocate(dgba_results *results) {
    dgba_status status = DGBA_OK;
    for (int i = 0; i < PROVENANCE_COUNT; ++i)
        if (provenance_texts(results)[i] == NULL) provenance_texts(results)[i] = dgba_text_copy("");
    for (int i = 0; i < TABLE_COUNT; ++i) DGBA_TRY_OUT(results_allocate_table(results, &results_tables[i]));
    for (int i = 0; i < ARRAY_COUNT; ++i) DGBA_TRY_OUT(allocate_array(results, &results_arrays[i]));
    DGBA_TRY_OUT(DGBA_NEW(&results->images, results->image_count));
out:
    if (status != DGBA_OK) dgba_results_free(results);
    return status;
}

void results_free_table(dgba_results *results, const table_about *table) {
    char *rows = *FIELD(char *, results, table->rows);
    int64_t count = 0;
    if (rows != NULL) DGBA_ASSERT(results_table_count(&count, results, table) == DGBA_OK); // it was allocated
    for (int64_t row = 0; row < count; ++row)
        for (int64_t c = 0; c < table->column_count; ++c)
            if (table->columns[c].type == COLUMN_TEXT)
                dgba_free(*FIELD(char *, rows + (size_t)row * table->row_bytes, table->columns[c].offset));
    dgba_free(rows);
}

void dgba_results_free(dgba_results *results) {
    for (int i = 0; i < PROVENANCE_COUNT; ++i) dgba_free(provenance_texts(results)[i]);
    for (int i = 0; i < TABLE_COUNT; ++i) results_free_table(results, &results_tables[i]);
    for (int i = 0; i < ARRAY_COUNT; ++i) dgba_free(*FIELD(void *, results, results_arrays[i].values));
    dgba_free(results->images);
    *results = (dgba_results){0};
}
