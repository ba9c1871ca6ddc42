/* How much each task loses. */
#include "derived.h"
#include "sections.h"

static void add_row(table *t, const grid *g, int64_t group, grid_setting setting, int64_t rule) {
    const int64_t expected = grid_expected(g, group, setting, rule);
    table_text(t, "%s", g->groups[group].label);
    table_text(t, "%s", g->rules[rule]);
    for (int64_t task = 0; task < g->results->task_count; ++task) {
        const statistic change = task_drop_of(g, group, setting, rule, task);
        table_number(t, &change, expected);
    }
    const statistic arp = attack_arp_of(g, group, setting, rule);
    table_number(t, &arp, expected);
}

static void add_method(section *s, const grid *g, int64_t method) {
    const grid_setting setting = {method, grid_largest_epsilon(g, method)};
    if (setting.epsilon < 0) return;
    table *t = section_add_table(s);
    dgba_text title = {0};
    grid_add_setting(&title, g, setting);
    table_set_title(t, "%s", title.chars);
    dgba_text_free(&title);
    t->key_columns = 2;
    table_add_texts(t, TABLE_LEFT, "layout");
    table_add_texts(t, TABLE_LEFT, "rule");
    for (int64_t i = 0; i < g->results->task_count; ++i)
        table_add_numbers(t, 2, "%", TABLE_BEST_NONE, "%s", g->results->tasks[i].name);
    table_add_numbers(t, 2, "%", TABLE_BEST_NONE, "ARP");
    for (int64_t i = 0; i < g->group_count; ++i)
        for (int64_t r = 0; r < g->rule_count; ++r)
            if (cell_is_done(g, i, setting, r)) add_row(t, g, i, setting, r);
    section_drop_empty(s);
}

void report_drops(report *r, const grid *g) {
    section *s = report_add_section(r, "drops", "Change of each task at the largest radius");
    section_set_note(s, "Mean over the task's metrics, relative to the same model's clean value; negative: worse.");
    for (int64_t m = 0; m < g->method_count; ++m) add_method(s, g, m);
}
