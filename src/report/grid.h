/** The attacks of a run as a grid: (group of models, method, balancing rule, epsilon) -> attacks. */
#ifndef REPORT_GRID_H
#define REPORT_GRID_H

#include "dgba/store.h"
#include "filter.h"
#include "statistic.h"

/** A step with its options. Seeds of random starts are repeats. Attacks on one model that differ in nothing the table tells
 *  are told apart by their order: variant 0, 1, ... */
typedef struct grid_method {
    const char *step, *options;
    int64_t iterations, variant;
} grid_method;

/** Models that differ in their seeds only. */
typedef struct grid_group {
    int64_t first; // one of its models
    int64_t size;
    int64_t kind;
    char *label; // "31", and what tells its kind from the others
    bool shown;  // it is asked for; others serve as baselines only
} grid_group;

/** Groups that differ in their layouts only; all of them in most runs. */
typedef struct grid_kind {
    char *label;      // what tells it from the other kinds, or that it is adversarially trained: "width 0.5 adversarial"
    bool adversarial; // by an attack, which the label names if there are several
} grid_kind;

/** A method at a radius, by their numbers. */
typedef struct grid_setting {
    int64_t method, epsilon;
} grid_setting;

typedef struct grid {
    const dgba_results *results;
    bool *attack_shown;   // [attack] it is asked for; the grid has no others
    int64_t *model_group; // [model]
    grid_group *groups;
    grid_kind *kinds;     // in order of appearance
    grid_method *methods; // in order of appearance
    const char **rules;   // in order of appearance
    double *epsilons;     // ascending
    int64_t *seeds;       // of the attacks
    int64_t group_count, kind_count, method_count, rule_count, epsilon_count, seed_count;
    int64_t *cell_start; // [cell + 1] where its attacks begin in cell_attacks
    int64_t *cell_attacks;
} grid;

void grid_build(grid *g, const dgba_results *results, const filter *asked);
void grid_free(grid *g);

/** The attacks of a cell, borrowed, and how many. */
const int64_t *grid_attacks(int64_t *count, const grid *g, int64_t group, int64_t method, int64_t rule, int64_t epsilon);

/** Values there should be in a cell: its attacks, done or not. */
int64_t grid_expected(const grid *g, int64_t group, grid_setting setting, int64_t rule);

/** Whether any attack of the group uses the method. */
bool grid_has(const grid *g, int64_t group, int64_t method);

/** The method of an attack, as a first variant. */
grid_method grid_method_of(const dgba_attack_row *attack);

/** Adds "ifgsm, 10 iterations", and options where they are not as by default. */
void grid_add_method(dgba_text *out, const grid_method *method);

/** Where one setting must stand for the run: the last method with the most iterations, at its largest radius. -1, -1 if
 *  there are no attacks. */
grid_setting grid_reference(const grid *g);

/** Whether any attack by a method has that radius. */
bool grid_has_epsilon(const grid *g, int64_t method, int64_t epsilon);

/** The largest radius of a method, or -1. */
int64_t grid_largest_epsilon(const grid *g, int64_t method);

/** Adds "ifgsm, 10 iterations, ε 8". */
void grid_add_setting(dgba_text *out, const grid *g, grid_setting setting);

#endif
