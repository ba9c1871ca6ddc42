#include <string.h>

#include "table.h"

enum { LINE_WIDTH = 120, GAP = 2 };

/** Places on the screen: bytes that are not the continuation of a UTF-8 character. */
static int64_t width_of(const char *text, size_t bytes) {
    int64_t width = 0;
    for (size_t i = 0; i < bytes; ++i) width += ((unsigned char)text[i] & 0xC0) != 0x80;
    return width;
}

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

static int64_t *column_widths(const table *t) {
    int64_t *widths = NULL;
    size_t bytes = 0;
    report_need(DGBA_NEW(&widths, t->column_count));
    const int64_t rows = table_rows(t);
    for (int64_t c = 0; c < t->column_count; ++c) {
        const char *title = t->columns[c].title;
        for (int64_t i = 0; i < count_lines(title); ++i) {
            const char *line = line_of(&bytes, title, i);
            if (width_of(line, bytes) > widths[c]) widths[c] = width_of(line, bytes);
        }
        for (int64_t r = 0; r < rows; ++r) {
            const char *cell = table_cell(t, r, c);
            if (width_of(cell, strlen(cell)) > widths[c]) widths[c] = width_of(cell, strlen(cell));
        }
    }
    return widths;
}

/** A part of a wide table: the key columns and the columns first .. end-1. */
typedef struct part {
    const table *table;
    const int64_t *widths;
    int64_t first, end;
} part;

static bool in_part(const part *p, int64_t column) {
    return column < p->table->key_columns || (column >= p->first && column < p->end);
}

static void print_blanks(dgba_text *out, int64_t count) {
    if (count > 0) dgba_text_add(out, "%*s", (int)count, "");
}

static void end_line(dgba_text *out) {
    while (out->length > 0 && out->chars[out->length - 1] == ' ') out->chars[--out->length] = '\0';
    dgba_text_add(out, "\n");
}

static void print_aligned(dgba_text *out, const part *p, int64_t column, const char *text, size_t bytes) {
    const int64_t blanks = p->widths[column] - width_of(text, bytes);
    const bool right = p->table->columns[column].align == TABLE_RIGHT;
    if (column > 0) print_blanks(out, GAP);
    if (right) print_blanks(out, blanks);
    dgba_text_add(out, "%.*s", (int)bytes, text);
    if (!right) print_blanks(out, blanks);
}

/** Titles stand at the bottom of the heading. */
static void print_heading(dgba_text *out, const part *p) {
    int64_t lines = 1;
    for (int64_t c = 0; c < p->table->column_count; ++c)
        if (in_part(p, c) && count_lines(p->table->columns[c].title) > lines)
            lines = count_lines(p->table->columns[c].title);
    for (int64_t i = 0; i < lines; ++i) {
        for (int64_t c = 0; c < p->table->column_count; ++c) {
            if (!in_part(p, c)) continue;
            const char *title = p->table->columns[c].title;
            const int64_t line = i - (lines - count_lines(title));
            size_t bytes = 0;
            const char *text = line >= 0 ? line_of(&bytes, title, line) : "";
            print_aligned(out, p, c, text, bytes);
        }
        end_line(out);
    }
}

static void print_part(dgba_text *out, const part *p) {
    print_heading(out, p);
    for (int64_t r = 0; r < table_rows(p->table); ++r) {
        for (int64_t c = 0; c < p->table->column_count; ++c) {
            const char *cell = table_cell(p->table, r, c);
            if (in_part(p, c)) print_aligned(out, p, c, cell, strlen(cell));
        }
        end_line(out);
    }
}

/** The end of the part that begins with column `first`: at least one column, as many as fit. */
static int64_t end_of_part(const table *t, const int64_t *widths, int64_t first) {
    int64_t used = 0, end = first;
    for (int64_t c = 0; c < t->key_columns; ++c) used += widths[c] + GAP;
    while (end < t->column_count && (end == first || used + widths[end] <= LINE_WIDTH)) used += widths[end++] + GAP;
    return end;
}

void table_print_text(dgba_text *out, const table *t) {
    int64_t *widths = column_widths(t);
    for (int64_t first = t->key_columns; first < t->column_count;) {
        const part p = {.table = t, .widths = widths, .first = first, .end = end_of_part(t, widths, first)};
        if (first > t->key_columns) dgba_text_add(out, "\n");
        print_part(out, &p);
        first = p.end;
    }
    dgba_free(widths);
}
