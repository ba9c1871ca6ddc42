#include <string.h>

#include "print.h"

void text_add_html(dgba_text *out, const char *text) {
    for (const char *c = text; *c != '\0'; ++c) {
        switch (*c) {
            case '&': dgba_text_add(out, "&amp;"); break;
            case '<': dgba_text_add(out, "&lt;"); break;
            case '>': dgba_text_add(out, "&gt;"); break;
            case '"': dgba_text_add(out, "&quot;"); break;
            case '\n': dgba_text_add(out, "<br>"); break;
            default: dgba_text_add(out, "%c", *c);
        }
    }
}

static const char *class_of(const table_column *column) { return column->align == TABLE_RIGHT ? " class=\"number\"" : ""; }

static void print_heading(dgba_text *out, const table *t) {
    dgba_text_add(out, "<thead><tr>");
    for (int64_t c = 0; c < t->column_count; ++c) {
        const table_column *column = &t->columns[c];
        dgba_text_add(out, "<th scope=\"col\"%s>", class_of(column));
        text_add_html(out, column->title);
        if (column->unit[0] != '\0') dgba_text_add(out, " <small>%s</small>", column->unit);
        dgba_text_add(out, "</th>");
    }
    dgba_text_add(out, "</tr></thead>\n");
}

/** A text that may be broken after "|", where trees of layouts have their levels. */
static void add_text(dgba_text *out, const char *text) {
    for (const char *part = text; *part != '\0';) {
        const size_t length = strcspn(part, "|"), bytes = length + (part[length] != '\0');
        dgba_text words = {0};
        dgba_text_add(&words, "%.*s", (int)bytes, part);
        text_add_html(out, words.chars);
        if (part[length] != '\0') dgba_text_add(out, "<wbr>");
        dgba_text_free(&words);
        part += bytes;
    }
}

/** A number carries its value for sorting, which is not what is shown. */
static void print_cell(dgba_text *out, const table *t, int64_t row, int64_t column) {
    const table_cell *cell = table_at(t, row, column);
    const char *tag = column == 0 ? "th scope=\"row\"" : "td";
    dgba_text text = {0};
    table_cell_text(&text, t, row, column);
    dgba_text_add(out, "<%s%s", tag, class_of(&t->columns[column]));
    if (cell->number.count > 0) {
        dgba_text_add(out, " data-value=\"");
        dgba_text_add_real(out, cell->number.mean);
        dgba_text_add(out, "\"");
    }
    dgba_text_add(out, "%s", cell->best ? "><strong>" : ">");
    if (cell->text != NULL)
        add_text(out, cell->text);
    else
        text_add_number(out, dgba_text_chars(&text));
    dgba_text_add(out, "%s</%s>", cell->best ? "</strong>" : "", column == 0 ? "th" : "td");
    dgba_text_free(&text);
}

void report_print_html_table(dgba_text *out, const table *t) {
    dgba_text_add(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"table");
    if (t->title != NULL) dgba_text_add(out, ": ");
    if (t->title != NULL) text_add_html(out, t->title);
    dgba_text_add(out, "\"><table>\n");
    print_heading(out, t);
    dgba_text_add(out, "<tbody>\n");
    for (int64_t r = 0; r < table_rows(t); ++r) {
        dgba_text_add(out, "<tr>");
        for (int64_t c = 0; c < t->column_count; ++c) print_cell(out, t, r, c);
        dgba_text_add(out, "</tr>\n");
    }
    dgba_text_add(out, "</tbody></table></div>\n");
}
