/* Where the results come from, and the models as they are without an attack. */
#include <string.h>

#include "sections.h"

static void print_line(dgba_text *out, const char *name, const char *value) {
    if (value[0] != '\0') dgba_text_add(out, "%-11s%s\n", name, value);
}

void report_provenance(dgba_text *out, const dgba_provenance *run) {
    print_line(out, "run", run->name);
    print_line(out, "run id", run->run_id);
    print_line(out, "data", run->data_name);
    print_line(out, "commit", run->git_commit);
    print_line(out, "host", run->host);
    print_line(out, "BLAS core", run->blas_core);
    print_line(out, "finished", run->finished);
}

/** Ratios have four decimals, angles and percentages two. */
static int decimals_of(const char *unit) { return strcmp(unit, "degree") == 0 || strcmp(unit, "%") == 0 ? 2 : 4; }

static void add_columns(table *t, const dgba_results *results) {
    table_column_add(t, TABLE_LEFT, "layout");
    t->key_columns = 1;
    table_column_add(t, TABLE_LEFT, "tree");
    table_column_add(t, TABLE_RIGHT, "sharing");
    table_column_add(t, TABLE_RIGHT, "parameters");
    table_column_add(t, TABLE_LEFT, "seeds");
    for (int64_t m = 0; m < results->metric_count; ++m) {
        const dgba_metric_row *metric = &results->metrics[m];
        const bool has_unit = metric->unit[0] != '\0';
        table_column_add(t, TABLE_RIGHT, "%s\n%s %s%s%s", results->tasks[metric->task].name, metric->name,
                         metric->higher_is_better ? "↑" : "↓", has_unit ? "\n" : "", metric->unit);
    }
}

static void add_seeds(table *t, const grid *g, int64_t group) {
    dgba_text seeds = {0};
    for (int64_t i = 0; i < g->results->model_count; ++i)
        if (g->model_group[i] == group)
            dgba_text_add(&seeds, "%s%lld", seeds.length > 0 ? " " : "", (long long)g->results->models[i].seed);
    table_add(t, "%s", dgba_text_chars(&seeds));
    dgba_text_free(&seeds);
}

static void add_metric(table *t, const grid *g, int64_t group, int64_t metric) {
    const dgba_results *results = g->results;
    statistic s = {0};
    for (int64_t i = 0; i < results->model_count; ++i)
        if (g->model_group[i] == group) statistic_add(&s, results->model_metrics[i * results->metric_count + metric]);
    dgba_text text = {0};
    statistic_text(&text, &s, decimals_of(results->metrics[metric].unit), g->groups[group].size);
    table_add(t, "%s", dgba_text_chars(&text));
    dgba_text_free(&text);
}

void report_clean(dgba_text *out, const grid *g) {
    if (g->group_count == 0) return;
    dgba_text_add(out,
                  "\nClean results (↑ higher is better, ↓ lower is better; over seeds: mean ± standard deviation)\n\n");
    table t = {0};
    add_columns(&t, g->results);
    for (int64_t i = 0; i < g->group_count; ++i) {
        const dgba_model_row *model = &g->results->models[g->groups[i].first];
        table_add(&t, "%s", g->groups[i].label);
        table_add(&t, "%s", model->layout_tree);
        table_add(&t, "%lld/%lld", (long long)model->sharing_score, (long long)model->sharing_score_most);
        table_add(&t, "%lld", (long long)model->parameters);
        add_seeds(&t, g, i);
        for (int64_t m = 0; m < g->results->metric_count; ++m) add_metric(&t, g, i, m);
    }
    table_print_text(out, &t);
    table_free(&t);
}
