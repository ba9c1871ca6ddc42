/** What a section says once it is checked: a product of axes, each of which is a sum of entries, less what is excluded.
 *
 *  `epsilon: [2, 4]` is an axis of two entries. `step: [fgsm, {kind: ifgsm, iterations: [10, 20]}]` is an axis of two
 *  entries, the second of which multiplies axes of its own, so three points in all. A section inside a section is an axis
 *  of one entry. Zipped axes advance together: one of them leads, and only it counts as a factor. Points are counted and
 *  written from this tree, and so is the resolved text.
 */
#ifndef DGBA_CONFIG_AXES_H
#define DGBA_CONFIG_AXES_H

#include "dgba/config.h"
#include "dgba/yamldoc.h"

typedef struct config_axis config_axis;

typedef struct config_entry {
    char *value; // canonical text of an option's value; kind of a choice; NULL for a section
    config_axis *axes;
    int64_t axis_count;
    double first, points; // within its axis; doubles, so that an absurd product is large and not an overflow
} config_entry;

struct config_axis {
    char *name;   // as in the YAML: "epsilon", "step"
    char *key;    // of the setting: "epsilon", "step.kind", "head.channels"
    bool is_list; // each value is itself a list, already in brackets
    config_entry *entries;
    int64_t entry_count;
    int64_t leader; // place among the section's axes of the one that it advances with: its own, if it is not zipped
    double points;
    double stride; // points of the section between two of its own
};

/** Exclusions: each an entry that says a few keys only, as a section does, and stands for the product of their values. */
typedef struct config_exclusions {
    config_entry *items;
    int64_t count;
} config_exclusions;

/** The points of a section. Their texts belong to the axes, all settings lie in one block. */
typedef struct config_points {
    dgba_settings *items;
    int64_t count;
    dgba_setting *block;
} config_points;

/** Checks a section of the file; `node` is NULL if it is absent: then what has no default is left out.
 *  Owns      caller frees with dgba_config_entry_free(), after an error too
 *  Errors    DGBA_E_CONFIG with the place */
dgba_status dgba_config_check(config_entry *out, const dgba_yaml *document, const dgba_config_section *section,
                              const dgba_yaml_node *node);
void dgba_config_entry_free(config_entry *entry);

/** Refuses a key of `map` that is not among the known words; `name` is that of the map in "unknown key 'x' in NAME". */
dgba_status dgba_config_check_keys(const dgba_yaml *document, const dgba_yaml_node *map, const char *name,
                                   const char *const *known, int64_t count);

/** Multiplies a checked section out. *repeats is the number of points left out because an earlier one is equal.
 *  Owns      caller frees with dgba_config_points_free(), before the section
 *  Errors    DGBA_E_CONFIG, without a place, if there are too many */
dgba_status dgba_config_expand(config_points *out, int64_t *repeats, config_entry *section);
void dgba_config_points_free(config_points *points);

/** Counts the points of an axis. */
void dgba_config_count(config_axis *axis);

/** Reads `exclude` of a section: a map or a list of maps of keys that a point must have to be left out.
 *  Owns      caller frees with dgba_config_exclusions_free(), after an error too
 *  Errors    DGBA_E_CONFIG with the place */
dgba_status dgba_config_check_exclusions(config_exclusions *out, const dgba_yaml *document,
                                         const dgba_config_section *section, const dgba_yaml_node *node);
void dgba_config_exclusions_free(config_exclusions *exclusions);

/** Removes the points that are excluded. An exclusion that no point meets is told in a warning with its place.
 *  Errors    DGBA_E_CONFIG with the place if no point remains */
dgba_status dgba_config_leave_out(config_points *points, config_exclusions *exclusions, const dgba_yaml *document,
                                  const dgba_yaml_node *node);

/** Adds the sections of the files named by `include` to a document that was read from `path`: see README.md.
 *  Errors    DGBA_E_CONFIG with the place */
dgba_status dgba_config_include(dgba_yaml *document, const char *path, const dgba_config_schema *schema);

/** The YAML of a checked section; of an absent one as a comment. */
void dgba_config_print(dgba_text *out, const char *name, const config_entry *section, bool present);
void dgba_config_print_exclusions(dgba_text *out, const config_exclusions *exclusions);

/** A scalar as YAML, in quotes where it needs them. */
void dgba_config_print_scalar(dgba_text *out, const char *value);

#endif
