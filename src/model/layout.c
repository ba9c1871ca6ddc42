#include <string.h>

#include "dgba/model.h"

enum { MOST_LAYOUTS = 1 << 18, LABEL_BITS = 4 };
_Static_assert(DGBA_MOST_TASKS *LABEL_BITS <= 32 && DGBA_MOST_TASKS <= 1 << LABEL_BITS, "a partition fits one word");

/** Layouts found so far, and a hash table over them: open addressing, index + 1, 0 = free. */
typedef struct layout_list {
    dgba_layout *items;
    int64_t count, limit;
    int32_t *slots;
    int64_t slot_count; // a power of two
} layout_list;

/* ---- Equal whatever the order of the sets ---- */

typedef struct layout_key {
    uint32_t partition[DGBA_MOST_LEVELS];
} layout_key;

/** Per level one word that labels each task with the least task of its set. */
static layout_key key_of(const dgba_layout *layout) {
    layout_key key = {0};
    for (int64_t level = 0; level < layout->levels; ++level)
        for (int64_t s = 0; s < layout->set_count[level]; ++s) {
            const dgba_task_set set = layout->sets[level][s];
            const uint32_t label = (uint32_t)__builtin_ctz(set);
            for (int t = 0; t < DGBA_MOST_TASKS; ++t)
                if (set >> t & 1) key.partition[level] |= label << (LABEL_BITS * t);
        }
    return key;
}

/** The slot that holds an equal layout, or the free one where it belongs. */
static int32_t *find_slot(const layout_list *list, const dgba_layout *layout) {
    const layout_key key = key_of(layout);
    const int64_t mask = list->slot_count - 1;
    int64_t at = (int64_t)dgba_hash_bytes(&key, sizeof key).low & mask;
    for (; list->slots[at] != 0; at = (at + 1) & mask) {
        const layout_key other = key_of(&list->items[list->slots[at] - 1]);
        if (memcmp(&key, &other, sizeof key) == 0) break;
    }
    return &list->slots[at];
}

/** Keeps the table at most half full. */
static dgba_status grow_slots(layout_list *list) {
    if (2 * (list->count + 1) <= list->slot_count) return DGBA_OK;
    dgba_free(list->slots);
    list->slot_count = list->slot_count > 0 ? 2 * list->slot_count : 64;
    DGBA_TRY(DGBA_NEW(&list->slots, list->slot_count));
    for (int64_t i = 0; i < list->count; ++i) *find_slot(list, &list->items[i]) = (int32_t)(i + 1);
    return DGBA_OK;
}

/** Appends unless an equal layout is there. */
static dgba_status add_layout(bool *added, layout_list *list, const dgba_layout *layout) {
    *added = false;
    DGBA_TRY(grow_slots(list));
    int32_t *slot = find_slot(list, layout);
    if (*slot != 0) return DGBA_OK;
    if (list->count == MOST_LAYOUTS)
        return dgba_fail(DGBA_E_USAGE, "%lld tasks on %lld levels have more than %d layouts", (long long)layout->tasks,
                         (long long)layout->levels, MOST_LAYOUTS);
    DGBA_TRY(DGBA_GROW(&list->items, list->count));
    list->items[list->count++] = *layout;
    *slot = (int32_t)list->count;
    *added = true;
    return DGBA_OK;
}

/* ---- Enumeration ---- */

/** From `level` on, replaces `set` by `part` and the rest of it, appended in this order. */
static void split(dgba_layout *layout, int64_t level, dgba_task_set set, dgba_task_set part) {
    for (; level < layout->levels; ++level) {
        dgba_task_set *sets = layout->sets[level];
        int64_t kept = 0;
        for (int64_t s = 0; s < layout->set_count[level]; ++s)
            if (sets[s] != set) sets[kept++] = sets[s];
        sets[kept] = part;
        sets[kept + 1] = set & ~part;
        layout->set_count[level] = kept + 2;
    }
}

static dgba_status cut_further(layout_list *list, const dgba_layout *parent, int64_t lowest_cut, int64_t cuts_left);

/** All two-way splits of one set. Its first task stays in the second part; the others run through the in/out patterns,
 *  "in" before "out", the first of them slowest, which is counting down in binary with the first as highest digit. */
static dgba_status cut_set(layout_list *list, const dgba_layout *parent, int64_t level, dgba_task_set set,
                           int64_t cuts_left) {
    int others[DGBA_MOST_TASKS], count = 0;
    for (int t = __builtin_ctz(set) + 1; t < DGBA_MOST_TASKS; ++t)
        if (set >> t & 1) others[count++] = t;
    for (uint32_t pattern = (1U << count) - 1; pattern > 0 && list->count < list->limit; --pattern) {
        dgba_task_set part = 0;
        for (int k = 0; k < count; ++k)
            if (pattern >> (count - 1 - k) & 1) part |= 1U << others[k];
        dgba_layout child = *parent;
        bool added = false;
        split(&child, level, set, part);
        DGBA_TRY(add_layout(&added, list, &child));
        if (added) DGBA_TRY(cut_further(list, &child, level, cuts_left - 1));
    }
    return DGBA_OK;
}

static dgba_status cut_further(layout_list *list, const dgba_layout *parent, int64_t lowest_cut, int64_t cuts_left) {
    if (cuts_left == 0) return DGBA_OK;
    for (int64_t level = lowest_cut; level < parent->levels; ++level)
        for (int64_t s = 0; s < parent->set_count[level]; ++s)
            DGBA_TRY(cut_set(list, parent, level, parent->sets[level][s], cuts_left));
    return DGBA_OK;
}

/** The first `limit` layouts of the enumeration. */
static dgba_status enumerate(dgba_layout **out, int64_t *count, int64_t tasks, int64_t levels, int64_t limit) {
    *out = NULL;
    *count = 0;
    if (tasks < 1 || tasks > DGBA_MOST_TASKS || levels < 1 || levels > DGBA_MOST_LEVELS)
        return dgba_fail(DGBA_E_USAGE, "layouts of %lld tasks on %lld levels; allowed are 1 to %d tasks, 1 to %d levels",
                         (long long)tasks, (long long)levels, DGBA_MOST_TASKS, DGBA_MOST_LEVELS);
    dgba_layout shared = {.tasks = tasks, .levels = levels};
    for (int64_t level = 0; level < levels; ++level) {
        shared.set_count[level] = 1;
        shared.sets[level][0] = (1U << tasks) - 1;
    }
    layout_list list = {.limit = limit};
    bool added = false;
    dgba_status status = add_layout(&added, &list, &shared);
    if (status == DGBA_OK) status = cut_further(&list, &shared, 0, tasks - 1);
    dgba_free(list.slots);
    if (status != DGBA_OK) {
        dgba_free(list.items);
        return status;
    }
    *out = list.items;
    *count = list.count;
    return DGBA_OK;
}

dgba_status dgba_layout_enumerate(dgba_layout **out, int64_t *count, int64_t tasks, int64_t levels) {
    return enumerate(out, count, tasks, levels, INT64_MAX);
}

dgba_status dgba_layout_at(dgba_layout *out, int64_t tasks, int64_t levels, int64_t index) {
    dgba_layout *all = NULL;
    int64_t count = 0;
    DGBA_TRY(enumerate(&all, &count, tasks, levels, index >= 0 ? index + 1 : INT64_MAX));
    const bool exists = index >= 0 && index < count;
    if (exists) *out = all[index];
    dgba_free(all);
    if (exists) return DGBA_OK;
    return dgba_fail(DGBA_E_USAGE, "there is no layout %lld: %lld tasks on %lld levels have the layouts 0 to %lld",
                     (long long)index, (long long)tasks, (long long)levels, (long long)count - 1);
}

/* ---- What a layout is like ---- */

void dgba_layout_print(dgba_text *out, const dgba_layout *layout) {
    for (int64_t level = 0; level < layout->levels; ++level) {
        if (level > 0) dgba_text_add(out, "|");
        for (int64_t s = 0; s < layout->set_count[level]; ++s) {
            dgba_text_add(out, "{");
            for (int64_t t = 0; t < layout->tasks; ++t)
                if (layout->sets[level][s] >> t & 1) dgba_text_add(out, "%lld", (long long)t);
            dgba_text_add(out, "}");
        }
    }
}

int64_t dgba_layout_sharing_score(const dgba_layout *layout, int64_t *most) {
    int64_t score = 0;
    for (int64_t level = 0; level < layout->levels; ++level)
        for (int64_t s = 0; s < layout->set_count[level]; ++s) {
            const int64_t tasks = __builtin_popcount(layout->sets[level][s]);
            score += tasks * (tasks - 1) / 2;
        }
    *most = layout->levels * layout->tasks * (layout->tasks - 1) / 2;
    return score;
}
