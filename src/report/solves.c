/* How the integer programs went, rule by rule. */
#include <math.h>
#include <string.h>

#include "sections.h"

typedef struct tally {
    int64_t infeasible, unproven;
    statistic core, milliseconds; // percent of the variables, per solve
    double widest;                // gap
} tally;

static tally count(const grid *g, const char *rule) {
    tally sum = {0};
    for (int64_t i = 0; i < g->results->solve_count; ++i) {
        const dgba_solve_row *solve = &g->results->solves[i];
        if (!g->attack_shown[solve->attack] || strcmp(g->results->attacks[solve->attack].rule, rule) != 0) continue;
        sum.infeasible += strcmp(solve->status, "infeasible") == 0;
        sum.unproven += !solve->proven;
        if (isfinite(solve->gap)) sum.widest = fmax(sum.widest, solve->gap);
        statistic_add(&sum.core, 100 * (double)solve->core / (double)solve->variables);
        statistic_add(&sum.milliseconds, 1e3 * solve->seconds);
    }
    return sum;
}

void report_solves(report *r, const grid *g) {
    section *s = report_add_section(r, "ilp", "Integer programs");
    section_set_note(
        s,
        "Infeasible ones left their image as it was. Gap: relative, between solution and bound. Core: variables "
        "that reduced costs did not decide. Mean ± standard deviation over the programs.");
    table *t = section_add_table(s);
    t->key_columns = 1;
    table_add_texts(t, TABLE_LEFT, "rule");
    table_add_texts(t, TABLE_RIGHT, "solved");
    table_add_texts(t, TABLE_RIGHT, "infeasible");
    table_add_texts(t, TABLE_RIGHT, "unproven");
    table_add_texts(t, TABLE_RIGHT, "widest gap");
    table_add_numbers(t, 2, "%", TABLE_BEST_NONE, "core");
    table_add_numbers(t, 2, "ms", TABLE_BEST_NONE, "time");
    for (int64_t i = 0; i < g->rule_count; ++i) {
        const tally sum = count(g, g->rules[i]);
        if (sum.core.count == 0) continue;
        table_text(t, "%s", g->rules[i]);
        table_text(t, "%lld", (long long)sum.core.count);
        table_text(t, "%lld", (long long)sum.infeasible);
        table_text(t, "%lld", (long long)sum.unproven);
        table_text(t, "%.1e", sum.widest);
        table_number(t, &sum.core, sum.core.count);
        table_number(t, &sum.milliseconds, sum.core.count);
    }
    section_drop_empty(s);
}
