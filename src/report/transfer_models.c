/* Images made on one model, measured on another. */
#include <string.h>

#include "exchange.h"
#include "sections.h"

/** The step, iterations and radius of the attacks, which exchange_attacks() made the same but for the step. */
static void add_title(table *t, const dgba_attack_row *attack, const char *what) {
    const grid_method method = grid_method_of(attack);
    dgba_text name = {0};
    grid_add_method(&name, &method);
    table_set_title(t, "%s, %s, ε %g", what, name.chars, attack->epsilon);
    dgba_text_free(&name);
}

/** Layout × layout, for one attack. */
static void add_models(section *s, const grid *g, int64_t number) {
    table *t = section_add_table(s);
    const dgba_attack_row *attack = exchange_attack(g, number);
    dgba_text what = {0};
    dgba_text_add(&what, "ARP of layouts under images of %s", attack->rule);
    add_title(t, attack, what.chars);
    dgba_text_free(&what);
    t->key_columns = 1;
    table_add_texts(t, TABLE_LEFT, "made on");
    for (int64_t b = 0; b < g->group_count; ++b)
        if (g->groups[b].shown) table_add_numbers(t, 2, "%", TABLE_BEST_NONE, "measured\non %s", g->groups[b].label);
    for (int64_t a = 0; a < g->group_count; ++a) {
        if (!g->groups[a].shown) continue;
        table_text(t, "layout %s", g->groups[a].label);
        for (int64_t b = 0; b < g->group_count; ++b) {
            if (!g->groups[b].shown) continue;
            const statistic arp = exchange_of(g, number, a, b, EXCHANGE_ARP);
            table_number(t, &arp, exchange_expected(g, a, b));
        }
    }
}

static void add_both_row(table *t, const grid *g, int64_t number, int64_t source) {
    const char *rule = exchange_attack(g, number)->rule;
    table_text(t, "layout %s", g->groups[source].label);
    table_text(t, "%s", rule + strcspn(rule, ":") + 1);
    for (int64_t b = 0; b < g->group_count; ++b) {
        if (!g->groups[b].shown) continue;
        for (int64_t task = 0; task < g->results->task_count; ++task) {
            const statistic change = exchange_of(g, number, source, b, task);
            table_number(t, &change, exchange_expected(g, source, b));
        }
    }
}

/** Layout and attacked task × layout and measured task. */
static void add_both(section *s, const grid *g, const int64_t *numbers, int64_t count) {
    table *t = section_add_table(s);
    t->key_columns = 2;
    table_add_texts(t, TABLE_LEFT, "made on");
    table_add_texts(t, TABLE_LEFT, "attacked");
    for (int64_t b = 0; b < g->group_count; ++b)
        for (int64_t task = 0; task < g->results->task_count && g->groups[b].shown; ++task)
            table_add_numbers(t, 2, "%", TABLE_BEST_NONE, "on %s\n%s", g->groups[b].label, g->results->tasks[task].name);
    for (int64_t a = 0; a < g->group_count; ++a) {
        for (int64_t i = 0; i < count && g->groups[a].shown; ++i) {
            const dgba_attack_row *attack = exchange_attack(g, numbers[i]);
            if (strncmp(attack->rule, "single:", 7) != 0) continue;
            add_title(t, attack, "Change of each task of each layout under images of single:<task>");
            add_both_row(t, g, numbers[i], a);
        }
    }
    section_drop_empty(s);
}

void report_transfer_models(report *r, const grid *g) {
    int64_t *numbers = NULL;
    const int64_t count = exchange_attacks(&numbers, g);
    section *s = report_add_section(r, "models", "Transfer between models");
    section_set_note(
        s,
        "Rows: the layout that the images were made on. Columns: the layout they were measured on, relative to its "
        "own clean values; negative: worse. Over seeds: all pairs of models; a layout with itself: each model with "
        "itself.");
    for (int64_t i = 0; i < count; ++i) add_models(s, g, numbers[i]);
    add_both(s, g, numbers, count);
    dgba_free(numbers);
}
