/* How much each task loses. */
#include <string.h>

#include "sections.h"

static bool method_has_epsilon(const grid *g, int64_t method, int64_t epsilon) {
    int64_t count = 0;
    for (int64_t i = 0; i < g->group_count && count == 0; ++i)
        for (int64_t r = 0; r < g->rule_count && count == 0; ++r) (void)grid_attacks(&count, g, i, method, r, epsilon);
    return count > 0;
}

enum { ARP_COLUMN = -1 };

/** Relative change of a task, or ARP, over the seeds of a cell, in percent. */
static statistic change_of(const dgba_results *results, const int64_t *attacks, int64_t count, int64_t task) {
    statistic s = {0};
    for (int64_t i = 0; i < count; ++i) {
        const double arp = results->attacks[attacks[i]].arp;
        const double *drops = &results->attack_drops[attacks[i] * results->task_count];
        statistic_add(&s, 100 * (task == ARP_COLUMN ? arp : drops[task]));
    }
    return s;
}

static void add_change(table *t, const statistic *s, int64_t expected) {
    dgba_text text = {0};
    statistic_text(&text, s, 2, expected);
    table_add(t, "%s", dgba_text_chars(&text));
    dgba_text_free(&text);
}

static bool any_ok(const dgba_results *results, const int64_t *attacks, int64_t count) {
    for (int64_t i = 0; i < count; ++i)
        if (strcmp(results->attacks[attacks[i]].status, "ok") == 0) return true;
    return false;
}

/** The row of a cell, unless nothing is known about it. */
static void add_row(table *t, const grid *g, int64_t group, int64_t method, int64_t rule, int64_t epsilon) {
    int64_t count = 0;
    const int64_t *attacks = grid_attacks(&count, g, group, method, rule, epsilon);
    if (!any_ok(g->results, attacks, count)) return;
    table_add(t, "%s", g->groups[group].label);
    table_add(t, "%s", g->rules[rule]);
    for (int64_t task = 0; task < g->results->task_count; ++task) {
        const statistic change = change_of(g->results, attacks, count, task);
        add_change(t, &change, g->groups[group].size);
    }
    const statistic arp = change_of(g->results, attacks, count, ARP_COLUMN);
    add_change(t, &arp, g->groups[group].size);
}

static void print_method(dgba_text *out, const grid *g, int64_t method) {
    int64_t epsilon = g->epsilon_count - 1;
    while (epsilon > 0 && !method_has_epsilon(g, method, epsilon)) --epsilon;
    table t = {.key_columns = 2};
    table_column_add(&t, TABLE_LEFT, "layout");
    table_column_add(&t, TABLE_LEFT, "rule");
    for (int64_t i = 0; i < g->results->task_count; ++i) table_column_add(&t, TABLE_RIGHT, "%s", g->results->tasks[i].name);
    table_column_add(&t, TABLE_RIGHT, "ARP");
    for (int64_t i = 0; i < g->group_count; ++i)
        for (int64_t r = 0; r < g->rule_count; ++r) add_row(&t, g, i, method, r, epsilon);
    if (table_rows(&t) > 0) {
        dgba_text_add(out, "\n");
        grid_add_method(out, &g->methods[method]);
        dgba_text_add(out, ", ε %g\n", g->epsilons[epsilon]);
        table_print_text(out, &t);
    }
    table_free(&t);
}

void report_drops(dgba_text *out, const grid *g) {
    if (g->results->attack_count == 0) return;
    dgba_text_add(out,
                  "\nChange of each task at the largest radius: percent, relative to the same model's clean value\n"
                  "(mean over the task's metrics; negative: worse)\n");
    for (int64_t m = 0; m < g->method_count; ++m) print_method(out, g, m);
}
