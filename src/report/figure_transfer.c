/* What attacks do to each task. */
#include <math.h>

#include "figures.h"
#include "svg.h"
#include "table.h"

/** The change of a task's performance under a rule at the reference setting, or of all tasks; NaN if unknown. */
enum { ALL_TASKS = -1 };
static double change(const grid *g, int64_t group, int64_t rule, int64_t task) {
    const grid_setting setting = grid_reference(g);
    if (rule < 0) return NAN;
    const statistic s =
        task == ALL_TASKS ? attack_arp_of(g, group, setting, rule) : task_drop_of(g, group, setting, rule, task);
    return s.count > 0 ? s.mean : NAN;
}

/** The largest loss of all panels, so that equal colours are equal numbers. */
static double largest_loss(const grid *g, bool single) {
    double most = 0;
    for (int64_t i = 0; i < g->group_count; ++i)
        for (int64_t r = 0; r < (single ? g->results->task_count : g->rule_count); ++r)
            for (int64_t t = 0; t < g->results->task_count; ++t)
                most = fmax(most, -change(g, i, single ? single_rule(g, r) : r, t));
    return most;
}

/* ---- Task × task ---- */

static void add_transfer_panel(dgba_text *out, const grid *g, int64_t group, double most) {
    const dgba_results *results = g->results;
    const statistic transfer = group_transfer(g, group, grid_reference(g));
    dgba_text text = {0};
    svg_heat_table t;
    svg_heat_table_create(&t, results->task_count, results->task_count);
    t.row_title = "attacked";
    t.column_title = "measured";
    for (int64_t s = 0; s < results->task_count; ++s) {
        t.row_names[s] = t.column_names[s] = results->tasks[s].name;
        for (int64_t i = 0; i < results->task_count; ++i)
            t.values[s * results->task_count + i] = change(g, group, single_rule(g, s), i);
    }
    statistic_text(&text, &transfer, 2, g->groups[group].size);
    dgba_text_add(out, "<figure class=\"panel\"><figcaption>layout %s", g->groups[group].label);
    if (transfer.count > 0) dgba_text_add(out, " · transfer %s", text.chars);
    dgba_text_add(out, "</figcaption>\n");
    svg_heat_table_draw(out, &t, most, "Change of each task (columns) under the attack on each task (rows), in percent");
    dgba_text_add(out, "</figure>\n");
    svg_heat_table_free(&t);
    dgba_text_free(&text);
}

void figure_transfer(dgba_text *out, const grid *g) {
    const grid_setting setting = grid_reference(g);
    if (setting.epsilon < 0) return;
    const double most = largest_loss(g, true);
    if (most <= 0) return;
    svg_heat_scale(out, most);
    dgba_text_add(out, "<div class=\"panels\">\n");
    for (int64_t i = 0; i < g->group_count; ++i)
        if (grid_has(g, i, setting.method)) add_transfer_panel(out, g, i, most);
    dgba_text_add(out, "</div>\n");
}

/* ---- Rule × task ---- */

static void add_drops_panel(dgba_text *out, const grid *g, int64_t group, double most) {
    const dgba_results *results = g->results;
    const int64_t columns = results->task_count + 1;
    svg_heat_table t;
    svg_heat_table_create(&t, g->rule_count, columns);
    t.row_title = "rule";
    t.column_title = "change of";
    for (int64_t i = 0; i < results->task_count; ++i) t.column_names[i] = results->tasks[i].name;
    t.column_names[results->task_count] = "all: ARP";
    for (int64_t r = 0; r < g->rule_count; ++r) {
        t.row_names[r] = g->rules[r];
        for (int64_t i = 0; i < results->task_count; ++i) t.values[r * columns + i] = change(g, group, r, i);
        t.values[r * columns + results->task_count] = change(g, group, r, ALL_TASKS);
    }
    dgba_text_add(out, "<figure class=\"panel\"><figcaption>layout %s</figcaption>\n", g->groups[group].label);
    svg_heat_table_draw(out, &t, most, "Change of each task and of all (columns) under each rule (rows), in percent");
    dgba_text_add(out, "</figure>\n");
    svg_heat_table_free(&t);
}

void figure_drops(dgba_text *out, const grid *g) {
    const grid_setting setting = grid_reference(g);
    if (setting.epsilon < 0) return;
    const double most = largest_loss(g, false);
    if (most <= 0) return;
    dgba_text name = {0};
    grid_add_setting(&name, g, setting);
    dgba_text_add(out, "<h3>%s</h3>\n", name.chars);
    dgba_text_free(&name);
    svg_heat_scale(out, most);
    dgba_text_add(out, "<div class=\"panels roomy\">\n");
    for (int64_t i = 0; i < g->group_count; ++i)
        if (grid_has(g, i, setting.method)) add_drops_panel(out, g, i, most);
    dgba_text_add(out, "</div>\n");
}
