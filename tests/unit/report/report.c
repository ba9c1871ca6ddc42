#include <math.h>
#include <stdio.h>

#include "dgba/report.h"
#include "support/check.h"

static void set_model(dgba_results *r, int64_t index, int64_t layout, const char *tree, int64_t seed) {
    dgba_model_row *model = &r->models[index];
    char id[16];
    snprintf(id, sizeof id, "m%d", (int)index);
    dgba_results_set_text(&model->id, id);
    dgba_results_set_text(&model->backbone, "deeplab_resnet34");
    dgba_results_set_text(&model->layout_tree, tree);
    dgba_results_set_text(&model->status, "ok");
    model->width = 0.25;
    model->layout = layout;
    model->seed = seed;
    model->sharing_score = layout == 0 ? 5 : 2;
    model->sharing_score_most = 5;
    model->parameters = 1000 + layout;
    model->images = 654;
    for (int64_t i = 0; i < 3; ++i) r->model_metrics[3 * index + i] = (double[]){0.5, 0.75, 20}[i] + 0.01 * (double)seed;
    for (int64_t i = 0; i < 2; ++i) r->model_losses[2 * index + i] = 1.5 + (double)i;
}

typedef struct attack {
    int64_t model;
    const char *step;
    int64_t iterations;
    const char *rule;
    double epsilon, arp; // NaN: failed
} attack;

/** A cell is missing (layout 31, single:seg, 4) and an attack failed (layout 0, seed 1, dgba, 8). */
static const attack attacks[] = {
    {0, "fgsm", 1, "total", 4, -0.1},   {0, "fgsm", 1, "dgba", 4, -0.2},        {0, "fgsm", 1, "total", 8, -0.3},
    {0, "fgsm", 1, "dgba", 8, -0.4},    {0, "ifgsm", 10, "dgba", 8, -0.6},      {1, "fgsm", 1, "total", 4, -0.11},
    {1, "fgsm", 1, "dgba", 4, -0.21},   {1, "fgsm", 1, "total", 8, -0.31},      {1, "fgsm", 1, "dgba", 8, NAN},
    {1, "ifgsm", 10, "dgba", 8, -0.61}, {2, "fgsm", 1, "total", 4, -0.05},      {2, "fgsm", 1, "dgba", 4, 0.005},
    {2, "fgsm", 1, "total", 8, -0.06},  {2, "fgsm", 1, "single:seg", 8, -0.07},
};

static void set_attack(dgba_results *r, int64_t index, const attack *a) {
    dgba_attack_row *row = &r->attacks[index];
    row->model = a->model;
    row->iterations = a->iterations;
    row->epsilon = a->epsilon;
    row->images = 654;
    dgba_results_set_text(&row->step, a->step);
    dgba_results_set_text(&row->rule, a->rule);
    dgba_results_set_text(&row->status, isnan(a->arp) ? "failed" : "ok");
    if (isnan(a->arp)) return;
    row->arp = a->arp;
    row->alpha = a->epsilon / (double)a->iterations;
    r->attack_drops[2 * index] = 2 * a->arp;
    r->attack_drops[2 * index + 1] = 0.5 * a->arp;
    r->attack_losses[2 * index] = 3;
    for (int64_t i = 0; i < 3; ++i) r->attack_metrics[3 * index + i] = 0.125 * (double)(i + 1);
}

/** Layout 0 with two seeds and layout 31 with one. */
static void make(dgba_results *r) {
    *r = (dgba_results){.task_count = 2, .metric_count = 3, .model_count = 3, .attack_count = DGBA_COUNT_OF(attacks)};
    CHECK_OK(dgba_results_allocate(r));
    dgba_results_set_text(&r->run.name, "sharing-tradeoff");
    dgba_results_set_text(&r->run.run_id, "0123abcd");
    dgba_results_set_text(&r->run.data_name, "rooms");
    dgba_results_set_text(&r->run.git_commit, "ae972f5-dirty");
    dgba_results_set_text(&r->run.host, "node7");
    dgba_results_set_text(&r->run.blas_core, "Haswell");
    dgba_results_set_text(&r->tasks[0].name, "seg");
    dgba_results_set_text(&r->tasks[1].name, "normal");
    dgba_results_set_text(&r->metrics[0].name, "miou");
    dgba_results_set_text(&r->metrics[1].name, "pixel_accuracy");
    dgba_results_set_text(&r->metrics[2].name, "mean_angle");
    dgba_results_set_text(&r->metrics[2].unit, "degree");
    r->metrics[0].higher_is_better = r->metrics[1].higher_is_better = 1;
    r->metrics[2].task = 1;
    set_model(r, 0, 0, "{01}", 0);
    set_model(r, 1, 0, "{01}", 1);
    set_model(r, 2, 31, "{01} {0}{1}", 0);
    for (int64_t i = 0; i < r->attack_count; ++i) set_attack(r, i, &attacks[i]);
    dgba_results_set_text(&r->attacks[8].reason, "a value is not finite, \"nan\"");
}

// clang-format off
static const char expected_text[] =
    "run        sharing-tradeoff\n"
    "run id     0123abcd\n"
    "data       rooms\n"
    "commit     ae972f5-dirty\n"
    "host       node7\n"
    "BLAS core  Haswell\n"
    "\n"
    "Clean results (↑ higher is better, ↓ lower is better; over seeds: mean ± standard deviation)\n"
    "\n"
    "                                                                                          normal\n"
    "                                                             seg               seg  mean_angle ↓\n"
    "layout  tree         sharing  parameters  seeds           miou ↑  pixel_accuracy ↑        degree\n"
    "0       {01}             5/5        1000  0 1    0.5050 ± 0.0071   0.7550 ± 0.0071  20.01 ± 0.01\n"
    "31      {01} {0}{1}      2/5        1031  0               0.5000            0.7500         20.00\n"
    "\n"
    "Attack strength: average relative performance (ARP) in percent, relative to the same model's clean value\n"
    "(negative: the attack worked; *: strongest at this radius ε; n: values behind a mean, where some are missing)\n"
    "\n"
    "layout 0 {01}, fgsm\n"
    "rule             ε 4             ε 8\n"
    "total  -10.50 ± 0.71   -30.50 ± 0.71*\n"
    "dgba   -20.50 ± 0.71*   -40.00 (n=1)\n"
    "\n"
    "layout 31 {01} {0}{1}, fgsm\n"
    "rule          ε 4     ε 8\n"
    "total       -5.00*  -6.00\n"
    "dgba         0.50\n"
    "single:seg          -7.00*\n"
    "\n"
    "layout 0 {01}, ifgsm, 10 iterations\n"
    "rule            ε 8\n"
    "dgba  -60.50 ± 0.71*\n"
    "\n"
    "mean ± standard deviation over 2 layouts, fgsm\n"
    "rule                   ε 4              ε 8\n"
    "total         -7.75 ± 3.89   -18.25 ± 17.32*\n"
    "dgba        -10.00 ± 14.85*    -40.00 (n=1)\n"
    "single:seg                      -7.00 (n=1)\n"
    "\n"
    "Change of each task at the largest radius: percent, relative to the same model's clean value\n"
    "(mean over the task's metrics; negative: worse)\n"
    "\n"
    "fgsm, ε 8\n"
    "layout  rule                  seg         normal            ARP\n"
    "0       total       -61.00 ± 1.41  -15.25 ± 0.35  -30.50 ± 0.71\n"
    "0       dgba         -80.00 (n=1)   -20.00 (n=1)   -40.00 (n=1)\n"
    "31      total              -12.00          -3.00          -6.00\n"
    "31      single:seg         -14.00          -3.50          -7.00\n"
    "\n"
    "ifgsm, 10 iterations, ε 8\n"
    "layout  rule             seg         normal            ARP\n"
    "0       dgba  -121.00 ± 1.41  -30.25 ± 0.35  -60.50 ± 0.71\n"
    "\n"
    "Failed or missing\n"
    "\n"
    "status  count  first                             reason\n"
    "failed      1  layout 0 seed 1, fgsm, dgba, ε 8  a value is not finite, \"nan\"\n";

static const char expected_csv[] =
    "model,layout,layout_tree,seed,step,iterations,alpha,options,attack_seed,rule,epsilon,arp,seg.drop,seg.loss,seg.miou,seg.pixel_accuracy,normal.drop,normal.loss,normal.mean_angle,left_out,images,status,reason\n"
    "m0,0,{01},0,clean,,,,,,0,,,1.5,0.5,0.75,,2.5,20,,654,ok,\n"
    "m1,0,{01},1,clean,,,,,,0,,,1.5,0.51,0.76,,2.5,20.01,,654,ok,\n"
    "m2,31,{01} {0}{1},0,clean,,,,,,0,,,1.5,0.5,0.75,,2.5,20,,654,ok,\n"
    "m0,0,{01},0,fgsm,1,4,,0,total,4,-0.1,-0.2,3,0.125,0.25,-0.05,,0.375,0,654,ok,\n"
    "m0,0,{01},0,fgsm,1,4,,0,dgba,4,-0.2,-0.4,3,0.125,0.25,-0.1,,0.375,0,654,ok,\n"
    "m0,0,{01},0,fgsm,1,8,,0,total,8,-0.3,-0.6,3,0.125,0.25,-0.15,,0.375,0,654,ok,\n"
    "m0,0,{01},0,fgsm,1,8,,0,dgba,8,-0.4,-0.8,3,0.125,0.25,-0.2,,0.375,0,654,ok,\n"
    "m0,0,{01},0,ifgsm,10,0.8,,0,dgba,8,-0.6,-1.2,3,0.125,0.25,-0.3,,0.375,0,654,ok,\n"
    "m1,0,{01},1,fgsm,1,4,,0,total,4,-0.11,-0.22,3,0.125,0.25,-0.055,,0.375,0,654,ok,\n"
    "m1,0,{01},1,fgsm,1,4,,0,dgba,4,-0.21,-0.42,3,0.125,0.25,-0.105,,0.375,0,654,ok,\n"
    "m1,0,{01},1,fgsm,1,8,,0,total,8,-0.31,-0.62,3,0.125,0.25,-0.155,,0.375,0,654,ok,\n"
    "m1,0,{01},1,fgsm,1,,,0,dgba,8,,,,,,,,,0,654,failed,\"a value is not finite, \"\"nan\"\"\"\n"
    "m1,0,{01},1,ifgsm,10,0.8,,0,dgba,8,-0.61,-1.22,3,0.125,0.25,-0.305,,0.375,0,654,ok,\n"
    "m2,31,{01} {0}{1},0,fgsm,1,4,,0,total,4,-0.05,-0.1,3,0.125,0.25,-0.025,,0.375,0,654,ok,\n"
    "m2,31,{01} {0}{1},0,fgsm,1,4,,0,dgba,4,0.005,0.01,3,0.125,0.25,0.0025,,0.375,0,654,ok,\n"
    "m2,31,{01} {0}{1},0,fgsm,1,8,,0,total,8,-0.06,-0.12,3,0.125,0.25,-0.03,,0.375,0,654,ok,\n"
    "m2,31,{01} {0}{1},0,fgsm,1,8,,0,single:seg,8,-0.07,-0.14,3,0.125,0.25,-0.035,,0.375,0,654,ok,\n";
// clang-format on

static void check_report(const dgba_results *r, dgba_report_format format, const char *expected) {
    dgba_text text = {0};
    dgba_report_print(&text, r, format);
    assert_string_equal(dgba_text_chars(&text), expected);
    dgba_text_free(&text);
}

static void tables_for_people(void **state) {
    (void)state;
    dgba_results r;
    make(&r);
    check_report(&r, DGBA_REPORT_TEXT, expected_text);
    dgba_results_free(&r);
}

static void a_table_for_programs(void **state) {
    (void)state;
    dgba_results r;
    make(&r);
    check_report(&r, DGBA_REPORT_CSV, expected_csv);
    dgba_results_free(&r);
}

static void nothing_is_reported_of_nothing(void **state) {
    (void)state;
    dgba_results r = {0};
    CHECK_OK(dgba_results_allocate(&r));
    dgba_results_set_text(&r.run.name, "empty");
    check_report(&r, DGBA_REPORT_TEXT, "run        empty\n");
    check_report(&r, DGBA_REPORT_CSV,
                 "model,layout,layout_tree,seed,step,iterations,alpha,options,attack_seed,rule,epsilon,arp,left_out,images,"
                 "status,reason\n");
    dgba_results_free(&r);
}

/** The text report contains this part. */
static void check_part(const dgba_results *r, const char *part) {
    dgba_text text = {0};
    dgba_report_print(&text, r, DGBA_REPORT_TEXT);
    check_contains(dgba_text_chars(&text), part, __FILE__, __LINE__);
    dgba_text_free(&text);
}

static void what_is_not_done_yet_is_counted(void **state) {
    (void)state;
    dgba_results r;
    make(&r);
    for (int64_t i = 0; i < r.attack_count; ++i) {
        set_attack(&r, i, &(attack){attacks[i].model, attacks[i].step, 1, attacks[i].rule, attacks[i].epsilon, NAN});
        dgba_results_set_text(&r.attacks[i].status, "missing");
        dgba_results_set_text(&r.attacks[i].reason, "");
        r.attacks[i].arp = r.attack_drops[2 * i] = r.attack_drops[2 * i + 1] = NAN;
    }
    dgba_results_set_text(&r.models[1].status, "failed");
    dgba_results_set_text(&r.models[1].reason, "out of memory");
    check_part(&r,
               "(mean over the task's metrics; negative: worse)\n\n"
               "Failed or missing\n\n"
               "status   count  first                              reason\n"
               "failed       1  model layout 0 seed 1              out of memory\n"
               "missing     14  layout 0 seed 0, fgsm, total, ε 4\n");
    dgba_results_free(&r);
}

/** Repeats are seeds; models or attacks that differ in something that no column tells are not averaged. */
static void unlike_things_are_kept_apart(void **state) {
    (void)state;
    dgba_results r;
    make(&r);
    r.models[1].seed = 0;
    check_part(&r, "\nlayout 0 (2) {01}, fgsm\nrule      ε 4      ε 8\ntotal  -11.00   -31.00*\ndgba   -21.00*\n");
    r.models[1].seed = 1;
    r.models[1].width = 0.5;
    check_part(&r, "\nlayout 0 width 0.5 {01}, ifgsm, 10 iterations\nrule     ε 8\ndgba  -61.00*\n");
    r.models[1].width = 0.25;
    r.attacks[0].epsilon = 8; // a second attack of the kind of row 2
    check_part(&r, "\nlayout 0 {01}, fgsm, variant 2\nrule            ε 8\ntotal  -30.00 (n=1)*\n");
    dgba_results_free(&r);
}

static void wide_tables_are_cut(void **state) {
    (void)state;
    dgba_results r;
    make(&r);
    dgba_results_set_text(&r.models[2].layout_tree, "{1234}{0}|{0}{34}{12}|{0}{12}{4}{3}|{0}{12}{4}{3}");
    check_part(&r,
               "layout  tree                                               sharing  parameters  seeds           miou ↑  "
               "pixel_accuracy ↑\n"
               "0       {01}                                                   5/5        1000  0 1    0.5050 ± 0.0071   "
               "0.7550 ± 0.0071\n");
    check_part(&r, "\n\n              normal\n        mean_angle ↓\nlayout        degree\n0       20.01 ± 0.01\n");
    dgba_results_free(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_for_people),
        cmocka_unit_test(a_table_for_programs),
        cmocka_unit_test(nothing_is_reported_of_nothing),
        cmocka_unit_test(what_is_not_done_yet_is_counted),
        cmocka_unit_test(unlike_things_are_kept_apart),
        cmocka_unit_test(wide_tables_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
