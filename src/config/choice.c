#include <string.h>

#include "check.h"

/** One element of a choice: `ifgsm`, `single:normal` or {kind: ifgsm, iterations: 20}. */
typedef struct element {
    const char *kind;
    const dgba_yaml_node *place; // of the kind's name
    const dgba_yaml_node *map;   // with the options, or NULL
    const dgba_yaml_node *value; // behind the colon, or NULL
} element;

static dgba_status fail_unknown(const config_scope *at, const dgba_config_choice *choice, const element *given) {
    const char *known[CONFIG_MOST_KEYS];
    dgba_text words = {0};
    DGBA_ASSERT(choice->count <= CONFIG_MOST_KEYS);
    for (int64_t i = 0; i < choice->count; ++i) {
        known[i] = choice->kinds[i]->name;
        dgba_text_add(&words, "%s%s", i > 0 ? ", " : "", known[i]);
    }
    const char *nearest = dgba_text_nearest(given->kind, known, choice->count);
    const dgba_status status =
        nearest != NULL ? dgba_yaml_fail(at->document, given->place, false, "%s: unknown '%s' (did you mean '%s'?)",
                                         choice->key, given->kind, nearest)
                        : dgba_yaml_fail(at->document, given->place, false, "%s: unknown '%s'; known are %s", choice->key,
                                         given->kind, dgba_text_chars(&words));
    dgba_text_free(&words);
    return status;
}

static const dgba_option_table *find_kind(const dgba_config_choice *choice, const char *name) {
    for (int64_t i = 0; i < choice->count; ++i)
        if (strcmp(choice->kinds[i]->name, name) == 0) return choice->kinds[i];
    return NULL;
}

static dgba_status check_options(config_entry *into, const config_scope *at, const dgba_option_table *kind,
                                 const element *given) {
    const char *known[CONFIG_MOST_KEYS] = {"kind"};
    DGBA_ASSERT(kind->count < CONFIG_MOST_KEYS);
    for (int64_t i = 0; i < kind->count; ++i) known[i + 1] = kind->options[i].name;
    if (given->map != NULL) DGBA_TRY(dgba_config_check_keys(at->document, given->map, at->name, known, kind->count + 1));
    for (int64_t i = 0; i < kind->count; ++i) {
        const dgba_yaml_node *value = given->map != NULL ? dgba_yaml_get(given->map, known[i + 1]) : NULL;
        if (given->value != NULL && i == 0) value = given->value;
        DGBA_TRY(dgba_config_check_option(into, at, &kind->options[i], value));
    }
    return DGBA_OK;
}

static dgba_status add_kind(config_axis *axis, const config_scope *at, const dgba_config_choice *choice,
                            const element *given) {
    const dgba_option_table *kind = find_kind(choice, given->kind);
    if (kind == NULL) return fail_unknown(at, choice, given);
    if (given->value != NULL && kind->count == 0)
        return dgba_yaml_fail(at->document, given->value, false, "%s: '%s' has no option that '%s' could be the value of",
                              choice->key, kind->name, given->value->text);
    config_entry *entry = NULL;
    DGBA_TRY(dgba_config_add_entry(&entry, axis, kind->name));
    dgba_text name = {0}, prefix = {0};
    dgba_text_add(&name, "%s '%s'", choice->key, kind->name);
    dgba_text_add(&prefix, "%s%s.", at->prefix, choice->key);
    config_scope inside = *at;
    inside.place = given->map != NULL ? given->map : given->place;
    inside.name = dgba_text_chars(&name);
    inside.prefix = dgba_text_chars(&prefix);
    const dgba_status status = check_options(entry, &inside, kind, given);
    dgba_text_free(&name);
    dgba_text_free(&prefix);
    return status;
}

static dgba_status check_map(config_axis *axis, const config_scope *at, const dgba_config_choice *choice,
                             const dgba_yaml_node *map) {
    const dgba_yaml_node *kind = dgba_yaml_get(map, "kind");
    if (kind == NULL) return dgba_yaml_fail(at->document, map, false, "key 'kind' is missing in %s", choice->key);
    DGBA_TRY(dgba_config_check_scalar(at, "kind", kind));
    return add_kind(axis, at, choice, &(element){.kind = kind->text, .place = kind, .map = map});
}

static dgba_status check_element(config_axis *axis, const config_scope *at, const dgba_config_choice *choice,
                                 const dgba_yaml_node *node) {
    if (node->kind == DGBA_YAML_MAP) return check_map(axis, at, choice, node);
    DGBA_TRY(dgba_config_check_scalar(at, choice->key, node));
    char *kind = dgba_text_copy(node->text);
    char *colon = strchr(kind, ':');
    dgba_yaml_node value = *node;
    if (colon != NULL) {
        *colon = '\0';
        value.text = colon + 1;
        value.quoted = false;
    }
    const element given = {.kind = kind, .place = node, .value = colon != NULL ? &value : NULL};
    const dgba_status status = add_kind(axis, at, choice, &given);
    dgba_free(kind);
    return status;
}

dgba_status dgba_config_check_choice(config_entry *into, const config_scope *at, const dgba_config_choice *choice,
                                     const dgba_yaml_node *node) {
    if (node == NULL && at->partial) return DGBA_OK;
    if (node == NULL && choice->fallback == NULL) return at->absent ? DGBA_OK : dgba_config_fail_missing(at, choice->key);
    config_axis *axis = NULL;
    DGBA_TRY(dgba_config_add_axis(&axis, into, at, choice->key, ".kind"));
    if (node == NULL) {
        dgba_yaml_node fallback = *at->place;
        fallback.kind = DGBA_YAML_SCALAR;
        fallback.text = choice->fallback;
        return check_element(axis, at, choice, &fallback);
    }
    if (node->kind != DGBA_YAML_LIST) return check_element(axis, at, choice, node);
    DGBA_TRY(dgba_config_check_has_items(at, choice->key, node));
    for (const dgba_yaml_node *child = node->first; child != NULL; child = child->next)
        DGBA_TRY(check_element(axis, at, choice, child));
    return DGBA_OK;
}
