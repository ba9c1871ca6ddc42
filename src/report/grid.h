/** The attacks of a run as a grid: (group of models, method, balancing rule, epsilon) -> attacks. */
#ifndef REPORT_GRID_H
#define REPORT_GRID_H

#include "dgba/store.h"

/** A step with its options. Attacks on one model that differ in nothing the table tells are told apart by their order:
 *  variant 0, 1, ... */
typedef struct grid_method {
    const char *step, *options;
    int64_t iterations, seed, variant;
} grid_method;

/** Models that differ in their seeds only. */
typedef struct grid_group {
    int64_t first; // one of its models
    int64_t size;
    char *label; // "31", and what else tells it from the other groups
} grid_group;

typedef struct grid {
    const dgba_results *results;
    int64_t *model_group; // [model]
    grid_group *groups;
    grid_method *methods; // in order of appearance
    const char **rules;   // in order of appearance
    double *epsilons;     // ascending
    int64_t group_count, method_count, rule_count, epsilon_count;
    int64_t *cell_start; // [cell + 1] where its attacks begin in cell_attacks
    int64_t *cell_attacks;
} grid;

void grid_build(grid *g, const dgba_results *results);
void grid_free(grid *g);

/** The attacks of a cell, borrowed, and how many. */
const int64_t *grid_attacks(int64_t *count, const grid *g, int64_t group, int64_t method, int64_t rule, int64_t epsilon);

/** Whether any attack of the group uses the method. */
bool grid_has(const grid *g, int64_t group, int64_t method);

/** The method of an attack, as a first variant. */
grid_method grid_method_of(const dgba_attack_row *attack);

/** Adds "ifgsm, 10 iterations", and options and seed where they are not as by default. */
void grid_add_method(dgba_text *out, const grid_method *method);

/** Mean and standard deviation of the values that are there. */
typedef struct statistic {
    int64_t count;
    double mean, squares;
} statistic;

/** NaN is left out. */
void statistic_add(statistic *s, double value);

/** "50.20", "50.20 ± 0.30" for several values, with " (n=2)" if more were expected, "" for none. `out` is cleared first. */
void statistic_text(dgba_text *out, const statistic *s, int decimals, int64_t expected);

#endif
