/* How the strength of the rules grows with the radius. */
#include <math.h>

#include "figures.h"
#include "svg.h"
#include "table.h"

enum { ALL_GROUPS = -1 };

/** ARP of one group, or the mean over the groups. */
static statistic arp_of(const grid *g, int64_t group, grid_setting setting, int64_t rule) {
    if (group != ALL_GROUPS) return attack_arp_of(g, group, setting, rule);
    statistic s = {0};
    for (int64_t i = 0; i < g->group_count; ++i) {
        const statistic own = attack_arp_of(g, i, setting, rule);
        if (own.count > 0) statistic_add(&s, own.mean);
    }
    return s;
}

/** The range of all panels of a method. */
static svg_plot plot_of(const grid *g, int64_t method) {
    svg_plot p = {.left = 42, .top = 30, .width = 226, .height = 150, .y_low = 0, .y_high = 0};
    for (int64_t i = 0; i < g->group_count; ++i) {
        for (int64_t r = 0; r < g->rule_count; ++r) {
            for (int64_t e = 0; e < g->epsilon_count; ++e) {
                const statistic s = attack_arp_of(g, i, (grid_setting){method, e}, r);
                if (s.count == 0) continue;
                p.y_low = fmin(p.y_low, s.mean);
                p.y_high = fmax(p.y_high, s.mean);
                p.x_high = fmax(p.x_high, g->epsilons[e]);
            }
        }
    }
    return p;
}

/** The curve of a rule, from the clean image, whose ARP is 0. */
static void add_rule(dgba_text *out, const grid *g, const svg_plot *p, int64_t group, int64_t method, int64_t rule) {
    double *x = NULL, *y = NULL;
    int64_t count = 1;
    report_need(DGBA_NEW(&x, g->epsilon_count + 1));
    report_need(DGBA_NEW(&y, g->epsilon_count + 1));
    x[0] = svg_x(p, 0);
    y[0] = svg_y(p, 0);
    for (int64_t e = 0; e < g->epsilon_count; ++e) {
        const statistic s = arp_of(g, group, (grid_setting){method, e}, rule);
        if (s.count == 0 || g->epsilons[e] <= 0) continue;
        x[count] = svg_x(p, g->epsilons[e]);
        y[count++] = svg_y(p, s.mean);
    }
    if (count > 1) svg_curve(out, rule, x, y, count);
    dgba_free(x);
    dgba_free(y);
}

static void add_panel(dgba_text *out, const grid *g, svg_plot p, int64_t group, int64_t method, const char *title) {
    dgba_text label = {0};
    dgba_text_add(&label, "ARP over the radius, %s", title);
    const double y_step = svg_round_range(&p.y_low, &p.y_high), x_step = svg_round_range(&p.x_low, &p.x_high);
    dgba_text_add(out, "<figure class=\"panel\"><figcaption>%s</figcaption>\n", title);
    svg_begin(out, 284, 218, label.chars);
    svg_frame(out, &p, x_step, y_step, "radius ε (of 0..255)", "ARP (%)");
    for (int64_t r = 0; r < g->rule_count; ++r) add_rule(out, g, &p, group, method, r);
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

static void add_method(dgba_text *out, const grid *g, int64_t method) {
    const svg_plot p = plot_of(g, method);
    dgba_text name = {0}, title = {0};
    int64_t groups = 0;
    for (int64_t i = 0; i < g->group_count; ++i) groups += grid_has(g, i, method);
    if (p.x_high <= 0) return;
    grid_add_method(&name, &g->methods[method]);
    dgba_text_add(out, "<h3>%s</h3>\n<div class=\"panels\">\n", name.chars);
    dgba_text_add(&title, "mean over %lld layouts", (long long)groups);
    if (groups > 1) add_panel(out, g, p, ALL_GROUPS, method, title.chars);
    for (int64_t i = 0; i < g->group_count; ++i) {
        if (!grid_has(g, i, method)) continue;
        const dgba_model_row *model = &g->results->models[g->groups[i].first];
        dgba_text_clear(&title);
        dgba_text_add(&title, "layout %s · sharing %lld/%lld", g->groups[i].label, (long long)model->sharing_score,
                      (long long)model->sharing_score_most);
        add_panel(out, g, p, i, method, title.chars);
    }
    dgba_text_add(out, "</div>\n");
    dgba_text_free(&title);
    dgba_text_free(&name);
}

void figure_curves(dgba_text *out, const grid *g) {
    if (g->rule_count == 0) return;
    add_legend(out, g);
    for (int64_t m = 0; m < g->method_count; ++m) add_method(out, g, m);
}
