/* How strong the attacks are, by rule and radius. */
#include "derived.h"
#include "sections.h"

/** One group of models, or if it is -1 all groups of a kind. */
typedef struct models {
    int64_t group, kind;
} models;

static statistic arp_of(const grid *g, models on, grid_setting setting, int64_t rule) {
    return on.group >= 0 ? attack_arp_of(g, on.group, setting, rule) : kind_arp_of(g, on.kind, setting, rule);
}

/** Whether an attack is done, on the group or on any of the kind. */
static bool is_done(const grid *g, models on, grid_setting setting, int64_t rule) {
    for (int64_t i = 0; i < g->group_count; ++i) {
        const bool meant = on.group >= 0 ? i == on.group : g->groups[i].kind == on.kind;
        if (meant && cell_is_done(g, i, setting, rule)) return true;
    }
    return false;
}

static bool has_rule(const grid *g, models on, int64_t method, int64_t rule) {
    for (int64_t e = 0; e < g->epsilon_count; ++e)
        if (is_done(g, on, (grid_setting){method, e}, rule)) return true;
    return false;
}

static bool has_epsilon(const grid *g, models on, int64_t method, int64_t epsilon) {
    for (int64_t r = 0; r < g->rule_count; ++r)
        if (is_done(g, on, (grid_setting){method, epsilon}, r)) return true;
    return false;
}

/** Rules by radii. */
static void add_table(section *s, const grid *g, const char *title, models on, int64_t method) {
    table *t = section_add_table(s);
    dgba_text name = {0};
    grid_add_method(&name, &g->methods[method]);
    table_set_title(t, "%s, %s", title, name.chars);
    dgba_text_free(&name);
    t->key_columns = 1;
    table_add_texts(t, TABLE_LEFT, "rule");
    for (int64_t e = 0; e < g->epsilon_count; ++e)
        if (has_epsilon(g, on, method, e)) table_add_numbers(t, 2, "%", TABLE_BEST_LOW, "ε %g", g->epsilons[e]);
    for (int64_t r = 0; r < g->rule_count; ++r) {
        if (!has_rule(g, on, method, r)) continue;
        table_text(t, "%s", g->rules[r]);
        for (int64_t e = 0; e < g->epsilon_count; ++e) {
            const grid_setting setting = {method, e};
            if (!has_epsilon(g, on, method, e)) continue;
            const statistic arp = arp_of(g, on, setting, r);
            table_number(t, &arp, on.group >= 0 ? grid_expected(g, on.group, setting, r) : kind_size(g, on.kind, method));
        }
    }
    table_mark_best(t);
    section_drop_empty(s);
}

static void add_group(section *s, const grid *g, int64_t group, int64_t method) {
    const grid_group *about = &g->groups[group];
    dgba_text title = {0};
    dgba_text_add(&title, "layout %s %s", about->label, g->results->models[about->first].layout_tree);
    add_table(s, g, title.chars, (models){group, about->kind}, method);
    dgba_text_free(&title);
}

static void add_mean(section *s, const grid *g, int64_t kind, int64_t method) {
    const int64_t groups = kind_size(g, kind, method);
    const char *words = kind_words(g, kind);
    if (groups < 2) return;
    dgba_text title = {0};
    dgba_text_add(&title, "mean ± standard deviation over %lld layouts%s%s", (long long)groups,
                  words[0] != '\0' ? ", " : "", words);
    add_table(s, g, title.chars, (models){-1, kind}, method);
    dgba_text_free(&title);
}

void report_strength(report *r, const grid *g) {
    section *s = report_add_section(r, "strength", "Attack strength");
    section_set_note(s,
                     "Average relative performance (ARP), relative to the same model's clean value; negative: the attack "
                     "worked. Best: the strongest at this radius ε. Of one layout over seeds: mean ± standard deviation. "
                     "n: values behind a mean, where it is not all.");
    for (int64_t m = 0; m < g->method_count; ++m)
        for (int64_t kind = 0; kind < g->kind_count; ++kind) add_mean(s, g, kind, m);
    for (int64_t m = 0; m < g->method_count; ++m)
        for (int64_t i = 0; i < g->group_count; ++i)
            if (grid_has(g, i, m)) add_group(s, g, i, m);
}
