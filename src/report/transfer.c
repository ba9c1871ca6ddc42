/* Attacks on one task, measured on every task. */
#include "derived.h"
#include "sections.h"

static void add_row(table *t, const grid *g, int64_t group, grid_setting setting, int64_t source) {
    const int64_t rule = single_rule(g, source);
    if (rule < 0 || !cell_is_done(g, group, setting, rule)) return;
    table_text(t, "%s", g->results->tasks[source].name);
    for (int64_t target = 0; target < g->results->task_count; ++target) {
        const statistic change = task_drop_of(g, group, setting, rule, target);
        table_number(t, &change, grid_expected(g, group, setting, rule));
    }
}

static void add_group(section *s, const grid *g, int64_t group, grid_setting setting) {
    table *t = section_add_table(s);
    dgba_text title = {0};
    grid_add_setting(&title, g, setting);
    const grid_group *about = &g->groups[group];
    table_set_title(t, "layout %s %s, %s", about->label, g->results->models[about->first].layout_tree, title.chars);
    dgba_text_free(&title);
    t->key_columns = 1;
    table_add_texts(t, TABLE_LEFT, "attacked");
    for (int64_t i = 0; i < g->results->task_count; ++i)
        table_add_numbers(t, 2, "%", TABLE_BEST_NONE, "measured\n%s", g->results->tasks[i].name);
    for (int64_t i = 0; i < g->results->task_count; ++i) add_row(t, g, group, setting, i);
    section_drop_empty(s);
}

void report_transfer(report *r, const grid *g) {
    const grid_setting setting = grid_reference(g);
    if (setting.epsilon < 0) return;
    section *s = report_add_section(r, "transfer", "Transfer between tasks");
    dgba_text attacks = {0};
    grid_add_setting(&attacks, g, setting);
    section_set_note(s,
                     "Rows: the task that single:<task> attacked. Columns: change of the measured task, mean over its "
                     "metrics, relative to the same model's clean value; negative: worse. Transfer: mean change of the "
                     "tasks not attacked / of the attacked one. Attacks: %s. Over seeds: mean ± standard deviation.",
                     attacks.chars);
    dgba_text_free(&attacks);
    for (int64_t i = 0; i < g->group_count; ++i)
        if (grid_has(g, i, setting.method)) add_group(s, g, i, setting);
}
