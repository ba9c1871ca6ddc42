/** Which attacks are transferred, and the units that do it. */
#include <stdio.h>
#include <string.h>

#include "sweep.h"

/* ---- Attacks on single tasks ---- */

/** The attack of `point` with the rule `single`, its options at their defaults, in place of its own. */
static dgba_status single_of(dgba_settings *out, const dgba_settings *point, const dgba_option_table *single) {
    dgba_text value = {0};
    dgba_status status = DGBA_OK;
    for (int64_t i = 0; i < point->count; ++i)
        if (strncmp(point->items[i].key, "rule.", 5) != 0)
            dgba_settings_set(out, point->items[i].key, point->items[i].value);
    dgba_settings_set(out, "rule.kind", single->name);
    for (int64_t i = 0; i < single->count && status == DGBA_OK; ++i) {
        char key[128];
        snprintf(key, sizeof key, "rule.%s", single->options[i].name);
        status = dgba_option_canonical(&value, &single->options[i], single->options[i].fallback);
        dgba_settings_set(out, key, dgba_text_chars(&value));
    }
    dgba_text_free(&value);
    return status;
}

static dgba_status add_single_attacks(dgba_sweep *sweep, const dgba_config *config) {
    const dgba_rule_kind *single = NULL;
    int64_t count = 0;
    const dgba_settings *points = dgba_config_points(config, "attack", &count);
    DGBA_TRY(dgba_rule_kind_find(&single, "single"));
    for (int64_t i = 0; i < count; ++i) {
        dgba_settings point = {0};
        dgba_status status = single_of(&point, &points[i], single->options);
        for (int64_t t = 0; t < sweep->data.task_count && status == DGBA_OK; ++t)
            status = sweep_add_attack(sweep, &point, sweep->data.tasks[t].name);
        dgba_settings_free(&point);
        DGBA_TRY(status);
    }
    return DGBA_OK;
}

/* ---- Choosing ---- */

static bool has_step(const dgba_settings *attack, const char *wanted) {
    return strcmp(dgba_settings_get(attack, "attack.step.kind"), wanted) == 0;
}

/** The rule as it is written: "single" stands for all tasks, "single:normal" for one. */
static bool has_rule(const dgba_settings *attack, const char *wanted) {
    const char *kind = dgba_settings_get(attack, "attack.rule.kind"), *task = dgba_settings_get(attack, "attack.rule.task");
    const size_t length = strlen(kind);
    if (strncmp(wanted, kind, length) != 0) return false;
    return wanted[length] == '\0' || (wanted[length] == ':' && task != NULL && strcmp(wanted + length + 1, task) == 0);
}

static bool has_epsilon(const dgba_settings *attack, const char *wanted) {
    double a = 0, b = 1;
    const bool same = dgba_text_real(&a, dgba_settings_get(attack, "attack.epsilon")) == DGBA_OK &&
                      dgba_text_real(&b, wanted) == DGBA_OK && a == b;
    dgba_error_clear();
    return same;
}

/** One of the ways to choose: the words that are wanted, and whether an attack answers to one. */
typedef struct criterion {
    const char *name;
    const dgba_words *wanted;
    bool (*meets)(const dgba_settings *attack, const char *wanted);
} criterion;

static bool meets_any(const dgba_settings *attack, const criterion *c) {
    for (int64_t i = 0; i < c->wanted->count; ++i)
        if (c->meets(attack, c->wanted->items[i])) return true;
    return c->wanted->count == 0;
}

/** A word that no attack answers to is a mistake. */
static dgba_status check_words(const dgba_sweep *sweep, const criterion *c) {
    for (int64_t i = 0; i < c->wanted->count; ++i) {
        int64_t a = 0;
        while (a < sweep->attack_count && !c->meets(&sweep->attacks[a], c->wanted->items[i])) ++a;
        if (a == sweep->attack_count)
            return dgba_fail(DGBA_E_CONFIG, "transfer: no attack of the sweep has the %s '%s'", c->name,
                             c->wanted->items[i]);
    }
    return DGBA_OK;
}

dgba_status sweep_choose_transferred(dgba_sweep *sweep, const transfer_settings *settings, const dgba_config *config) {
    if (!settings->task && !settings->model) return DGBA_OK;
    if (!dgba_config_has(config, "attack")) return dgba_fail(DGBA_E_CONFIG, "transfer: the sweep has no attacks");
    if (settings->task) DGBA_TRY(add_single_attacks(sweep, config));
    const criterion criteria[] = {{"step", &settings->step, has_step},
                                  {"rule", &settings->rule, has_rule},
                                  {"epsilon", &settings->epsilon, has_epsilon}};
    sweep->between_models = settings->model;
    DGBA_TRY(DGBA_NEW(&sweep->transferred, sweep->attack_count));
    for (int64_t c = 0; c < DGBA_COUNT_OF(criteria); ++c) DGBA_TRY(check_words(sweep, &criteria[c]));
    for (int64_t a = 0; a < sweep->attack_count; ++a) {
        const dgba_settings *attack = &sweep->attacks[a];
        // Without other models, only the attacks on single tasks go anywhere: to the other tasks.
        bool chosen = settings->model || strcmp(dgba_settings_get(attack, "attack.rule.kind"), "single") == 0;
        for (int64_t c = 0; c < DGBA_COUNT_OF(criteria); ++c) chosen = chosen && meets_any(attack, &criteria[c]);
        if (chosen) sweep->transferred[sweep->transferred_count++] = a;
    }
    return DGBA_OK;
}

/* ---- Units ---- */

// So many pixels a unit attacks, at least, if there are as many: where images are small, loading one model after the other
// must not cost more than measuring it on them.
enum { LEAST_PIXELS = 1 << 20 };

static int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

dgba_status sweep_add_transfer_units(dgba_sweep *sweep) {
    const int64_t most = divide_up(LEAST_PIXELS, sweep->shard_images * sweep->input.h * sweep->input.w);
    sweep->transfer_shards = most < sweep->shard_count ? most : sweep->shard_count;
    sweep->transfer_runs = divide_up(sweep->shard_count, sweep->transfer_shards);
    double all_macs = 0;
    for (int64_t m = 0; m < sweep->model_count; ++m) all_macs += sweep->units[m].macs;
    shard_work work = {.kind = DGBA_UNIT_TRANSFER, .shards = sweep->transfer_shards};
    for (work.model = 0; work.model < sweep->model_count; ++work.model)
        for (int64_t i = 0; i < sweep->transferred_count; ++i) {
            double passes = 0;
            work.attack = sweep->transferred[i];
            DGBA_TRY(sweep_attack_passes(&passes, sweep, work.attack));
            work.macs = all_macs + (passes - 1) * sweep->units[work.model].macs;
            DGBA_TRY(sweep_add_shard_units(sweep, &work));
        }
    return DGBA_OK;
}

int64_t dgba_sweep_transfers(const dgba_sweep *sweep, int64_t model, int64_t transferred) {
    return dgba_sweep_shards(sweep, sweep->model_count, -1) +
           (model * sweep->transferred_count + transferred) * sweep->transfer_runs;
}

int64_t dgba_sweep_transfer_of(const dgba_sweep *sweep, const dgba_unit *attack) {
    if (!sweep->between_models || attack->kind != DGBA_UNIT_ATTACK) return -1;
    for (int64_t i = 0; i < sweep->transferred_count; ++i)
        if (sweep->transferred[i] == attack->attack)
            return dgba_sweep_transfers(sweep, attack->model, i) + attack->shard / sweep->transfer_shards;
    return -1;
}
