/* What sharing gains and costs, and what the layouts look like. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "figures.h"
#include "svg.h"
#include "table.h"

typedef statistic (*measured)(const grid *g, int64_t group);

static statistic clean_of(const grid *g, int64_t group) { return clean_arp_of(g, group); }
static statistic transfer_to_others(const grid *g, int64_t group) {
    const grid_setting setting = grid_reference(g);
    return setting.epsilon >= 0 ? group_transfer(g, group, setting) : (statistic){0};
}

static double sharing_of(const grid *g, int64_t group) {
    return (double)g->results->models[g->groups[group].first].sharing_score;
}

/** The range of what is measured, with its deviations. */
static svg_plot plot_of(const grid *g, measured measure, bool *any) {
    svg_plot p = {.left = 46, .top = 30, .width = 330, .height = 200};
    *any = false;
    p.x_high = (double)g->results->models[0].sharing_score_most;
    for (int64_t i = 0; i < g->group_count; ++i) {
        const statistic s = measure(g, i);
        if (s.count == 0) continue;
        const double d = s.count > 1 ? statistic_deviation(&s) : 0;
        p.y_low = *any ? fmin(p.y_low, s.mean - d) : fmin(0, s.mean - d);
        p.y_high = *any ? fmax(p.y_high, s.mean + d) : fmax(0, s.mean + d);
        *any = true;
    }
    return p;
}

static void add_scatter(dgba_text *out, const grid *g, measured measure, const char *title, const char *y_title) {
    bool any = false;
    svg_plot p = plot_of(g, measure, &any);
    if (!any) return;
    const double y_step = svg_round_range(&p.y_low, &p.y_high);
    double x_step = svg_round_range(&p.x_low, &p.x_high);
    if (x_step < 1) x_step = 1;
    dgba_text_add(out, "<figure class=\"panel wide\"><figcaption>%s</figcaption>\n", title);
    svg_begin(out, 400, 268, title);
    svg_frame(out, &p, x_step, y_step, "sharing score: (task pair, level) that share", y_title);
    for (int64_t i = 0; i < g->group_count; ++i) {
        const statistic s = measure(g, i);
        if (s.count == 0 || !g->groups[i].shown) continue;
        const double x = sharing_of(g, i);
        svg_error_bar(out, &p, "bar", x, s.mean, statistic_deviation(&s));
        svg_marker(out, 0, svg_x(&p, x), svg_y(&p, s.mean));
        const bool at_the_end = svg_x(&p, x) > p.left + p.width - 40;
        svg_text(out, "tick", svg_x(&p, x) + (at_the_end ? -8 : 8), svg_y(&p, s.mean) - 6, at_the_end ? SVG_END : SVG_START,
                 g->groups[i].label);
    }
    svg_end(out);
    dgba_text_add(out, "</figure>\n");
}

/** Groups by falling sharing score. */
static void add_trees(dgba_text *out, const grid *g) {
    const int64_t most = g->results->models[0].sharing_score_most;
    dgba_text_add(out, "<h3>The layouts, from the image (left) to the tasks</h3>\n<div class=\"panels trees\">\n");
    for (int64_t score = most; score >= 0; --score) {
        for (int64_t i = 0; i < g->group_count; ++i) {
            const dgba_model_row *model = &g->results->models[g->groups[i].first];
            if (model->sharing_score != score || !g->groups[i].shown) continue;
            dgba_text_add(out, "<figure class=\"panel\"><figcaption>layout %s · sharing %lld/%lld</figcaption>\n",
                          g->groups[i].label, (long long)score, (long long)most);
            figure_tree(out, model->layout_tree, g->results);
            dgba_text_add(out, "</figure>\n");
        }
    }
    dgba_text_add(out, "</div>\n");
}

void figure_sharing(dgba_text *out, const grid *g) {
    if (g->group_count == 0) return;
    dgba_text_add(out, "<div class=\"panels\">\n");
    add_scatter(out, g, clean_of, "Clean ARP against the independent layout", "clean ARP (%)");
    add_scatter(out, g, transfer_to_others, "Transfer between tasks", "other tasks / attacked task");
    dgba_text_add(out, "</div>\n");
    add_trees(out, g);
}
