/** Axes that advance together, and seeds counted on. */
#include <stdio.h>
#include <string.h>

#include "check.h"

enum { MOST_REPEATS = 10000 };

/* ---- zip ---- */

static dgba_status find_axis(int64_t *out, const config_entry *into, const config_scope *at, const dgba_yaml_node *node) {
    const char *known[CONFIG_MOST_KEYS];
    DGBA_TRY(dgba_config_check_scalar(at, "zip", node));
    for (int64_t i = 0; i < into->axis_count; ++i) {
        known[i] = into->axes[i].name;
        *out = i;
        if (strcmp(known[i], node->text) == 0) return DGBA_OK;
    }
    const char *nearest = dgba_text_nearest(node->text, known, into->axis_count);
    if (nearest == NULL) return dgba_yaml_fail(at->document, node, false, "zip: %s has no key '%s'", at->name, node->text);
    return dgba_yaml_fail(at->document, node, false, "zip: %s has no key '%s' (did you mean '%s'?)", at->name, node->text,
                          nearest);
}

static bool is_zipped(const config_entry *into, int64_t axis) {
    for (int64_t i = 0; i < into->axis_count; ++i)
        if (i != axis && (into->axes[i].leader == axis || into->axes[axis].leader == i)) return true;
    return false;
}

/** Lets a second axis advance with a first. Whichever stands before the other leads both. */
static dgba_status join(config_entry *into, const config_scope *at, int64_t first, int64_t second,
                        const dgba_yaml_node *node) {
    config_axis *a = &into->axes[first], *b = &into->axes[second];
    dgba_config_count(a);
    dgba_config_count(b);
    if (a->points != b->points)
        return dgba_yaml_fail(at->document, node, false, "zip: '%s' has %.15g values and '%s' has %.15g", a->name,
                              a->points, b->name, b->points);
    const int64_t old = a->leader, leader = old < second ? old : second;
    for (int64_t i = 0; i < into->axis_count; ++i)
        if (into->axes[i].leader == old) into->axes[i].leader = leader;
    b->leader = leader;
    return DGBA_OK;
}

static dgba_status zip_group(config_entry *into, const config_scope *at, const dgba_yaml_node *group) {
    int64_t first = -1;
    if (group->kind != DGBA_YAML_LIST || group->count < 2)
        return dgba_yaml_fail(at->document, group, false, "zip: expected a list of at least two keys");
    for (const dgba_yaml_node *name = group->first; name != NULL; name = name->next) {
        int64_t axis = 0;
        DGBA_TRY(find_axis(&axis, into, at, name));
        if (axis == first || is_zipped(into, axis))
            return dgba_yaml_fail(at->document, name, false, "zip: '%s' is named twice", name->text);
        if (first < 0)
            first = axis;
        else
            DGBA_TRY(join(into, at, first, axis, name));
    }
    return DGBA_OK;
}

dgba_status dgba_config_zip(config_entry *into, const config_scope *at, const dgba_yaml_node *zip) {
    if (zip == NULL) return DGBA_OK;
    DGBA_ASSERT(into->axis_count <= CONFIG_MOST_KEYS);
    // [a, b] is one group, [[a, b], [c, d]] are two.
    if (zip->kind != DGBA_YAML_LIST || zip->first == NULL || zip->first->kind != DGBA_YAML_LIST)
        return zip_group(into, at, zip);
    for (const dgba_yaml_node *group = zip->first; group != NULL; group = group->next) DGBA_TRY(zip_group(into, at, group));
    return DGBA_OK;
}

/* ---- repeat ---- */

static dgba_status read_count(int64_t *out, const config_scope *at, const dgba_yaml_node *node) {
    DGBA_TRY(dgba_config_check_scalar(at, "repeat", node));
    if (dgba_text_integer(out, node->text) == DGBA_OK && *out >= 1 && *out <= MOST_REPEATS) return DGBA_OK;
    return dgba_yaml_fail(at->document, node, false, "repeat: expected a whole number from 1 to %d, not '%s'", MOST_REPEATS,
                          node->text);
}

static dgba_status check_count(const config_scope *at, const config_axis *seeds, int64_t count,
                               const dgba_yaml_node *node) {
    if (seeds->entry_count <= MOST_REPEATS / count) return DGBA_OK;
    return dgba_yaml_fail(at->document, node, false, "repeat: %lld seeds, %lld times, are more than %d",
                          (long long)seeds->entry_count, (long long)count, MOST_REPEATS);
}

/** Puts the seeds `first`, `first` + 1, ... in place of one. */
static dgba_status add_seeds(config_axis *seeds, const char *first, int64_t count) {
    int64_t seed = 0;
    DGBA_TRY(dgba_text_integer(&seed, first));
    for (int64_t i = 0; i < count; ++i) {
        char text[32];
        config_entry *entry = NULL;
        snprintf(text, sizeof text, "%lld", (long long)(seed + i));
        DGBA_TRY(dgba_config_add_entry(&entry, seeds, text));
    }
    return DGBA_OK;
}

dgba_status dgba_config_repeat(config_entry *into, const config_scope *at, const dgba_yaml_node *repeat) {
    int64_t count = 0, place = 0;
    if (repeat == NULL) return DGBA_OK;
    DGBA_TRY(read_count(&count, at, repeat));
    while (strcmp(into->axes[place].name, "seed") != 0) ++place; // the key is known only beside a seed
    config_axis *axis = &into->axes[place], seeds = {0};
    DGBA_TRY(check_count(at, axis, count, repeat));
    dgba_status status = DGBA_OK;
    for (int64_t i = 0; i < axis->entry_count && status == DGBA_OK; ++i)
        status = add_seeds(&seeds, axis->entries[i].value, count);
    config_entry *const former = axis->entries;
    const int64_t former_count = axis->entry_count;
    axis->entries = seeds.entries;
    axis->entry_count = seeds.entry_count;
    for (int64_t i = 0; i < former_count; ++i) dgba_config_entry_free(&former[i]);
    dgba_free(former);
    return status;
}
