/* Images made on one model, measured on another. */
#include <math.h>
#include <stdio.h>
#include <string.h>

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

/* ---- Layout and task × layout and task ---- */

enum { WIDE_LEFT = 150, WIDE_TOP = 134, WIDE_CELL = 18, WIDE_GAP = 5 };

/** The attacks on single tasks among `numbers`, in the order of the tasks; -1 where there is none. */
static int64_t single_attack(const grid *g, const int64_t *numbers, int64_t count, int64_t task) {
    for (int64_t i = 0; i < count; ++i) {
        const char *rule = exchange_attack(g, numbers[i])->rule;
        if (strncmp(rule, "single:", 7) == 0 && strcmp(rule + 7, g->results->tasks[task].name) == 0) return numbers[i];
    }
    return -1;
}

/** Where the row or column of a layout and a task begins: layouts are set apart. */
static double offset_of(const grid *g, int64_t group, int64_t task) {
    return (double)(group * g->results->task_count + task) * WIDE_CELL + (double)group * WIDE_GAP;
}

static void add_label(dgba_text *out, const grid *g, int64_t group, int64_t task) {
    char name[64];
    snprintf(name, sizeof name, "%s · %.18s", g->groups[group].label, g->results->tasks[task].name);
    const double middle = offset_of(g, group, task) + WIDE_CELL / 2.0;
    svg_text(out, "tick", WIDE_LEFT - 6, WIDE_TOP + middle + 3, SVG_END, name);
    dgba_text_add(out, "<g transform=\"translate(%.1f %d) rotate(-60)\">", WIDE_LEFT + middle + 3, WIDE_TOP - 6);
    svg_text(out, "tick", 0, 0, SVG_START, name);
    dgba_text_add(out, "</g>\n");
}

/** The row of images made on a layout by attacking a task. */
static void add_row(dgba_text *out, const grid *g, int64_t number, int64_t group, int64_t task, double most) {
    for (int64_t b = 0; b < g->group_count && number >= 0; ++b) {
        for (int64_t t = 0; t < g->results->task_count; ++t) {
            const svg_box box = {WIDE_LEFT + offset_of(g, b, t), WIDE_TOP + offset_of(g, group, task), WIDE_CELL - 1,
                                 WIDE_CELL - 1};
            svg_heat_box(out, box, mean_or_nan(exchange_of(g, number, group, b, t)), most);
        }
    }
}

static double largest_task_loss(const grid *g, const int64_t *numbers, int64_t count) {
    double most = 0;
    for (int64_t task = 0; task < g->results->task_count; ++task) {
        const int64_t number = single_attack(g, numbers, count, task);
        for (int64_t i = 0; i < g->group_count * g->group_count && number >= 0; ++i)
            for (int64_t t = 0; t < g->results->task_count; ++t)
                most = fmax(most, -mean_or_nan(exchange_of(g, number, i / g->group_count, i % g->group_count, t)));
    }
    return most;
}

static void add_both(dgba_text *out, const grid *g, const int64_t *numbers, int64_t count) {
    const double most = largest_task_loss(g, numbers, count), size = offset_of(g, g->group_count, 0);
    if (most <= 0) return;
    dgba_text_add(out, "<h3>Models and tasks at once</h3>\n");
    svg_heat_scale(out, most);
    dgba_text_add(out,
                  "<figure class=\"panel wide\"><figcaption>Rows: made on, attacked task. Columns: measured on, measured "
                  "task</figcaption>\n");
    svg_begin(
        out, WIDE_LEFT + size + 60, WIDE_TOP + size,
        "Change of each task of each layout (columns) under images made on each layout by attacking each task (rows)");
    for (int64_t group = 0; group < g->group_count; ++group) {
        for (int64_t task = 0; task < g->results->task_count; ++task) {
            add_label(out, g, group, task);
            add_row(out, g, single_attack(g, numbers, count, task), group, task, most);
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
    add_both(out, g, numbers, count);
    dgba_free(numbers);
}
