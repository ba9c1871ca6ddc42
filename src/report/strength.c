/* How strong the attacks are, by rule and radius. */
#include "sections.h"

enum { ALL_GROUPS = -1 };

/** ARP of a cell in percent: over the seeds of a group of models, or over all groups, each counting once. */
static statistic arp_of(const grid *g, int64_t group, int64_t method, int64_t rule, int64_t epsilon) {
    statistic s = {0};
    if (group == ALL_GROUPS) {
        for (int64_t i = 0; i < g->group_count; ++i) {
            const statistic of_group = arp_of(g, i, method, rule, epsilon);
            if (of_group.count > 0) statistic_add(&s, of_group.mean);
        }
        return s;
    }
    int64_t count = 0;
    const int64_t *attacks = grid_attacks(&count, g, group, method, rule, epsilon);
    for (int64_t i = 0; i < count; ++i) statistic_add(&s, 100 * g->results->attacks[attacks[i]].arp);
    return s;
}

/** Rules by radii. */
typedef struct strength {
    statistic *cells; // [rule][epsilon]
    int64_t rules, epsilons, expected;
} strength;

/** The rule with the lowest mean at a radius, or -1. Only rules with the most values compete: a mean over fewer seeds or
 *  layouts is no fair match. */
static int64_t strongest(const strength *s, int64_t epsilon) {
    int64_t best = -1, most = 1;
    for (int64_t r = 0; r < s->rules; ++r) {
        const statistic *cell = &s->cells[r * s->epsilons + epsilon];
        if (cell->count < most ||
            (cell->count == most && best >= 0 && cell->mean >= s->cells[best * s->epsilons + epsilon].mean))
            continue;
        best = r;
        most = cell->count;
    }
    return best;
}

/** Whether a rule is the strongest at a radius, or as strong: after one step from the clean image some rules are the same.
 */
static bool is_strongest(const strength *s, int64_t rule, int64_t epsilon) {
    const int64_t best = strongest(s, epsilon);
    if (best < 0) return false;
    const statistic *cell = &s->cells[rule * s->epsilons + epsilon], *winner = &s->cells[best * s->epsilons + epsilon];
    return cell->count == winner->count && cell->mean == winner->mean;
}

/** Whether anything is known about a rule, or a radius. */
static bool has_rule(const strength *s, int64_t rule) {
    for (int64_t e = 0; e < s->epsilons; ++e)
        if (s->cells[rule * s->epsilons + e].count > 0) return true;
    return false;
}

static bool has_epsilon(const strength *s, int64_t epsilon) { return strongest(s, epsilon) >= 0; }

static void print_strength(dgba_text *out, const grid *g, const strength *s) {
    table t = {.key_columns = 1};
    dgba_text text = {0};
    table_column_add(&t, TABLE_LEFT, "rule");
    for (int64_t e = 0; e < s->epsilons; ++e)
        if (has_epsilon(s, e)) table_column_add(&t, TABLE_RIGHT, "ε %g ", g->epsilons[e]);
    for (int64_t r = 0; r < s->rules; ++r) {
        if (!has_rule(s, r)) continue;
        table_add(&t, "%s", g->rules[r]);
        for (int64_t e = 0; e < s->epsilons; ++e) {
            if (!has_epsilon(s, e)) continue;
            statistic_text(&text, &s->cells[r * s->epsilons + e], 2, s->expected);
            table_add(&t, "%s%s", dgba_text_chars(&text), is_strongest(s, r, e) ? "*" : " ");
        }
    }
    table_print_text(out, &t);
    dgba_text_free(&text);
    table_free(&t);
}

/** The block of one method and one group of models, or all groups; nothing if no values are there. */
static void print_block(dgba_text *out, const grid *g, const char *title, int64_t group, int64_t method, int64_t expected) {
    strength s = {.rules = g->rule_count, .epsilons = g->epsilon_count, .expected = expected};
    bool any = false;
    report_need(DGBA_NEW(&s.cells, s.rules * s.epsilons));
    for (int64_t r = 0; r < s.rules; ++r) {
        for (int64_t e = 0; e < s.epsilons; ++e) s.cells[r * s.epsilons + e] = arp_of(g, group, method, r, e);
        any |= has_rule(&s, r);
    }
    if (any) {
        dgba_text_add(out, "\n%s, ", title);
        grid_add_method(out, &g->methods[method]);
        dgba_text_add(out, "\n");
        print_strength(out, g, &s);
    }
    dgba_free(s.cells);
}

static void print_group(dgba_text *out, const grid *g, int64_t group, int64_t method) {
    const grid_group *about = &g->groups[group];
    dgba_text title = {0};
    dgba_text_add(&title, "layout %s %s", about->label, g->results->models[about->first].layout_tree);
    print_block(out, g, title.chars, group, method, about->size);
    dgba_text_free(&title);
}

static void print_mean(dgba_text *out, const grid *g, int64_t method) {
    int64_t groups = 0;
    for (int64_t i = 0; i < g->group_count; ++i) groups += grid_has(g, i, method);
    if (groups < 2) return;
    dgba_text title = {0};
    dgba_text_add(&title, "mean ± standard deviation over %lld layouts", (long long)groups);
    print_block(out, g, title.chars, ALL_GROUPS, method, groups);
    dgba_text_free(&title);
}

void report_strength(dgba_text *out, const grid *g) {
    if (g->results->attack_count == 0) return;
    dgba_text_add(
        out,
        "\nAttack strength: average relative performance (ARP) in percent, relative to the same model's clean value\n"
        "(negative: the attack worked; *: strongest at this radius ε; n: values behind a mean, where some are missing)\n");
    for (int64_t m = 0; m < g->method_count; ++m)
        for (int64_t i = 0; i < g->group_count; ++i)
            if (grid_has(g, i, m)) print_group(out, g, i, m);
    for (int64_t m = 0; m < g->method_count; ++m) print_mean(out, g, m);
}
