#include <stdlib.h>
#include <string.h>

#include "axes.h"

enum { MOST_POINTS = 100000 };

static void count_entry(config_entry *entry);

void dgba_config_count(config_axis *axis) {
    axis->points = 0;
    for (int64_t i = 0; i < axis->entry_count; ++i) {
        config_entry *entry = &axis->entries[i];
        count_entry(entry);
        entry->first = axis->points;
        axis->points += entry->points;
    }
}

static void count_entry(config_entry *entry) {
    entry->points = 1;
    for (int64_t i = entry->axis_count - 1; i >= 0; --i) {
        config_axis *axis = &entry->axes[i];
        dgba_config_count(axis);
        axis->stride = entry->points;
        if (axis->leader == i) entry->points *= axis->points;
    }
    for (int64_t i = 0; i < entry->axis_count; ++i) entry->axes[i].stride = entry->axes[entry->axes[i].leader].stride;
}

/** The most settings a point of this entry can have. */
static int64_t widest(const config_entry *entry) {
    int64_t sum = entry->value != NULL ? 1 : 0;
    for (int64_t i = 0; i < entry->axis_count; ++i) {
        int64_t most = 0;
        for (int64_t j = 0; j < entry->axes[i].entry_count; ++j) {
            const int64_t width = widest(&entry->axes[i].entries[j]);
            if (width > most) most = width;
        }
        sum += most;
    }
    return sum;
}

/** The entry of the axis that holds its point `index`. */
static const config_entry *find_entry(const config_axis *axis, int64_t index) {
    int64_t low = 0, high = axis->entry_count;
    while (high - low > 1) {
        const int64_t middle = low + (high - low) / 2;
        if (axis->entries[middle].first <= (double)index)
            low = middle;
        else
            high = middle;
    }
    return &axis->entries[low];
}

/** Adds the settings of an entry's point `index`: a number whose digits are the axes' points, the last one fastest. Zipped
 *  axes share a digit. */
static void write_point(dgba_settings *point, const config_entry *entry, int64_t index) {
    for (int64_t i = 0; i < entry->axis_count; ++i) {
        const config_axis *axis = &entry->axes[i];
        const int64_t digit = index / (int64_t)axis->stride % (int64_t)axis->points;
        const config_entry *chosen = find_entry(axis, digit);
        if (chosen->value != NULL) point->items[point->count++] = (dgba_setting){.key = axis->key, .value = chosen->value};
        write_point(point, chosen, digit - (int64_t)chosen->first);
    }
}

static int compare_points(const dgba_settings *a, const dgba_settings *b) {
    const int64_t count = a->count < b->count ? a->count : b->count;
    for (int64_t i = 0; i < count; ++i) {
        const dgba_setting *x = &a->items[i], *y = &b->items[i];
        // Points share their texts, so most comparisons end here.
        if (x->key == y->key && x->value == y->value) continue;
        int order = strcmp(x->key, y->key);
        if (order == 0) order = strcmp(x->value, y->value);
        if (order != 0) return order;
    }
    return (a->count > b->count) - (a->count < b->count);
}

typedef struct ranked {
    const dgba_settings *point;
    int64_t index;
} ranked;

/** By content, then in order of appearance. */
static int compare_ranked(const void *a, const void *b) {
    const ranked *first = a, *second = b;
    const int order = compare_points(first->point, second->point);
    return order != 0 ? order : (first->index > second->index) - (first->index < second->index);
}

/** Leaves the first of equal points only, in the same order. */
static dgba_status remove_repeats(config_points *points) {
    ranked *sorted = NULL;
    bool *repeats = NULL;
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(DGBA_NEW(&sorted, points->count));
    DGBA_TRY_OUT(DGBA_NEW(&repeats, points->count));
    for (int64_t i = 0; i < points->count; ++i) sorted[i] = (ranked){.point = &points->items[i], .index = i};
    qsort(sorted, (size_t)points->count, sizeof *sorted, compare_ranked);
    for (int64_t i = 1; i < points->count; ++i)
        repeats[sorted[i].index] = compare_points(sorted[i - 1].point, sorted[i].point) == 0;
    int64_t kept = 0;
    for (int64_t i = 0; i < points->count; ++i)
        if (!repeats[i]) points->items[kept++] = points->items[i];
    points->count = kept;
out:
    dgba_free(repeats);
    dgba_free(sorted);
    return status;
}

dgba_status dgba_config_expand(config_points *out, int64_t *repeats, config_entry *section) {
    *out = (config_points){0};
    count_entry(section);
    if (section->points > MOST_POINTS)
        return dgba_fail(DGBA_E_CONFIG, "the lists multiply to %.15g points; at most %d are possible", section->points,
                         MOST_POINTS);
    const int64_t count = (int64_t)section->points, width = widest(section);
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(DGBA_NEW(&out->items, count));
    DGBA_TRY_OUT(DGBA_NEW(&out->block, count * width));
    for (; out->count < count; ++out->count) {
        dgba_settings *point = &out->items[out->count];
        point->items = out->block + out->count * width;
        write_point(point, section, out->count);
    }
    DGBA_TRY_OUT(remove_repeats(out));
    *repeats = count - out->count;
out:
    if (status != DGBA_OK) dgba_config_points_free(out);
    return status;
}

void dgba_config_points_free(config_points *points) {
    dgba_free(points->block);
    dgba_free(points->items);
    *points = (config_points){0};
}
