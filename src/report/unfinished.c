/* What failed or is missing, and why. */
#include <string.h>

#include "sections.h"

/** Units that share a status and a reason; told by the first of them. */
typedef struct trouble {
    const char *status, *reason;
    char *first;
    int64_t count;
} trouble;

typedef struct troubles {
    trouble *items;
    int64_t count;
} troubles;

/** Takes over `name`. */
static void add_trouble(troubles *all, const char *status, const char *reason, char *name) {
    for (int64_t i = 0; i < all->count; ++i) {
        trouble *known = &all->items[i];
        if (strcmp(known->status, status) != 0 || strcmp(known->reason, reason) != 0) continue;
        known->count += 1;
        dgba_free(name);
        return;
    }
    report_need(DGBA_GROW(&all->items, all->count));
    all->items[all->count++] = (trouble){.status = status, .reason = reason, .first = name, .count = 1};
}

static void add_model_name(dgba_text *out, const grid *g, int64_t model) {
    dgba_text_add(out, "layout %s seed %lld", g->groups[g->model_group[model]].label,
                  (long long)g->results->models[model].seed);
}

static void add_models(troubles *all, const grid *g) {
    for (int64_t i = 0; i < g->results->model_count; ++i) {
        const dgba_model_row *model = &g->results->models[i];
        if (strcmp(model->status, "ok") == 0) continue;
        dgba_text name = {0};
        dgba_text_add(&name, "model ");
        add_model_name(&name, g, i);
        add_trouble(all, model->status, model->reason, name.chars);
    }
}

static void add_attacks(troubles *all, const grid *g) {
    for (int64_t i = 0; i < g->results->attack_count; ++i) {
        const dgba_attack_row *attack = &g->results->attacks[i];
        if (strcmp(attack->status, "ok") == 0) continue;
        dgba_text name = {0};
        add_model_name(&name, g, attack->model);
        dgba_text_add(&name, ", ");
        const grid_method method = grid_method_of(attack);
        grid_add_method(&name, &method);
        dgba_text_add(&name, ", %s, ε %g", attack->rule, attack->epsilon);
        add_trouble(all, attack->status, attack->reason, name.chars);
    }
}

void report_unfinished(dgba_text *out, const grid *g) {
    troubles all = {0};
    add_models(&all, g);
    add_attacks(&all, g);
    table t = {.key_columns = 3};
    table_column_add(&t, TABLE_LEFT, "status");
    table_column_add(&t, TABLE_RIGHT, "count");
    table_column_add(&t, TABLE_LEFT, "first");
    table_column_add(&t, TABLE_LEFT, "reason");
    for (int64_t i = 0; i < all.count; ++i) {
        table_add(&t, "%s", all.items[i].status);
        table_add(&t, "%lld", (long long)all.items[i].count);
        table_add(&t, "%s", all.items[i].first);
        table_add(&t, "%s", all.items[i].reason);
        dgba_free(all.items[i].first);
    }
    if (all.count > 0) {
        dgba_text_add(out, "\nFailed or missing\n\n");
        table_print_text(out, &t);
    }
    table_free(&t);
    dgba_free(all.items);
}
