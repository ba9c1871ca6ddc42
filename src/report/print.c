#include "print.h"

#include <string.h>

void text_add_escaped(dgba_text *out, const char *text, const char *special, const char *line_end) {
    for (const char *c = text; *c != '\0'; ++c) {
        if (*c == '\n')
            dgba_text_add(out, "%s", line_end);
        else
            dgba_text_add(out, strchr(special, *c) != NULL ? "\\%c" : "%c", *c);
    }
}

void text_add_number(dgba_text *out, const char *number) {
    if (number[0] == '-')
        dgba_text_add(out, "−%s", number + 1);
    else
        dgba_text_add(out, "%s", number);
}

void text_add_real(dgba_text *out, double number, int decimals) {
    dgba_text text = {0};
    number_text(&text, number, decimals);
    text_add_number(out, text.chars);
    dgba_text_free(&text);
}

void text_config_hash(dgba_text *out, const dgba_provenance *run) {
    dgba_text_clear(out);
    if (run->config_resolved[0] == '\0') return;
    char digits[DGBA_HASH_TEXT_BYTES];
    dgba_hash_text(digits, dgba_hash_bytes(run->config_resolved, strlen(run->config_resolved)));
    dgba_text_add(out, "%.16s", digits);
}

static void add_part(dgba_text *out, const char *what, const char *value) {
    if (value[0] != '\0') dgba_text_add(out, "%s%s %s", out->length > 0 ? ", " : "", what, value);
}

void text_add_provenance(dgba_text *out, const report *r) {
    const dgba_provenance *run = r->run;
    dgba_text line = {0}, hash = {0};
    text_config_hash(&hash, run);
    add_part(&line, "run", run->name);
    add_part(&line, "run id", run->run_id);
    add_part(&line, "commit", run->git_commit);
    add_part(&line, "configuration", dgba_text_chars(&hash));
    add_part(&line, "data", run->data_name);
    add_part(&line, "only", r->where);
    dgba_text_add(out, "%s", dgba_text_chars(&line));
    dgba_text_free(&hash);
    dgba_text_free(&line);
}

void text_add_emptiness(dgba_text *out, const report *r) {
    if (r->section_count == 1 && !section_has_tables(&r->sections[0]))
        dgba_text_add(out, "\n%s: the run has nothing of it.\n", r->sections[0].title);
}

int64_t text_places(const char *text, size_t bytes) {
    int64_t places = 0;
    for (size_t i = 0; i < bytes; ++i) places += ((unsigned char)text[i] & 0xC0) != 0x80;
    return places;
}

int64_t text_width(const char *text) {
    int64_t widest = 0;
    for (;; ++text) {
        const size_t bytes = strcspn(text, "\n");
        const int64_t places = text_places(text, bytes);
        if (places > widest) widest = places;
        text += bytes;
        if (*text == '\0') return widest;
    }
}

int64_t table_part_end(const table *t, const int64_t *widths, int64_t first, int64_t gap, int64_t room) {
    int64_t used = 0, end = first;
    for (int64_t c = 0; c < t->key_columns; ++c) used += widths[c] + gap;
    while (end < t->column_count && (end == first || used + widths[end] <= room)) used += widths[end++] + gap;
    return end;
}

bool section_has_tables(const section *s) {
    for (int64_t i = 0; i < s->table_count; ++i)
        if (s->tables[i].column_count > 0) return true;
    return false;
}

void text_add_one_line(dgba_text *out, const char *title) { text_add_escaped(out, title, "", " "); }
