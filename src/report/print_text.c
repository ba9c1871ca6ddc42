#include <string.h>

#include "print.h"

enum { LINE_WIDTH = 120, GAP = 2 };

/** Line `index` of a text, without its end; empty beyond the last. */
static const char *line_of(size_t *bytes, const char *text, int64_t index) {
    for (; index > 0 && *text != '\0'; --index) {
        text += strcspn(text, "\n");
        if (*text == '\n') ++text;
    }
    *bytes = strcspn(text, "\n");
    return text;
}

static int64_t count_lines(const char *text) {
    int64_t lines = 1;
    for (; *text != '\0'; ++text) lines += *text == '\n';
    return lines;
}

/** The title with the unit below it. */
static void heading_of(dgba_text *out, const table_column *column) {
    dgba_text_clear(out);
    dgba_text_add(out, "%s%s%s", column->title, column->unit[0] != '\0' ? "\n" : "", column->unit);
}

static bool marks_best(const table *t, int64_t column) {
    for (int64_t r = 0; r < table_rows(t); ++r)
        if (table_at(t, r, column)->best) return true;
    return false;
}

/** A table as texts: what is printed where. */
typedef struct sheet {
    const table *table;
    dgba_text *headings; // [column]
    dgba_text *cells;    // [row][column]
    int64_t *widths;     // [column]
    bool *marked;        // [column] has a place for the mark behind its numbers
    int64_t first, end;  // the part that is printed: the key columns and these
} sheet;

static void widen(int64_t *width, const dgba_text *text) {
    const int64_t own = text_width(dgba_text_chars(text));
    if (own > *width) *width = own;
}

static void sheet_build(sheet *s, const table *t) {
    const int64_t rows = table_rows(t), columns = t->column_count;
    *s = (sheet){.table = t};
    report_need(DGBA_NEW(&s->headings, columns));
    report_need(DGBA_NEW(&s->cells, rows * columns));
    report_need(DGBA_NEW(&s->widths, columns));
    report_need(DGBA_NEW(&s->marked, columns));
    for (int64_t c = 0; c < columns; ++c) {
        s->marked[c] = marks_best(t, c);
        heading_of(&s->headings[c], &t->columns[c]);
        for (int64_t r = 0; r < rows; ++r) {
            dgba_text *cell = &s->cells[r * columns + c];
            table_cell_text(cell, t, r, c);
            if (s->marked[c]) dgba_text_add(cell, table_at(t, r, c)->best ? "*" : " ");
            widen(&s->widths[c], cell);
        }
        widen(&s->widths[c], &s->headings[c]);
    }
}

static void sheet_free(sheet *s) {
    for (int64_t c = 0; c < s->table->column_count; ++c) dgba_text_free(&s->headings[c]);
    for (int64_t i = 0; i < s->table->cell_count; ++i) dgba_text_free(&s->cells[i]);
    dgba_free(s->headings);
    dgba_free(s->cells);
    dgba_free(s->widths);
    dgba_free(s->marked);
}

static bool in_part(const sheet *s, int64_t column) {
    return column < s->table->key_columns || (column >= s->first && column < s->end);
}

static void print_blanks(dgba_text *out, int64_t count) {
    if (count > 0) dgba_text_add(out, "%*s", (int)count, "");
}

static void end_line(dgba_text *out) {
    while (out->length > 0 && out->chars[out->length - 1] == ' ') out->chars[--out->length] = '\0';
    dgba_text_add(out, "\n");
}

static void print_aligned(dgba_text *out, const sheet *s, int64_t column, const char *text, size_t bytes) {
    const int64_t blanks = s->widths[column] - text_places(text, bytes);
    const bool right = s->table->columns[column].align == TABLE_RIGHT;
    if (column > 0) print_blanks(out, GAP);
    if (right) print_blanks(out, blanks);
    dgba_text_add(out, "%.*s", (int)bytes, text);
    if (!right) print_blanks(out, blanks);
}

/** Titles stand at the bottom of the heading. */
static void print_heading(dgba_text *out, const sheet *s) {
    int64_t lines = 1;
    for (int64_t c = 0; c < s->table->column_count; ++c) {
        const int64_t own = count_lines(s->headings[c].chars);
        if (in_part(s, c) && own > lines) lines = own;
    }
    for (int64_t i = 0; i < lines; ++i) {
        for (int64_t c = 0; c < s->table->column_count; ++c) {
            if (!in_part(s, c)) continue;
            const int64_t line = i - (lines - count_lines(s->headings[c].chars));
            size_t bytes = 0;
            const char *text = line >= 0 ? line_of(&bytes, s->headings[c].chars, line) : "";
            print_aligned(out, s, c, text, bytes);
        }
        end_line(out);
    }
}

static void print_part(dgba_text *out, const sheet *s) {
    print_heading(out, s);
    for (int64_t r = 0; r < table_rows(s->table); ++r) {
        for (int64_t c = 0; c < s->table->column_count; ++c) {
            const dgba_text *cell = &s->cells[r * s->table->column_count + c];
            if (in_part(s, c)) print_aligned(out, s, c, dgba_text_chars(cell), cell->length);
        }
        end_line(out);
    }
}

static void print_table(dgba_text *out, const table *t) {
    sheet s;
    sheet_build(&s, t);
    if (t->title != NULL) dgba_text_add(out, "\n%s\n", t->title);
    for (s.first = t->key_columns; s.first < t->column_count; s.first = s.end) {
        s.end = table_part_end(t, s.widths, s.first, GAP, LINE_WIDTH);
        if (t->title == NULL || s.first > t->key_columns) dgba_text_add(out, "\n");
        print_part(out, &s);
    }
    sheet_free(&s);
}

/** A paragraph, broken between words. */
static void print_paragraph(dgba_text *out, const char *text) {
    int64_t used = 0;
    while (*text != '\0') {
        const size_t bytes = strcspn(text, " ");
        const int64_t width = text_places(text, bytes);
        if (used > 0) dgba_text_add(out, used + 1 + width > LINE_WIDTH ? "\n" : " ");
        used = used > 0 && used + 1 + width <= LINE_WIDTH ? used + 1 + width : width;
        dgba_text_add(out, "%.*s", (int)bytes, text);
        text += bytes;
        text += *text == ' ';
    }
    dgba_text_add(out, "\n");
}

static void print_line(dgba_text *out, const char *name, const char *value) {
    if (value[0] != '\0') dgba_text_add(out, "%-14s%s\n", name, value);
}

static void print_run(dgba_text *out, const report *r) {
    const dgba_provenance *run = r->run;
    dgba_text hash = {0};
    text_config_hash(&hash, run);
    print_line(out, "run", run->name);
    print_line(out, "run id", run->run_id);
    print_line(out, "configuration", dgba_text_chars(&hash));
    print_line(out, "data", run->data_name);
    print_line(out, "commit", run->git_commit);
    print_line(out, "host", run->host);
    print_line(out, "BLAS core", run->blas_core);
    print_line(out, "finished", run->finished);
    print_line(out, "only", r->where);
    dgba_text_free(&hash);
}

void report_print_text(dgba_text *out, const report *r) {
    print_run(out, r);
    for (int64_t i = 0; i < r->section_count; ++i) {
        const section *s = &r->sections[i];
        if (!section_has_tables(s)) continue;
        dgba_text_add(out, "\n%s\n", s->title);
        if (s->note != NULL) print_paragraph(out, s->note);
        for (int64_t j = 0; j < s->table_count; ++j) print_table(out, &s->tables[j]);
    }
    text_add_emptiness(out, r);
}
