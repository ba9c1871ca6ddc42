/* Colours that stand for losses of performance. */
#include <math.h>

#include "print.h"
#include "svg.h"
#include "table.h"

/** A loss as a share of the largest one, 0..1. */
static double share_of(double change, double most) { return most > 0 ? fmin(fmax(-change / most, 0), 1) : 0; }

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

/* ---- Tables ---- */

void svg_heat_table_create(svg_heat_table *t, int64_t rows, int64_t columns) {
    *t = (svg_heat_table){.rows = rows, .columns = columns};
    report_need(DGBA_NEW(&t->row_names, rows));
    report_need(DGBA_NEW(&t->column_names, columns));
    report_need(DGBA_NEW(&t->values, rows * columns));
    for (int64_t i = 0; i < rows * columns; ++i) t->values[i] = NAN;
}

void svg_heat_table_free(svg_heat_table *t) {
    dgba_free(t->row_names);
    dgba_free(t->column_names);
    dgba_free(t->values);
    *t = (svg_heat_table){0};
}

enum { CELL_WIDTH = 50, CELL_HEIGHT = 30, CELL_GAP = 2 };

static double widest(const char *const *names, int64_t count, double least) {
    for (int64_t i = 0; i < count; ++i) least = fmax(least, svg_text_width(names[i]));
    return least;
}

/** Where the boxes begin, and the room on their right. Names of columns that are wider than a box lean. */
typedef struct heat_frame {
    double left, top, right;
    bool leaning;
} heat_frame;

static heat_frame frame_of(const svg_heat_table *t) {
    const double above = widest(t->column_names, t->columns, 0);
    heat_frame f = {.left = 14 + widest(t->row_names, t->rows, svg_text_width(t->row_title) + 14), .top = 38};
    f.leaning = above > CELL_WIDTH - CELL_GAP;
    if (f.leaning) f.top += 0.47 * above;
    if (f.leaning) f.right = fmax(0, 0.95 * above - 0.6 * CELL_WIDTH);
    return f;
}

static void add_names(dgba_text *out, const svg_heat_table *t, heat_frame f) {
    for (int64_t r = 0; r < t->rows; ++r)
        svg_text(out, "tick", f.left - 8, f.top + CELL_HEIGHT * ((double)r + 0.5) + 3, SVG_END, t->row_names[r]);
    for (int64_t c = 0; c < t->columns; ++c) {
        const double x = f.left + CELL_WIDTH * ((double)c + (f.leaning ? 0.35 : 0.5));
        if (f.leaning)
            svg_leaning_text(out, x, f.top - 7, 28, t->column_names[c]);
        else
            svg_text(out, "tick", x, f.top - 8, SVG_MIDDLE, t->column_names[c]);
    }
    dgba_text title = {0};
    dgba_text_add(&title, "%s ↓", t->row_title);
    svg_text(out, "label", f.left - 8, f.top - 8, SVG_END, title.chars);
    dgba_text_clear(&title);
    dgba_text_add(&title, "%s →", t->column_title);
    svg_text(out, "label", f.left, 13, SVG_START, title.chars);
    dgba_text_free(&title);
}

static void add_cell(dgba_text *out, svg_box box, double change, double most) {
    dgba_text number = {0};
    if (isnan(change)) return;
    const double share = share_of(change, most);
    add_box(out, box, share, NULL);
    text_add_real(&number, change, 1);
    svg_text(out, share > 0.5 ? "on-dark" : "on-light", box.x + box.width / 2, box.y + box.height / 2 + 4, SVG_MIDDLE,
             number.chars);
    dgba_text_free(&number);
}

static double width_of(const svg_heat_table *t, heat_frame f) { return f.left + CELL_WIDTH * (double)t->columns + f.right; }

void svg_heat_panels_begin(dgba_text *out, const svg_heat_table *t) {
    enum { PADDING = 32 };
    dgba_text_add(out, "<div class=\"panels roomy\" style=\"--room:%.0fpx\">\n", 0.9 * width_of(t, frame_of(t)) + PADDING);
}

void svg_heat_table_draw(dgba_text *out, const svg_heat_table *t, double most, const char *label) {
    const heat_frame f = frame_of(t);
    svg_begin_wide(out, width_of(t, f), f.top + CELL_HEIGHT * (double)t->rows, label);
    add_names(out, t, f);
    for (int64_t r = 0; r < t->rows; ++r) {
        for (int64_t c = 0; c < t->columns; ++c) {
            const svg_box box = {f.left + CELL_WIDTH * (double)c, f.top + CELL_HEIGHT * (double)r, CELL_WIDTH - CELL_GAP,
                                 CELL_HEIGHT - CELL_GAP};
            add_cell(out, box, t->values[r * t->columns + c], most);
        }
    }
    svg_end_wide(out);
}

/* ---- Boxes ---- */

void svg_heat_box(dgba_text *out, svg_box box, double change, double most) {
    dgba_text number = {0};
    if (isnan(change)) return;
    text_add_real(&number, change, 1);
    add_box(out, box, share_of(change, most), number.chars);
    dgba_text_free(&number);
}

void svg_heat_scale(dgba_text *out, double most) {
    enum { STEPS = 24 };
    dgba_text_add(out, "<p class=\"scale\">0 %% ");
    svg_begin(out, 5 * STEPS, 10, "colour scale from light, no change, to dark, the largest loss");
    for (int64_t i = 0; i < STEPS; ++i) add_box(out, (svg_box){5 * (double)i, 0, 5.5, 10}, (double)i / (STEPS - 1), NULL);
    svg_end(out);
    dgba_text_add(out, " −%.1f %%</p>\n", most);
}
