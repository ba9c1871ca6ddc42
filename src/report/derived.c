#include "derived.h"

#include <math.h>
#include <string.h>

/* ---- Against other models ---- */

int64_t independent_group(const grid *g, int64_t group) {
    for (int64_t i = 0; i < g->group_count; ++i)
        if (g->results->models[g->groups[i].first].sharing_score == 0 && g->groups[i].kind == g->groups[group].kind)
            return i;
    return -1;
}

const char *kind_words(const grid *g, int64_t kind) {
    bool adversarial = false;
    for (int64_t k = 0; k < g->kind_count; ++k) adversarial |= g->kinds[k].adversarial;
    if (g->kind_count == 1) return "";
    if (g->kinds[kind].label[0] != '\0') return g->kinds[kind].label;
    return adversarial ? "trained on clean images" : "(1)";
}

int64_t clean_twin(const grid *g, int64_t group) {
    const dgba_model_row *models = g->results->models, *own = &models[g->groups[group].first];
    for (int64_t i = 0; i < g->group_count; ++i) {
        const dgba_model_row *other = &models[g->groups[i].first];
        if (other->adversarial[0] == '\0' && own->adversarial[0] != '\0' && other->layout == own->layout &&
            other->width == own->width && other->iterations == own->iterations &&
            strcmp(other->backbone, own->backbone) == 0)
            return i;
    }
    return -1;
}

static double baseline_of(const grid *g, int64_t baseline, int64_t metric) {
    const dgba_results *results = g->results;
    statistic s = {0};
    for (int64_t i = 0; i < results->model_count; ++i)
        if (g->model_group[i] == baseline) statistic_add(&s, results->model_metrics[i * results->metric_count + metric]);
    return s.count > 0 && s.mean != 0 ? s.mean : NAN;
}

/** ARP of values (metric) in percent. */
static double arp_against(const grid *g, const double *values, int64_t baseline) {
    const dgba_results *results = g->results;
    statistic tasks = {0};
    for (int64_t t = 0; t < results->task_count; ++t) {
        statistic metrics = {0};
        for (int64_t m = 0; m < results->metric_count; ++m) {
            if (results->metrics[m].task != t) continue;
            const double base = baseline_of(g, baseline, m), change = (values[m] - base) / base;
            statistic_add(&metrics, results->metrics[m].higher_is_better ? change : -change);
        }
        if (metrics.count == 0) return NAN;
        statistic_add(&tasks, 100 * metrics.mean);
    }
    return tasks.count > 0 ? tasks.mean : NAN;
}

statistic clean_arp_against(const grid *g, int64_t group, int64_t baseline) {
    statistic s = {0};
    for (int64_t i = 0; i < g->results->model_count && baseline >= 0; ++i)
        if (g->model_group[i] == group)
            statistic_add(&s, arp_against(g, &g->results->model_metrics[i * g->results->metric_count], baseline));
    return s;
}

statistic clean_arp_of(const grid *g, int64_t group) { return clean_arp_against(g, group, independent_group(g, group)); }

statistic attack_arp_against(const grid *g, int64_t group, grid_setting setting, int64_t rule, int64_t baseline) {
    statistic s = {0};
    int64_t count = 0;
    const int64_t *attacks = grid_attacks(&count, g, group, setting.method, rule, setting.epsilon);
    for (int64_t i = 0; i < count && baseline >= 0; ++i)
        statistic_add(&s, arp_against(g, &g->results->attack_metrics[attacks[i] * g->results->metric_count], baseline));
    return s;
}

/* ---- Under attack ---- */

bool cell_is_done(const grid *g, int64_t group, grid_setting setting, int64_t rule) {
    int64_t count = 0;
    const int64_t *attacks = grid_attacks(&count, g, group, setting.method, rule, setting.epsilon);
    for (int64_t i = 0; i < count; ++i)
        if (strcmp(g->results->attacks[attacks[i]].status, "ok") == 0) return true;
    return false;
}

statistic attack_arp_of(const grid *g, int64_t group, grid_setting setting, int64_t rule) {
    statistic s = {0};
    int64_t count = 0;
    const int64_t *attacks = grid_attacks(&count, g, group, setting.method, rule, setting.epsilon);
    for (int64_t i = 0; i < count; ++i) statistic_add(&s, 100 * g->results->attacks[attacks[i]].arp);
    return s;
}

statistic kind_arp_of(const grid *g, int64_t kind, grid_setting setting, int64_t rule) {
    statistic s = {0};
    for (int64_t i = 0; i < g->group_count; ++i) {
        if (g->groups[i].kind != kind) continue;
        const statistic own = attack_arp_of(g, i, setting, rule);
        if (own.count > 0) statistic_add(&s, own.mean);
    }
    return s;
}

int64_t kind_size(const grid *g, int64_t kind, int64_t method) {
    int64_t groups = 0;
    for (int64_t i = 0; i < g->group_count; ++i) groups += g->groups[i].kind == kind && grid_has(g, i, method);
    return groups;
}

statistic task_drop_of(const grid *g, int64_t group, grid_setting setting, int64_t rule, int64_t task) {
    statistic s = {0};
    int64_t count = 0;
    const int64_t *attacks = grid_attacks(&count, g, group, setting.method, rule, setting.epsilon);
    for (int64_t i = 0; i < count; ++i)
        statistic_add(&s, 100 * g->results->attack_drops[attacks[i] * g->results->task_count + task]);
    return s;
}

/* ---- Transfer between tasks ---- */

int64_t find_rule(const grid *g, const char *name) {
    for (int64_t r = 0; r < g->rule_count; ++r)
        if (strcmp(g->rules[r], name) == 0) return r;
    return -1;
}

int64_t single_rule(const grid *g, int64_t task) {
    dgba_text name = {0};
    dgba_text_add(&name, "single:%s", g->results->tasks[task].name);
    const int64_t rule = find_rule(g, name.chars);
    dgba_text_free(&name);
    return rule;
}

/** Adds the changes under all of the model's attacks of a cell (they differ in their seeds), and returns how many attacks.
 */
static int64_t add_changes(statistic *own, statistic *others, const grid *g, int64_t model, grid_setting setting,
                           int64_t source) {
    const int64_t tasks = g->results->task_count, rule = single_rule(g, source);
    int64_t count = 0, found = 0;
    if (rule < 0) return 0;
    const int64_t *attacks = grid_attacks(&count, g, g->model_group[model], setting.method, rule, setting.epsilon);
    for (int64_t i = 0; i < count; ++i) {
        if (g->results->attacks[attacks[i]].model != model) continue;
        found += 1;
        for (int64_t t = 0; t < tasks; ++t)
            statistic_add(t == source ? own : others, g->results->attack_drops[attacks[i] * tasks + t]);
    }
    return found;
}

double transfer_of(const grid *g, int64_t model, grid_setting setting) {
    const int64_t tasks = g->results->task_count;
    statistic own = {0}, others = {0};
    int64_t attacks = 0;
    for (int64_t source = 0; source < tasks; ++source) {
        const int64_t found = add_changes(&own, &others, g, model, setting, source);
        if (found == 0) return NAN;
        attacks += found;
    }
    const bool whole = own.count == attacks && others.count == attacks * (tasks - 1);
    return whole && tasks > 1 && own.mean < 0 ? others.mean / own.mean : NAN;
}

statistic group_transfer(const grid *g, int64_t group, grid_setting setting) {
    statistic s = {0};
    for (int64_t i = 0; i < g->results->model_count; ++i)
        if (g->model_group[i] == group) statistic_add(&s, transfer_of(g, i, setting));
    return s;
}
