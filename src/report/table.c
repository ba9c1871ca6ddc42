#include "table.h"

#include <math.h>
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

#define FORMATTED(out, format)                  \
    do {                                        \
        va_list arguments;                      \
        va_start(arguments, format);            \
        (out) = format_copy(format, arguments); \
        va_end(arguments);                      \
    } while (0)

static table_column *add_column(table *t) {
    DGBA_ASSERT(t->cell_count == 0);
    report_need(DGBA_GROW(&t->columns, t->column_count));
    table_column *column = &t->columns[t->column_count++];
    *column = (table_column){.unit = ""};
    return column;
}

void table_add_texts(table *t, table_align align, const char *format, ...) {
    table_column *column = add_column(t);
    column->align = align;
    FORMATTED(column->title, format);
}

void table_add_numbers(table *t, int decimals, const char *unit, table_best best, const char *format, ...) {
    table_column *column = add_column(t);
    column->align = TABLE_RIGHT;
    column->decimals = decimals;
    column->unit = unit;
    column->best = best;
    FORMATTED(column->title, format);
}

static table_cell *add_cell(table *t) {
    report_need(DGBA_GROW(&t->cells, t->cell_count));
    table_cell *cell = &t->cells[t->cell_count++];
    *cell = (table_cell){0};
    return cell;
}

void table_text(table *t, const char *format, ...) {
    table_cell *cell = add_cell(t);
    FORMATTED(cell->text, format);
}

void table_blank(table *t) { add_cell(t)->text = dgba_text_copy(""); }

void table_number(table *t, const statistic *number, int64_t expected) {
    table_cell *cell = add_cell(t);
    cell->number = *number;
    cell->expected = expected;
}

void table_value(table *t, double value) {
    const statistic number = statistic_of(value);
    table_number(t, &number, 1);
}

int64_t table_rows(const table *t) {
    if (t->column_count == 0) return 0;
    DGBA_ASSERT(t->cell_count % t->column_count == 0);
    return t->cell_count / t->column_count;
}

const table_cell *table_at(const table *t, int64_t row, int64_t column) {
    return &t->cells[row * t->column_count + column];
}

void table_cell_text(dgba_text *out, const table *t, int64_t row, int64_t column) {
    const table_cell *cell = table_at(t, row, column);
    statistic_text(out, &cell->number, t->columns[column].decimals, cell->expected);
    if (cell->text != NULL) dgba_text_add(out, "%s", cell->text);
}

bool table_has_means(const table *t, int64_t column) {
    for (int64_t r = 0; r < table_rows(t); ++r) {
        const table_cell *cell = table_at(t, r, column);
        if (cell->number.count > 1 || cell->expected > 1) return true;
    }
    return false;
}

/* ---- The best ---- */

/** Marks the best of `count` cells that lie `stride` apart. */
static void mark_best(table_cell *cells, int64_t count, int64_t stride, table_best direction) {
    const double sign = direction == TABLE_BEST_LOW ? -1 : 1;
    int64_t most = 0, present = 0;
    double best = -INFINITY;
    for (int64_t i = 0; i < count; ++i) {
        const int64_t behind = cells[i * stride].number.count;
        present += behind > 0;
        if (behind > most) most = behind;
    }
    if (direction == TABLE_BEST_NONE || present < 2) return;
    for (int64_t i = 0; i < count; ++i) {
        const statistic *s = &cells[i * stride].number;
        if (s->count == most && sign * s->mean > best) best = sign * s->mean;
    }
    for (int64_t i = 0; i < count; ++i) {
        const statistic *s = &cells[i * stride].number;
        cells[i * stride].best = s->count == most && sign * s->mean == best;
    }
}

void table_mark_best(table *t) {
    const int64_t rows = table_rows(t);
    for (int64_t c = 0; c < t->column_count; ++c) mark_best(t->cells + c, rows, t->column_count, t->columns[c].best);
}

void table_mark_best_in_rows(table *t) {
    for (int64_t r = 0; r < table_rows(t); ++r)
        mark_best(t->cells + r * t->column_count + t->key_columns, t->column_count - t->key_columns, 1,
                  t->columns[t->key_columns].best);
}

static void free_table(table *t) {
    for (int64_t i = 0; i < t->column_count; ++i) dgba_free(t->columns[i].title);
    for (int64_t i = 0; i < t->cell_count; ++i) dgba_free(t->cells[i].text);
    dgba_free(t->columns);
    dgba_free(t->cells);
    dgba_free(t->title);
}

/* ---- Sections ---- */

section *report_add_section(report *r, const char *name, const char *title) {
    report_need(DGBA_GROW(&r->sections, r->section_count));
    section *s = &r->sections[r->section_count++];
    *s = (section){.name = name, .title = dgba_text_copy(title)};
    return s;
}

table *section_add_table(section *s) {
    report_need(DGBA_GROW(&s->tables, s->table_count));
    table *t = &s->tables[s->table_count++];
    *t = (table){0};
    return t;
}

void section_drop_empty(section *s) {
    if (s->table_count > 0 && table_rows(&s->tables[s->table_count - 1]) == 0) free_table(&s->tables[--s->table_count]);
}

void section_set_note(section *s, const char *format, ...) {
    dgba_free(s->note);
    FORMATTED(s->note, format);
}

void table_set_title(table *t, const char *format, ...) {
    dgba_free(t->title);
    FORMATTED(t->title, format);
}

void report_free(report *r) {
    for (int64_t i = 0; i < r->section_count; ++i) {
        section *s = &r->sections[i];
        for (int64_t j = 0; j < s->table_count; ++j) free_table(&s->tables[j]);
        dgba_free(s->tables);
        dgba_free(s->title);
        dgba_free(s->note);
    }
    dgba_free(r->sections);
    *r = (report){0};
}
