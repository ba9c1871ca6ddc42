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

/** Draws what `build` makes of every group that the reference method was used on. */
static void add_panels(dgba_text *out, const grid *g, double most, const char *label,
                       void (*build)(svg_heat_table *t, dgba_text *caption, const grid *g, int64_t group)) {
    const int64_t method = grid_reference(g).method;
    bool begun = false;
    for (int64_t i = 0; i < g->group_count; ++i) {
        svg_heat_table t;
        dgba_text caption = {0};
        if (!grid_has(g, i, method)) continue;
        dgba_text_add(&caption, "layout %s", g->groups[i].label);
        build(&t, &caption, g, i);
        if (!begun) svg_heat_panels_begin(out, &t);
        begun = true;
        dgba_text_add(out, "<figure class=\"panel\"><figcaption>%s</figcaption>\n", caption.chars);
        svg_heat_table_draw(out, &t, most, label);
        dgba_text_add(out, "</figure>\n");
        dgba_text_free(&caption);
        svg_heat_table_free(&t);
    }
    if (begun) dgba_text_add(out, "</div>\n");
}

/* ---- Task × task ---- */

static void build_transfer(svg_heat_table *t, dgba_text *caption, const grid *g, int64_t group) {
    const dgba_results *results = g->results;
    const statistic transfer = group_transfer(g, group, grid_reference(g));
    dgba_text text = {0};
    svg_heat_table_create(t, results->task_count, results->task_count);
    t->row_title = "attacked";
    t->column_title = "measured";
    for (int64_t s = 0; s < results->task_count; ++s) {
        t->row_names[s] = t->column_names[s] = results->tasks[s].name;
        for (int64_t i = 0; i < results->task_count; ++i)
            t->values[s * results->task_count + i] = change(g, group, single_rule(g, s), i);
    }
    statistic_text(&text, &transfer, 2, g->groups[group].size);
    if (transfer.count > 0) dgba_text_add(caption, " · transfer %s", text.chars);
    dgba_text_free(&text);
}

void figure_transfer(dgba_text *out, const grid *g) {
    if (grid_reference(g).epsilon < 0) return;
    const double most = largest_loss(g, true);
    if (most <= 0) return;
    svg_heat_scale(out, most);
    add_panels(out, g, most, "Change of each task (columns) under the attack on each task (rows), in percent",
               build_transfer);
}

/* ---- Rule × task ---- */

static void build_drops(svg_heat_table *t, dgba_text *caption, const grid *g, int64_t group) {
    (void)caption;
    const dgba_results *results = g->results;
    const int64_t columns = results->task_count + 1;
    svg_heat_table_create(t, g->rule_count, columns);
    t->row_title = "rule";
    t->column_title = "change of";
    for (int64_t i = 0; i < results->task_count; ++i) t->column_names[i] = results->tasks[i].name;
    t->column_names[results->task_count] = "all: ARP";
    for (int64_t r = 0; r < g->rule_count; ++r) {
        t->row_names[r] = g->rules[r];
        for (int64_t i = 0; i < results->task_count; ++i) t->values[r * columns + i] = change(g, group, r, i);
        t->values[r * columns + results->task_count] = change(g, group, r, ALL_TASKS);
    }
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
    add_panels(out, g, most, "Change of each task and of all (columns) under each rule (rows), in percent", build_drops);
}
