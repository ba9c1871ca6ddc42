/* Images made on one model, measured on another. */
#include <math.h>

#include "exchange.h"
#include "figures.h"
#include "svg.h"

enum { LEFT = 74, TOP = 40, CELL_WIDTH = 44, CELL_HEIGHT = 28, GAP = 2 };

static double mean_or_nan(statistic s) { return s.count > 0 ? s.mean : NAN; }

static double largest_loss(const grid *g, const int64_t *numbers, int64_t count) {
    double most = 0;
    for (int64_t i = 0; i < count; ++i)
        for (int64_t a = 0; a < g->group_count; ++a)
            for (int64_t b = 0; b < g->group_count; ++b)
                most = fmax(most, -mean_or_nan(exchange_of(g, numbers[i], a, b, EXCHANGE_ARP)));
    return most;
}

static void add_panel(dgba_text *out, const grid *g, int64_t number, double most) {
    const double width = LEFT + CELL_WIDTH * (double)g->group_count, height = TOP + CELL_HEIGHT * (double)g->group_count;
    dgba_text_add(out, "<figure class=\"panel\"><figcaption>");
    text_add_html(out, exchange_attack(g, number)->rule);
    dgba_text_add(out, "</figcaption>\n");
    svg_begin(out, fmax(width, 250), height, "ARP of each layout (columns) under images made on each layout (rows)");
    svg_text(out, "label", LEFT - 8, TOP - 8, SVG_END, "made on ↓");
    svg_text(out, "label", LEFT, 14, SVG_START, "measured on →");
    for (int64_t a = 0; a < g->group_count; ++a) {
        const double y = TOP + CELL_HEIGHT * (double)a;
        svg_text(out, "tick", LEFT - 8, y + CELL_HEIGHT / 2.0 + 3, SVG_END, g->groups[a].label);
        svg_text(out, "tick", LEFT + CELL_WIDTH * ((double)a + 0.5), TOP - 8, SVG_MIDDLE, g->groups[a].label);
        for (int64_t b = 0; b < g->group_count; ++b) {
            const double x = LEFT + CELL_WIDTH * (double)b, arp = mean_or_nan(exchange_of(g, number, a, b, EXCHANGE_ARP));
            svg_heat_cell(out, (svg_box){x, y, CELL_WIDTH - GAP, CELL_HEIGHT - GAP}, arp, most);
        }
    }
    svg_end(out);
    dgba_text_add(out, "</figure>\n");
}

void figure_models(dgba_text *out, const grid *g) {
    int64_t *numbers = NULL;
    const int64_t count = exchange_attacks(&numbers, g);
    const double most = largest_loss(g, numbers, count);
    if (most > 0) {
        svg_heat_scale(out, most);
        dgba_text_add(out, "<div class=\"panels\">\n");
        for (int64_t i = 0; i < count; ++i) add_panel(out, g, numbers[i], most);
        dgba_text_add(out, "</div>\n");
    }
    dgba_free(numbers);
}
