/* How the integer programs went, rule by rule. */
#include <math.h>
#include <string.h>

#include "sections.h"

typedef struct tally {
    int64_t solves, infeasible, unproven;
    double gap, core, seconds; // the widest; sums
} tally;

static tally count(const dgba_results *results, const char *rule) {
    tally sum = {0};
    for (int64_t i = 0; i < results->solve_count; ++i) {
        const dgba_solve_row *solve = &results->solves[i];
        if (strcmp(results->attacks[solve->attack].rule, rule) != 0) continue;
        sum.solves += 1;
        sum.infeasible += strcmp(solve->status, "infeasible") == 0;
        sum.unproven += !solve->proven;
        if (isfinite(solve->gap)) sum.gap = fmax(sum.gap, solve->gap);
        sum.core += (double)solve->core / (double)solve->variables;
        sum.seconds += solve->seconds;
    }
    return sum;
}

static void add_row(table *t, const char *rule, const tally *sum) {
    const double solves = (double)sum->solves;
    table_add(t, "%s", rule);
    table_add(t, "%lld", (long long)sum->solves);
    table_add(t, "%lld", (long long)sum->infeasible);
    table_add(t, "%lld", (long long)sum->unproven);
    table_add(t, "%.1e", sum->gap);
    table_add(t, "%.2f", 100 * sum->core / solves);
    table_add(t, "%.2f", 1e3 * sum->seconds / solves);
}

void report_solves(dgba_text *out, const grid *g) {
    static const char *const titles[] = {"solved", "infeasible", "unproven", "widest gap", "core %", "ms each"};
    table t = {.key_columns = 1};
    if (g->results->solve_count == 0) return;
    table_column_add(&t, TABLE_LEFT, "rule");
    for (int64_t i = 0; i < DGBA_COUNT_OF(titles); ++i) table_column_add(&t, TABLE_RIGHT, "%s", titles[i]);
    for (int64_t r = 0; r < g->rule_count; ++r) {
        const tally sum = count(g->results, g->rules[r]);
        if (sum.solves > 0) add_row(&t, g->rules[r], &sum);
    }
    dgba_text_add(out,
                  "\nInteger programs (infeasible ones left their image as it was; gap: relative, between solution and "
                  "bound;\ncore: variables that reduced costs did not decide)\n\n");
    table_print_text(out, &t);
    table_free(&t);
}
