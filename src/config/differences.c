#include <string.h>

#include "dgba/config.h"

/** The points of a section. */
typedef struct point_list {
    const dgba_settings *items;
    int64_t count;
} point_list;

static point_list points_of(const dgba_config *config, const char *section) {
    point_list points = {0};
    points.items = dgba_config_points(config, section, &points.count);
    return points;
}

/** The values that a key has, each once, in the order of appearance: "2, 4". */
static void list_values(dgba_text *out, point_list points, const char *key) {
    const char *last = NULL;
    dgba_settings seen = {0}; // by their keys
    dgba_text_clear(out);
    for (int64_t i = 0; i < points.count; ++i) {
        const char *value = dgba_settings_get(&points.items[i], key);
        if (value == NULL || value == last || dgba_settings_get(&seen, value) != NULL) continue;
        dgba_settings_set(&seen, value, "");
        dgba_text_add(out, "%s%s", seen.count > 1 ? ", " : "", value[0] != '\0' ? value : "''");
        last = value; // neighbours often share their texts
    }
    if (seen.count == 0) dgba_text_add(out, "none");
    dgba_settings_free(&seen);
}

static void add_keys(dgba_settings *keys, point_list points) {
    for (int64_t i = 0; i < points.count; ++i)
        for (int64_t k = 0; k < points.items[i].count; ++k)
            if (dgba_settings_get(keys, points.items[i].items[k].key) == NULL)
                dgba_settings_set(keys, points.items[i].items[k].key, "");
}

static void compare_keys(dgba_text *out, const char *section, const dgba_settings *keys, point_list former,
                         point_list now) {
    dgba_text before = {0}, after = {0};
    for (int64_t k = 0; k < keys->count; ++k) {
        list_values(&before, former, keys->items[k].key);
        list_values(&after, now, keys->items[k].key);
        if (strcmp(dgba_text_chars(&before), dgba_text_chars(&after)) == 0) continue;
        dgba_text_add(out, "%s.%s: %s -> %s\n", section, keys->items[k].key, dgba_text_chars(&before),
                      dgba_text_chars(&after));
    }
    dgba_text_free(&before);
    dgba_text_free(&after);
}

static void compare_sections(dgba_text *out, const char *section, point_list former, point_list now) {
    dgba_settings keys = {0};
    const size_t before = out->length;
    add_keys(&keys, former);
    add_keys(&keys, now);
    compare_keys(out, section, &keys, former, now);
    if (out->length == before && former.count != now.count)
        dgba_text_add(out, "%s: other combinations of the same values (%lld points -> %lld)\n", section,
                      (long long)former.count, (long long)now.count);
    dgba_settings_free(&keys);
}

void dgba_config_differences(dgba_text *out, const dgba_config *former, const dgba_config *now,
                             const dgba_config_schema *schema) {
    for (int64_t i = 0; i < schema->count; ++i) {
        const char *section = schema->sections[i].name;
        const bool was = dgba_config_has(former, section), is = dgba_config_has(now, section);
        if (was != is)
            dgba_text_add(out, "%s: %s\n", section, is ? "not given -> given" : "given -> not given");
        else if (is)
            compare_sections(out, section, points_of(former, section), points_of(now, section));
    }
}
