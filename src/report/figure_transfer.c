/* What an attack on one task does to the others. */
#include <math.h>
#include <stdio.h>

#include "figures.h"
#include "svg.h"
#include "table.h"

enum { LEFT = 122, TOP = 66, CELL_WIDTH = 56, CELL_HEIGHT = 36, GAP = 3 };

/** The change of a task's performance, NaN if unknown. */
static double change(const grid *g, int64_t group, grid_setting setting, int64_t source, int64_t target) {
    const int64_t rule = single_rule(g, source);
    const statistic s = rule >= 0 ? task_drop_of(g, group, setting, rule, target) : (statistic){0};
    return s.count > 0 ? s.mean : NAN;
}

/** The largest loss of all panels, so that equal colours are equal numbers. */
static double largest_loss(const grid *g, grid_setting setting) {
    double most = 0;
    for (int64_t i = 0; i < g->group_count; ++i)
        for (int64_t s = 0; s < g->results->task_count; ++s)
            for (int64_t t = 0; t < g->results->task_count; ++t) most = fmax(most, -change(g, i, setting, s, t));
    return most;
}

static void add_labels(dgba_text *out, const dgba_results *results) {
    char name[24];
    for (int64_t t = 0; t < results->task_count; ++t) {
        snprintf(name, sizeof name, "%.18s", results->tasks[t].name);
        const double x = LEFT + ((double)t + 0.35) * CELL_WIDTH;
        dgba_text_add(out, "<g transform=\"translate(%.1f %d) rotate(-28)\">", x, TOP - 7);
        svg_text(out, "tick", 0, 0, SVG_START, name);
        dgba_text_add(out, "</g>");
        svg_text(out, "tick", LEFT - 8, TOP + ((double)t + 0.5) * CELL_HEIGHT + 2, SVG_END, name);
    }
    svg_text(out, "label", LEFT - 8, TOP - 9, SVG_END, "attacked ↓");
    svg_text(out, "label", LEFT, 13, SVG_START, "measured →");
}

static void add_panel(dgba_text *out, const grid *g, int64_t group, grid_setting setting, double most) {
    const int64_t tasks = g->results->task_count;
    const grid_group *about = &g->groups[group];
    const statistic transfer = group_transfer(g, group, setting);
    dgba_text_add(out, "<figure class=\"panel\"><figcaption>layout %s", about->label);
    if (transfer.count > 0) dgba_text_add(out, " · transfer %.2f", transfer.mean);
    dgba_text_add(out, "</figcaption>\n");
    svg_begin(out, LEFT + (double)tasks * CELL_WIDTH + 46, TOP + (double)tasks * CELL_HEIGHT + 4,
              "Change of each task (columns) under the attack on each task (rows); the numbers are in the table below");
    add_labels(out, g->results);
    for (int64_t s = 0; s < tasks; ++s) {
        for (int64_t t = 0; t < tasks; ++t) {
            const svg_box box = {LEFT + (double)t * CELL_WIDTH, TOP + (double)s * CELL_HEIGHT, CELL_WIDTH - GAP,
                                 CELL_HEIGHT - GAP};
            svg_heat_cell(out, box, change(g, group, setting, s, t), most);
        }
    }
    svg_end(out);
    dgba_text_add(out, "</figure>\n");
}

void figure_transfer(dgba_text *out, const grid *g) {
    const grid_setting setting = grid_reference(g);
    if (setting.epsilon < 0) return;
    const double most = largest_loss(g, setting);
    if (most <= 0) return;
    svg_heat_scale(out, most);
    dgba_text_add(out, "<div class=\"panels\">\n");
    for (int64_t i = 0; i < g->group_count; ++i)
        if (grid_has(g, i, setting.method)) add_panel(out, g, i, setting, most);
    dgba_text_add(out, "</div>\n");
}
