/* What the models and the attacks cost. */
#include <math.h>

#include "sections.h"

static void add_models(section *s, const grid *g) {
    table *t = section_add_table(s);
    table_set_title(t, "models");
    t->key_columns = 1;
    table_add_texts(t, TABLE_LEFT, "layout");
    table_add_numbers(t, 0, "", TABLE_BEST_LOW, "parameters");
    table_add_numbers(t, 3, "GMAC", TABLE_BEST_LOW, "forward pass");
    table_add_numbers(t, 1, "second", TABLE_BEST_NONE, "training");
    for (int64_t i = 0; i < g->group_count; ++i) {
        if (!g->groups[i].shown) continue;
        const dgba_model_row *model = &g->results->models[g->groups[i].first];
        statistic seconds = {0};
        for (int64_t j = 0; j < g->results->model_count; ++j)
            if (g->model_group[j] == i) statistic_add(&seconds, g->results->models[j].train_seconds);
        table_text(t, "%s", g->groups[i].label);
        table_value(t, (double)model->parameters);
        table_value(t, model->gmac);
        table_number(t, &seconds, g->groups[i].size);
    }
    table_mark_best(t);
    section_drop_empty(s);
}

/** The cost of a method with a rule, over all models and radii. */
typedef struct cost {
    statistic milliseconds, forward, backward; // per image, per image, per image
} cost;

static cost cost_of(const grid *g, int64_t method, int64_t rule) {
    cost c = {0};
    for (int64_t i = 0; i < g->group_count; ++i) {
        for (int64_t e = 0; e < g->epsilon_count; ++e) {
            int64_t count = 0;
            const int64_t *attacks = grid_attacks(&count, g, i, method, rule, e);
            for (int64_t a = 0; a < count; ++a) {
                const dgba_attack_row *attack = &g->results->attacks[attacks[a]];
                if (isnan(attack->seconds) || attack->images == 0) continue;
                statistic_add(&c.milliseconds, 1000 * attack->seconds / (double)attack->images);
                statistic_add(&c.forward, (double)attack->forward_passes);
                statistic_add(&c.backward, (double)attack->backward_passes);
            }
        }
    }
    return c;
}

static void add_attacks(section *s, const grid *g) {
    table *t = section_add_table(s);
    table_set_title(t, "attacks");
    t->key_columns = 2;
    table_add_texts(t, TABLE_LEFT, "method");
    table_add_texts(t, TABLE_LEFT, "rule");
    table_add_numbers(t, 2, "ms", TABLE_BEST_LOW, "time per image");
    table_add_numbers(t, 0, "", TABLE_BEST_NONE, "forward\npasses");
    table_add_numbers(t, 0, "", TABLE_BEST_NONE, "backward\npasses");
    dgba_text name = {0};
    for (int64_t m = 0; m < g->method_count; ++m) {
        for (int64_t r = 0; r < g->rule_count; ++r) {
            const cost c = cost_of(g, m, r);
            if (c.milliseconds.count == 0) continue;
            dgba_text_clear(&name);
            grid_add_method(&name, &g->methods[m]);
            table_text(t, "%s", name.chars);
            table_text(t, "%s", g->rules[r]);
            table_number(t, &c.milliseconds, c.milliseconds.count);
            table_number(t, &c.forward, c.forward.count);
            table_number(t, &c.backward, c.backward.count);
        }
    }
    dgba_text_free(&name);
    table_mark_best(t);
    section_drop_empty(s);
}

void report_cost(report *r, const grid *g) {
    section *s = report_add_section(r, "cost", "Cost");
    section_set_note(
        s,
        "Training: wall time. Attacks: processor time and passes (one per batch) summed over the shards, mean ± "
        "standard deviation over models and radii.");
    add_models(s, g);
    add_attacks(s, g);
}
