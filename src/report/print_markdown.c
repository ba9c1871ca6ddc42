#include "print.h"

static const char special[] = "\\`*_{}[]<>|~#";

static void print_heading(dgba_text *out, const table *t) {
    for (int64_t c = 0; c < t->column_count; ++c) {
        const table_column *column = &t->columns[c];
        dgba_text_add(out, "| ");
        text_add_escaped(out, column->title, special, "<br>");
        if (column->unit[0] != '\0') dgba_text_add(out, "<br>%s", column->unit);
        dgba_text_add(out, " ");
    }
    dgba_text_add(out, "|\n");
    for (int64_t c = 0; c < t->column_count; ++c)
        dgba_text_add(out, "|%s", t->columns[c].align == TABLE_RIGHT ? "---:" : ":---");
    dgba_text_add(out, "|\n");
}

static void print_table(dgba_text *out, const table *t) {
    dgba_text cell = {0};
    if (t->title != NULL) {
        dgba_text_add(out, "\n### ");
        text_add_escaped(out, t->title, special, " ");
        dgba_text_add(out, "\n");
    }
    dgba_text_add(out, "\n");
    print_heading(out, t);
    for (int64_t r = 0; r < table_rows(t); ++r) {
        for (int64_t c = 0; c < t->column_count; ++c) {
            const char *bold = table_at(t, r, c)->best ? "**" : "";
            table_cell_text(&cell, t, r, c);
            dgba_text_add(out, "| %s", bold);
            text_add_escaped(out, dgba_text_chars(&cell), special, " ");
            dgba_text_add(out, "%s ", bold);
        }
        dgba_text_add(out, "|\n");
    }
    dgba_text_free(&cell);
}

void report_print_markdown(dgba_text *out, const report *r) {
    dgba_text run = {0};
    text_add_provenance(&run, r);
    text_add_escaped(out, dgba_text_chars(&run), special, " ");
    dgba_text_add(out, "\n");
    dgba_text_free(&run);
    for (int64_t i = 0; i < r->section_count; ++i) {
        const section *s = &r->sections[i];
        if (!section_has_tables(s)) continue;
        dgba_text_add(out, "\n## ");
        text_add_escaped(out, s->title, special, " ");
        dgba_text_add(out, "\n");
        if (s->note != NULL) {
            dgba_text_add(out, "\n");
            text_add_escaped(out, s->note, special, " ");
            dgba_text_add(out, "\n");
        }
        for (int64_t j = 0; j < s->table_count; ++j) print_table(out, &s->tables[j]);
    }
    text_add_emptiness(out, r);
}
