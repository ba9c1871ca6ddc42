#include "filter.h"

#include <string.h>

static bool admits(const filter *f, int64_t index, const dgba_results *results, const observation *o) {
    char place[DGBA_OPTION_TEXT_BYTES];
    if (!axis_applies(f->axes.items[index], o)) return true;
    for (const char *rest = f->places[index]; *rest != '\0';) {
        const size_t bytes = strcspn(rest, "|");
        memcpy(place, rest, bytes);
        place[bytes] = '\0';
        if (axis_is_at(f->axes.items[index], results, o, place)) return true;
        rest += bytes;
        rest += *rest == '|';
    }
    return false;
}

bool filter_admits(const filter *f, const dgba_results *results, const observation *o) {
    for (int64_t i = 0; i < f->axes.count; ++i)
        if (!admits(f, i, results, o)) return false;
    return true;
}

/** Every place of the results on an axis, as an observation each. */
static int64_t place_count(const axis *a, const dgba_results *r) {
    const int64_t counts[] = {[AXIS_OF_ATTACK] = r->attack_count,
                              [AXIS_OF_MODEL] = r->model_count,
                              [AXIS_OF_TASK] = r->task_count,
                              [AXIS_OF_METRIC] = r->metric_count};
    return counts[a->source];
}

static observation place_at(const axis *a, int64_t index) {
    return (observation){.attack = a->source == AXIS_OF_ATTACK ? index : -1,
                         .model = a->source == AXIS_OF_MODEL ? index : -1,
                         .task = a->source == AXIS_OF_TASK ? index : -1,
                         .metric = a->source == AXIS_OF_METRIC ? index : -1};
}

static void add_places(dgba_text *out, const axis *a, const dgba_results *results) {
    dgba_text place = {0};
    for (int64_t i = 0; i < place_count(a, results); ++i) {
        const observation o = place_at(a, i);
        bool seen = false;
        for (int64_t j = 0; j < i && !seen; ++j) {
            const observation before = place_at(a, j);
            seen = axis_same(a, results, &o, &before);
        }
        axis_text(&place, a, results, &o);
        if (!seen) dgba_text_add(out, "%s%s", out->length > 0 ? ", " : "", dgba_text_chars(&place));
    }
    dgba_text_free(&place);
}

/** A condition that nothing meets is a slip of the hand. */
static dgba_status check_is_met(const filter *f, int64_t index, const dgba_results *results) {
    const axis *a = f->axes.items[index];
    for (int64_t i = 0; i < place_count(a, results); ++i) {
        const observation o = place_at(a, i);
        if (admits(f, index, results, &o)) return DGBA_OK;
    }
    dgba_text known = {0};
    add_places(&known, a, results);
    const dgba_status status = dgba_fail(DGBA_E_USAGE, "no %s is '%s'; there are: %s", axis_short_name(a), f->places[index],
                                         dgba_text_chars(&known));
    dgba_text_free(&known);
    return status;
}

/** Reads "axis=place|place" of `bytes` characters. */
static dgba_status read_condition(filter *f, const char *text, size_t bytes) {
    char name[DGBA_OPTION_TEXT_BYTES];
    const char *equals = memchr(text, '=', bytes);
    if (equals == NULL) return dgba_fail(DGBA_E_USAGE, "'%.*s' in a condition is not AXIS=VALUE", (int)bytes, text);
    const size_t name_bytes = (size_t)(equals - text), place_bytes = bytes - name_bytes - 1;
    if (name_bytes >= sizeof name || place_bytes >= sizeof f->places[0] || f->axes.count == AXES_MOST)
        return dgba_fail(DGBA_E_USAGE, "'%.40s...': too long, or more than %d conditions", text, AXES_MOST);
    memcpy(name, text, name_bytes);
    name[name_bytes] = '\0';
    memcpy(f->places[f->axes.count], equals + 1, place_bytes);
    DGBA_TRY(axis_find(&f->axes.items[f->axes.count], name));
    f->axes.count += 1;
    return DGBA_OK;
}

dgba_status filter_read(filter *out, const dgba_results *results, const char *where) {
    *out = (filter){0};
    while (where != NULL && *where != '\0') {
        const size_t bytes = strcspn(where, ",");
        DGBA_TRY(read_condition(out, where, bytes));
        DGBA_TRY(check_is_met(out, out->axes.count - 1, results));
        where += bytes;
        where += *where == ',';
    }
    return DGBA_OK;
}
