#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dgba/report.h"
#include "support/check.h"
#include "support/results.h"

/** Compares with tests/unit/report/expected/NAME; with UPDATE=1 in the environment writes it anew. */
static void check_same_as_file(const char *text, const char *name) {
    dgba_text path = {0};
    char *expected = NULL;
    size_t bytes = 0;
    dgba_path_join(&path, TEST_SOURCE_DIR "/unit/report/expected", name);
    if (getenv("UPDATE") != NULL) CHECK_OK(dgba_file_write(path.chars, text, strlen(text)));
    CHECK_OK(dgba_file_read(&expected, &bytes, path.chars));
    assert_string_equal(text, expected);
    dgba_free(expected);
    dgba_text_free(&path);
}

static void check_report(const dgba_results *r, const dgba_report_request *request, const char *name) {
    dgba_text text = {0};
    CHECK_OK(dgba_report_print(&text, r, request));
    check_same_as_file(dgba_text_chars(&text), name);
    dgba_text_free(&text);
}

static void tables_for_people(void **state) {
    (void)state;
    dgba_results r;
    results_make(&r);
    check_report(&r, &(dgba_report_request){.format = DGBA_REPORT_TEXT}, "report.txt");
    check_report(&r, &(dgba_report_request){.format = DGBA_REPORT_MARKDOWN}, "report.md");
    check_report(&r, &(dgba_report_request){.format = DGBA_REPORT_LATEX, .table = "strength"}, "strength.tex");
    dgba_results_free(&r);
}

static void tables_for_programs(void **state) {
    (void)state;
    dgba_results r;
    results_make(&r);
    check_report(&r, &(dgba_report_request){.format = DGBA_REPORT_CSV}, "all.csv");
    check_report(&r, &(dgba_report_request){.format = DGBA_REPORT_CSV, .table = "strength"}, "strength.csv");
    dgba_results_free(&r);
}

/** Three programs of attack 0: one proven with a core of half its variables, one not, one infeasible. */
static void integer_programs(void **state) {
    (void)state;
    static const char *const status[] = {"optimal", "time_out", "infeasible"};
    dgba_results r;
    results_make(&r);
    dgba_free(r.solves);
    CHECK_OK(DGBA_NEW(&r.solves, 3));
    for (int i = 0; i < 3; ++i)
        r.solves[i] = (dgba_solve_row){.gap = i < 2 ? 2e-6 * (i + 1) : INFINITY,
                                       .proven = i != 1,
                                       .seconds = 0.002 * (i + 1),
                                       .variables = 200,
                                       .core = i == 0 ? 100 : 0,
                                       .solver = dgba_text_copy("dual"),
                                       .status = dgba_text_copy(status[i])};
    r.solve_count = 3;
    check_report(&r, &(dgba_report_request){.table = "ilp"}, "ilp.txt");
    dgba_results_free(&r);
}

static void parts_are_chosen(void **state) {
    (void)state;
    dgba_results r;
    results_make(&r);
    check_report(&r, &(dgba_report_request){.table = "drops", .where = "layout=0,rule=dgba"}, "drops_where.txt");
    CHECK_FAILS(DGBA_E_USAGE, dgba_report_print(&(dgba_text){0}, &r, &(dgba_report_request){.table = "strenght"}));
    CHECK_MESSAGE("unknown table 'strenght' (did you mean 'strength'?)");
    CHECK_FAILS(DGBA_E_USAGE, dgba_report_print(&(dgba_text){0}, &r, &(dgba_report_request){.where = "rule=dbga"}));
    CHECK_MESSAGE("no rule is 'dbga'; there are: total, dgba, single:seg");
    CHECK_FAILS(DGBA_E_USAGE, dgba_report_print(&(dgba_text){0}, &r, &(dgba_report_request){.where = "rule"}));
    CHECK_MESSAGE("'rule' in a condition is not AXIS=VALUE");
    CHECK_FAILS(DGBA_E_USAGE, dgba_report_print(&(dgba_text){0}, &r, &(dgba_report_request){.where = "rules=dgba"}));
    CHECK_MESSAGE("unknown axis 'rules' (did you mean 'rule'?)");
    CHECK_FAILS(DGBA_E_USAGE, dgba_report_print(&(dgba_text){0}, &r, &(dgba_report_request){.table = "x"}));
    CHECK_MESSAGE("unknown table 'x'; there are: clean, strength, training,");
    CHECK_FAILS(DGBA_E_USAGE, dgba_report_print(&(dgba_text){0}, &r, &(dgba_report_request){.rows = "task"}));
    CHECK_MESSAGE("the value 'arp' has no axis 'task'; it has: step, iterations,");
    dgba_results_free(&r);
}

/** Figures and tables for what there is, and no hole where there is nothing. */
static void a_page(void **state) {
    (void)state;
    dgba_results r;
    results_make(&r);
    dgba_results_set_text(&r.run.name, "a <b> & \"c\"");
    dgba_results_set_text(&r.attacks[8].reason, "lost");
    dgba_text page = {0};
    CHECK_OK(dgba_report_print(&page, &r, &(dgba_report_request){.format = DGBA_REPORT_HTML}));
    check_contains(page.chars, "<h1>a &lt;b&gt; &amp; &quot;c&quot;</h1>", __FILE__, __LINE__);
    check_contains(page.chars, "<td class=\"number\" data-value=\"-20.5\"><strong>−20.50 ± 0.71</strong></td>", __FILE__,
                   __LINE__);
    check_contains(page.chars, "<title>ARP over the radius, layout 31 · sharing 2/5</title>", __FILE__, __LINE__);
    static const char *const holes[] = {"\"nan", ">nan", ",nan", " nan", "-nan", "inf\""};
    for (int64_t i = 0; i < DGBA_COUNT_OF(holes); ++i) assert_null(strstr(page.chars, holes[i]));
    assert_null(strstr(page.chars, "http"));
    dgba_text_free(&page);
    dgba_results_free(&r);
}

static void nothing_is_reported_of_nothing(void **state) {
    (void)state;
    dgba_results r = {0};
    CHECK_OK(dgba_results_allocate(&r));
    dgba_results_set_text(&r.run.name, "empty");
    check_report(&r, &(dgba_report_request){.format = DGBA_REPORT_TEXT}, "empty.txt");
    check_report(&r, &(dgba_report_request){.format = DGBA_REPORT_CSV}, "empty.csv");
    dgba_results_free(&r);
}

/** The text report contains this part. */
static void check_part(const dgba_results *r, const char *part) {
    dgba_text text = {0};
    CHECK_OK(dgba_report_print(&text, r, &(dgba_report_request){.format = DGBA_REPORT_TEXT}));
    check_contains(dgba_text_chars(&text), part, __FILE__, __LINE__);
    dgba_text_free(&text);
}

static void what_is_not_done_yet_is_counted(void **state) {
    (void)state;
    dgba_results r;
    results_make(&r);
    for (int64_t i = 0; i < r.attack_count; ++i) results_forget(&r, i);
    dgba_results_set_text(&r.models[1].status, "failed");
    dgba_results_set_text(&r.models[1].reason, "out of memory");
    check_part(&r,
               "\nFailed or missing\n\n"
               "status   count  first                              reason\n"
               "failed       1  model layout 0 seed 1              out of memory\n"
               "missing     14  layout 0 seed 0, fgsm, total, ε 4\n");
    dgba_results_free(&r);
}

/** Repeats are seeds; models or attacks that differ in something that no column tells are not averaged. */
static void unlike_things_are_kept_apart(void **state) {
    (void)state;
    dgba_results r;
    results_make(&r);
    r.models[1].seed = 0;
    check_part(&r,
               "\nlayout 0 (2) {01}, fgsm\n           ε 4     ε 8\nrule         %       %\ntotal  -11.00   -31.00\ndgba   "
               "-21.00*\n");
    r.models[1].seed = 1;
    r.models[1].width = 0.5;
    check_part(&r, "\nlayout 0 width 0.5 {01}, ifgsm, 10 iterations\n         ε 8\nrule       %\ndgba  -61.00\n");
    r.models[1].width = 0.25;
    r.attacks[0].epsilon = 8; // a second attack of the kind of row 2
    check_part(&r, "\nlayout 0 {01}, fgsm, variant 2\n          ε 8\nrule        %\ntotal  -30.00\n");
    r.attacks[0].seed = 1; // one with another start is a repeat: of -10, -30 and -31
    check_part(&r, "\ntotal         -11.00   -23.67 ± 11.85*\n");
    dgba_results_free(&r);
}

static void wide_tables_are_cut(void **state) {
    (void)state;
    dgba_results r;
    results_make(&r);
    dgba_results_set_text(&r.models[2].layout_tree, "{1234}{0}|{0}{34}{12}|{0}{12}{4}{3}|{0}{12}{4}{3}");
    check_part(&r,
               "                                                                                                    seg\n"
               "layout  tree                                               sharing  parameters  seeds            miou ↑\n"
               "0       {01}                                                   5/5        1000  0 1    0.5050 ± 0.0071*\n");
    check_part(&r,
               "\n\n                                 normal\n"
               "                     seg   mean_angle ↓\n"
               "layout  pixel_accuracy ↑         degree\n"
               "0       0.7550 ± 0.0071*  20.01 ± 0.01*\n");
    dgba_results_free(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_for_people),
        cmocka_unit_test(tables_for_programs),
        cmocka_unit_test(integer_programs),
        cmocka_unit_test(parts_are_chosen),
        cmocka_unit_test(a_page),
        cmocka_unit_test(nothing_is_reported_of_nothing),
        cmocka_unit_test(what_is_not_done_yet_is_counted),
        cmocka_unit_test(unlike_things_are_kept_apart),
        cmocka_unit_test(wide_tables_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
