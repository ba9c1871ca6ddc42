/* The models as they are without an attack. */
#include "derived.h"
#include "metric_columns.h"
#include "sections.h"

static void add_columns(table *t, const dgba_results *results, bool has_arp) {
    table_add_texts(t, TABLE_LEFT, "layout");
    t->key_columns = 1;
    table_add_texts(t, TABLE_LEFT, "tree");
    table_add_texts(t, TABLE_RIGHT, "sharing");
    table_add_texts(t, TABLE_RIGHT, "parameters");
    table_add_texts(t, TABLE_LEFT, "seeds");
    metric_columns_add(t, results);
    if (has_arp) table_add_numbers(t, 2, "%", TABLE_BEST_HIGH, "clean ARP ↑");
}

static void add_row(table *t, const grid *g, int64_t group, bool has_arp) {
    const dgba_model_row *model = &g->results->models[g->groups[group].first];
    table_text(t, "%s", g->groups[group].label);
    table_text(t, "%s", model->layout_tree);
    table_text(t, "%lld/%lld", (long long)model->sharing_score, (long long)model->sharing_score_most);
    table_text(t, "%lld", (long long)model->parameters);
    table_add_seeds(t, g, group);
    metric_columns_fill(t, g, group);
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
