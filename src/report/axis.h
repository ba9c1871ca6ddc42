/** The axes that attacks can be sorted along, and the values that can be looked at. */
#ifndef REPORT_AXIS_H
#define REPORT_AXIS_H

#include "dgba/store.h"
#include "table.h"

/** One number of the results and where it belongs; -1 where that does not apply. */
typedef struct observation {
    int64_t model, attack, task, metric;
    double value; // NaN = missing
} observation;

typedef enum axis_source { AXIS_OF_ATTACK, AXIS_OF_MODEL, AXIS_OF_TASK, AXIS_OF_METRIC } axis_source;
typedef enum axis_type { AXIS_TEXT, AXIS_INTEGER, AXIS_REAL } axis_type;

typedef struct axis {
    const char *name; // of a model "model.layout", for which "layout" will do
    axis_source source;
    axis_type type;
    size_t offset; // of the field in the row
    const char *unit;
} axis;

/** Whether it is something chosen, not something measured or following from what was chosen. */
bool axis_is_setting(const axis *a);

/** Whether observations that differ in it only are repeats. */
bool axis_is_seed(const axis *a);

/** All axes. */
const axis *axes_all(int64_t *count);

/** The place of a word among the known ones. `what` says what they are: "table".
 *  Errors    DGBA_E_USAGE with the nearest word, or if none is near with all of them */
dgba_status word_find(int64_t *out, const char *word, const char *const *known, int64_t count, const char *what);

/** Errors    as word_find() */
dgba_status axis_find(const axis **out, const char *name);

/** A list of names separated by commas. */
enum { AXES_MOST = 8 };
typedef struct axis_list {
    const axis *items[AXES_MOST];
    int64_t count;
} axis_list;
dgba_status axis_list_read(axis_list *out, const char *names);
bool axis_list_has(const axis_list *list, const axis *a);

/** The name people use: "layout". */
const char *axis_short_name(const axis *a);

/** Whether an observation has a place on the axis: one of a clean model has no epsilon. */
bool axis_applies(const axis *a, const observation *o);

/** Where an observation stands on the axis, as text; `out` is cleared first. */
void axis_text(dgba_text *out, const axis *a, const dgba_results *results, const observation *o);

/** The number there; NaN for texts. */
double axis_number(const axis *a, const dgba_results *results, const observation *o);

bool axis_same(const axis *a, const dgba_results *results, const observation *x, const observation *y);

/** Whether an observation stands at a place given as text: 8/1 is 8, and "single" is every "single:<task>". */
bool axis_is_at(const axis *a, const dgba_results *results, const observation *o, const char *place);

/* ---- Values ---- */

typedef struct observations {
    observation *items;
    int64_t count;
    const char *title, *unit; // borrowed from the results or constant
    const char *meaning;      // with its baseline, for the caption
    int decimals;
    table_best best; // which end is the stronger attack or the better model; for metrics see observation_best()
    bool of_models;
} observations;

/** All observations of a value. `out->items` is freed with dgba_free().
 *  Errors    as word_find() */
dgba_status observations_read(observations *out, const dgba_results *results, const char *value);

/** Which end is the best for an observation: under attack the stronger attack, without the better model. */
table_best observation_best(const observations *all, const dgba_results *results, const observation *o);

#endif
