/* What sharing gains and what it costs. */
#include <string.h>

#include "derived.h"
#include "sections.h"

static int64_t find_rule(const grid *g, const char *name) {
    for (int64_t r = 0; r < g->rule_count; ++r)
        if (strcmp(g->rules[r], name) == 0) return r;
    return -1;
}

static void add_row(table *t, const grid *g, int64_t group, grid_setting setting, int64_t dgba) {
    const grid_group *about = &g->groups[group];
    const dgba_model_row *model = &g->results->models[about->first];
    const statistic clean = clean_arp_of(g, group), transfer = group_transfer(g, group, setting);
    const statistic arp = dgba >= 0 ? attack_arp_of(g, group, setting, dgba) : (statistic){0};
    table_text(t, "%s", about->label);
    table_text(t, "%s", model->layout_tree);
    table_value(t, (double)model->sharing_score);
    table_value(t, 100 * (double)model->shared_parameters / (double)model->parameters);
    table_number(t, &clean, about->size);
    table_number(t, &transfer, about->size);
    table_number(t, &arp, dgba >= 0 ? grid_expected(g, group, setting, dgba) : 0);
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
                     "ARP of dgba: against the same model's clean value. Attacks: %s.",
                     (long long)g->results->models[0].sharing_score_most, method.chars);
    dgba_text_free(&method);
    table *t = section_add_table(s);
    t->key_columns = 1;
    table_add_texts(t, TABLE_LEFT, "layout");
    table_add_texts(t, TABLE_LEFT, "tree");
    table_add_numbers(t, 0, "", TABLE_BEST_NONE, "sharing");
    table_add_numbers(t, 1, "%", TABLE_BEST_NONE, "shared\nparameters");
    table_add_numbers(t, 2, "%", TABLE_BEST_HIGH, "clean\nARP ↑");
    table_add_numbers(t, 3, "", TABLE_BEST_LOW, "transfer ↓");
    table_add_numbers(t, 2, "%", TABLE_BEST_HIGH, "ARP\nof dgba ↑");
    const int64_t dgba = find_rule(g, "dgba");
    for (int64_t i = 0; i < g->group_count; ++i)
        if (g->groups[i].shown) add_row(t, g, i, setting, dgba);
    table_mark_best(t);
}
