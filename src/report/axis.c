#include "axis.h"

#include <math.h>
#include <string.h>

#define MODEL_PREFIX "model."

#define ATTACK_AXIS(its_type, field, its_unit, help) \
    {.name = #field,                                 \
     .source = AXIS_OF_ATTACK,                       \
     .type = AXIS_##its_type,                        \
     .offset = offsetof(dgba_attack_row, field),     \
     .unit = (its_unit)},
#define MODEL_AXIS(its_type, field, its_unit, help) \
    {.name = MODEL_PREFIX #field,                   \
     .source = AXIS_OF_MODEL,                       \
     .type = AXIS_##its_type,                       \
     .offset = offsetof(dgba_model_row, field),     \
     .unit = (its_unit)},

static const axis axes[] = {
    DGBA_ATTACK_COLUMNS(ATTACK_AXIS)                                            //
    DGBA_MODEL_COLUMNS(MODEL_AXIS)                                              //
    {.name = "task", .source = AXIS_OF_TASK, .type = AXIS_TEXT, .unit = ""},    //
    {.name = "metric", .source = AXIS_OF_METRIC, .type = AXIS_TEXT, .unit = ""} //
};

/** Columns of /attacks and /models that are no settings. A new column is a setting until it stands here: then a pivot
 * refuses to average over it, which is the safe side. */
static const char *const no_settings[] = {
    "model",
    "arp",
    "mean_relative_loss",
    "seconds",
    "forward_passes",
    "left_out",
    "solves",
    "infeasible",
    "unproven",
    "images_per_second",
    "backward_passes",
    "images",
    "status",
    "reason",
    "model.id",
    "model.images",
    "model.status",
    "model.sharing_score",
    "model.sharing_score_most",
    "model.reason",
    "model.gmac",
    "model.parameters",
    "model.shared_parameters",
    "model.layout_tree",
    "model.train_seconds",
};

const axis *axes_all(int64_t *count) {
    *count = DGBA_COUNT_OF(axes);
    return axes;
}

bool axis_is_setting(const axis *a) {
    for (int64_t i = 0; i < DGBA_COUNT_OF(no_settings); ++i)
        if (strcmp(a->name, no_settings[i]) == 0) return false;
    return true;
}

const char *axis_short_name(const axis *a) {
    return a->source == AXIS_OF_MODEL ? a->name + sizeof MODEL_PREFIX - 1 : a->name;
}

bool axis_is_seed(const axis *a) { return strcmp(axis_short_name(a), "seed") == 0; }

/* ---- By name ---- */

/** Adds the words once each; of "model.layout" and "layout" the one that is shorter to type. */
static void add_words(dgba_text *out, const char *const *known, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
        bool again = strncmp(known[i], MODEL_PREFIX, sizeof MODEL_PREFIX - 1) == 0;
        for (int64_t j = 0; j < i && !again; ++j) again = strcmp(known[i], known[j]) == 0;
        if (!again) dgba_text_add(out, "%s%s", out->length > 0 ? ", " : "", known[i]);
    }
}

dgba_status word_find(int64_t *out, const char *word, const char *const *known, int64_t count, const char *what) {
    if (dgba_text_find(out, word, known, count, what) == DGBA_OK) return DGBA_OK;
    if (dgba_text_nearest(word, known, count) != NULL) return DGBA_E_USAGE;
    dgba_text all = {0};
    add_words(&all, known, count);
    const dgba_status status = dgba_fail(DGBA_E_USAGE, "unknown %s '%s'; there are: %s", what, word, dgba_text_chars(&all));
    dgba_text_free(&all);
    return status;
}

dgba_status axis_find(const axis **out, const char *name) {
    const char *known[2 * DGBA_COUNT_OF(axes)];
    for (int64_t i = 0; i < DGBA_COUNT_OF(axes); ++i) {
        known[i] = axes[i].name;
        known[DGBA_COUNT_OF(axes) + i] = axis_short_name(&axes[i]);
    }
    int64_t place = 0;
    DGBA_TRY(word_find(&place, name, known, DGBA_COUNT_OF(known), "axis"));
    *out = &axes[place % DGBA_COUNT_OF(axes)];
    return DGBA_OK;
}

dgba_status axis_list_read(axis_list *out, const char *names) {
    *out = (axis_list){0};
    char name[DGBA_OPTION_TEXT_BYTES];
    while (names != NULL && *names != '\0') {
        const size_t bytes = strcspn(names, ",");
        if (bytes >= sizeof name || out->count == AXES_MOST)
            return dgba_fail(DGBA_E_USAGE, "'%s': at most %d axes", names, AXES_MOST);
        memcpy(name, names, bytes);
        name[bytes] = '\0';
        DGBA_TRY(axis_find(&out->items[out->count++], name));
        names += bytes;
        names += *names == ',';
    }
    return DGBA_OK;
}

bool axis_list_has(const axis_list *list, const axis *a) {
    for (int64_t i = 0; i < list->count; ++i)
        if (list->items[i] == a) return true;
    return false;
}

/* ---- Places ---- */

bool axis_applies(const axis *a, const observation *o) {
    switch (a->source) {
        case AXIS_OF_ATTACK: return o->attack >= 0;
        case AXIS_OF_MODEL: return o->model >= 0;
        case AXIS_OF_TASK: return o->task >= 0;
        case AXIS_OF_METRIC: return o->metric >= 0;
    }
    return false;
}

/** The field of the row where the axis lies. */
static const void *field_of(const axis *a, const dgba_results *results, const observation *o) {
    DGBA_ASSERT(axis_applies(a, o));
    switch (a->source) {
        case AXIS_OF_ATTACK: return (const char *)&results->attacks[o->attack] + a->offset;
        case AXIS_OF_MODEL: return (const char *)&results->models[o->model] + a->offset;
        case AXIS_OF_TASK: return &results->tasks[o->task].name;
        case AXIS_OF_METRIC: return &results->metrics[o->metric].name;
    }
    return NULL;
}

double axis_number(const axis *a, const dgba_results *results, const observation *o) {
    const void *field = field_of(a, results, o);
    switch (a->type) {
        case AXIS_INTEGER: return (double)*(const int64_t *)field;
        case AXIS_REAL: return *(const double *)field;
        case AXIS_TEXT: break;
    }
    return NAN;
}

void axis_text(dgba_text *out, const axis *a, const dgba_results *results, const observation *o) {
    const void *field = field_of(a, results, o);
    dgba_text_clear(out);
    switch (a->type) {
        case AXIS_TEXT: dgba_text_add(out, "%s", *(char *const *)field); break;
        case AXIS_INTEGER: dgba_text_add(out, "%lld", (long long)*(const int64_t *)field); break;
        case AXIS_REAL: dgba_text_add(out, "%g", *(const double *)field); break;
    }
}

bool axis_same(const axis *a, const dgba_results *results, const observation *x, const observation *y) {
    if (!axis_applies(a, x) || !axis_applies(a, y)) return axis_applies(a, x) == axis_applies(a, y);
    if (a->type == AXIS_TEXT)
        return strcmp(*(char *const *)field_of(a, results, x), *(char *const *)field_of(a, results, y)) == 0;
    const double one = axis_number(a, results, x), other = axis_number(a, results, y);
    return one == other || (isnan(one) && isnan(other));
}

bool axis_is_at(const axis *a, const dgba_results *results, const observation *o, const char *place) {
    if (a->type != AXIS_TEXT) {
        double number = 0;
        if (dgba_text_real(&number, place) == DGBA_OK) return axis_number(a, results, o) == number;
        dgba_error_clear();
        return false;
    }
    const char *text = *(char *const *)field_of(a, results, o);
    const size_t bytes = strlen(place);
    return strncmp(text, place, bytes) == 0 && (text[bytes] == '\0' || text[bytes] == ':');
}
