#include "svg.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "print.h"

void svg_begin(dgba_text *out, double width, double height, const char *label) {
    dgba_text_add(out, "<svg viewBox=\"0 0 %g %g\" role=\"img\"><title>", width, height);
    text_add_html(out, label);
    dgba_text_add(out, "</title>\n");
}

void svg_end(dgba_text *out) { dgba_text_add(out, "</svg>\n"); }

void svg_begin_wide(dgba_text *out, double width, double height, const char *label) {
    dgba_text_add(out, "<div class=\"pan\" tabindex=\"0\" role=\"region\" aria-label=\"");
    text_add_html(out, label);
    dgba_text_add(out, "\" style=\"--least:%.0fpx\">\n", SVG_LEAST * width);
    svg_begin(out, width, height, label);
}

void svg_end_wide(dgba_text *out) {
    svg_end(out);
    dgba_text_add(out, "</div>\n");
}

void svg_line(dgba_text *out, const char *class, double x1, double y1, double x2, double y2) {
    dgba_text_add(out, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", class, x1, y1, x2, y2);
}

void svg_text(dgba_text *out, const char *class, double x, double y, svg_anchor anchor, const char *text) {
    static const char *const anchors[] = {[SVG_START] = "start", [SVG_MIDDLE] = "middle", [SVG_END] = "end"};
    dgba_text_add(out, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", class, x, y, anchors[anchor]);
    text_add_html(out, text);
    dgba_text_add(out, "</text>\n");
}

void svg_leaning_text(dgba_text *out, double x, double y, int degrees, const char *text) {
    dgba_text_add(out, "<g transform=\"translate(%.1f %.1f) rotate(-%d)\">", x, y, degrees);
    svg_text(out, "tick", 0, 0, SVG_START, text);
    dgba_text_add(out, "</g>\n");
}

double svg_text_width(const char *text) { return 6.6 * (double)text_places(text, strlen(text)); }

/* ---- Series ---- */

/** Shapes about the origin, some 8 units wide. */
static const char *const shapes[] = {
    "M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0z",                          // circle
    "M-3.5,-3.5h7v7h-7z",                                           // square
    "M0,-4.6L4.4,3.4H-4.4z",                                        // triangle
    "M0,-5L5,0L0,5L-5,0z",                                          // diamond
    "M0,4.6L4.4,-3.4H-4.4z",                                        // triangle, down
    "M-1.4,-4.5h2.8v3.1h3.1v2.8h-3.1v3.1h-2.8v-3.1h-3.1v-2.8h3.1z", // cross
};

static void add_marker(dgba_text *out, int64_t series, double x, double y) {
    dgba_text_add(out, "<path class=\"s%lld m\" transform=\"translate(%.1f %.1f)\" d=\"%s\"/>\n",
                  (long long)(series % SVG_SERIES), x, y, shapes[series % DGBA_COUNT_OF(shapes)]);
}

void svg_marker(dgba_text *out, int64_t series, double x, double y) { add_marker(out, series, x, y); }

void svg_curve(dgba_text *out, int64_t series, const double *x, const double *y, int64_t count) {
    dgba_text_add(out, "<polyline class=\"s%lld c\" points=\"", (long long)(series % SVG_SERIES));
    for (int64_t i = 0; i < count; ++i) dgba_text_add(out, "%s%.1f,%.1f", i > 0 ? " " : "", x[i], y[i]);
    dgba_text_add(out, "\"/>\n");
    for (int64_t i = 0; i < count; ++i) add_marker(out, series, x[i], y[i]);
}

void svg_legend_key(dgba_text *out, int64_t series) {
    dgba_text_add(out, "<svg class=\"key\" viewBox=\"0 0 34 14\" aria-hidden=\"true\">");
    dgba_text_add(out, "<polyline class=\"s%lld c\" points=\"1,7 33,7\"/>", (long long)(series % SVG_SERIES));
    add_marker(out, series, 17, 7);
    dgba_text_add(out, "</svg>");
}

/* ---- Axes ---- */

double svg_round_range(double *low, double *high) {
    if (!(*high > *low)) *high = *low + 1;
    const double raw = (*high - *low) / 4, power = pow(10, floor(log10(raw)));
    const double step = raw <= power ? power : raw <= 2 * power ? 2 * power : raw <= 5 * power ? 5 * power : 10 * power;
    *low = step * floor(*low / step + 1e-9);
    *high = step * ceil(*high / step - 1e-9);
    return step;
}

double svg_x(const svg_plot *p, double x) { return p->left + p->width * (x - p->x_low) / (p->x_high - p->x_low); }
double svg_y(const svg_plot *p, double y) { return p->top + p->height * (p->y_high - y) / (p->y_high - p->y_low); }

/** Without the noise of adding up steps, and without a minus before 0. */
static void add_tick(dgba_text *out, double value) {
    char number[32];
    snprintf(number, sizeof number, "%g", round(value * 1e6) / 1e6 + 0.0);
    dgba_text_clear(out);
    text_add_number(out, number);
}

void svg_frame(dgba_text *out, const svg_plot *p, double x_step, double y_step, const char *x_title, const char *y_title) {
    dgba_text number = {0};
    const double bottom = p->top + p->height, right = p->left + p->width;
    for (double y = y_step * ceil(p->y_low / y_step - 1e-9); y <= p->y_high + 1e-9 * y_step; y += y_step) {
        svg_line(out, fabs(y) < 1e-9 ? "axis" : "grid", p->left, svg_y(p, y), right, svg_y(p, y));
        add_tick(&number, y);
        svg_text(out, "tick", p->left - 6, svg_y(p, y) + 3.5, SVG_END, number.chars);
    }
    for (double x = x_step * ceil(p->x_low / x_step - 1e-9); x <= p->x_high + 1e-9 * x_step; x += x_step) {
        svg_line(out, "axis", svg_x(p, x), bottom, svg_x(p, x), bottom + 4);
        add_tick(&number, x);
        svg_text(out, "tick", svg_x(p, x), bottom + 15, SVG_MIDDLE, number.chars);
    }
    svg_line(out, "axis", p->left, bottom, right, bottom);
    svg_text(out, "label", p->left + p->width / 2, bottom + 31, SVG_MIDDLE, x_title);
    svg_text(out, "label", p->left - 32, p->top - 14, SVG_START, y_title);
    dgba_text_free(&number);
}

void svg_error_bar(dgba_text *out, const svg_plot *p, int64_t series, double x, double y, double deviation) {
    char class[16];
    if (isnan(deviation) || deviation == 0) return;
    const double low = fmax(y - deviation, p->y_low), high = fmin(y + deviation, p->y_high);
    snprintf(class, sizeof class, "s%d bar", (int)(series % SVG_SERIES));
    svg_line(out, class, svg_x(p, x), svg_y(p, low), svg_x(p, x), svg_y(p, high));
}
