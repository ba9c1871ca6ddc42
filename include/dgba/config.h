/** A sweep: YAML text checked against option tables and expanded to points.
 *
 *  The configuration knows sections and option tables, not what they mean. A list where an option wants one value is a
 *  sweep axis: a section expands to the product of its axes, in the order of the table, last axis fastest. The points hold
 *  canonical text, so that equal configurations compare equal however they were written. Axes can be zipped and points
 *  excluded, seeds repeated, files included: src/config/README.md.
 */
#ifndef DGBA_CONFIG_H
#define DGBA_CONFIG_H

#include "dgba/base.h"

/** A key whose value names an entry of a registry, with options of its own: `step: ifgsm`, `step: {kind: ifgsm,
 *  iterations: 20}`, or `rule: single:normal`, where the text behind the colon is the value of the kind's first option.
 *  Gives the settings KEY.kind and KEY.<option>. */
typedef struct dgba_config_choice {
    const char *key, *help;
    const char *fallback;                  // kind if the key is missing; NULL = must be given
    const dgba_option_table *const *kinds; // a table per kind; its name is the kind's name
    int64_t count;
} dgba_config_choice;

/** A section of the configuration: plain options, registry choices, sections inside. */
typedef struct dgba_config_section {
    const char *name;
    bool required;
    const dgba_option_table *options; // or NULL
    const dgba_config_choice *choices;
    int64_t choice_count;
    const struct dgba_config_section *children; // `head: {channels: 64}` gives the setting head.channels
    int64_t child_count;
} dgba_config_section;

typedef struct dgba_config_schema {
    const dgba_config_section *sections;
    int64_t count;
} dgba_config_schema;

typedef struct dgba_config dgba_config;

/** Reads, checks and expands a configuration.
 *  `overrides` are texts "section.key=value" as from --set; the value is YAML ("attack.epsilon=[2,4]").
 *  Top-level keys are `name` (text, defaults to the file's name) and the sections.
 *  Errors    DGBA_E_IO; DGBA_E_CONFIG with "file:line:column: …" (or "--set section.key: …") and a suggestion */
dgba_status dgba_config_load(dgba_config **out, const char *path, const char *const *overrides, int64_t override_count,
                             const dgba_config_schema *schema);

/** The same from text instead of a file; `name` stands for its path in messages. */
dgba_status dgba_config_read(dgba_config **out, const char *text, const char *name, const char *const *overrides,
                             int64_t override_count, const dgba_config_schema *schema);
void dgba_config_free(dgba_config **config);

const char *dgba_config_name(const dgba_config *config);

/** The file's text as given, and the whole configuration with every default written out, as YAML that gives the same points
 *  again (absent sections are comments in it); borrowed. */
const char *dgba_config_text(const dgba_config *config);
const char *dgba_config_resolved(const dgba_config *config);

/** Whether the section stands in the file or is made by an override. */
bool dgba_config_has(const dgba_config *config, const char *section);

/** The points of a section, each once; borrowed. An absent section has one, of defaults; what has no default is left out of
 *  it. Keys are without the section's name: "epsilon", "step.kind", "head.channels". */
const dgba_settings *dgba_config_points(const dgba_config *config, const char *section, int64_t *count);

/** Identity of what a list of settings determines: equal for equal settings in whatever order. */
dgba_hash dgba_config_id(const dgba_settings *settings);

/** Adds a line for every key whose values differ between two configurations: "train.iterations: 20 -> 40". */
void dgba_config_differences(dgba_text *out, const dgba_config *former, const dgba_config *now,
                             const dgba_config_schema *schema);

/** Help of the whole schema: sections, keys, defaults, kinds with their options. */
void dgba_config_help(dgba_text *out, const dgba_config_schema *schema);

#endif
