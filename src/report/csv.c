/* One long table: a row per clean model and per attack, with all its numbers. */
#include <math.h>

#include "sections.h"

static void add_real(table *t, double value) {
    dgba_text text = {0};
    if (!isnan(value)) dgba_text_add_real(&text, value);
    table_add(t, "%s", dgba_text_chars(&text));
    dgba_text_free(&text);
}

static void add_columns(table *t, const dgba_results *results) {
    static const char *const first[] = {"model", "layout",  "layout_tree", "seed", "step",    "iterations",
                                        "alpha", "options", "attack_seed", "rule", "epsilon", "arp"};
    static const char *const last[] = {"left_out", "images", "status", "reason"};
    for (int64_t i = 0; i < DGBA_COUNT_OF(first); ++i) table_column_add(t, TABLE_LEFT, "%s", first[i]);
    for (int64_t i = 0; i < results->task_count; ++i) {
        const char *task = results->tasks[i].name;
        table_column_add(t, TABLE_LEFT, "%s.drop", task);
        table_column_add(t, TABLE_LEFT, "%s.loss", task);
        for (int64_t m = 0; m < results->metric_count; ++m)
            if (results->metrics[m].task == i) table_column_add(t, TABLE_LEFT, "%s.%s", task, results->metrics[m].name);
    }
    for (int64_t i = 0; i < DGBA_COUNT_OF(last); ++i) table_column_add(t, TABLE_LEFT, "%s", last[i]);
}

static void add_model(table *t, const dgba_model_row *model) {
    table_add(t, "%s", model->id);
    table_add(t, "%lld", (long long)model->layout);
    table_add(t, "%s", model->layout_tree);
    table_add(t, "%lld", (long long)model->seed);
}

/** Drop, loss and metrics of every task; `drops` is NULL for a clean model. */
static void add_tasks(table *t, const dgba_results *results, const double *drops, const double *losses,
                      const double *metrics) {
    for (int64_t i = 0; i < results->task_count; ++i) {
        add_real(t, drops != NULL ? drops[i] : NAN);
        add_real(t, losses[i]);
        for (int64_t m = 0; m < results->metric_count; ++m)
            if (results->metrics[m].task == i) add_real(t, metrics[m]);
    }
}

static void add_clean(table *t, const dgba_results *results, int64_t index) {
    const dgba_model_row *model = &results->models[index];
    add_model(t, model);
    table_add(t, "clean");
    table_add_blank(t); // iterations
    table_add_blank(t); // alpha
    table_add_blank(t); // options
    table_add_blank(t); // seed of the attack
    table_add_blank(t); // rule
    table_add(t, "0");
    table_add_blank(t); // arp
    add_tasks(t, results, NULL, &results->model_losses[index * results->task_count],
              &results->model_metrics[index * results->metric_count]);
    table_add_blank(t); // left out
    table_add(t, "%lld", (long long)model->images);
    table_add(t, "%s", model->status);
    table_add(t, "%s", model->reason);
}

static void add_attack(table *t, const dgba_results *results, int64_t index) {
    const dgba_attack_row *attack = &results->attacks[index];
    add_model(t, &results->models[attack->model]);
    table_add(t, "%s", attack->step);
    table_add(t, "%lld", (long long)attack->iterations);
    add_real(t, attack->alpha);
    table_add(t, "%s", attack->options);
    table_add(t, "%lld", (long long)attack->seed);
    table_add(t, "%s", attack->rule);
    add_real(t, attack->epsilon);
    add_real(t, attack->arp);
    add_tasks(t, results, &results->attack_drops[index * results->task_count],
              &results->attack_losses[index * results->task_count],
              &results->attack_metrics[index * results->metric_count]);
    table_add(t, "%lld", (long long)attack->left_out);
    table_add(t, "%lld", (long long)attack->images);
    table_add(t, "%s", attack->status);
    table_add(t, "%s", attack->reason);
}

void report_csv(dgba_text *out, const dgba_results *results) {
    table t = {0};
    add_columns(&t, results);
    for (int64_t i = 0; i < results->model_count; ++i) add_clean(&t, results, i);
    for (int64_t i = 0; i < results->attack_count; ++i) add_attack(&t, results, i);
    table_print_csv(out, &t);
    table_free(&t);
}
