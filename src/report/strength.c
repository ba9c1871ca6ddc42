/* How strong the attacks are, by rule and radius. */
#include "derived.h"
#include "sections.h"

enum { ALL_GROUPS = -1 };

/** ARP of a cell in percent: over the seeds of a group of models, or over all groups, each counting once. */
static statistic arp_of(const grid *g, int64_t group, grid_setting setting, int64_t rule) {
    if (group != ALL_GROUPS) return attack_arp_of(g, group, setting, rule);
    statistic s = {0};
    for (int64_t i = 0; i < g->group_count; ++i) {
        const statistic of_group = attack_arp_of(g, i, setting, rule);
        if (of_group.count > 0) statistic_add(&s, of_group.mean);
    }
    return s;
}

/** Whether an attack is done, on the group or on any. */
static bool is_done(const grid *g, int64_t group, grid_setting setting, int64_t rule) {
    if (group != ALL_GROUPS) return cell_is_done(g, group, setting, rule);
    for (int64_t i = 0; i < g->group_count; ++i)
        if (cell_is_done(g, i, setting, rule)) return true;
    return false;
}

static bool has_rule(const grid *g, int64_t group, int64_t method, int64_t rule) {
    for (int64_t e = 0; e < g->epsilon_count; ++e)
        if (is_done(g, group, (grid_setting){method, e}, rule)) return true;
    return false;
}

static bool has_epsilon(const grid *g, int64_t group, int64_t method, int64_t epsilon) {
    for (int64_t r = 0; r < g->rule_count; ++r)
        if (is_done(g, group, (grid_setting){method, epsilon}, r)) return true;
    return false;
}

/** Rules by radii, for one group of models or the mean of all `groups` that the method was used on. */
static void add_table(section *s, const grid *g, const char *models, int64_t group, int64_t method, int64_t groups) {
    table *t = section_add_table(s);
    dgba_text title = {0};
    dgba_text_add(&title, "%s, ", models);
    grid_add_method(&title, &g->methods[method]);
    table_set_title(t, "%s", title.chars);
    dgba_text_free(&title);
    t->key_columns = 1;
    table_add_texts(t, TABLE_LEFT, "rule");
    for (int64_t e = 0; e < g->epsilon_count; ++e)
        if (has_epsilon(g, group, method, e)) table_add_numbers(t, 2, "%", TABLE_BEST_LOW, "ε %g", g->epsilons[e]);
    for (int64_t r = 0; r < g->rule_count; ++r) {
        if (!has_rule(g, group, method, r)) continue;
        table_text(t, "%s", g->rules[r]);
        for (int64_t e = 0; e < g->epsilon_count; ++e) {
            if (!has_epsilon(g, group, method, e)) continue;
            const grid_setting setting = {method, e};
            const statistic arp = arp_of(g, group, setting, r);
            table_number(t, &arp, group == ALL_GROUPS ? groups : grid_expected(g, group, setting, r));
        }
    }
    table_mark_best(t);
    section_drop_empty(s);
}

static void add_group(section *s, const grid *g, int64_t group, int64_t method) {
    const grid_group *about = &g->groups[group];
    dgba_text models = {0};
    dgba_text_add(&models, "layout %s %s", about->label, g->results->models[about->first].layout_tree);
    add_table(s, g, models.chars, group, method, 1);
    dgba_text_free(&models);
}

static void add_mean(section *s, const grid *g, int64_t method) {
    int64_t groups = 0;
    for (int64_t i = 0; i < g->group_count; ++i) groups += grid_has(g, i, method);
    if (groups < 2) return;
    dgba_text models = {0};
    dgba_text_add(&models, "mean ± standard deviation over %lld layouts", (long long)groups);
    add_table(s, g, models.chars, ALL_GROUPS, method, groups);
    dgba_text_free(&models);
}

void report_strength(report *r, const grid *g) {
    section *s = report_add_section(r, "strength", "Attack strength");
    section_set_note(s,
                     "Average relative performance (ARP), relative to the same model's clean value; negative: the attack "
                     "worked. Best: the strongest at this radius ε. n: values behind a mean, where it is not all.");
    for (int64_t m = 0; m < g->method_count; ++m) add_mean(s, g, m);
    for (int64_t m = 0; m < g->method_count; ++m)
        for (int64_t i = 0; i < g->group_count; ++i)
            if (grid_has(g, i, m)) add_group(s, g, i, m);
}
