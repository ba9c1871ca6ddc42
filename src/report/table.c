#include "table.h"

#include <stdarg.h>
#include <stdio.h>

void report_need(dgba_status status) {
    if (status != DGBA_OK) dgba_panic(__FILE__, __LINE__, "out of memory for a report");
}

/** A formatted copy, freed with dgba_free(). */
DGBA_PRINTF(1, 0) __attribute__((nonnull(1))) static char *format_copy(const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    const int length = vsnprintf(NULL, 0, format, arguments);
    DGBA_ASSERT(length >= 0);
    char *copy = NULL;
    report_need(DGBA_NEW(&copy, (int64_t)length + 1));
    vsnprintf(copy, (size_t)length + 1, format, again);
    va_end(again);
    return copy;
}

void table_column_add(table *t, table_align align, const char *format, ...) {
    DGBA_ASSERT(t->cell_count == 0);
    report_need(DGBA_GROW(&t->columns, t->column_count));
    va_list arguments;
    va_start(arguments, format);
    t->columns[t->column_count++] = (table_column){.title = format_copy(format, arguments), .align = align};
    va_end(arguments);
}

static void add_cell(table *t, char *cell) {
    report_need(DGBA_GROW(&t->cells, t->cell_count));
    t->cells[t->cell_count++] = cell;
}

void table_add(table *t, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    add_cell(t, format_copy(format, arguments));
    va_end(arguments);
}

void table_add_blank(table *t) { add_cell(t, dgba_text_copy("")); }

int64_t table_rows(const table *t) {
    if (t->column_count == 0) return 0;
    DGBA_ASSERT(t->cell_count % t->column_count == 0);
    return t->cell_count / t->column_count;
}

const char *table_cell(const table *t, int64_t row, int64_t column) { return t->cells[row * t->column_count + column]; }

void table_free(table *t) {
    for (int64_t i = 0; i < t->column_count; ++i) dgba_free(t->columns[i].title);
    for (int64_t i = 0; i < t->cell_count; ++i) dgba_free(t->cells[i]);
    dgba_free(t->columns);
    dgba_free(t->cells);
    *t = (table){0};
}
