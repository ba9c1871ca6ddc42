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

static bool is_same_word(const char *word, const char *wanted) { return strcmp(word, wanted) == 0; }

static bool is_same_number(const char *number, const char *wanted) {
    double a = 0, b = 1;
    const bool same = dgba_text_real(&a, number) == DGBA_OK && dgba_text_real(&b, wanted) == DGBA_OK && a == b;
    dgba_error_clear();
    return same;
}

static void rule_name(dgba_text *out, const dgba_settings *attack) {
    const char *task = dgba_settings_get(attack, "attack.rule.task");
    dgba_text_clear(out);
    dgba_text_add(out, "%s%s%s", dgba_settings_get(attack, "attack.rule.kind"), task != NULL ? ":" : "",
                  task != NULL ? task : "");
}

/** One of the three ways to choose: the words that are wanted, and how an attack answers to them. */
typedef struct criterion {
    const char *name, *key;
    const dgba_words *wanted;
    bool (*is_same)(const char *value, const char *wanted);
} criterion;

static bool meets(const dgba_settings *attack, const criterion *c, const char *wanted) {
    if (c->is_same(dgba_settings_get(attack, c->key), wanted)) return true;
    if (strcmp(c->name, "rule") != 0) return false;
    dgba_text rule = {0};
    rule_name(&rule, attack);
    const bool same = is_same_word(dgba_text_chars(&rule), wanted);
    dgba_text_free(&rule);
    return same;
}

static bool meets_any(const dgba_settings *attack, const criterion *c) {
    for (int64_t i = 0; i < c->wanted->count; ++i)
        if (meets(attack, c, c->wanted->items[i])) return true;
    return c->wanted->count == 0;
}

/** A word that no attack answers to is a mistake. */
static dgba_status check_words(const dgba_sweep *sweep, const criterion *c) {
    for (int64_t i = 0; i < c->wanted->count; ++i) {
        int64_t a = 0;
        while (a < sweep->attack_count && !meets(&sweep->attacks[a], c, c->wanted->items[i])) ++a;
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
    const criterion criteria[] = {{"step", "attack.step.kind", &settings->step, is_same_word},
                                  {"rule", "attack.rule.kind", &settings->rule, is_same_word},
                                  {"epsilon", "attack.epsilon", &settings->epsilon, is_same_number}};
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

// So many pixels a unit attacks, at least: models are small where images are, and loading one model after the other must
// not cost more than measuring them. With images of the usual size that is one shard.
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
            for (int64_t run = 0; run < sweep->transfer_runs; ++run) {
                work.shard = run * sweep->transfer_shards;
                DGBA_TRY(sweep_add_shard_unit(sweep, &work));
            }
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

void dgba_unit_target_id(char id[DGBA_HASH_TEXT_BYTES], const dgba_sweep *sweep, const dgba_unit *unit, int64_t target) {
    dgba_settings settings = {0};
    dgba_settings_add(&settings, "", &unit->settings);
    dgba_settings_set(&settings, "target", sweep->units[target].id);
    dgba_hash_text(id, dgba_config_id(&settings));
    dgba_settings_free(&settings);
}
