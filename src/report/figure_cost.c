/* Time per image. */
#include <math.h>
#include <stdio.h>

#include "figures.h"
#include "svg.h"
#include "table.h"

enum { METHOD = 0, RULE = 1, TIME = 2, WIDTH = 330, ROW = 20 };

/** "ifgsm, 10 iterations · dgba"; `out` is cleared first. */
static void name_of(dgba_text *out, const table *attacks, int64_t row) {
    dgba_text_clear(out);
    dgba_text_add(out, "%s · %s", table_at(attacks, row, METHOD)->text, table_at(attacks, row, RULE)->text);
}

static void add_bar(dgba_text *out, double left, double y, double width, double time) {
    char number[32];
    dgba_text_add(out, "<rect class=\"amount\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" rx=\"2\"/>\n", left,
                  y + 2, width, ROW - 5);
    snprintf(number, sizeof number, "%.1f ms", time);
    svg_text(out, "tick", left + width + 6, y + 13, SVG_START, number);
}

/** `attacks` is the second table of the section "cost". */
void figure_cost(dgba_text *out, const table *attacks) {
    const int64_t rows = table_rows(attacks);
    double most = 0, left = 0;
    dgba_text name = {0};
    for (int64_t r = 0; r < rows; ++r) {
        name_of(&name, attacks, r);
        most = fmax(most, table_at(attacks, r, TIME)->number.mean);
        left = fmax(left, svg_text_width(name.chars) + 12);
    }
    if (most > 0) {
        dgba_text_add(out,
                      "<figure class=\"panel wide\"><figcaption>Processor time per attacked image, mean over models and "
                      "radii</figcaption>\n");
        svg_begin_wide(out, left + WIDTH + 70, ROW * (double)rows + 6, "Processor time per image of each method and rule");
        for (int64_t r = 0; r < rows; ++r) {
            const double y = 3 + ROW * (double)r, time = table_at(attacks, r, TIME)->number.mean;
            name_of(&name, attacks, r);
            svg_text(out, "tick", left - 8, y + 13, SVG_END, name.chars);
            add_bar(out, left, y, WIDTH * time / most, time);
        }
        svg_end_wide(out);
        dgba_text_add(out, "</figure>\n");
    }
    dgba_text_free(&name);
}
