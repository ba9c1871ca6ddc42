/** A schema with one of everything, for the tests of this folder. */
#ifndef TESTS_UNIT_CONFIG_SCHEMA_H
#define TESTS_UNIT_CONFIG_SCHEMA_H

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dgba/config.h"
#include "support/check.h"

// The configuration checks text only, so the options need no struct behind them.
static const char *const splits[] = {"train", "test", NULL};
static const dgba_option data_options[] = {
    {"file", DGBA_OPTION_TEXT, 0, NULL, 0, 0, NULL, "data file"},
    {"split", DGBA_OPTION_CHOICE, 0, "test", 0, 0, splits, "which images"},
};
static const dgba_option_table data_table = {"data", "what is attacked", data_options, DGBA_COUNT_OF(data_options)};

static const dgba_option head_options[] = {
    {"channels", DGBA_OPTION_INTEGER, 0, "64", 1, 4096, NULL, "width of the head"},
    {"rates", DGBA_OPTION_INTEGERS, 0, "[6, 12]", 1, 99, NULL, "dilation rates"},
};
static const dgba_option_table head_table = {"head", "the task heads", head_options, DGBA_COUNT_OF(head_options)};
static const dgba_config_section head_section = {.name = "head", .options = &head_table};

static const dgba_option model_options[] = {
    {"width", DGBA_OPTION_REAL, 0, "1", 0.01, 4, NULL, "multiplies the channels"},
    {"layout", DGBA_OPTION_INTEGER, 0, "0", 0, HUGE_VAL, NULL, "sharing pattern"},
};
static const dgba_option_table model_table = {"model", "the network", model_options, DGBA_COUNT_OF(model_options)};

static const dgba_option train_options[] = {
    {"iterations", DGBA_OPTION_INTEGER, 0, NULL, 1, HUGE_VAL, NULL, "weight updates"},
    {"note", DGBA_OPTION_TEXT, 0, "", 0, 0, NULL, "free text"},
    {"tasks", DGBA_OPTION_WORDS, 0, "[]", 0, 0, NULL, "tasks that are learnt, all if empty"},
};
static const dgba_option_table train_table = {"train", "how it is trained", train_options, DGBA_COUNT_OF(train_options)};

static const dgba_option ifgsm_options[] = {
    {"iterations", DGBA_OPTION_INTEGER, 0, "10", 1, 1000, NULL, "steps"},
    {"alpha", DGBA_OPTION_REAL, 0, "auto", 0, HUGE_VAL, NULL, "step size"},
};
static const dgba_option_table fgsm = {"fgsm", "one step", NULL, 0};
static const dgba_option_table ifgsm = {"ifgsm", "several steps", ifgsm_options, DGBA_COUNT_OF(ifgsm_options)};
static const dgba_option_table *const steps[] = {&fgsm, &ifgsm};

static const dgba_option single_options[] = {{"task", DGBA_OPTION_TEXT, 0, "all", 0, 0, NULL, "attacked task"}};
static const dgba_option spare_options[] = {{"task", DGBA_OPTION_TEXT, 0, NULL, 0, 0, NULL, "spared task"}};
static const dgba_option_table dgba_rule_table = {"dgba", "balances the tasks", NULL, 0};
static const dgba_option_table single = {"single", "one task", single_options, 1};
static const dgba_option_table spare = {"spare", "all but one task", spare_options, 1};
static const dgba_option_table *const rules[] = {&dgba_rule_table, &single, &spare};

static const dgba_option attack_options[] = {
    {"epsilon", DGBA_OPTION_REAL, 0, "8", 0, 255, NULL, "radius in 0..255 units"},
    {"random", DGBA_OPTION_BOOL, 0, "no", 0, 0, NULL, "random start"},
};
static const dgba_option_table attack_table = {"attack", "the attack", attack_options, DGBA_COUNT_OF(attack_options)};
static const dgba_config_choice attack_choices[] = {
    {"step", "how the image moves", NULL, steps, DGBA_COUNT_OF(steps)},
    {"rule", "how the tasks are balanced", "dgba", rules, DGBA_COUNT_OF(rules)},
};

static const dgba_option transfer_options[] = {{"task", DGBA_OPTION_BOOL, 0, "no", 0, 0, NULL, "between tasks"}};
static const dgba_option_table transfer_table = {"transfer", "attacks used elsewhere", transfer_options, 1};

static const dgba_config_section sections[] = {
    {.name = "data", .required = true, .options = &data_table},
    {.name = "model", .options = &model_table, .children = &head_section, .child_count = 1},
    {.name = "train", .options = &train_table},
    {.name = "attack", .options = &attack_table, .choices = attack_choices, .choice_count = 2},
    {.name = "transfer", .options = &transfer_table},
};
static const dgba_config_schema schema = {sections, DGBA_COUNT_OF(sections)};

/** The path of a file in this program's folder. */
static inline const char *path_of(dgba_text *out, const char *name) {
    static char folder[512];
    if (folder[0] == '\0') snprintf(folder, sizeof folder, "%s", check_folder("config"));
    dgba_path_join(out, folder, name);
    return dgba_text_chars(out);
}

/** Writes `text` to a file and loads it. Some tests do so thousands of times: dgba_file_write would flush each, and file
 *  systems flush a file that is written over. */
static inline dgba_status load_bytes(dgba_config **out, const char *path, const char *text, size_t bytes,
                                     const char *const *overrides, int64_t override_count) {
    remove(path);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, bytes, file), bytes);
    assert_int_equal(fclose(file), 0);
    return dgba_config_load(out, path, overrides, override_count, &schema);
}

/** The points of a section as text: "key=value key=value | key=value key=value". */
static inline void points_text(dgba_text *out, const dgba_config *config, const char *section) {
    int64_t count = 0;
    const dgba_settings *points = dgba_config_points(config, section, &count);
    dgba_text_clear(out);
    for (int64_t i = 0; i < count; ++i) {
        if (i > 0) dgba_text_add(out, " |");
        for (int64_t j = 0; j < points[i].count; ++j)
            dgba_text_add(out, "%s%s=%s", i + j > 0 ? " " : "", points[i].items[j].key, points[i].items[j].value);
    }
}

#endif
