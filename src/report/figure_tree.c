/* A layout: which tasks share which levels of the backbone. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "figures.h"
#include "svg.h"

enum { MOST_LEVELS = 24, MOST_TASKS = 8, LEFT = 14, TOP = 12, WIDTH = 150, ROW = 24 };

/** Task sets as bits, level by level. */
typedef struct tree {
    int64_t levels, tasks;
    struct {
        unsigned sets[MOST_TASKS];
        int64_t count;
    } level[MOST_LEVELS + 1];
} tree;

/** Reads "{012}|{0}{12}"; false if it is something else. */
static bool read_tree(tree *t, const char *text) {
    *t = (tree){.levels = 1};
    unsigned set = 0;
    for (const char *c = text; *c != '\0'; ++c) {
        if (*c == '|' || *c == ' ') {
            if (t->levels == MOST_LEVELS) return false;
            t->levels += 1;
        } else if (*c == '{') {
            set = 0;
        } else if (*c == '}') {
            if (t->level[t->levels - 1].count == MOST_TASKS) return false;
            t->level[t->levels - 1].sets[t->level[t->levels - 1].count++] = set;
        } else if (isdigit((unsigned char)*c) && *c - '0' < MOST_TASKS) {
            set |= 1U << (*c - '0');
            if (*c - '0' >= t->tasks) t->tasks = *c - '0' + 1;
        } else {
            return false;
        }
    }
    return t->level[t->levels - 1].count > 0;
}

static int64_t size_of(unsigned set) { return __builtin_popcount(set); }

/** The heads are one more level, on which nothing is shared. The rows of the tasks are as the sets of the backbone's last
 *  level list them, so that branches do not cross. */
static void add_heads(double *rows, tree *t) {
    int64_t row = 0;
    for (int64_t i = 0; i < t->level[t->levels - 1].count; ++i)
        for (int64_t task = 0; task < t->tasks; ++task)
            if ((t->level[t->levels - 1].sets[i] & 1U << task) != 0) rows[task] = TOP + ROW * (double)row++;
    for (int64_t task = 0; task < t->tasks; ++task) t->level[t->levels].sets[task] = 1U << task;
    t->level[t->levels++].count = t->tasks;
}

/** A set stands amid its tasks. */
static double y_of(unsigned set, const double *rows, int64_t tasks) {
    double sum = 0;
    for (int64_t task = 0; task < tasks; ++task)
        if ((set & 1U << task) != 0) sum += rows[task];
    return sum / (double)size_of(set);
}

static unsigned parent_of(const tree *t, int64_t level, unsigned set) {
    for (int64_t i = 0; i < t->level[level - 1].count; ++i)
        if ((t->level[level - 1].sets[i] & set) == set) return t->level[level - 1].sets[i];
    return set;
}

static void add_branch(dgba_text *out, double x1, double y1, double x2, double y2, int64_t tasks) {
    const double middle = (x1 + x2) / 2;
    dgba_text_add(out, "<path class=\"branch\" stroke-width=\"%g\" d=\"M%.1f,%.1fC%.1f,%.1f %.1f,%.1f %.1f,%.1f\"/>\n",
                  1.2 + 1.6 * (double)tasks, x1, y1, middle, y1, middle, y2, x2, y2);
}

static void add_level(dgba_text *out, const tree *t, const double *rows, int64_t level) {
    const double step = WIDTH / (double)t->levels, x = LEFT + step * (double)(level + 1);
    for (int64_t i = 0; i < t->level[level].count; ++i) {
        const unsigned set = t->level[level].sets[i];
        const unsigned from = level > 0 ? parent_of(t, level, set) : (1U << t->tasks) - 1;
        add_branch(out, x - step, y_of(from, rows, t->tasks), x, y_of(set, rows, t->tasks), size_of(set));
    }
}

void figure_tree(dgba_text *out, const char *text, const dgba_results *results) {
    tree t;
    double rows[MOST_TASKS] = {0};
    char name[20];
    if (!read_tree(&t, text) || t.tasks > results->task_count) return;
    add_heads(rows, &t);
    svg_begin(out, LEFT + WIDTH + 110, 2 * TOP + ROW * (double)(t.tasks - 1), text);
    for (int64_t level = 0; level < t.levels; ++level) add_level(out, &t, rows, level);
    for (int64_t level = 0; level < t.levels; ++level) {
        for (int64_t i = 0; i < t.level[level].count; ++i)
            dgba_text_add(out, "<circle class=\"node\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"/>\n",
                          LEFT + WIDTH / (double)t.levels * (double)(level + 1),
                          y_of(t.level[level].sets[i], rows, t.tasks));
    }
    dgba_text_add(out, "<circle class=\"node\" cx=\"%d\" cy=\"%.1f\" r=\"4.5\"/>\n", LEFT,
                  y_of((1U << t.tasks) - 1, rows, t.tasks));
    for (int64_t task = 0; task < t.tasks; ++task) {
        snprintf(name, sizeof name, "%.18s", results->tasks[task].name);
        svg_text(out, "tick", LEFT + WIDTH + 9, rows[task] + 3.5, SVG_START, name);
    }
    svg_end(out);
}
