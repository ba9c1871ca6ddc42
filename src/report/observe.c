/* The values that can stand in a pivot table. */
#include <math.h>
#include <string.h>

#include "axis.h"

/** Values that are arrays of the results, not columns of a table. */
typedef enum value_kind { DROP, LOSS, METRIC, CLEAN_LOSS, CLEAN_METRIC } value_kind;

static const char *const array_names[] = {
    [DROP] = "drop", [LOSS] = "loss", [METRIC] = "metric", [CLEAN_LOSS] = "clean_loss", [CLEAN_METRIC] = "clean_metric"};

static const char against_clean[] = "relative to the same model's clean value";

static void add(observations *all, observation o) {
    report_need(DGBA_GROW(&all->items, all->count));
    all->items[all->count++] = o;
}

/** The number of an array for a row and a task or metric. */
static void add_from_array(observations *all, const dgba_results *r, value_kind kind, int64_t row) {
    const bool clean = kind == CLEAN_LOSS || kind == CLEAN_METRIC, by_metric = kind == METRIC || kind == CLEAN_METRIC;
    const double *const arrays[] = {[DROP] = r->attack_drops,
                                    [LOSS] = r->attack_losses,
                                    [METRIC] = r->attack_metrics,
                                    [CLEAN_LOSS] = r->model_losses,
                                    [CLEAN_METRIC] = r->model_metrics};
    const int64_t count = by_metric ? r->metric_count : r->task_count;
    for (int64_t i = 0; i < count; ++i) {
        const double value = arrays[kind][row * count + i];
        add(all, (observation){.model = clean ? row : r->attacks[row].model,
                               .attack = clean ? -1 : row,
                               .task = by_metric ? r->metrics[i].task : i,
                               .metric = by_metric ? i : -1,
                               .value = kind == DROP ? 100 * value : value});
    }
}

static void read_array(observations *out, const dgba_results *results, value_kind kind) {
    out->of_models = kind == CLEAN_LOSS || kind == CLEAN_METRIC;
    const int64_t rows = out->of_models ? results->model_count : results->attack_count;
    for (int64_t i = 0; i < rows; ++i) add_from_array(out, results, kind, i);
    out->title = array_names[kind];
    out->unit = kind == DROP ? "%" : "";
    out->decimals = kind == DROP ? 2 : 4;
    out->meaning =
        kind == DROP ? "mean relative change of the task's metrics, relative to the same model's clean value" : "";
    out->best = kind == DROP || kind == CLEAN_LOSS ? TABLE_BEST_LOW : TABLE_BEST_HIGH;
}

/** Which end of a column is the strong attack or the good model. */
static table_best best_of(const char *column) {
    static const char *const low[] = {"arp", "seconds", "model.parameters", "model.gmac", "model.train_seconds"};
    static const char *const high[] = {"mean_relative_loss", "images_per_second"};
    for (int64_t i = 0; i < DGBA_COUNT_OF(low); ++i)
        if (strcmp(column, low[i]) == 0) return TABLE_BEST_LOW;
    for (int64_t i = 0; i < DGBA_COUNT_OF(high); ++i)
        if (strcmp(column, high[i]) == 0) return TABLE_BEST_HIGH;
    return TABLE_BEST_NONE;
}

static void read_column(observations *out, const dgba_results *results, const axis *column) {
    out->of_models = column->source == AXIS_OF_MODEL;
    const bool relative = strcmp(column->name, "arp") == 0 || strcmp(column->name, "mean_relative_loss") == 0;
    const int64_t rows = out->of_models ? results->model_count : results->attack_count;
    for (int64_t i = 0; i < rows; ++i) {
        observation o = {.model = i, .attack = -1, .task = -1, .metric = -1};
        if (!out->of_models) o = (observation){.model = results->attacks[i].model, .attack = i, .task = -1, .metric = -1};
        const char *status = out->of_models ? results->models[i].status : results->attacks[i].status;
        o.value = strcmp(status, "ok") == 0 ? axis_number(column, results, &o) * (relative ? 100 : 1) : NAN;
        add(out, o);
    }
    out->title = axis_short_name(column);
    out->unit = relative ? "%" : column->unit;
    out->decimals = column->type == AXIS_INTEGER ? 0 : relative ? 2 : 4;
    out->meaning = relative ? against_clean : "";
    out->best = best_of(column->name);
}

/** The columns of numbers that are measured. */
static bool is_value(const axis *a) { return a->type != AXIS_TEXT && !axis_is_setting(a) && strcmp(a->name, "model") != 0; }

dgba_status observations_read(observations *out, const dgba_results *results, const char *value) {
    *out = (observations){0};
    int64_t axis_count = 0, count = DGBA_COUNT_OF(array_names), place = 0;
    const axis *axes = axes_all(&axis_count);
    const char **known = NULL;
    const axis **columns = NULL; // behind the arrays
    report_need(DGBA_NEW(&known, count + axis_count));
    report_need(DGBA_NEW(&columns, count + axis_count));
    for (int64_t i = 0; i < count; ++i) known[i] = array_names[i];
    for (int64_t i = 0; i < axis_count; ++i) {
        if (!is_value(&axes[i])) continue;
        known[count] = axis_short_name(&axes[i]);
        columns[count++] = &axes[i];
    }
    const dgba_status status = word_find(&place, value, known, count, "value");
    if (status == DGBA_OK && columns[place] != NULL) read_column(out, results, columns[place]);
    if (status == DGBA_OK && columns[place] == NULL) read_array(out, results, (value_kind)place);
    dgba_free(columns);
    dgba_free(known);
    return status;
}

table_best observation_best(const observations *all, const dgba_results *results, const observation *o) {
    if (o->metric < 0) return all->best;
    const bool higher_is_better = results->metrics[o->metric].higher_is_better != 0;
    return higher_is_better == all->of_models ? TABLE_BEST_HIGH : TABLE_BEST_LOW;
}
