/** Figures as SVG that lies within the HTML page. Colours are those of the page's style, by class, so that they follow dark
 *  and light; every series has a marker and a dash pattern of its own beside its colour. */
#ifndef REPORT_SVG_H
#define REPORT_SVG_H

#include "dgba/base.h"

/** Opens a figure of that size in its own units, which is drawn as wide as its place. `label` says what it shows to who
 *  cannot see it. */
void svg_begin(dgba_text *out, double width, double height, const char *label);
void svg_end(dgba_text *out);

/** The same, but never drawn smaller than can be read, by the factor SVG_LEAST: what is wider than its place is scrolled.
 */
#define SVG_LEAST 0.72
void svg_begin_wide(dgba_text *out, double width, double height, const char *label);
void svg_end_wide(dgba_text *out);

void svg_line(dgba_text *out, const char *class, double x1, double y1, double x2, double y2);

/** Room that a text takes as a tick, about. */
double svg_text_width(const char *text);

typedef enum svg_anchor { SVG_START, SVG_MIDDLE, SVG_END } svg_anchor;
void svg_text(dgba_text *out, const char *class, double x, double y, svg_anchor anchor, const char *text);

/** A tick that rises from its start by so many degrees. */
void svg_leaning_text(dgba_text *out, double x, double y, int degrees, const char *text);

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

/** The colour (red, green, blue up to 255) of a share from 0, light, to 1, dark: the colour map viridis from its light end.
 */
void svg_heat_color(double color[3], double share);

/** A change in percent as a box whose colour goes from light (no change, or better) to dark (a loss of `most` percent),
 * with the number in its title; nothing if it is NaN. */
void svg_heat_box(dgba_text *out, svg_box box, double change, double most);

/** Changes in percent as a table of such boxes with the numbers on them. */
typedef struct svg_heat_table {
    int64_t rows, columns;
    const char **row_names, **column_names; // borrowed
    double *values;                         // [row][column]; NaN = missing
    const char *row_title, *column_title;   // "attacked", "measured"
} svg_heat_table;

/** Room for names and values, all missing; freed with svg_heat_table_free(). */
void svg_heat_table_create(svg_heat_table *t, int64_t rows, int64_t columns);
void svg_heat_table_free(svg_heat_table *t);

/** Opens a row of panels that are wide enough for this table. */
void svg_heat_panels_begin(dgba_text *out, const svg_heat_table *t);

void svg_heat_table_draw(dgba_text *out, const svg_heat_table *t, double most, const char *label);

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

/** A vertical bar of a series from y − d to y + d, clipped to the frame; nothing if d is NaN. */
void svg_error_bar(dgba_text *out, const svg_plot *p, int64_t series, double x, double y, double deviation);

#endif
