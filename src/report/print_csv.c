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

static void print_heading(dgba_text *out, const section *s, const table *t) {
    dgba_text name = {0};
    print_field(out, "run_id");
    print_field(out, "commit");
    print_field(out, "configuration");
    if (s->table_count > 1) print_field(out, "table");
    for (int64_t c = 0; c < t->column_count; ++c) {
        const table_column *column = &t->columns[c];
        dgba_text_clear(&name);
        text_add_one_line(&name, column->title);
        if (column->unit[0] != '\0') dgba_text_add(&name, " (%s)", column->unit);
        print_field(out, name.chars);
        if (!table_has_means(t, c)) continue;
        dgba_text_add(&name, " sd");
        print_field(out, name.chars);
        name.chars[name.length - 2] = 'n';
        name.chars[name.length - 1] = '\0';
        print_field(out, name.chars);
    }
    dgba_text_add(out, "\n");
    dgba_text_free(&name);
}

static void print_cell(dgba_text *out, const table *t, int64_t row, int64_t column) {
    const table_cell *cell = table_at(t, row, column);
    if (cell->text != NULL) {
        print_field(out, cell->text);
        return;
    }
    const statistic *s = &cell->number;
    print_real(out, s->count > 0, s->mean);
    if (!table_has_means(t, column)) return;
    print_real(out, s->count > 1, statistic_deviation(s));
    print_real(out, true, (double)s->count);
}

static void print_table(dgba_text *out, const dgba_provenance *run, const section *s, const table *t) {
    dgba_text hash = {0};
    text_config_hash(&hash, run);
    print_heading(out, s, t);
    for (int64_t r = 0; r < table_rows(t); ++r) {
        print_field(out, run->run_id);
        print_field(out, run->git_commit);
        print_field(out, dgba_text_chars(&hash));
        if (s->table_count > 1) print_field(out, t->title != NULL ? t->title : "");
        for (int64_t c = 0; c < t->column_count; ++c) print_cell(out, t, r, c);
        dgba_text_add(out, "\n");
    }
    dgba_text_free(&hash);
}

void report_print_csv(dgba_text *out, const report *r) {
    for (int64_t i = 0; i < r->section_count; ++i) {
        for (int64_t j = 0; j < r->sections[i].table_count; ++j) {
            if (out->length > 0) dgba_text_add(out, "\n");
            print_table(out, r->run, &r->sections[i], &r->sections[i].tables[j]);
        }
    }
}
