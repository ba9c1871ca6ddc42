/** What the checks of sections, options and choices share. */
#ifndef DGBA_CONFIG_CHECK_H
#define DGBA_CONFIG_CHECK_H

#include "axes.h"

enum { CONFIG_MOST_KEYS = 128 };

/** Where a check is: the map whose keys are looked at. */
typedef struct config_scope {
    const dgba_yaml *document;
    const dgba_yaml_node *place; // named when a key is missing
    const char *name;            // "attack", "model.head", "step 'ifgsm'"
    const char *prefix;          // of the settings: "", "head.", "step."
    bool absent;                 // the section is not in the file, so nothing must be given
    bool partial;                // only what is given counts, as in an exclusion: no defaults, nothing must be given
} config_scope;

/** Each adds the axis of one key to `into`; `node` is the key's value, NULL if it is not given. */
dgba_status dgba_config_check_option(config_entry *into, const config_scope *at, const dgba_option *option,
                                     const dgba_yaml_node *node);
dgba_status dgba_config_check_choice(config_entry *into, const config_scope *at, const dgba_config_choice *choice,
                                     const dgba_yaml_node *node);

/** A new axis of the entry; `suffix` stands behind the name in the settings' key. */
dgba_status dgba_config_add_axis(config_axis **out, config_entry *into, const config_scope *at, const char *name,
                                 const char *suffix);
dgba_status dgba_config_add_entry(config_entry **out, config_axis *axis, const char *value);

dgba_status dgba_config_fail_missing(const config_scope *at, const char *key);
dgba_status dgba_config_check_has_items(const config_scope *at, const char *key, const dgba_yaml_node *node);
dgba_status dgba_config_check_scalar(const config_scope *at, const char *key, const dgba_yaml_node *node);

/** Checks the keys of a section into `into`. */
dgba_status dgba_config_check_section(config_entry *into, const config_scope *at, const dgba_config_section *section,
                                      const dgba_yaml_node *node);

/** What stands beside the axes of a section whose axes are all there: lets those named by `zip` advance together, and gives
 *  each seed the `repeat` - 1 seeds that follow it. */
dgba_status dgba_config_zip(config_entry *into, const config_scope *at, const dgba_yaml_node *zip);
dgba_status dgba_config_repeat(config_entry *into, const config_scope *at, const dgba_yaml_node *repeat);

/** "a list", "a map", "a single value". */
const char *dgba_config_kind_word(const dgba_yaml_node *node);

#endif
