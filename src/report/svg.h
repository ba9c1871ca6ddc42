/** Figures as SVG that lies within the HTML page. Colours are those of the page's style, by class, so that they follow dark
 *  and light; every series has a marker and a dash pattern of its own beside its colour. */
#ifndef REPORT_SVG_H
#define REPORT_SVG_H

#include "dgba/base.h"

/** Opens a figure of that size in its own units, which is drawn as wide as its place. `label` says what it shows to who
 *  cannot see it. */
void svg_begin(dgba_text *out, double width, double height, const char *label);
void svg_end(dgba_text *out);

void svg_line(dgba_text *out, const char *class, double x1, double y1, double x2, double y2);

typedef enum svg_anchor { SVG_START, SVG_MIDDLE, SVG_END } svg_anchor;
void svg_text(dgba_text *out, const char *class, double x, double y, svg_anchor anchor, const char *text);

/** How a series is told from the others: number 0, 1, ... */
enum { SVG_SERIES = 12 };
void svg_marker(dgba_text *out, int64_t series, double x, double y);

/** A line through points, then its markers. */
void svg_curve(dgba_text *out, int64_t series, const double *x, const double *y, int64_t count);

/** A line with the marker of a series, for legends. */
void svg_legend_key(dgba_text *out, int64_t series);

typedef struct svg_box {
    double x, y, width, height;
} svg_box;

/** A change in percent in a box whose colour goes from light (no change, or better) to dark (a loss of `most` percent);
 *  nothing if it is NaN. */
void svg_heat_cell(dgba_text *out, svg_box box, double change, double most);

/** The colour (red, green, blue up to 255) of a share from 0, light, to 1, dark: the colour map viridis from its light end.
 */
void svg_heat_color(double color[3], double share);

/** The same without the number, which stands in the box's title, for boxes too small to write on. */
void svg_heat_box(dgba_text *out, svg_box box, double change, double most);

/** A paragraph that explains these colours. */
void svg_heat_scale(dgba_text *out, double most);

/** Two linear axes with a frame: data to figure. */
typedef struct svg_plot {
    double left, top, width, height; // of the frame
    double x_low, x_high, y_low, y_high;
} svg_plot;

/** Widens a range to numbers that read well; the step between ticks is returned. */
double svg_round_range(double *low, double *high);
double svg_x(const svg_plot *p, double x);
double svg_y(const svg_plot *p, double y);

/** The frame with grid lines, numbers and titles; ticks at multiples of the steps. */
void svg_frame(dgba_text *out, const svg_plot *p, double x_step, double y_step, const char *x_title, const char *y_title);

/** A vertical bar from y − d to y + d, clipped to the frame. */
void svg_error_bar(dgba_text *out, const svg_plot *p, const char *class, double x, double y, double deviation);

#endif
