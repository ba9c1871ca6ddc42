#include "ref/ilp.h"

#include <math.h>
#include <string.h>

enum { MOST_TASKS = 8, MOST_VARIABLES = 64 };

/** A node of the tree: the first `depth` variables have values. */
typedef struct tree {
    const ref_ilp *p;
    int8_t d[MOST_VARIABLES];
    double r[MOST_TASKS];
    double rest[MOST_VARIABLES + 1][MOST_TASKS]; // Σ|a| of the variables from `depth` on
    double best;
    int64_t changed; // pixels
} tree;

double ref_ilp_value(const ref_ilp *p, const int8_t *d) {
    double mean = 0, least = INFINITY;
    int64_t changed = 0;
    for (int64_t i = 0; i < p->pixels; ++i) {
        int any = 0;
        for (int64_t j = i; j < p->n; j += p->pixels) any = any || d[j] != 0;
        changed += any;
    }
    if (changed > p->budget) return -INFINITY;
    for (int64_t t = 0; t < p->tasks; ++t) {
        double r = 0;
        for (int64_t j = 0; j < p->n; ++j) r += p->a[t * p->n + j] * d[j];
        if (r < p->low[t] || r > p->high[t]) return -INFINITY;
        mean += r / (double)p->tasks;
        least = fmin(least, r);
    }
    return p->maxmin ? least : mean;
}

/** Whether a value of variable j changes a pixel that no earlier channel has changed. */
static int changes_pixel(const tree *s, int64_t j) {
    if (s->d[j] == 0) return 0;
    for (int64_t earlier = j - s->p->pixels; earlier >= 0; earlier -= s->p->pixels)
        if (s->d[earlier] != 0) return 0;
    return 1;
}

static int is_hopeless(const tree *s, int64_t depth) {
    if (s->changed > s->p->budget) return 1;
    double mean = 0, least = INFINITY;
    for (int64_t t = 0; t < s->p->tasks; ++t) {
        const double most = s->r[t] + s->rest[depth][t];
        if (most < s->p->low[t] - 1e-12 * fabs(s->p->low[t])) return 1;
        mean += most / (double)s->p->tasks;
        least = fmin(least, most);
    }
    return (s->p->maxmin ? least : mean) < s->best;
}

static void visit(tree *s, int64_t depth) {
    const ref_ilp *p = s->p;
    if (is_hopeless(s, depth)) return;
    if (depth == p->n) {
        s->best = fmax(s->best, ref_ilp_value(p, s->d));
        return;
    }
    for (int value = -1; value <= 1; ++value) {
        s->d[depth] = (int8_t)value;
        for (int64_t t = 0; t < p->tasks; ++t) s->r[t] += value * p->a[t * p->n + depth];
        const int changed = changes_pixel(s, depth);
        s->changed += changed;
        visit(s, depth + 1);
        s->changed -= changed;
        for (int64_t t = 0; t < p->tasks; ++t) s->r[t] -= value * p->a[t * p->n + depth];
    }
    s->d[depth] = 0;
}

double ref_ilp_best(const ref_ilp *p) {
    tree s = {.p = p, .best = -INFINITY};
    for (int64_t t = 0; t < p->tasks; ++t)
        for (int64_t j = p->n - 1; j >= 0; --j) s.rest[j][t] = s.rest[j + 1][t] + fabs(p->a[t * p->n + j]);
    visit(&s, 0);
    return s.best;
}
