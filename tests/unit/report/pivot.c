#include <math.h>

#include "dgba/report.h"
#include "support/check.h"
#include "support/results.h"

/** The pivot table ends like this. */
static void check_table(const dgba_results *r, dgba_report_request request, const char *expected) {
    dgba_text text = {0};
    CHECK_OK(dgba_report_print(&text, r, &request));
    check_contains(dgba_text_chars(&text), expected, __FILE__, __LINE__);
    dgba_text_free(&text);
}

static void check_refused(const dgba_results *r, dgba_report_request request, const char *message) {
    dgba_text text = {0};
    CHECK_FAILS(DGBA_E_USAGE, dgba_report_print(&text, r, &request));
    assert_int_equal(text.length, 0);
    CHECK_MESSAGE(message);
}

/** Seeds are averaged; the failed attack and the missing cell stay what they are; the strongest is marked. */
static void rules_by_radii(void **state) {
    (void)state;
    dgba_results r;
    results_make(&r);
    check_table(
        &r, (dgba_report_request){.rows = "rule", .columns = "epsilon", .value = "arp", .where = "step=fgsm,layout=0"},
        "arp by rule and epsilon\n"
        "arp: relative to the same model's clean value. Mean ± standard deviation over seeds, n=2 where nothing else "
        "is said.\n"
        "Only step=fgsm,layout=0. Best: the strongest attack of each column.\n\n"
        "            epsilon 4       epsilon 8\n"
        "rule                %               %\n"
        "total  -10.50 ± 0.71   -30.50 ± 0.71*\n"
        "dgba   -20.50 ± 0.71*   -40.00 (n=1)\n");
    dgba_results_free(&r);
}

static void more_axes_than_two(void **state) {
    (void)state;
    dgba_results r;
    results_make(&r);
    check_table(&r, (dgba_report_request){.rows = "model.layout,model.seed", .columns = "step,rule", .where = "epsilon=8"},
                "                fgsm    fgsm        fgsm    ifgsm\n"
                "               total    dgba  single:seg     dgba\n"
                "layout  seed       %       %           %        %\n"
                "     0     0  -30.00  -40.00              -60.00*\n"
                "     0     1  -31.00                      -61.00*\n"
                "    31     0   -6.00              -7.00*\n");
    dgba_results_free(&r);
}

static void tasks_and_metrics_are_axes(void **state) {
    (void)state;
    dgba_results r;
    results_make(&r);
    check_table(&r,
                (dgba_report_request){.rows = "rule", .columns = "task", .value = "drop", .where = "layout=31,epsilon=8"},
                "                seg  normal\n"
                "rule              %       %\n"
                "total       -12.00   -3.00\n"
                "single:seg  -14.00*  -3.50*\n");
    check_table(&r, (dgba_report_request){.rows = "layout", .columns = "task,metric", .value = "clean_metric"},
                "                     seg               seg             normal\n"
                "layout              miou    pixel_accuracy         mean_angle\n"
                "     0  0.5050 ± 0.0071*  0.7550 ± 0.0071*  20.0050 ± 0.0071*\n");
    dgba_results_free(&r);
}

static void unlike_things_are_not_averaged(void **state) {
    (void)state;
    dgba_results r;
    results_make(&r);
    check_refused(
        &r, (dgba_report_request){.rows = "rule", .columns = "epsilon"},
        "a cell would mix layout (0, 31): put each into --rows or --columns, fix it with --where, or average over "
        "it with --over");
    check_refused(&r, (dgba_report_request){.rows = "epsilon", .over = "layout"},
                  "a cell would mix rule (total, dgba): put each");
    check_refused(&r, (dgba_report_request){.rows = "rule", .where = "epsilon=8", .over = "layout"},
                  "a cell would mix step (fgsm, ifgsm), iterations (1, 10), alpha (8, 0.8): put each");
    check_table(&r, (dgba_report_request){.rows = "rule", .columns = "epsilon", .over = "layout", .where = "step=fgsm"},
                "Mean ± standard deviation over seeds and layout, n=3");
    r.models[1].seed = 0;
    check_refused(&r, (dgba_report_request){.rows = "rule,step", .columns = "epsilon,layout"},
                  "a cell would mix results that no axis tells apart");
    dgba_results_free(&r);
}

static void slips_are_told(void **state) {
    (void)state;
    dgba_results r;
    results_make(&r);
    check_refused(&r, (dgba_report_request){.rows = "rul"}, "unknown axis 'rul' (did you mean 'rule'?)");
    check_refused(&r, (dgba_report_request){.rows = "rule", .value = "apr"}, "unknown value 'apr' (did you mean 'arp'?)");
    check_refused(&r, (dgba_report_request){.rows = "task", .value = "arp"}, "the value 'arp' has no axis 'task'");
    check_refused(&r, (dgba_report_request){.rows = "epsilon", .value = "parameters"},
                  "the value 'parameters' has no axis 'epsilon'");
    dgba_results_free(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_by_radii),
        cmocka_unit_test(more_axes_than_two),
        cmocka_unit_test(tasks_and_metrics_are_axes),
        cmocka_unit_test(unlike_things_are_not_averaged),
        cmocka_unit_test(slips_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
