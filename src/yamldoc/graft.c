#include <string.h>

#include "tree.h"

/** The child of that key (not ended by 0), or NULL. */
static dgba_yaml_node *find(const dgba_yaml_node *map, const char *key, size_t length) {
    dgba_yaml_node *child = map->first;
    while (child != NULL && (strlen(child->key) != length || memcmp(child->key, key, length) != 0)) child = child->next;
    return child;
}

static dgba_status add(dgba_yaml_node **out, dgba_yaml *document, dgba_yaml_node *map, const char *key, size_t length) {
    DGBA_TRY(dgba_yaml_take((void **)out, document, sizeof **out));
    **out = (dgba_yaml_node){.text = ""};
    DGBA_TRY(dgba_yaml_take_text(&(*out)->key, document, key, length));
    dgba_yaml_node **tail = &map->first;
    while (*tail != NULL) tail = &(*tail)->next;
    *tail = *out;
    ++map->count;
    return DGBA_OK;
}

/** Puts `value` where `place` stands in its map. */
static void replace(dgba_yaml_node *place, const dgba_yaml_node *value) {
    dgba_yaml_node *const next = place->next;
    const char *const key = place->key;
    *place = *value;
    place->next = next;
    place->key = key;
}

static dgba_status put(dgba_yaml *document, const char *path, const dgba_yaml_node *value) {
    dgba_yaml_node *node = document->root;
    const char *name = document->sources[value->source].name;
    for (const char *key = path; *key != '\0'; key += *key == '.') {
        const size_t length = strcspn(key, ".");
        if (dgba_yaml_is_null(node)) replace(node, &(dgba_yaml_node){.kind = DGBA_YAML_MAP, .source = value->source});
        if (node->kind != DGBA_YAML_MAP)
            return dgba_fail(DGBA_E_CONFIG, "%s: %s%s is not a map of keys", name, node->key != NULL ? "the value of " : "",
                             node->key != NULL ? node->key : "the document");
        dgba_yaml_node *child = find(node, key, length);
        if (child == NULL) DGBA_TRY(add(&child, document, node, key, length));
        node = child;
        key += length;
    }
    replace(node, value);
    return DGBA_OK;
}

/** The number of keys in a path. */
static dgba_status count_keys(int64_t *out, const char *path, const char *name) {
    *out = 0;
    for (const char *key = path;; ++key) {
        const size_t length = strcspn(key, ".");
        if (length == 0) return dgba_fail(DGBA_E_CONFIG, "%s: a key is missing in the path '%s'", name, path);
        if (++*out > DGBA_YAML_DEEPEST)
            return dgba_fail(DGBA_E_CONFIG, "%s: nested deeper than %d levels", name, DGBA_YAML_DEEPEST);
        key += length;
        if (*key == '\0') return DGBA_OK;
    }
}

dgba_status dgba_yaml_graft(dgba_yaml *document, const char *path, const char *value, const char *name) {
    dgba_yaml_text text = {.chars = value, .bytes = strlen(value)};
    DGBA_TRY(count_keys(&text.depth, path, name));
    DGBA_TRY(dgba_yaml_add_source(&text.source, document, name, false));
    dgba_yaml_node *grafted = NULL;
    DGBA_TRY(dgba_yaml_read(&grafted, document, text));
    dgba_yaml_node nothing = {.text = "", .source = text.source};
    return put(document, path, grafted != NULL ? grafted : &nothing);
}

dgba_status dgba_yaml_adopt(dgba_yaml *document, const dgba_yaml_node *map, const dgba_yaml_node *child) {
    // The document owns all its nodes, and lends them as constants only to keep others from changing them.
    dgba_yaml_node *to = (dgba_yaml_node *)(uintptr_t)map;
    dgba_yaml_node *place = find(to, child->key, strlen(child->key));
    if (place == NULL) DGBA_TRY(add(&place, document, to, child->key, strlen(child->key)));
    replace(place, child);
    return DGBA_OK;
}
