#include "grid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

/* ---- Groups of models ---- */

static bool same_real(double a, double b) { return a == b || (isnan(a) && isnan(b)); }

static bool same_but_for_the_seed(const dgba_model_row *a, const dgba_model_row *b) {
    return a->layout == b->layout && a->iterations == b->iterations && a->parameters == b->parameters &&
           same_real(a->width, b->width) && strcmp(a->adversarial, b->adversarial) == 0 &&
           strcmp(a->backbone, b->backbone) == 0 && strcmp(a->layout_tree, b->layout_tree) == 0;
}

/** Whether a model before `model` has its seed in this group already: then they differ in something that the table of
 *  models does not tell, and are not repeats of one another. */
static bool seed_is_taken(const grid *g, int64_t group, int64_t model) {
    const dgba_model_row *models = g->results->models;
    for (int64_t i = 0; i < model; ++i)
        if (g->model_group[i] == group && models[i].seed == models[model].seed) return true;
    return false;
}

static int64_t group_of(grid *g, int64_t model) {
    const dgba_model_row *models = g->results->models;
    for (int64_t i = 0; i < g->group_count; ++i)
        if (same_but_for_the_seed(&models[g->groups[i].first], &models[model]) && !seed_is_taken(g, i, model)) return i;
    report_need(DGBA_GROW(&g->groups, g->group_count));
    g->groups[g->group_count] = (grid_group){.first = model};
    return g->group_count++;
}

/** What of the models is not the same in all of them, the layout apart; of adversarial trainings, whether there are
 *  several. */
typedef struct varied {
    bool backbone, width, iterations, attack;
} varied;

static varied find_varied(const dgba_results *results) {
    varied v = {0};
    const char *attack = "";
    for (int64_t i = 0; i < results->model_count; ++i) {
        const dgba_model_row *a = &results->models[0], *b = &results->models[i];
        v.backbone |= strcmp(a->backbone, b->backbone) != 0;
        v.width |= !same_real(a->width, b->width);
        v.iterations |= a->iterations != b->iterations;
        if (attack[0] == '\0') attack = b->adversarial;
        v.attack |= b->adversarial[0] != '\0' && strcmp(attack, b->adversarial) != 0;
    }
    return v;
}

/** Adds what tells a group from others of its layout, each word after a blank. */
static void add_kind_label(dgba_text *out, const grid *g, int64_t index, varied v) {
    const dgba_model_row *model = &g->results->models[g->groups[index].first];
    int64_t alike = 0;
    if (v.backbone) dgba_text_add(out, " %s", model->backbone);
    if (v.width) dgba_text_add(out, " width %g", model->width);
    if (v.iterations) dgba_text_add(out, " trained %lld", (long long)model->iterations);
    if (model->adversarial[0] != '\0')
        dgba_text_add(out, " adversarial%s%s", v.attack ? " " : "", v.attack ? model->adversarial : "");
    for (int64_t i = 0; i < index; ++i) alike += same_but_for_the_seed(&g->results->models[g->groups[i].first], model);
    if (alike > 0) dgba_text_add(out, " (%lld)", (long long)alike + 1);
}

/** The kind with that label, a new one if there is none. */
static int64_t kind_of(grid *g, const char *label, bool adversarial) {
    for (int64_t i = 0; i < g->kind_count; ++i)
        if (strcmp(g->kinds[i].label, label) == 0) return i;
    report_need(DGBA_GROW(&g->kinds, g->kind_count));
    g->kinds[g->kind_count] = (grid_kind){.label = dgba_text_copy(label), .adversarial = adversarial};
    return g->kind_count++;
}

static void label_groups(grid *g) {
    const varied v = find_varied(g->results);
    for (int64_t i = 0; i < g->group_count; ++i) {
        const dgba_model_row *model = &g->results->models[g->groups[i].first];
        dgba_text label = {0}, kind = {0};
        add_kind_label(&kind, g, i, v);
        dgba_text_add(&label, "%lld%s", (long long)model->layout, dgba_text_chars(&kind));
        g->groups[i].label = label.chars;
        g->groups[i].kind = kind_of(g, dgba_text_chars(&kind) + (kind.length > 0), model->adversarial[0] != '\0');
        dgba_text_free(&kind);
    }
}

static void build_groups(grid *g, const filter *asked) {
    const int64_t count = g->results->model_count;
    report_need(DGBA_NEW(&g->model_group, count));
    for (int64_t i = 0; i < count; ++i) {
        g->model_group[i] = group_of(g, i);
        g->groups[g->model_group[i]].size += 1;
    }
    label_groups(g);
    for (int64_t i = 0; i < count; ++i) {
        const observation model = {.model = i, .attack = -1, .task = -1, .metric = -1};
        g->groups[g->model_group[i]].shown |= filter_admits(asked, g->results, &model);
    }
}

/* ---- Axes of the attacks ---- */

static void find_shown(grid *g, const filter *asked) {
    report_need(DGBA_NEW(&g->attack_shown, g->results->attack_count));
    for (int64_t i = 0; i < g->results->attack_count; ++i) {
        const observation attack = {.model = g->results->attacks[i].model, .attack = i, .task = -1, .metric = -1};
        g->attack_shown[i] = filter_admits(asked, g->results, &attack);
    }
}

grid_method grid_method_of(const dgba_attack_row *attack) {
    return (grid_method){.step = attack->step, .options = attack->options, .iterations = attack->iterations};
}

static bool same_method(const grid_method *a, const grid_method *b) {
    return a->iterations == b->iterations && a->variant == b->variant && strcmp(a->step, b->step) == 0 &&
           strcmp(a->options, b->options) == 0;
}

static int64_t method_of(grid *g, const dgba_attack_row *attack, int64_t variant) {
    grid_method method = grid_method_of(attack);
    method.variant = variant;
    for (int64_t i = 0; i < g->method_count; ++i)
        if (same_method(&g->methods[i], &method)) return i;
    report_need(DGBA_GROW(&g->methods, g->method_count));
    g->methods[g->method_count] = method;
    return g->method_count++;
}

static int64_t rule_of(grid *g, const dgba_attack_row *attack) {
    for (int64_t i = 0; i < g->rule_count; ++i)
        if (strcmp(g->rules[i], attack->rule) == 0) return i;
    report_need(DGBA_GROW(&g->rules, g->rule_count));
    g->rules[g->rule_count] = attack->rule;
    return g->rule_count++;
}

static int64_t epsilon_of(grid *g, const dgba_attack_row *attack) {
    for (int64_t i = 0; i < g->epsilon_count; ++i)
        if (same_real(g->epsilons[i], attack->epsilon)) return i;
    report_need(DGBA_GROW(&g->epsilons, g->epsilon_count));
    g->epsilons[g->epsilon_count] = attack->epsilon;
    return g->epsilon_count++;
}

static int64_t seed_of(grid *g, const dgba_attack_row *attack) {
    for (int64_t i = 0; i < g->seed_count; ++i)
        if (g->seeds[i] == attack->seed) return i;
    report_need(DGBA_GROW(&g->seeds, g->seed_count));
    g->seeds[g->seed_count] = attack->seed;
    return g->seed_count++;
}

static int compare_reals(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void build_axes(grid *g) {
    for (int64_t i = 0; i < g->results->attack_count; ++i) {
        if (!g->attack_shown[i]) continue;
        const dgba_attack_row *attack = &g->results->attacks[i];
        (void)method_of(g, attack, 0);
        (void)rule_of(g, attack);
        (void)epsilon_of(g, attack);
        (void)seed_of(g, attack);
    }
    if (g->epsilon_count > 0) qsort(g->epsilons, (size_t)g->epsilon_count, sizeof *g->epsilons, compare_reals);
}

/** The method of every attack. The first attack of a model with some method, rule, epsilon and seed is variant 0, the next
 *  one variant 1, and so on; further methods are added as they are needed. */
static void find_methods(int64_t *methods, grid *g) {
    const int64_t plain = g->method_count;
    int64_t *seen = NULL; // [model][method without variant][rule][epsilon][seed]
    report_need(DGBA_NEW(&seen, g->results->model_count * plain * g->rule_count * g->epsilon_count * g->seed_count));
    for (int64_t i = 0; i < g->results->attack_count; ++i) {
        if (!g->attack_shown[i]) continue;
        const dgba_attack_row *attack = &g->results->attacks[i];
        int64_t place = (attack->model * plain + method_of(g, attack, 0)) * g->rule_count + rule_of(g, attack);
        place = (place * g->epsilon_count + epsilon_of(g, attack)) * g->seed_count + seed_of(g, attack);
        methods[i] = method_of(g, attack, seen[place]++);
    }
    dgba_free(seen);
}

/* ---- Cells ---- */

static int64_t cell_of(const grid *g, int64_t group, int64_t method, int64_t rule, int64_t epsilon) {
    return ((group * g->method_count + method) * g->rule_count + rule) * g->epsilon_count + epsilon;
}

/** Sorts the attacks by cell, in their order within a cell. */
static void build_cells(grid *g) {
    const int64_t count = g->results->attack_count;
    int64_t *places = NULL, *filled = NULL; // the method, then the cell of each attack; attacks put into each cell
    report_need(DGBA_NEW(&places, count));
    find_methods(places, g);
    const int64_t cells = g->group_count * g->method_count * g->rule_count * g->epsilon_count;
    report_need(DGBA_NEW(&g->cell_start, cells + 1));
    report_need(DGBA_NEW(&g->cell_attacks, count));
    report_need(DGBA_NEW(&filled, cells));
    for (int64_t i = 0; i < count; ++i) {
        if (!g->attack_shown[i]) continue;
        const dgba_attack_row *attack = &g->results->attacks[i];
        places[i] = cell_of(g, g->model_group[attack->model], places[i], rule_of(g, attack), epsilon_of(g, attack));
        g->cell_start[places[i] + 1] += 1;
    }
    for (int64_t i = 0; i < cells; ++i) g->cell_start[i + 1] += g->cell_start[i];
    for (int64_t i = 0; i < count; ++i)
        if (g->attack_shown[i]) g->cell_attacks[g->cell_start[places[i]] + filled[places[i]]++] = i;
    dgba_free(filled);
    dgba_free(places);
}

void grid_build(grid *g, const dgba_results *results, const filter *asked) {
    *g = (grid){.results = results};
    find_shown(g, asked);
    build_groups(g, asked);
    build_axes(g);
    build_cells(g);
}

void grid_free(grid *g) {
    for (int64_t i = 0; i < g->group_count; ++i) dgba_free(g->groups[i].label);
    for (int64_t i = 0; i < g->kind_count; ++i) dgba_free(g->kinds[i].label);
    dgba_free(g->groups);
    dgba_free(g->kinds);
    dgba_free(g->attack_shown);
    dgba_free(g->model_group);
    dgba_free(g->methods);
    dgba_free(g->rules);
    dgba_free(g->epsilons);
    dgba_free(g->seeds);
    dgba_free(g->cell_start);
    dgba_free(g->cell_attacks);
    *g = (grid){0};
}

const int64_t *grid_attacks(int64_t *count, const grid *g, int64_t group, int64_t method, int64_t rule, int64_t epsilon) {
    const int64_t cell = cell_of(g, group, method, rule, epsilon);
    *count = g->cell_start[cell + 1] - g->cell_start[cell];
    return g->cell_attacks + g->cell_start[cell];
}

int64_t grid_expected(const grid *g, int64_t group, grid_setting setting, int64_t rule) {
    int64_t count = 0;
    (void)grid_attacks(&count, g, group, setting.method, rule, setting.epsilon);
    return count;
}

bool grid_has(const grid *g, int64_t group, int64_t method) {
    const int64_t first = cell_of(g, group, method, 0, 0);
    return g->cell_start[first + g->rule_count * g->epsilon_count] > g->cell_start[first];
}

void grid_add_method(dgba_text *out, const grid_method *method) {
    dgba_text_add(out, "%s", method->step);
    if (method->iterations > 1) dgba_text_add(out, ", %lld iterations", (long long)method->iterations);
    if (method->options[0] != '\0') dgba_text_add(out, ", %s", method->options);
    if (method->variant > 0) dgba_text_add(out, ", variant %lld", (long long)method->variant + 1);
}

bool grid_has_epsilon(const grid *g, int64_t method, int64_t epsilon) {
    int64_t count = 0;
    for (int64_t i = 0; i < g->group_count && count == 0; ++i)
        for (int64_t r = 0; r < g->rule_count && count == 0; ++r) (void)grid_attacks(&count, g, i, method, r, epsilon);
    return count > 0;
}

int64_t grid_largest_epsilon(const grid *g, int64_t method) {
    int64_t epsilon = g->epsilon_count - 1;
    while (epsilon >= 0 && !grid_has_epsilon(g, method, epsilon)) --epsilon;
    return epsilon;
}

grid_setting grid_reference(const grid *g) {
    grid_setting out = {-1, -1};
    for (int64_t m = 0; m < g->method_count; ++m)
        if (out.method < 0 || g->methods[m].iterations >= g->methods[out.method].iterations) out.method = m;
    if (out.method >= 0) out.epsilon = grid_largest_epsilon(g, out.method);
    return out;
}

void grid_add_setting(dgba_text *out, const grid *g, grid_setting setting) {
    grid_add_method(out, &g->methods[setting.method]);
    dgba_text_add(out, ", ε %g", g->epsilons[setting.epsilon]);
}
