/* The models as they are without an attack. */
#include <math.h>
#include <string.h>

#include "derived.h"
#include "sections.h"

/** Ratios have four decimals, angles and percentages two. */
static int decimals_of(const char *unit) { return strcmp(unit, "degree") == 0 || strcmp(unit, "%") == 0 ? 2 : 4; }

static void add_columns(table *t, const dgba_results *results, bool has_arp) {
    table_add_texts(t, TABLE_LEFT, "layout");
    t->key_columns = 1;
    table_add_texts(t, TABLE_LEFT, "tree");
    table_add_texts(t, TABLE_RIGHT, "sharing");
    table_add_texts(t, TABLE_RIGHT, "parameters");
    table_add_texts(t, TABLE_LEFT, "seeds");
    for (int64_t m = 0; m < results->metric_count; ++m) {
        const dgba_metric_row *metric = &results->metrics[m];
        table_add_numbers(t, decimals_of(metric->unit), metric->unit,
                          metric->higher_is_better ? TABLE_BEST_HIGH : TABLE_BEST_LOW, "%s\n%s %s",
                          results->tasks[metric->task].name, metric->name, metric->higher_is_better ? "↑" : "↓");
    }
    if (has_arp) table_add_numbers(t, 2, "%", TABLE_BEST_HIGH, "clean ARP ↑");
}

static void add_seeds(table *t, const grid *g, int64_t group) {
    dgba_text seeds = {0};
    for (int64_t i = 0; i < g->results->model_count; ++i)
        if (g->model_group[i] == group)
            dgba_text_add(&seeds, "%s%lld", seeds.length > 0 ? " " : "", (long long)g->results->models[i].seed);
    table_text(t, "%s", dgba_text_chars(&seeds));
    dgba_text_free(&seeds);
}

static void add_row(table *t, const grid *g, int64_t group, bool has_arp) {
    const dgba_results *results = g->results;
    const dgba_model_row *model = &results->models[g->groups[group].first];
    table_text(t, "%s", g->groups[group].label);
    table_text(t, "%s", model->layout_tree);
    table_text(t, "%lld/%lld", (long long)model->sharing_score, (long long)model->sharing_score_most);
    table_text(t, "%lld", (long long)model->parameters);
    add_seeds(t, g, group);
    for (int64_t m = 0; m < results->metric_count; ++m) {
        statistic s = {0};
        for (int64_t i = 0; i < results->model_count; ++i)
            if (g->model_group[i] == group) statistic_add(&s, results->model_metrics[i * results->metric_count + m]);
        table_number(t, &s, g->groups[group].size);
    }
    if (!has_arp) return;
    const statistic arp = clean_arp_of(g, group);
    table_number(t, &arp, g->groups[group].size);
}

void report_clean(report *r, const grid *g) {
    if (g->group_count == 0) return;
    bool has_arp = false;
    for (int64_t i = 0; i < g->group_count; ++i) has_arp |= clean_arp_of(g, i).count > 0;
    section *s = report_add_section(r, "clean", "Clean results");
    section_set_note(s, "↑ higher is better, ↓ lower is better; over seeds: mean ± standard deviation.%s",
                     has_arp ? " Clean ARP: relative to the independent layout's clean value." : "");
    table *t = section_add_table(s);
    add_columns(t, g->results, has_arp);
    for (int64_t i = 0; i < g->group_count; ++i)
        if (g->groups[i].shown) add_row(t, g, i, has_arp);
    table_mark_best(t);
}
