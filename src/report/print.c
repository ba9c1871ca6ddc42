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

void text_add_provenance(dgba_text *out, const dgba_provenance *run) {
    dgba_text line = {0}, hash = {0};
    text_config_hash(&hash, run);
    add_part(&line, "run", run->name);
    add_part(&line, "run id", run->run_id);
    add_part(&line, "commit", run->git_commit);
    add_part(&line, "configuration", dgba_text_chars(&hash));
    add_part(&line, "data", run->data_name);
    dgba_text_add(out, "%s", dgba_text_chars(&line));
    dgba_text_free(&hash);
    dgba_text_free(&line);
}

bool section_has_tables(const section *s) {
    for (int64_t i = 0; i < s->table_count; ++i)
        if (s->tables[i].column_count > 0) return true;
    return false;
}

void text_add_one_line(dgba_text *out, const char *title) { text_add_escaped(out, title, "", " "); }
