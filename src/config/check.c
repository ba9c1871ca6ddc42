#include "check.h"

#include <string.h>

dgba_status dgba_config_fail_missing(const config_scope *at, const char *key) {
    return dgba_yaml_fail(at->document, at->place, true, "key '%s' is missing in %s", key, at->name);
}

const char *dgba_config_kind_word(const dgba_yaml_node *node) {
    static const char *const words[] = {"a single value", "a list", "a map"};
    return words[node->kind];
}

dgba_status dgba_config_check_keys(const dgba_yaml *document, const dgba_yaml_node *map, const char *name,
                                   const char *const *known, int64_t count) {
    for (const dgba_yaml_node *child = map->first; child != NULL; child = child->next) {
        bool found = false;
        for (int64_t i = 0; i < count && !found; ++i) found = strcmp(known[i], child->key) == 0;
        if (found) continue;
        const char *nearest = dgba_text_nearest(child->key, known, count);
        if (nearest == NULL) return dgba_yaml_fail(document, child, true, "unknown key '%s' in %s", child->key, name);
        return dgba_yaml_fail(document, child, true, "unknown key '%s' in %s (did you mean '%s'?)", child->key, name,
                              nearest);
    }
    return DGBA_OK;
}

dgba_status dgba_config_add_axis(config_axis **out, config_entry *into, const config_scope *at, const char *name,
                                 const char *suffix) {
    DGBA_TRY(DGBA_GROW(&into->axes, into->axis_count));
    *out = &into->axes[into->axis_count++];
    **out = (config_axis){.name = dgba_text_copy(name), .leader = into->axis_count - 1};
    dgba_text key = {0};
    dgba_text_add(&key, "%s%s%s", at->prefix, name, suffix);
    (*out)->key = key.chars;
    return DGBA_OK;
}

dgba_status dgba_config_add_entry(config_entry **out, config_axis *axis, const char *value) {
    DGBA_TRY(DGBA_GROW(&axis->entries, axis->entry_count));
    *out = &axis->entries[axis->entry_count++];
    **out = (config_entry){.value = value != NULL ? dgba_text_copy(value) : NULL};
    return DGBA_OK;
}

dgba_status dgba_config_check_has_items(const config_scope *at, const char *key, const dgba_yaml_node *node) {
    if (node->kind != DGBA_YAML_LIST || node->count > 0) return DGBA_OK;
    return dgba_yaml_fail(at->document, node, false, "%s: the list is empty", key);
}

dgba_status dgba_config_check_scalar(const config_scope *at, const char *key, const dgba_yaml_node *node) {
    if (node->kind != DGBA_YAML_SCALAR)
        return dgba_yaml_fail(at->document, node, false, "%s: expected a single value, not %s", key,
                              dgba_config_kind_word(node));
    if (dgba_yaml_is_null(node)) return dgba_yaml_fail(at->document, node, false, "%s: a value is missing", key);
    return DGBA_OK;
}

static dgba_status check_child(config_entry *into, const config_scope *at, const dgba_config_section *child,
                               const dgba_yaml_node *node) {
    if (node == NULL && at->partial) return DGBA_OK;
    if (node == NULL && child->required && !at->absent) return dgba_config_fail_missing(at, child->name);
    config_axis *axis = NULL;
    config_entry *entry = NULL;
    DGBA_TRY(dgba_config_add_axis(&axis, into, at, child->name, "."));
    DGBA_TRY(dgba_config_add_entry(&entry, axis, NULL));
    dgba_text name = {0};
    dgba_text_add(&name, "%s.%s", at->name, child->name);
    config_scope inside = *at;
    inside.place = node != NULL ? node : at->place;
    inside.name = dgba_text_chars(&name);
    inside.prefix = axis->key;
    const dgba_status status = dgba_config_check_section(entry, &inside, child, node);
    dgba_text_free(&name);
    return status;
}

static bool has_seed(const dgba_config_section *section) {
    for (int64_t i = 0; section->options != NULL && i < section->options->count; ++i)
        if (strcmp(section->options->options[i].name, "seed") == 0) return true;
    return false;
}

/** What may stand beside the axes: exclusions only where a section stands for points, that is not inside another. */
static int64_t list_beside(const char **known, const config_scope *at, const dgba_config_section *section) {
    int64_t count = 0;
    if (at->partial) return 0;
    known[count++] = "zip";
    if (has_seed(section)) known[count++] = "repeat";
    if (at->prefix[0] == '\0') known[count++] = "exclude";
    return count;
}

static dgba_status check_section_keys(const config_scope *at, const dgba_config_section *section,
                                      const dgba_yaml_node *node) {
    if (dgba_yaml_is_null(node)) return DGBA_OK; // a section whose keys are all commented out
    if (node->kind != DGBA_YAML_MAP)
        return dgba_yaml_fail(at->document, node, false, "%s: expected keys and values, not %s", at->name,
                              dgba_config_kind_word(node));
    const char *known[CONFIG_MOST_KEYS];
    int64_t count = 0;
    const int64_t options = section->options != NULL ? section->options->count : 0;
    DGBA_ASSERT(options + section->choice_count + section->child_count + 3 <= CONFIG_MOST_KEYS);
    for (int64_t i = 0; i < options; ++i) known[count++] = section->options->options[i].name;
    for (int64_t i = 0; i < section->choice_count; ++i) known[count++] = section->choices[i].key;
    for (int64_t i = 0; i < section->child_count; ++i) known[count++] = section->children[i].name;
    count += list_beside(known + count, at, section);
    return dgba_config_check_keys(at->document, node, at->name, known, count);
}

dgba_status dgba_config_check_section(config_entry *into, const config_scope *at, const dgba_config_section *section,
                                      const dgba_yaml_node *node) {
    static const dgba_yaml_node nothing = {.kind = DGBA_YAML_MAP};
    if (node != NULL) DGBA_TRY(check_section_keys(at, section, node));
    const dgba_yaml_node *map = node != NULL ? node : &nothing;
    for (int64_t i = 0; section->options != NULL && i < section->options->count; ++i) {
        const dgba_option *option = &section->options->options[i];
        DGBA_TRY(dgba_config_check_option(into, at, option, dgba_yaml_get(map, option->name)));
    }
    for (int64_t i = 0; i < section->choice_count; ++i) {
        const dgba_config_choice *choice = &section->choices[i];
        DGBA_TRY(dgba_config_check_choice(into, at, choice, dgba_yaml_get(map, choice->key)));
    }
    for (int64_t i = 0; i < section->child_count; ++i) {
        const dgba_config_section *child = &section->children[i];
        DGBA_TRY(check_child(into, at, child, dgba_yaml_get(map, child->name)));
    }
    if (at->partial) return DGBA_OK;
    DGBA_TRY(dgba_config_repeat(into, at, dgba_yaml_get(map, "repeat")));
    return dgba_config_zip(into, at, dgba_yaml_get(map, "zip"));
}

dgba_status dgba_config_check(config_entry *out, const dgba_yaml *document, const dgba_config_section *section,
                              const dgba_yaml_node *node) {
    *out = (config_entry){0};
    const config_scope at = {.document = document,
                             .place = node != NULL ? node : dgba_yaml_root(document),
                             .name = section->name,
                             .prefix = "",
                             .absent = node == NULL};
    if (node == NULL && section->required)
        return dgba_yaml_fail(document, at.place, true, "section '%s' is missing", section->name);
    return dgba_config_check_section(out, &at, section, node);
}

void dgba_config_entry_free(config_entry *entry) {
    for (int64_t i = 0; i < entry->axis_count; ++i) {
        config_axis *axis = &entry->axes[i];
        for (int64_t j = 0; j < axis->entry_count; ++j) dgba_config_entry_free(&axis->entries[j]);
        dgba_free(axis->entries);
        dgba_free(axis->name);
        dgba_free(axis->key);
    }
    dgba_free(entry->axes);
    dgba_free(entry->value);
    *entry = (config_entry){0};
}
