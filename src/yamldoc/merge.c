#include <stdlib.h>
#include <string.h>

#include "tree.h"

const char dgba_yaml_merge_key[] = "<<";

/** A child of the finished map, or a candidate for one. */
typedef struct entry {
    dgba_yaml_node *node;
    const dgba_yaml_node *earlier; // the first child with the same key
    int64_t index;                 // among the entries
    bool merged;                   // comes from a merge key, so it yields to an earlier one
} entry;

typedef struct entries {
    entry *items;
    int64_t count;
} entries;

static dgba_status add_children(entries *all, dgba_yaml_node *map, bool merged) {
    for (dgba_yaml_node *child = map->first; child != NULL; child = child->next) {
        if (child->key == dgba_yaml_merge_key) continue;
        DGBA_TRY(DGBA_GROW(&all->items, all->count));
        all->items[all->count] = (entry){.node = child, .index = all->count, .merged = merged};
        ++all->count;
    }
    return DGBA_OK;
}

static dgba_status add_merged(entries *all, const dgba_yaml *document, dgba_yaml_node *value) {
    if (value->kind == DGBA_YAML_MAP) return add_children(all, value, true);
    if (value->kind == DGBA_YAML_SCALAR)
        return dgba_yaml_fail(document, value, false, "'<<' needs a map or a list of maps");
    for (dgba_yaml_node *item = value->first; item != NULL; item = item->next) {
        if (item->kind != DGBA_YAML_MAP) return dgba_yaml_fail(document, item, false, "'<<' can merge maps only");
        DGBA_TRY(add_children(all, item, true));
    }
    return DGBA_OK;
}

/** By key, then in order of appearance. */
static int compare_entries(const void *a, const void *b) {
    const entry *first = a, *second = b;
    const int order = strcmp(first->node->key, second->node->key);
    return order != 0 ? order : (first->index > second->index) - (first->index < second->index);
}

/** Sorting keeps this fast for maps of a hundred thousand keys. */
static dgba_status find_repeats(entries *all) {
    entry *sorted = NULL;
    if (all->count < 2) return DGBA_OK;
    DGBA_TRY(DGBA_NEW(&sorted, all->count));
    memcpy(sorted, all->items, (size_t)all->count * sizeof *sorted);
    qsort(sorted, (size_t)all->count, sizeof *sorted, compare_entries);
    for (int64_t i = 1; i < all->count; ++i) {
        const entry *before = &sorted[i - 1];
        if (strcmp(before->node->key, sorted[i].node->key) != 0) continue;
        sorted[i].earlier = before->earlier != NULL ? before->earlier : before->node;
        all->items[sorted[i].index].earlier = sorted[i].earlier;
    }
    dgba_free(sorted);
    return DGBA_OK;
}

static dgba_status fail_duplicate(const dgba_yaml *document, const dgba_yaml_node *node, const dgba_yaml_node *earlier) {
    if (earlier->key_line == 0) return dgba_yaml_fail(document, node, true, "duplicate key '%s'", node->key);
    return dgba_yaml_fail(document, node, true, "duplicate key '%s' (first at %lld:%lld)", node->key,
                          (long long)earlier->key_line, (long long)earlier->key_column);
}

static dgba_status link_children(dgba_yaml *document, dgba_yaml_node *map, const entries *all) {
    dgba_yaml_node **tail = &map->first;
    map->count = 0;
    for (int64_t i = 0; i < all->count; ++i) {
        const entry *item = &all->items[i];
        if (item->earlier != NULL && item->merged) continue;
        if (item->earlier != NULL) return fail_duplicate(document, item->node, item->earlier);
        *tail = item->node;
        tail = &item->node->next;
        ++map->count;
    }
    *tail = NULL;
    return DGBA_OK;
}

dgba_status dgba_yaml_finish_map(dgba_yaml *document, dgba_yaml_node *map) {
    entries all = {0};
    bool has_merge = false;
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(add_children(&all, map, false));
    for (dgba_yaml_node *child = map->first; child != NULL; child = child->next) {
        if (child->key != dgba_yaml_merge_key) continue;
        if (has_merge) {
            status = dgba_yaml_fail(document, child, true, "duplicate key '<<'; merge several maps by a list");
            goto out;
        }
        has_merge = true;
        DGBA_TRY_OUT(add_merged(&all, document, child));
    }
    DGBA_TRY_OUT(find_repeats(&all));
    DGBA_TRY_OUT(link_children(document, map, &all));
out:
    dgba_free(all.items);
    return status;
}
