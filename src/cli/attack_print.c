#include <math.h>
#include <stdio.h>

#include "attack.h"

enum { CELL_BYTES = 96 };

/** Four digits that matter; nothing where the value is missing. */
static void print_value(char out[CELL_BYTES], double value) {
    out[0] = '\0';
    if (!isnan(value)) snprintf(out, CELL_BYTES, "%.4g", value);
}

static void print_percent(char out[CELL_BYTES], double value) {
    out[0] = '\0';
    if (!isnan(value)) snprintf(out, CELL_BYTES, "%+.2f", 100 * value);
}

static void add_row(dgba_text *out, const char *name, const char *unit, double clean, double adversarial, double change) {
    char label[CELL_BYTES], before[CELL_BYTES], after[CELL_BYTES], percent[CELL_BYTES];
    snprintf(label, sizeof label, "%s%s%s%s", name, unit[0] != '\0' ? " (" : "", unit, unit[0] != '\0' ? ")" : "");
    print_value(before, clean);
    print_value(after, adversarial);
    print_percent(percent, change);
    dgba_text_add(out, "  %-34s %11s %12s %10s\n", label, before, after, percent);
}

static double relative_change(double clean, double adversarial) {
    const double change = (adversarial - clean) / clean;
    return isfinite(change) ? change : NAN;
}

static void add_task(dgba_text *out, const dgba_results *r, const dgba_task *tasks, int64_t t) {
    const dgba_task_row *task = &r->tasks[t];
    char name[CELL_BYTES];
    int64_t metric = 0;
    dgba_text_add(out, "%s\n", task->name);
    snprintf(name, sizeof name, "loss: %s", task->loss_name);
    add_row(out, name, task->loss_unit, r->model_losses[t], r->attack_losses[t],
            relative_change(r->model_losses[t], r->attack_losses[t]));
    while (r->metrics[metric].task != t) ++metric;
    for (int64_t k = 0; k < tasks[t].kind->metric_count; ++k, ++metric) {
        const double clean = r->model_metrics[metric], adversarial = r->attack_metrics[metric];
        add_row(out, r->metrics[metric].name, r->metrics[metric].unit, clean, adversarial,
                dgba_metric_relative_change(&tasks[t].kind->metrics[k], adversarial, clean));
    }
    add_row(out, "relative performance", "", NAN, NAN, r->attack_drops[t]);
}

void attack_print(dgba_text *out, const dgba_results *r, const dgba_task *tasks) {
    const dgba_model_row *model = &r->models[0];
    const dgba_attack_row *attack = &r->attacks[0];
    char arp[CELL_BYTES];
    dgba_text_add(out, "model   %s: %s, width %g, layout %lld %s\n", model->id, model->backbone, model->width,
                  (long long)model->layout, model->layout_tree);
    dgba_text_add(out, "attack  %s%s%s%s, %s, rule %s, epsilon %g, on %lld images\n\n", attack->step,
                  attack->options[0] != '\0' ? "(" : "", attack->options, attack->options[0] != '\0' ? ")" : "",
                  attack->norm, attack->rule, attack->epsilon, (long long)attack->images);
    dgba_text_add(out, "  %-34s %11s %12s %10s\n", "", "clean", "adversarial", "change, %");
    for (int64_t t = 0; t < r->task_count; ++t) add_task(out, r, tasks, t);
    print_percent(arp, attack->arp);
    dgba_text_add(out, "\nARP, average relative performance against the clean model: %s %%%s\n", arp,
                  arp[0] == '\0' ? " (missing: a task without a usable clean value)" : "");
    dgba_text_add(out, "%.2f s, %.1f images/s; %lld forward and %lld backward passes of a batch", attack->seconds,
                  attack->images_per_second, (long long)attack->forward_passes, (long long)attack->backward_passes);
    if (attack->left_out > 0) dgba_text_add(out, "; %lld (task, image) pairs left out", (long long)attack->left_out);
    dgba_text_add(out, "\n");
}
