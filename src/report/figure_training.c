/* Models trained on clean images and adversarially, under the same attacks. */
#include <math.h>
#include <stdio.h>

#include "figures.h"
#include "svg.h"

enum { LEFT = 170, TOP = 20, WIDTH = 220, ROW = 24, APART = 6 };

/** Whether a group is in the panel of the group `clean`: it is that, or trained adversarially and else like it. */
static bool is_in_panel(const grid *g, int64_t group, int64_t clean) {
    return g->groups[group].shown && (group == clean || clean_twin(g, group) == clean);
}

static bool has_panel(const grid *g, int64_t clean) {
    for (int64_t i = 0; i < g->group_count; ++i)
        if (i != clean && is_in_panel(g, i, clean)) return g->groups[clean].shown;
    return false;
}

/** The range of all panels. */
static void find_range(double *low, double *high, const grid *g) {
    const grid_setting setting = grid_reference(g);
    for (int64_t i = 0; i < g->group_count; ++i) {
        for (int64_t r = 0; r < g->rule_count; ++r) {
            const statistic s = attack_arp_of(g, i, setting, r);
            const double d = s.count > 1 ? statistic_deviation(&s) : 0;
            if (s.count == 0) continue;
            *low = fmin(*low, s.mean - d);
            *high = fmax(*high, s.mean + d);
        }
    }
}

static void add_group(dgba_text *out, const grid *g, const svg_plot *p, int64_t group) {
    const int64_t kind = g->groups[group].kind;
    char class[16];
    snprintf(class, sizeof class, "s%d bar", (int)(kind % SVG_SERIES));
    for (int64_t r = 0; r < g->rule_count; ++r) {
        const statistic s = attack_arp_of(g, group, grid_reference(g), r);
        const double y = TOP + ROW * ((double)r + 0.5) + APART * ((double)kind - 0.5 * (double)(g->kind_count - 1));
        const double d = s.count > 1 ? statistic_deviation(&s) : 0;
        if (s.count == 0) continue;
        svg_line(out, class, svg_x(p, s.mean - d), y, svg_x(p, s.mean + d), y);
        svg_marker(out, kind, svg_x(p, s.mean), y);
    }
}

static void add_panel(dgba_text *out, const grid *g, svg_plot p, int64_t clean) {
    const double step = svg_round_range(&p.x_low, &p.x_high);
    dgba_text_add(out, "<figure class=\"panel\"><figcaption>layout %lld</figcaption>\n",
                  (long long)g->results->models[g->groups[clean].first].layout);
    svg_begin(out, LEFT + WIDTH + 20, TOP + p.height + 40, "ARP under each rule of models trained in different ways");
    svg_frame(out, &p, step, 2, "ARP (%)", ""); // no tick of the other axis, which has names, lies within the frame
    for (int64_t r = 0; r < g->rule_count; ++r) {
        const double y = TOP + ROW * ((double)r + 0.5);
        svg_text(out, "tick", LEFT - 8, y + 4, SVG_END, g->rules[r]);
        svg_line(out, "grid", LEFT, y, LEFT + WIDTH, y);
    }
    svg_line(out, "axis", svg_x(&p, 0), TOP, svg_x(&p, 0), TOP + p.height);
    for (int64_t i = 0; i < g->group_count; ++i)
        if (is_in_panel(g, i, clean)) add_group(out, g, &p, i);
    svg_end(out);
    dgba_text_add(out, "</figure>\n");
}

static void add_legend(dgba_text *out, const grid *g) {
    dgba_text_add(out, "<ul class=\"legend\">\n");
    for (int64_t kind = 0; kind < g->kind_count; ++kind) {
        dgba_text_add(out, "<li>");
        svg_legend_key(out, kind);
        text_add_html(out, kind_words(g, kind));
        dgba_text_add(out, "</li>\n");
    }
    dgba_text_add(out, "</ul>\n");
}

void figure_training(dgba_text *out, const grid *g) {
    const grid_setting setting = grid_reference(g);
    if (setting.epsilon < 0) return;
    svg_plot p = {
        .left = LEFT, .top = TOP, .width = WIDTH, .height = ROW * (double)g->rule_count, .y_low = 0.5, .y_high = 1};
    dgba_text name = {0};
    find_range(&p.x_low, &p.x_high, g);
    grid_add_setting(&name, g, setting);
    dgba_text_add(out, "<h3>%s: ARP against the same model's own clean value</h3>\n", name.chars);
    dgba_text_free(&name);
    add_legend(out, g);
    dgba_text_add(out, "<div class=\"panels roomy\">\n");
    for (int64_t i = 0; i < g->group_count; ++i)
        if (has_panel(g, i)) add_panel(out, g, p, i);
    dgba_text_add(out, "</div>\n");
}
