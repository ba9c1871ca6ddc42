#include <string.h>

#include "check.h"

enum { MOST_COMPARISONS = 100000000 }; // of points with exclusions: a few seconds

static dgba_status check_one(config_exclusions *out, const dgba_yaml *document, const dgba_config_section *section,
                             const dgba_yaml_node *node) {
    if (node->kind != DGBA_YAML_MAP || node->count == 0)
        return dgba_yaml_fail(document, node, false, "exclude: expected keys and values that the left-out points have");
    const config_scope at = {.document = document, .place = node, .name = section->name, .prefix = "", .partial = true};
    DGBA_TRY(DGBA_GROW(&out->items, out->count));
    config_entry *what = &out->items[out->count++];
    *what = (config_entry){0};
    return dgba_config_check_section(what, &at, section, node);
}

dgba_status dgba_config_check_exclusions(config_exclusions *out, const dgba_yaml *document,
                                         const dgba_config_section *section, const dgba_yaml_node *node) {
    *out = (config_exclusions){0};
    if (node->kind != DGBA_YAML_LIST) return check_one(out, document, section, node);
    for (const dgba_yaml_node *child = node->first; child != NULL; child = child->next)
        DGBA_TRY(check_one(out, document, section, child));
    return DGBA_OK;
}

void dgba_config_exclusions_free(config_exclusions *exclusions) {
    for (int64_t i = 0; i < exclusions->count; ++i) dgba_config_entry_free(&exclusions->items[i]);
    dgba_free(exclusions->items);
    *exclusions = (config_exclusions){0};
}

/** Whether the point has all the settings of `part`. */
static bool has_all(const dgba_settings *point, const dgba_settings *part) {
    for (int64_t i = 0; i < part->count; ++i) {
        const char *value = dgba_settings_get(point, part->items[i].key);
        if (value == NULL || strcmp(value, part->items[i].value) != 0) return false;
    }
    return true;
}

/** Removes the points that have all settings of one of the parts; how many. */
static int64_t remove_points(config_points *points, const config_points *parts) {
    int64_t kept = 0;
    const int64_t before = points->count;
    for (int64_t i = 0; i < before; ++i) {
        int64_t p = 0;
        while (p < parts->count && !has_all(&points->items[i], &parts->items[p])) ++p;
        if (p == parts->count) points->items[kept++] = points->items[i];
    }
    points->count = kept;
    return before - kept;
}

/** Counts comparisons down from those that are left. */
static dgba_status check_work(int64_t *left, const config_points *points, const config_points *parts,
                              const dgba_yaml *document, const dgba_yaml_node *node) {
    *left -= points->count * parts->count;
    if (*left >= 0) return DGBA_OK;
    return dgba_yaml_fail(document, node, false, "exclude: more than %d comparisons of points with what is left out",
                          MOST_COMPARISONS);
}

static dgba_status leave_out(config_points *points, int64_t *left, config_entry *exclusion, const dgba_yaml *document,
                             const dgba_yaml_node *node) {
    config_points parts;
    int64_t repeats = 0;
    dgba_status status = dgba_config_expand(&parts, &repeats, exclusion);
    if (status == DGBA_E_CONFIG) return dgba_yaml_fail(document, node, false, "exclude: %s", dgba_error());
    DGBA_TRY(status);
    DGBA_TRY_OUT(check_work(left, points, &parts, document, node));
    if (remove_points(points, &parts) == 0 &&
        dgba_yaml_fail(document, node, false, "exclude: the sweep has no such point") != DGBA_OK) {
        DGBA_WARNING_ROOT("%s", dgba_error());
        dgba_error_clear();
    }
out:
    dgba_config_points_free(&parts);
    return status;
}

dgba_status dgba_config_leave_out(config_points *points, config_exclusions *exclusions, const dgba_yaml *document,
                                  const dgba_yaml_node *node) {
    const dgba_yaml_node *place = node->kind == DGBA_YAML_LIST ? node->first : node;
    int64_t left = MOST_COMPARISONS;
    for (int64_t i = 0; i < exclusions->count; ++i, place = place->next) {
        DGBA_TRY(leave_out(points, &left, &exclusions->items[i], document, place));
        if (points->count == 0) return dgba_yaml_fail(document, place, false, "exclude: nothing is left of the sweep");
    }
    return DGBA_OK;
}
