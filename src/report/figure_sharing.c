/* What sharing gains and costs, and what the layouts look like. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "figures.h"
#include "svg.h"
#include "table.h"
#include "trend.h"

static double sharing_of(const grid *g, int64_t group) {
    return (double)g->results->models[g->groups[group].first].sharing_score;
}

/** The range of what is measured, with its deviations. */
static svg_plot plot_of(const grid *g, group_value measure, bool *any) {
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

/** A sentence for every kind of models: "Spearman ρ −0.55, 95 % interval −0.98 to 0.29, 8 layouts". */
static void add_trends(dgba_text *out, const grid *g, group_value measure) {
    for (int64_t kind = 0; kind < g->kind_count; ++kind) {
        const trend found = trend_of(g, kind, measure);
        const char *words = kind_words(g, kind);
        if (isnan(found.rho)) continue;
        dgba_text_add(out, "<p class=\"trend\">");
        if (words[0] != '\0') svg_legend_key(out, kind);
        text_add_html(out, words);
        dgba_text_add(out, "%sSpearman ρ ", words[0] != '\0' ? ": " : "");
        text_add_real(out, found.rho, 2);
        if (!isnan(found.interval.low)) {
            dgba_text_add(out, ", 95 %% interval ");
            text_add_real(out, found.interval.low, 2);
            dgba_text_add(out, " to ");
            text_add_real(out, found.interval.high, 2);
        }
        dgba_text_add(out, ", %lld layouts</p>\n", (long long)found.count);
    }
}

static void add_point(dgba_text *out, const grid *g, const svg_plot *p, int64_t group, const statistic *s) {
    const double x = sharing_of(g, group);
    const double px = svg_x(p, x), py = svg_y(p, s->mean);
    const bool at_the_end = px > p->left + p->width - 40, at_the_top = py < p->top + 14;
    char layout[24];
    snprintf(layout, sizeof layout, "%lld", (long long)g->results->models[g->groups[group].first].layout);
    svg_error_bar(out, p, g->groups[group].kind, x, s->mean, statistic_deviation(s));
    svg_marker(out, g->groups[group].kind, px, py);
    svg_text(out, "tick", px + (at_the_end ? -8 : 8), py + (at_the_top ? 14 : -6), at_the_end ? SVG_END : SVG_START,
             layout);
}

/** What a scatter shows. */
typedef struct scatter {
    group_value measure;
    const char *title, *y_title;
} scatter;

static void add_scatter(dgba_text *out, const grid *g, scatter shown) {
    bool any = false;
    svg_plot p = plot_of(g, shown.measure, &any);
    if (!any) return;
    const double y_step = svg_round_range(&p.y_low, &p.y_high);
    double x_step = svg_round_range(&p.x_low, &p.x_high);
    if (x_step < 1) x_step = 1;
    dgba_text_add(out, "<figure class=\"panel wide\"><figcaption>%s</figcaption>\n", shown.title);
    add_trends(out, g, shown.measure);
    svg_begin(out, 400, 268, shown.title);
    svg_frame(out, &p, x_step, y_step, "sharing score: (task pair, level) that share", shown.y_title);
    for (int64_t i = 0; i < g->group_count; ++i) {
        const statistic s = shown.measure(g, i);
        if (s.count > 0 && g->groups[i].shown) add_point(out, g, &p, i, &s);
    }
    svg_end(out);
    dgba_text_add(out, "</figure>\n");
}

/** Whether no group before it that is shown has its layout. */
static bool is_first_of_layout(const grid *g, int64_t group) {
    const dgba_model_row *models = g->results->models;
    for (int64_t i = 0; i < group; ++i)
        if (g->groups[i].shown && models[g->groups[i].first].layout == models[g->groups[group].first].layout) return false;
    return g->groups[group].shown;
}

/** Groups by falling sharing score. */
static void add_trees(dgba_text *out, const grid *g) {
    const int64_t most = g->results->models[0].sharing_score_most;
    dgba_text_add(out, "<h3>The layouts, from the image (left) to the tasks</h3>\n<div class=\"panels trees\">\n");
    for (int64_t score = most; score >= 0; --score) {
        for (int64_t i = 0; i < g->group_count; ++i) {
            const dgba_model_row *model = &g->results->models[g->groups[i].first];
            if (model->sharing_score != score || !is_first_of_layout(g, i)) continue;
            dgba_text_add(out, "<figure class=\"panel\"><figcaption>layout %lld · sharing %lld/%lld</figcaption>\n",
                          (long long)model->layout, (long long)score, (long long)most);
            figure_tree(out, model->layout_tree, g->results);
            dgba_text_add(out, "</figure>\n");
        }
    }
    dgba_text_add(out, "</div>\n");
}

void figure_sharing(dgba_text *out, const grid *g) {
    static const scatter scatters[] = {
        {trend_clean_arp, "Clean ARP against the independent layout", "clean ARP (%)"},
        {trend_transfer, "Transfer between tasks", "other tasks / attacked task"},
        {trend_arp_of_dgba, "ARP of dgba against the same model's clean value", "ARP (%)"},
    };
    if (g->group_count == 0) return;
    dgba_text_add(out, "<div class=\"panels\">\n");
    for (int64_t i = 0; i < DGBA_COUNT_OF(scatters); ++i) add_scatter(out, g, scatters[i]);
    dgba_text_add(out, "</div>\n");
    add_trees(out, g);
}
