/* What sharing gains and what it costs. */
#include "sections.h"
#include "trend.h"

static void add_row(table *t, const grid *g, int64_t group, grid_setting setting) {
    const grid_group *about = &g->groups[group];
    const dgba_model_row *model = &g->results->models[about->first];
    const statistic clean = trend_clean_arp(g, group), transfer = trend_transfer(g, group),
                    arp = trend_arp_of_dgba(g, group);
    const int64_t dgba = find_rule(g, "dgba");
    table_text(t, "%s", about->label);
    table_text(t, "%s", model->layout_tree);
    table_value(t, (double)model->sharing_score);
    table_value(t, 100 * (double)model->shared_parameters / (double)model->parameters);
    table_number(t, &clean, about->size);
    table_number(t, &transfer, about->size);
    table_number(t, &arp, dgba >= 0 ? grid_expected(g, group, setting, dgba) : 0);
}

static void add_layouts(section *s, const grid *g, grid_setting setting) {
    table *t = section_add_table(s);
    t->key_columns = 1;
    table_set_title(t, "layouts");
    table_add_texts(t, TABLE_LEFT, "layout");
    table_add_texts(t, TABLE_LEFT, "tree");
    table_add_numbers(t, 0, "", TABLE_BEST_NONE, "sharing");
    table_add_numbers(t, 1, "%", TABLE_BEST_NONE, "shared\nparameters");
    table_add_numbers(t, 2, "%", TABLE_BEST_HIGH, "clean\nARP ↑");
    table_add_numbers(t, 3, "", TABLE_BEST_LOW, "transfer ↓");
    table_add_numbers(t, 2, "%", TABLE_BEST_HIGH, "ARP\nof dgba ↑");
    for (int64_t i = 0; i < g->group_count; ++i)
        if (g->groups[i].shown) add_row(t, g, i, setting);
    table_mark_best(t);
}

static void add_trends(section *s, const grid *g) {
    static const struct {
        const char *name;
        group_value value;
    } values[] = {{"clean ARP", trend_clean_arp}, {"transfer", trend_transfer}, {"ARP of dgba", trend_arp_of_dgba}};
    table *t = section_add_table(s);
    t->key_columns = g->kind_count > 1 ? 2 : 1;
    table_set_title(t, "rank correlation with the sharing score");
    table_add_texts(t, TABLE_LEFT, "value");
    if (g->kind_count > 1) table_add_texts(t, TABLE_LEFT, "models");
    table_add_numbers(t, 3, "", TABLE_BEST_NONE, "Spearman ρ");
    table_add_numbers(t, 3, "", TABLE_BEST_NONE, "95 %%\nfrom");
    table_add_numbers(t, 3, "", TABLE_BEST_NONE, "interval\nto");
    table_add_numbers(t, 0, "", TABLE_BEST_NONE, "layouts");
    for (int64_t i = 0; i < DGBA_COUNT_OF(values); ++i) {
        for (int64_t kind = 0; kind < g->kind_count; ++kind) {
            const trend found = trend_of(g, kind, values[i].value);
            if (found.count < 2) continue;
            table_text(t, "%s", values[i].name);
            if (g->kind_count > 1) table_text(t, "%s", kind_words(g, kind));
            table_value(t, found.rho);
            table_value(t, found.interval.low);
            table_value(t, found.interval.high);
            table_value(t, (double)found.count);
        }
    }
    section_drop_empty(s);
}

void report_sharing(report *r, const grid *g) {
    const grid_setting setting = grid_reference(g);
    if (g->group_count < 2 || setting.epsilon < 0) return;
    dgba_text method = {0};
    grid_add_setting(&method, g, setting);
    section *s = report_add_section(r, "sharing", "Sharing trade-off");
    section_set_note(s,
                     "Sharing: (task pair, level) that share, of %lld. Clean ARP: against the independent layout's clean "
                     "value. Transfer: mean change of the tasks not attacked / of the attacked one, over single:<task>. "
                     "ARP of dgba: against the same model's clean value. Attacks: %s. Intervals: bootstrap over the "
                     "layouts, each the mean of its seeds, if there are %d at least.",
                     (long long)g->results->models[0].sharing_score_most, method.chars, BOOTSTRAP_LEAST_UNITS);
    dgba_text_free(&method);
    add_layouts(s, g, setting);
    add_trends(s, g);
}
