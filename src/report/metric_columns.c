#include "metric_columns.h"

#include <string.h>

/** Ratios have four decimals, angles and percentages two. */
static int decimals_of(const char *unit) { return strcmp(unit, "degree") == 0 || strcmp(unit, "%") == 0 ? 2 : 4; }

void metric_columns_add(table *t, const dgba_results *results) {
    for (int64_t m = 0; m < results->metric_count; ++m) {
        const dgba_metric_row *metric = &results->metrics[m];
        table_add_numbers(t, decimals_of(metric->unit), metric->unit,
                          metric->higher_is_better ? TABLE_BEST_HIGH : TABLE_BEST_LOW, "%s\n%s %s",
                          results->tasks[metric->task].name, metric->name, metric->higher_is_better ? "↑" : "↓");
    }
}

void metric_columns_fill(table *t, const grid *g, int64_t group) {
    const dgba_results *results = g->results;
    for (int64_t m = 0; m < results->metric_count; ++m) {
        statistic s = {0};
        for (int64_t i = 0; i < results->model_count; ++i)
            if (g->model_group[i] == group) statistic_add(&s, results->model_metrics[i * results->metric_count + m]);
        table_number(t, &s, g->groups[group].size);
    }
}

void table_add_seeds(table *t, const grid *g, int64_t group) {
    dgba_text seeds = {0};
    for (int64_t i = 0; i < g->results->model_count; ++i)
        if (g->model_group[i] == group)
            dgba_text_add(&seeds, "%s%lld", seeds.length > 0 ? " " : "", (long long)g->results->models[i].seed);
    table_text(t, "%s", dgba_text_chars(&seeds));
    dgba_text_free(&seeds);
}
