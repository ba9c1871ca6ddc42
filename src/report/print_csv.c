#include <string.h>

#include "print.h"

static void print_field(dgba_text *out, const char *field) {
    if (out->length > 0 && out->chars[out->length - 1] != '\n') dgba_text_add(out, ",");
    if (strpbrk(field, ",\"\r\n") == NULL) {
        dgba_text_add(out, "%s", field);
        return;
    }
    dgba_text_add(out, "\"");
    for (const char *c = field; *c != '\0'; ++c) dgba_text_add(out, *c == '"' ? "\"\"" : "%c", *c);
    dgba_text_add(out, "\"");
}

static void print_real(dgba_text *out, bool present, double value) {
    dgba_text text = {0};
    if (present) dgba_text_add_real(&text, value);
    print_field(out, dgba_text_chars(&text));
    dgba_text_free(&text);
}

/* ---- Columns ---- */

/** A column of the printed table: the columns of that title and unit of all tables of a section. */
typedef struct csv_column {
    dgba_text name;
    bool has_means;
} csv_column;

typedef struct csv_columns {
    csv_column *items;
    int64_t count;
} csv_columns;

/** "ARP (%)"; `out` is cleared first. */
static void name_of(dgba_text *out, const table_column *column) {
    dgba_text_clear(out);
    text_add_one_line(out, column->title);
    if (column->unit[0] != '\0') dgba_text_add(out, " (%s)", column->unit);
}

/** The column of that name after the first `from`, or -1: equal names within one table stay apart. */
static int64_t find_column(const csv_columns *all, const char *name, int64_t from) {
    for (int64_t i = from; i < all->count; ++i)
        if (strcmp(dgba_text_chars(&all->items[i].name), name) == 0) return i;
    return -1;
}

/** The place of column `column` of a table among all. */
static int64_t place_of(const csv_columns *all, const table *t, int64_t column) {
    dgba_text name = {0}, before = {0};
    name_of(&name, &t->columns[column]);
    int64_t place = find_column(all, dgba_text_chars(&name), 0);
    for (int64_t c = 0; c < column && place >= 0; ++c) {
        name_of(&before, &t->columns[c]);
        if (strcmp(dgba_text_chars(&before), dgba_text_chars(&name)) == 0)
            place = find_column(all, dgba_text_chars(&name), place + 1);
    }
    dgba_text_free(&before);
    dgba_text_free(&name);
    return place;
}

static void add_columns(csv_columns *all, const table *t) {
    for (int64_t c = 0; c < t->column_count; ++c) {
        int64_t place = place_of(all, t, c);
        if (place < 0) {
            report_need(DGBA_GROW(&all->items, all->count));
            place = all->count++;
            all->items[place] = (csv_column){0};
            name_of(&all->items[place].name, &t->columns[c]);
        }
        all->items[place].has_means |= table_has_means(t, c);
    }
}

static void free_columns(csv_columns *all) {
    for (int64_t i = 0; i < all->count; ++i) dgba_text_free(&all->items[i].name);
    dgba_free(all->items);
}

/* ---- Rows ---- */

static void print_name(dgba_text *out, const csv_column *column) {
    dgba_text name = {0};
    print_field(out, dgba_text_chars(&column->name));
    dgba_text_add(&name, "%s sd", dgba_text_chars(&column->name));
    if (column->has_means) print_field(out, name.chars);
    dgba_text_clear(&name);
    dgba_text_add(&name, "%s n", dgba_text_chars(&column->name));
    if (column->has_means) print_field(out, name.chars);
    dgba_text_free(&name);
}

/** The fields of a cell; NULL: the table has no such column. */
static void print_cell(dgba_text *out, const csv_column *column, const table_cell *cell) {
    const statistic none = {0}, *s = cell != NULL ? &cell->number : &none;
    if (cell != NULL && cell->text != NULL)
        print_field(out, cell->text);
    else
        print_real(out, s->count > 0, s->mean);
    if (!column->has_means) return;
    print_real(out, s->count > 1, statistic_deviation(s));
    print_real(out, cell != NULL && cell->text == NULL, (double)s->count);
}

static void print_row(dgba_text *out, const csv_columns *all, const table *t, int64_t row) {
    const table_cell **cells = NULL;
    report_need(DGBA_NEW(&cells, all->count));
    for (int64_t c = 0; c < t->column_count; ++c) cells[place_of(all, t, c)] = table_at(t, row, c);
    for (int64_t i = 0; i < all->count; ++i) print_cell(out, &all->items[i], cells[i]);
    dgba_free(cells);
}

static void print_section(dgba_text *out, const dgba_provenance *run, const section *s) {
    csv_columns all = {0};
    dgba_text hash = {0};
    text_config_hash(&hash, run);
    for (int64_t i = 0; i < s->table_count; ++i) add_columns(&all, &s->tables[i]);
    dgba_text_add(out, "run_id,commit,configuration%s", s->table_count > 1 ? ",table" : "");
    for (int64_t i = 0; i < all.count; ++i) print_name(out, &all.items[i]);
    dgba_text_add(out, "\n");
    for (int64_t i = 0; i < s->table_count; ++i) {
        const table *t = &s->tables[i];
        for (int64_t r = 0; r < table_rows(t); ++r) {
            print_field(out, run->run_id);
            print_field(out, run->git_commit);
            print_field(out, dgba_text_chars(&hash));
            if (s->table_count > 1) print_field(out, t->title != NULL ? t->title : "");
            print_row(out, &all, t, r);
            dgba_text_add(out, "\n");
        }
    }
    dgba_text_free(&hash);
    free_columns(&all);
}

void report_print_csv(dgba_text *out, const report *r) {
    for (int64_t i = 0; i < r->section_count; ++i) {
        if (!section_has_tables(&r->sections[i])) continue;
        if (out->length > 0) dgba_text_add(out, "\n");
        print_section(out, r->run, &r->sections[i]);
    }
    if (out->length == 0) dgba_text_add(out, "run_id,commit,configuration\n"); // a table without rows, which can be read
}
