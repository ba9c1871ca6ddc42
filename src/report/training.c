/* Adversarially trained models against those trained on clean images. */
#include <string.h>

#include "derived.h"
#include "metric_columns.h"
#include "sections.h"

enum { MOST_TRAININGS = 16 };

/** The ways of training that a run compares, the one on clean images first: columns of the tables on attacks. */
typedef struct trainings {
    const char *attacks[MOST_TRAININGS]; // of adversarial training; "" for clean images
    int64_t count;
} trainings;

static const char *attack_of(const grid *g, int64_t group) {
    return g->results->models[g->groups[group].first].adversarial;
}

static trainings find_trainings(const grid *g) {
    trainings all = {.attacks = {""}, .count = 1};
    for (int64_t i = 0; i < g->group_count; ++i) {
        int64_t place = 0;
        while (place < all.count && strcmp(all.attacks[place], attack_of(g, i)) != 0) ++place;
        if (place == all.count && all.count < MOST_TRAININGS && clean_twin(g, i) >= 0 && g->groups[i].shown)
            all.attacks[all.count++] = attack_of(g, i);
    }
    return all;
}

/** The group trained by an attack that is else like the group `clean`, itself for clean images; or -1. */
static int64_t group_trained_by(const grid *g, int64_t clean, const char *attack) {
    if (attack[0] == '\0') return clean;
    for (int64_t i = 0; i < g->group_count; ++i)
        if (strcmp(attack_of(g, i), attack) == 0 && clean_twin(g, i) == clean && g->groups[i].shown) return i;
    return -1;
}

/** Whether it is the clean side of a comparison. */
static bool is_compared(const grid *g, int64_t clean, const trainings *all) {
    bool has_twin = false;
    for (int64_t k = 1; k < all->count; ++k) has_twin |= group_trained_by(g, clean, all->attacks[k]) >= 0;
    return has_twin && g->groups[clean].shown && attack_of(g, clean)[0] == '\0';
}

/* ---- Without an attack, and what is left under the reference attack ---- */

static void add_model_row(table *t, const grid *g, int64_t group, int64_t clean) {
    const grid_setting setting = grid_reference(g);
    const int64_t dgba = find_rule(g, "dgba"), size = g->groups[group].size;
    const statistic before = clean_arp_against(g, group, clean);
    table_text(t, "%s", g->groups[clean].label);
    table_text(t, "%s", group == clean ? "clean images" : attack_of(g, group));
    table_add_seeds(t, g, group);
    metric_columns_fill(t, g, group);
    table_number(t, &before, size);
    if (setting.epsilon < 0 || dgba < 0) return;
    const statistic after = attack_arp_against(g, group, setting, dgba, clean);
    table_number(t, &after, grid_expected(g, group, setting, dgba));
}

static void add_models(section *s, const grid *g, const trainings *all) {
    const grid_setting setting = grid_reference(g);
    table *t = section_add_table(s);
    table_set_title(t, "models");
    t->key_columns = 2;
    table_add_texts(t, TABLE_LEFT, "layout");
    table_add_texts(t, TABLE_LEFT, "trained on");
    table_add_texts(t, TABLE_LEFT, "seeds");
    metric_columns_add(t, g->results);
    table_add_numbers(t, 2, "%", TABLE_BEST_HIGH, "ARP against\nclean training");
    if (setting.epsilon >= 0 && find_rule(g, "dgba") >= 0)
        table_add_numbers(t, 2, "%", TABLE_BEST_HIGH, "the same\nunder dgba");
    for (int64_t i = 0; i < g->group_count; ++i) {
        if (!is_compared(g, i, all)) continue;
        for (int64_t k = 0; k < all->count; ++k) {
            const int64_t group = group_trained_by(g, i, all->attacks[k]);
            if (group >= 0) add_model_row(t, g, group, i);
        }
    }
    table_mark_best(t);
}

/* ---- Under attack ---- */

static void add_attack_columns(table *t, const grid *g, const trainings *all, int64_t method) {
    table_add_texts(t, TABLE_LEFT, "layout");
    table_add_texts(t, TABLE_LEFT, "rule");
    t->key_columns = 2;
    for (int64_t e = 0; e <= grid_largest_epsilon(g, method); ++e) {
        for (int64_t k = 0; k < all->count; ++k) {
            if (!grid_has_epsilon(g, method, e)) continue;
            const char *words = k == 0 ? "clean images" : all->count == 2 ? "adversarial" : all->attacks[k];
            table_add_numbers(t, 2, "%", TABLE_BEST_NONE, "ε %g\n%s", g->epsilons[e], words);
        }
    }
}

static void add_attack_row(table *t, const grid *g, const trainings *all, int64_t clean, int64_t method, int64_t rule) {
    table_text(t, "%s", g->groups[clean].label);
    table_text(t, "%s", g->rules[rule]);
    for (int64_t e = 0; e <= grid_largest_epsilon(g, method); ++e) {
        for (int64_t k = 0; k < all->count; ++k) {
            const grid_setting setting = {method, e};
            const int64_t group = group_trained_by(g, clean, all->attacks[k]);
            if (!grid_has_epsilon(g, method, e)) continue;
            const statistic arp = group >= 0 ? attack_arp_of(g, group, setting, rule) : (statistic){0};
            table_number(t, &arp, group >= 0 ? grid_expected(g, group, setting, rule) : 0);
        }
    }
}

static bool is_used(const grid *g, int64_t group, int64_t method, int64_t rule) {
    for (int64_t e = 0; e < g->epsilon_count; ++e)
        if (cell_is_done(g, group, (grid_setting){method, e}, rule)) return true;
    return false;
}

static void add_attacks(section *s, const grid *g, const trainings *all, int64_t method) {
    table *t = section_add_table(s);
    dgba_text name = {0};
    grid_add_method(&name, &g->methods[method]);
    table_set_title(t, "ARP under attack, %s", name.chars);
    dgba_text_free(&name);
    add_attack_columns(t, g, all, method);
    for (int64_t i = 0; i < g->group_count; ++i)
        for (int64_t r = 0; r < g->rule_count; ++r)
            if (is_compared(g, i, all) && is_used(g, i, method, r)) add_attack_row(t, g, all, i, method, r);
    section_drop_empty(s);
}

void report_training(report *r, const grid *g) {
    const trainings all = find_trainings(g);
    if (all.count < 2) return;
    const grid_setting setting = grid_reference(g);
    dgba_text attack = {0};
    if (setting.epsilon >= 0) grid_add_setting(&attack, g, setting);
    section *s = report_add_section(r, "training", "Adversarially trained against clean");
    section_set_note(
        s,
        "Over seeds: mean ± standard deviation. ARP against clean training: without an attack, relative to the "
        "clean value of the same layout trained on clean images; the same under dgba: still relative to that "
        "clean value%s%s. ARP under attack: relative to the same model's own clean value; negative: the "
        "attack worked. Adversarial: trained under %s%s.",
        attack.length > 0 ? ", " : "", dgba_text_chars(&attack), all.attacks[1], all.count > 2 ? ", ..." : "");
    dgba_text_free(&attack);
    add_models(s, g, &all);
    for (int64_t m = 0; m < g->method_count; ++m) add_attacks(s, g, &all, m);
}
