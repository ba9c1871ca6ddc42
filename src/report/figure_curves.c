/* How the strength of the rules grows with the radius. */
#include <math.h>

#include "figures.h"
#include "svg.h"
#include "table.h"

/** One group of models, or if it is -1 all groups of a kind. */
typedef struct models {
    int64_t group, kind;
} models;

static statistic arp_of(const grid *g, models on, grid_setting setting, int64_t rule) {
    return on.group >= 0 ? attack_arp_of(g, on.group, setting, rule) : kind_arp_of(g, on.kind, setting, rule);
}

/** The range of all panels of a method. */
static svg_plot plot_of(const grid *g, int64_t method) {
    svg_plot p = {.left = 42, .top = 30, .width = 226, .height = 150, .y_low = 0, .y_high = 0};
    for (int64_t i = 0; i < g->group_count; ++i) {
        for (int64_t r = 0; r < g->rule_count; ++r) {
            for (int64_t e = 0; e < g->epsilon_count; ++e) {
                const statistic s = attack_arp_of(g, i, (grid_setting){method, e}, r);
                const double d = s.count > 1 ? statistic_deviation(&s) : 0;
                if (s.count == 0) continue;
                p.y_low = fmin(p.y_low, s.mean - d);
                p.y_high = fmax(p.y_high, s.mean + d);
                p.x_high = fmax(p.x_high, g->epsilons[e]);
            }
        }
    }
    return p;
}

/** The curve of a rule, from the clean image, whose ARP is 0. */
static void add_rule(dgba_text *out, const grid *g, const svg_plot *p, models on, int64_t method, int64_t rule) {
    double *x = NULL, *y = NULL;
    int64_t count = 1;
    report_need(DGBA_NEW(&x, g->epsilon_count + 1));
    report_need(DGBA_NEW(&y, g->epsilon_count + 1));
    x[0] = svg_x(p, 0);
    y[0] = svg_y(p, 0);
    for (int64_t e = 0; e < g->epsilon_count; ++e) {
        const statistic s = arp_of(g, on, (grid_setting){method, e}, rule);
        if (s.count == 0 || g->epsilons[e] <= 0) continue;
        svg_error_bar(out, p, rule, g->epsilons[e], s.mean, statistic_deviation(&s));
        x[count] = svg_x(p, g->epsilons[e]);
        y[count++] = svg_y(p, s.mean);
    }
    if (count > 1) svg_curve(out, rule, x, y, count);
    dgba_free(x);
    dgba_free(y);
}

static void add_panel(dgba_text *out, const grid *g, svg_plot p, models on, int64_t method, const char *title) {
    dgba_text label = {0};
    dgba_text_add(&label, "ARP over the radius, %s", title);
    const double y_step = svg_round_range(&p.y_low, &p.y_high), x_step = svg_round_range(&p.x_low, &p.x_high);
    dgba_text_add(out, "<figure class=\"panel\"><figcaption>%s</figcaption>\n", title);
    svg_begin(out, 284, 218, label.chars);
    svg_frame(out, &p, x_step, y_step, "radius ε (of 0..255)", "ARP (%)");
    for (int64_t r = 0; r < g->rule_count; ++r) add_rule(out, g, &p, on, method, r);
    svg_end(out);
    dgba_text_add(out, "</figure>\n");
    dgba_text_free(&label);
}

static void add_legend(dgba_text *out, const grid *g) {
    dgba_text_add(out, "<ul class=\"legend\">\n");
    for (int64_t r = 0; r < g->rule_count; ++r) {
        dgba_text_add(out, "<li>");
        svg_legend_key(out, r);
        text_add_html(out, g->rules[r]);
        dgba_text_add(out, "</li>\n");
    }
    dgba_text_add(out, "</ul>\n");
}

/** The mean of the layouts of a kind. */
static void add_mean(dgba_text *out, const grid *g, svg_plot p, int64_t kind, int64_t method) {
    const int64_t groups = kind_size(g, kind, method);
    const char *words = kind_words(g, kind);
    dgba_text title = {0};
    if (groups < 2) return;
    dgba_text_add(&title, "mean over %lld layouts%s%s", (long long)groups, words[0] != '\0' ? ", " : "", words);
    add_panel(out, g, p, (models){-1, kind}, method, title.chars);
    dgba_text_free(&title);
}

static void add_group(dgba_text *out, const grid *g, svg_plot p, int64_t group, int64_t method) {
    const grid_group *about = &g->groups[group];
    const dgba_model_row *model = &g->results->models[about->first];
    dgba_text title = {0};
    if (!grid_has(g, group, method)) return;
    dgba_text_add(&title, "layout %s · sharing %lld/%lld", about->label, (long long)model->sharing_score,
                  (long long)model->sharing_score_most);
    add_panel(out, g, p, (models){group, about->kind}, method, title.chars);
    dgba_text_free(&title);
}

static void add_method(dgba_text *out, const grid *g, int64_t method) {
    const svg_plot p = plot_of(g, method);
    dgba_text name = {0};
    if (p.x_high <= 0) return;
    grid_add_method(&name, &g->methods[method]);
    dgba_text_add(out, "<h3>%s</h3>\n<div class=\"panels\">\n", name.chars);
    for (int64_t kind = 0; kind < g->kind_count; ++kind) add_mean(out, g, p, kind, method);
    for (int64_t i = 0; i < g->group_count; ++i) add_group(out, g, p, i, method);
    dgba_text_add(out, "</div>\n");
    dgba_text_free(&name);
}

void figure_curves(dgba_text *out, const grid *g) {
    if (g->rule_count == 0) return;
    add_legend(out, g);
    dgba_text_add(out,
                  "<p class=\"note\">Bars: ± a standard deviation, of a layout over its seeds, of a mean over the "
                  "layouts.</p>\n");
    for (int64_t m = 0; m < g->method_count; ++m) add_method(out, g, m);
}
