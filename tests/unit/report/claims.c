#include "../../../src/report/claims.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "support/check.h"
#include "support/near.h"

enum { TASKS = 2, IMAGES = 6, LAYOUTS = 6, RULES = 5 };

/** What each rule does to the loss (all clean losses are 1) and to the performance of the tasks a and b. */
static const struct {
    const char *rule;
    double rise[TASKS], drop[TASKS];
} rules[RULES] = {
    {"single:a", {0.50, 0.10}, {-0.40, -0.08}}, {"single:b", {0.06, 0.30}, {-0.02, -0.20}},
    {"total", {0.40, 0.20}, {-0.30, -0.15}},    {"sign_sum", {0.20, 0.30}, {-0.20, -0.20}},
    {"dgba", {0.45, 0.30}, {-0.35, -0.25}},
};

static void set_attack(dgba_results *r, int64_t model, int64_t rule) {
    const int64_t index = model * RULES + rule;
    dgba_attack_row *attack = &r->attacks[index];
    attack->model = model;
    attack->iterations = 10;
    attack->epsilon = 8;
    dgba_results_set_text(&attack->step, "ifgsm");
    dgba_results_set_text(&attack->rule, rules[rule].rule);
    dgba_results_set_text(&attack->status, "ok");
    // The task that is not attacked suffers the more, the more is shared: not at all in model 0.
    const bool single = strncmp(rules[rule].rule, "single", 6) == 0;
    for (int64_t t = 0; t < TASKS; ++t) {
        const double share = single && t != rule ? (double)model / (LAYOUTS - 1) : 1;
        r->attack_drops[index * TASKS + t] = rules[rule].drop[t] * share;
        for (int64_t i = 0; i < IMAGES; ++i) // images differ from each other, the mean is what the table says
            r->adversarial_losses[(index * TASKS + t) * IMAGES + i] =
                1 + rules[rule].rise[t] * share * (0.5 + (double)i / (IMAGES - 1));
    }
}

/** Six layouts, of which the first shares nothing; clean performance grows with sharing. */
static void make(dgba_results *r) {
    *r = (dgba_results){.task_count = TASKS,
                        .metric_count = TASKS,
                        .model_count = LAYOUTS,
                        .attack_count = LAYOUTS * RULES,
                        .image_count = IMAGES};
    CHECK_OK(dgba_results_allocate(r));
    for (int64_t t = 0; t < TASKS; ++t) {
        dgba_results_set_text(&r->tasks[t].name, t == 0 ? "a" : "b");
        r->metrics[t].task = t;
        r->metrics[t].higher_is_better = 1;
    }
    for (int64_t m = 0; m < LAYOUTS; ++m) {
        dgba_model_row *model = &r->models[m];
        model->width = 1;
        model->layout = m;
        model->sharing_score = m;
        model->sharing_score_most = LAYOUTS - 1;
        dgba_results_set_text(&model->status, "ok");
        for (int64_t t = 0; t < TASKS; ++t) {
            r->model_metrics[m * TASKS + t] = 0.5 * (1 + 0.01 * (double)m);
            for (int64_t i = 0; i < IMAGES; ++i) r->clean_losses[(m * TASKS + t) * IMAGES + i] = 1;
        }
        for (int64_t rule = 0; rule < RULES; ++rule) set_attack(r, m, rule);
    }
}

static const finding *find_on(const finding *all, int64_t count, const char *comparison, const char *models) {
    for (int64_t i = 0; i < count; ++i)
        if (strcmp(all[i].comparison, comparison) == 0 && strcmp(all[i].models, models) == 0) return &all[i];
    fail_msg("no comparison '%s' on models '%s'", comparison, models);
    return NULL;
}

static const finding *find(const finding *all, int64_t count, const char *comparison) {
    return find_on(all, count, comparison, "");
}

typedef struct tested {
    dgba_results results;
    grid grid;
    finding *all;
    int64_t count;
} tested;

static void test(tested *t) {
    static const filter everything;
    grid_build(&t->grid, &t->results, &everything);
    t->count = claims_test(&t->all, &t->grid);
}

static void tested_free(tested *t) {
    dgba_free(t->all);
    grid_free(&t->grid);
    dgba_results_free(&t->results);
}

static void effects_and_verdicts(void **state) {
    (void)state;
    tested t;
    make(&t.results);
    test(&t);
    // Models 1..5 share 1/5 .. 5/5, on average .6; (.10 + .06) / 2 · .6 = 4.8 %.
    const finding *rise = find(t.all, t.count, "other tasks, models that share: relative rise of the loss");
    CHECK_NEAR(rise->effect, 4.8, 1e-9);
    assert_int_equal(rise->n, IMAGES);
    assert_string_equal(rise->units, "images");
    assert_true(rise->interval.low > 2.4 && rise->interval.low < 4.8 && rise->interval.high < 7.2);
    const finding *fall = find(t.all, t.count, "other tasks, models that share: fall of performance");
    CHECK_NEAR(fall->effect, 3, 1e-9); // (.08 + .02) / 2 · .6
    assert_int_equal(fall->n, LAYOUTS - 1);
    const finding *control = find(t.all, t.count, "other tasks, independent models: relative rise of the loss");
    CHECK_NEAR(control->effect, 0, 1e-12);
    assert_int_equal(control->verdict, VERDICT_CONTROL);
    // dgba (.45 + .30) / 2, total (.40 + .20) / 2.
    CHECK_NEAR(find(t.all, t.count, "dgba − total: relative rise of the loss, mean of all tasks")->effect, 7.5, 1e-9);
    CHECK_NEAR(find(t.all, t.count, "dgba − total: −ARP")->effect, 7.5, 1e-9);
    CHECK_NEAR(find(t.all, t.count, "sharing score and clean ARP against the independent layout")->effect, 1, 1e-12);
    CHECK_NEAR(find(t.all, t.count, "sharing score and transfer between tasks")->effect, 1, 1e-12);
    for (int64_t c = 0; c < CLAIM_COUNT; ++c) assert_int_equal(claim_verdict(t.all, t.count, c), VERDICT_SUPPORTED);
    tested_free(&t);
}

/** The opposite of what is claimed is not supported; one comparison that fails is enough. */
static void claims_can_fail(void **state) {
    (void)state;
    tested t;
    make(&t.results);
    for (int64_t m = 0; m < LAYOUTS; ++m)
        for (int64_t k = 0; k < TASKS; ++k) t.results.model_metrics[m * TASKS + k] = 0.5 * (1 - 0.01 * (double)m);
    for (int64_t m = 0; m < LAYOUTS; ++m) t.results.attack_drops[(m * RULES + 2) * TASKS] = -0.9; // total wins in ARP
    test(&t);
    const finding *clean = find(t.all, t.count, "sharing score and clean ARP against the independent layout");
    CHECK_NEAR(clean->effect, -1, 1e-12);
    assert_int_equal(clean->verdict, VERDICT_NOT_SUPPORTED);
    assert_int_equal(find(t.all, t.count, "dgba − total: −ARP")->verdict, VERDICT_NOT_SUPPORTED);
    assert_int_equal(claim_verdict(t.all, t.count, 0), VERDICT_SUPPORTED);
    assert_int_equal(claim_verdict(t.all, t.count, 1), VERDICT_NOT_SUPPORTED);
    assert_int_equal(claim_verdict(t.all, t.count, 2), VERDICT_NOT_SUPPORTED);
    tested_free(&t);
}

/** No single attacks, no losses, no baseline: nothing is said. A rule that is missing on one model is compared on the
 * others. */
static void little_data(void **state) {
    (void)state;
    tested t;
    make(&t.results);
    for (int64_t i = 0; i < t.results.attack_count; ++i) {
        const bool single = i % RULES < 2, missing = i == 4; // dgba on model 0
        if (single || missing) dgba_results_set_text(&t.results.attacks[i].status, "failed");
    }
    for (int64_t i = 0; i < TASKS; ++i) t.results.attack_drops[4 * TASKS + i] = NAN;
    for (int64_t m = 0; m < LAYOUTS; ++m) t.results.models[m].sharing_score += 1;
    test(&t);
    assert_int_equal(claim_verdict(t.all, t.count, 0), VERDICT_NOT_ENOUGH);
    assert_int_equal(find(t.all, t.count, "dgba − mean of single: −ARP")->n, 0);
    const finding *total = find(t.all, t.count, "dgba − total: −ARP");
    assert_int_equal(total->n, LAYOUTS - 1);
    CHECK_NEAR(total->effect, 7.5, 1e-9);
    const finding *clean = find(t.all, t.count, "sharing score and clean ARP against the independent layout");
    assert_int_equal(clean->n, 0);
    assert_true(isnan(clean->effect));
    assert_int_equal(clean->verdict, VERDICT_NOT_ENOUGH);
    tested_free(&t);
}

/** Where some models are adversarially trained, claims are tested on both kinds, and layouts are ranked within each. */
static void both_trainings_are_tested(void **state) {
    (void)state;
    tested t;
    make(&t.results);
    for (int64_t m = 4; m < LAYOUTS; ++m) dgba_results_set_text(&t.results.models[m].adversarial, "ifgsm dgba epsilon 8");
    for (int64_t m = 4; m < LAYOUTS; ++m) t.results.attack_drops[(m * RULES + 2) * TASKS] = -0.9; // total wins on these
    test(&t);
    const finding *clean = find_on(t.all, t.count, "dgba − total: −ARP", "trained on clean images");
    CHECK_NEAR(clean->effect, 7.5, 1e-9);
    assert_int_equal(clean->n, 4);
    const finding *adversarial = find_on(t.all, t.count, "dgba − total: −ARP", "adversarial");
    CHECK_NEAR(adversarial->effect, 100 * ((0.35 + 0.25) - (0.9 + 0.15)) / 2, 1e-9);
    assert_int_equal(adversarial->n, 2);
    const char *const transfer = "sharing score and transfer between tasks";
    assert_int_equal(find_on(t.all, t.count, transfer, "trained on clean images")->n, 4);
    assert_int_equal(find_on(t.all, t.count, transfer, "adversarial")->n, 2);
    const char *const arp = "sharing score and clean ARP against the independent layout"; // only model 0 is independent
    assert_int_equal(find_on(t.all, t.count, arp, "adversarial")->n, 0);
    tested_free(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(effects_and_verdicts),
        cmocka_unit_test(claims_can_fail),
        cmocka_unit_test(little_data),
        cmocka_unit_test(both_trainings_are_tested),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
