/* Images made on one model, measured on another. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "exchange.h"
#include "figures.h"
#include "svg.h"

static double mean_or_nan(statistic s) { return s.count > 0 ? s.mean : NAN; }

static double largest_loss(const grid *g, const int64_t *numbers, int64_t count) {
    double most = 0;
    for (int64_t i = 0; i < count; ++i)
        for (int64_t a = 0; a < g->group_count; ++a)
            for (int64_t b = 0; b < g->group_count; ++b)
                most = fmax(most, -mean_or_nan(exchange_of(g, numbers[i], a, b, EXCHANGE_ARP)));
    return most;
}

static void build_table(svg_heat_table *t, const grid *g, int64_t number) {
    svg_heat_table_create(t, g->group_count, g->group_count);
    t->row_title = "made on";
    t->column_title = "measured on layout";
    for (int64_t a = 0; a < g->group_count; ++a) {
        t->row_names[a] = t->column_names[a] = g->groups[a].label;
        for (int64_t b = 0; b < g->group_count; ++b)
            t->values[a * g->group_count + b] = mean_or_nan(exchange_of(g, number, a, b, EXCHANGE_ARP));
    }
}

static void add_panel(dgba_text *out, const svg_heat_table *t, const dgba_attack_row *attack, double most) {
    const grid_method method = grid_method_of(attack);
    dgba_text name = {0};
    dgba_text_add(&name, "%s · ", attack->rule);
    grid_add_method(&name, &method);
    dgba_text_add(out, "<figure class=\"panel\"><figcaption>");
    text_add_html(out, name.chars);
    dgba_text_add(out, ", ε %g</figcaption>\n", attack->epsilon);
    svg_heat_table_draw(out, t, most, "ARP of each layout (columns) under images made on each layout (rows), in percent");
    dgba_text_add(out, "</figure>\n");
    dgba_text_free(&name);
}

/** A panel per attack, as wide as can be read. */
static void add_panels(dgba_text *out, const grid *g, const int64_t *numbers, int64_t count, double most) {
    svg_heat_scale(out, most);
    for (int64_t i = 0; i < count; ++i) {
        svg_heat_table t;
        build_table(&t, g, numbers[i]);
        if (i == 0) svg_heat_panels_begin(out, &t);
        add_panel(out, &t, exchange_attack(g, numbers[i]), most);
        svg_heat_table_free(&t);
    }
    dgba_text_add(out, "</div>\n");
}

/* ---- Layout and task × layout and task ---- */

enum { WIDE_CELL = 18, WIDE_GAP = 5 };

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

/** "31 · normal"; `out` is cleared first. */
static void name_of(dgba_text *out, const grid *g, int64_t group, int64_t task) {
    dgba_text_clear(out);
    dgba_text_add(out, "%s · %s", g->groups[group].label, g->results->tasks[task].name);
}

static double widest_name(const grid *g) {
    double widest = 0;
    dgba_text name = {0};
    for (int64_t group = 0; group < g->group_count; ++group) {
        for (int64_t task = 0; task < g->results->task_count; ++task) {
            name_of(&name, g, group, task);
            widest = fmax(widest, svg_text_width(name.chars));
        }
    }
    dgba_text_free(&name);
    return widest;
}

/** The names of a layout and a task at the boxes that begin at (left, top). */
static void add_names(dgba_text *out, const grid *g, double left, double top, int64_t group, int64_t task) {
    const double middle = offset_of(g, group, task) + WIDE_CELL / 2.0;
    dgba_text name = {0};
    name_of(&name, g, group, task);
    svg_text(out, "tick", left - 6, top + middle + 3, SVG_END, name.chars);
    svg_leaning_text(out, left + middle + 3, top - 6, 60, name.chars);
    dgba_text_free(&name);
}

/** The row of images made on a layout by an attack, at `y`. */
static void add_row(dgba_text *out, const grid *g, int64_t number, int64_t group, double left, double y, double most) {
    for (int64_t b = 0; b < g->group_count && number >= 0; ++b) {
        for (int64_t t = 0; t < g->results->task_count; ++t) {
            const svg_box box = {left + offset_of(g, b, t), y, WIDE_CELL - 1, WIDE_CELL - 1};
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
    const double name = widest_name(g), left = name + 10, top = 0.87 * name + 14;
    if (most <= 0) return;
    dgba_text_add(out, "<h3>Models and tasks at once</h3>\n");
    svg_heat_scale(out, most);
    dgba_text_add(out,
                  "<figure class=\"panel wide\"><figcaption>Rows: layout that the images were made on · attacked task. "
                  "Columns: layout measured · measured task, change in %% against its own clean value</figcaption>\n");
    svg_begin_wide(
        out, left + size + 0.5 * name, top + size,
        "Change of each task of each layout (columns) under images made on each layout by attacking each task (rows)");
    for (int64_t group = 0; group < g->group_count; ++group) {
        for (int64_t task = 0; task < g->results->task_count; ++task) {
            add_names(out, g, left, top, group, task);
            add_row(out, g, single_attack(g, numbers, count, task), group, left, top + offset_of(g, group, task), most);
        }
    }
    svg_end_wide(out);
    dgba_text_add(out, "</figure>\n");
}

void figure_models(dgba_text *out, const grid *g) {
    int64_t *numbers = NULL;
    const int64_t count = exchange_attacks(&numbers, g);
    const double most = largest_loss(g, numbers, count);
    if (most > 0) add_panels(out, g, numbers, count, most);
    add_both(out, g, numbers, count);
    dgba_free(numbers);
}
