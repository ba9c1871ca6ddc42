#include <string.h>

#include "axes.h"

/** The option help of a table, with the margin before every line. */
static void add_options(dgba_text *out, const dgba_option_table *table, const char *margin) {
    dgba_text lines = {0};
    dgba_option_help(&lines, table);
    for (const char *line = dgba_text_chars(&lines); *line != '\0';) {
        const size_t length = strcspn(line, "\n");
        dgba_text_add(out, "%s%.*s\n", margin, (int)length, line);
        line += length + (line[length] == '\n');
    }
    dgba_text_free(&lines);
}

static void add_choice(dgba_text *out, const dgba_config_choice *choice, const char *margin) {
    dgba_text_add(out, "%s  %-22s %s", margin, choice->key, choice->help);
    if (choice->fallback != NULL)
        dgba_text_add(out, " (default %s), one of\n", choice->fallback);
    else
        dgba_text_add(out, " (required), one of\n");
    dgba_text inner = {0};
    dgba_text_add(&inner, "%s    ", margin);
    for (int64_t i = 0; i < choice->count; ++i) {
        dgba_text_add(out, "%s%-22s %s\n", dgba_text_chars(&inner), choice->kinds[i]->name, choice->kinds[i]->help);
        add_options(out, choice->kinds[i], dgba_text_chars(&inner));
    }
    dgba_text_free(&inner);
}

static void add_section(dgba_text *out, const dgba_config_section *section, const char *margin) {
    dgba_text_add(out, "%s%s:%s%s%s\n", margin, section->name, section->options != NULL ? "  " : "",
                  section->options != NULL ? section->options->help : "", section->required ? " (required)" : "");
    if (section->options != NULL) add_options(out, section->options, margin);
    for (int64_t i = 0; i < section->choice_count; ++i) add_choice(out, &section->choices[i], margin);
    dgba_text inner = {0};
    dgba_text_add(&inner, "%s  ", margin);
    for (int64_t i = 0; i < section->child_count; ++i) add_section(out, &section->children[i], dgba_text_chars(&inner));
    dgba_text_free(&inner);
}

void dgba_config_help(dgba_text *out, const dgba_config_schema *schema) {
    dgba_text_add(out,
                  "name:  of the experiment (default: that of the file)\n"
                  "include:  a file, or a list of files, whose sections hold where this file says nothing\n"
                  "\n"
                  "A list where a section wants one value is a sweep axis, and axes multiply. Beside them stand\n"
                  "  zip                    [a, b]: these axes advance together; [[a, b], [c, d]]\n"
                  "  exclude                list of {key: value, key: [values]}: points that have all of one are left out\n"
                  "  repeat                 N, beside a seed: that seed and the N - 1 that follow it\n");
    for (int64_t i = 0; i < schema->count; ++i) {
        dgba_text_add(out, "\n");
        add_section(out, &schema->sections[i], "");
    }
}
