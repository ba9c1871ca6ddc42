/* Colours that stand for losses of performance. */
#include <math.h>
#include <stdio.h>

#include "svg.h"

/** A loss as a share of the largest one, 0..1. */
static double share_of(double change, double most) { return most > 0 ? fmin(fmax(-change / most, 0), 1) : 0; }

/** A change with one decimal, never "-0.0". */
static void print_change(char text[32], double change) { snprintf(text, 32, "%.1f", fabs(change) < 0.05 ? 0 : change); }

void svg_heat_color(double color[3], double share) {
    // Points of the colour map "viridis" (Smith, van der Walt), which keeps its order without colour, from its light end.
    static const double stops[][3] = {{253, 231, 37}, {122, 209, 81}, {34, 168, 132},
                                      {42, 120, 142}, {65, 68, 135},  {68, 1, 84}};
    const int64_t last = DGBA_COUNT_OF(stops) - 1;
    const double place = share * (double)last;
    const int64_t below = place >= (double)last ? last - 1 : (int64_t)place;
    for (int i = 0; i < 3; ++i)
        color[i] = stops[below][i] + (place - (double)below) * (stops[below + 1][i] - stops[below][i]);
}

/** Adds a box in the colour of `share` in 0..1, with a title if there is one. */
static void add_box(dgba_text *out, svg_box box, double share, const char *title) {
    double color[3];
    svg_heat_color(color, share);
    dgba_text_add(out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"rgb(%.0f,%.0f,%.0f)\"", box.x,
                  box.y, box.width, box.height, color[0], color[1], color[2]);
    if (title != NULL)
        dgba_text_add(out, "><title>%s %%</title></rect>\n", title);
    else
        dgba_text_add(out, "/>\n");
}

void svg_heat_box(dgba_text *out, svg_box box, double change, double most) {
    char number[32];
    if (isnan(change)) return;
    print_change(number, change);
    add_box(out, box, share_of(change, most), number);
}

void svg_heat_cell(dgba_text *out, svg_box box, double change, double most) {
    char number[32];
    if (isnan(change)) return;
    const double share = share_of(change, most);
    add_box(out, box, share, NULL);
    print_change(number, change);
    svg_text(out, share > 0.5 ? "on-dark" : "on-light", box.x + box.width / 2, box.y + box.height / 2 + 4, SVG_MIDDLE,
             number);
}

void svg_heat_scale(dgba_text *out, double most) {
    enum { STEPS = 24 };
    dgba_text_add(out, "<p class=\"scale\">0 %% ");
    svg_begin(out, 5 * STEPS, 10, "colour scale from light, no change, to dark, the largest loss");
    for (int64_t i = 0; i < STEPS; ++i) add_box(out, (svg_box){5 * (double)i, 0, 5.5, 10}, (double)i / (STEPS - 1), NULL);
    svg_end(out);
    dgba_text_add(out, " −%.1f %%</p>\n", most);
}
