#include "claims_evidence.h"

#include <math.h>
#include <string.h>

static evidence new_evidence(int64_t count) {
    evidence e = {.count = count};
    report_need(DGBA_NEW(&e.values, count));
    return e;
}

static bool rule_matches(const char *rule, const char *wanted) {
    const size_t bytes = strlen(wanted);
    return strncmp(rule, wanted, bytes) == 0 && (rule[bytes] == '\0' || rule[bytes] == ':');
}

/** The task a rule "single:<task>" attacks, or -1. */
static int64_t attacked_task(const dgba_results *results, const char *rule) {
    const char *colon = strchr(rule, ':');
    for (int64_t t = 0; t < results->task_count && colon != NULL; ++t)
        if (strcmp(results->tasks[t].name, colon + 1) == 0) return t;
    return -1;
}

static bool is_ok(const dgba_attack_row *attack) { return strcmp(attack->status, "ok") == 0; }

/** Whether a model was attacked by a rule, or by all single:* that the grid has, at the reference setting. */
static bool has_attack(const grid *g, int64_t model, const char *rule, grid_setting setting) {
    int64_t missing = 0, found = 0;
    for (int64_t r = 0; r < g->rule_count; ++r) {
        if (!rule_matches(g->rules[r], rule)) continue;
        int64_t count = 0, own = 0;
        const int64_t *attacks = grid_attacks(&count, g, g->model_group[model], setting.method, r, setting.epsilon);
        for (int64_t a = 0; a < count; ++a) {
            const dgba_attack_row *attack = &g->results->attacks[attacks[a]];
            own += attack->model == model && is_ok(attack);
        }
        found += own > 0;
        missing += own == 0;
    }
    return found > 0 && missing == 0;
}

/** Whether an attack is among those of the reference setting that a mean takes. */
static bool takes(const grid *g, evidence_of of, int64_t attack) {
    const dgba_attack_row *row = &g->results->attacks[attack];
    if (of.with != NULL && !has_attack(g, row->model, of.with, grid_reference(g))) return false;
    const bool shares = g->results->models[row->model].sharing_score > 0;
    const bool adversarial = g->kinds[g->groups[g->model_group[row->model]].kind].adversarial;
    if (of.training != TRAINING_ANY && (of.training == TRAINING_ADVERSARIAL) != adversarial) return false;
    return is_ok(row) && rule_matches(row->rule, of.rule) && (of.any || shares == of.sharing);
}

/** Calls `visit` for every attack of the reference setting that a mean takes. */
static void for_each(const grid *g, evidence_of of,
                     void (*visit)(evidence_of of, const grid *g, int64_t attack, void *data), void *data) {
    const grid_setting setting = grid_reference(g);
    for (int64_t i = 0; i < g->group_count && setting.epsilon >= 0; ++i) {
        for (int64_t r = 0; r < g->rule_count; ++r) {
            int64_t count = 0;
            const int64_t *attacks = grid_attacks(&count, g, i, setting.method, r, setting.epsilon);
            for (int64_t a = 0; a < count; ++a)
                if (takes(g, of, attacks[a])) visit(of, g, attacks[a], data);
        }
    }
}

/* ---- Losses of images ---- */

static double mean_clean_loss(const dgba_results *results, int64_t model, int64_t task) {
    const double *losses = &results->clean_losses[(model * results->task_count + task) * results->image_count];
    statistic s = {0};
    for (int64_t i = 0; i < results->image_count; ++i) statistic_add(&s, losses[i]);
    return s.count > 0 && s.mean > 0 ? s.mean : NAN;
}

static void add_rises(evidence_of of, const grid *g, int64_t attack, void *data) {
    const dgba_results *results = g->results;
    const int64_t tasks = results->task_count, images = results->image_count, model = results->attacks[attack].model;
    const int64_t attacked = attacked_task(results, results->attacks[attack].rule);
    statistic *per_image = data;
    for (int64_t t = 0; t < tasks; ++t) {
        if (of.others && t == attacked) continue;
        const double mean = mean_clean_loss(results, model, t);
        const double *clean = &results->clean_losses[(model * tasks + t) * images];
        const double *adversarial = &results->adversarial_losses[(attack * tasks + t) * images];
        for (int64_t i = 0; i < images; ++i) statistic_add(&per_image[i], 100 * (adversarial[i] - clean[i]) / mean);
    }
}

/** Means, and NaN for units without values. */
static evidence to_evidence(const statistic *units, int64_t count) {
    evidence e = new_evidence(count);
    for (int64_t i = 0; i < count; ++i) e.values[i] = units[i].count > 0 ? units[i].mean : NAN;
    return e;
}

evidence loss_rise(const grid *g, evidence_of of) {
    statistic *images = NULL;
    report_need(DGBA_NEW(&images, g->results->image_count));
    for_each(g, of, add_rises, images);
    const evidence e = to_evidence(images, g->results->image_count);
    dgba_free(images);
    return e;
}

/* ---- Performance of models ---- */

static void add_falls(evidence_of of, const grid *g, int64_t attack, void *data) {
    const dgba_results *results = g->results;
    const int64_t attacked = attacked_task(results, results->attacks[attack].rule);
    statistic *models = data;
    for (int64_t t = 0; t < results->task_count; ++t)
        if (!of.others || t != attacked)
            statistic_add(&models[results->attacks[attack].model],
                          -100 * results->attack_drops[attack * results->task_count + t]);
}

evidence performance_fall(const grid *g, evidence_of of) {
    statistic *models = NULL;
    report_need(DGBA_NEW(&models, g->results->model_count));
    for_each(g, of, add_falls, models);
    const evidence e = to_evidence(models, g->results->model_count);
    dgba_free(models);
    return e;
}

evidence evidence_minus(evidence a, evidence b) {
    DGBA_ASSERT(a.count == b.count);
    for (int64_t i = 0; i < a.count; ++i) a.values[i] -= b.values[i];
    dgba_free(b.values);
    return a;
}
