/* Time per image. */
#include <math.h>
#include <stdio.h>

#include "figures.h"
#include "svg.h"
#include "table.h"

enum { METHOD = 0, RULE = 1, TIME = 2, LEFT = 190, WIDTH = 330, ROW = 20 };

/** `attacks` is the second table of the section "cost". */
void figure_cost(dgba_text *out, const table *attacks) {
    const int64_t rows = table_rows(attacks);
    double most = 0;
    char number[32];
    for (int64_t r = 0; r < rows; ++r) most = fmax(most, table_at(attacks, r, TIME)->number.mean);
    if (most <= 0) return;
    dgba_text_add(out, "<figure class=\"panel wide\"><figcaption>Processor time per attacked image</figcaption>\n");
    svg_begin(out, LEFT + WIDTH + 70, ROW * (double)rows + 6, "Processor time per image of each method and rule");
    dgba_text name = {0};
    for (int64_t r = 0; r < rows; ++r) {
        const double y = 3 + ROW * (double)r, time = table_at(attacks, r, TIME)->number.mean;
        dgba_text_clear(&name);
        dgba_text_add(&name, "%s · %s", table_at(attacks, r, METHOD)->text, table_at(attacks, r, RULE)->text);
        svg_text(out, "tick", LEFT - 8, y + 13, SVG_END, name.chars);
        dgba_text_add(out, "<rect class=\"amount\" x=\"%d\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" rx=\"2\"/>\n", LEFT,
                      y + 2, WIDTH * time / most, ROW - 5);
        snprintf(number, sizeof number, "%.1f ms", time);
        svg_text(out, "tick", LEFT + WIDTH * time / most + 6, y + 13, SVG_START, number);
    }
    dgba_text_free(&name);
    svg_end(out);
    dgba_text_add(out, "</figure>\n");
}
