/* Transfer between models: 2 layouts, of which the first has two seeds; attacks single:a and dgba at two radii. */
#include <math.h>

#include "dgba/report.h"
#include "support/check.h"

enum { MODELS = 3, TASKS = 2, NUMBERS = 3 };

static const struct {
    const char *rule;
    double epsilon;
} attacks[NUMBERS] = {{"single:a", 8}, {"dgba", 4}, {"dgba", 8}};

/** −(10 · source + target + 1) %, half of it for task b; the more for dgba. */
static void set_transfer(dgba_results *r, int64_t source, int64_t number, int64_t target) {
    const int64_t place = (source * NUMBERS + number) * MODELS + target;
    const double change = -0.01 * (double)(10 * source + target + 1) * (number == 2 ? 2 : 1);
    dgba_transfer_row *row = &r->transfers[place];
    row->attack = source * NUMBERS + number;
    row->arp = 0.75 * change;
    r->transfer_drops[place * TASKS] = change;
    r->transfer_drops[place * TASKS + 1] = change / 2;
    dgba_results_set_text(&row->status, "ok");
}

static void make(dgba_results *r) {
    *r = (dgba_results){
        .task_count = TASKS, .model_count = MODELS, .attack_count = MODELS * NUMBERS, .transfer_attack_count = NUMBERS};
    CHECK_OK(dgba_results_allocate(r));
    dgba_results_set_text(&r->run.name, "exchange");
    dgba_results_set_text(&r->tasks[0].name, "a");
    dgba_results_set_text(&r->tasks[1].name, "b");
    for (int64_t m = 0; m < MODELS; ++m) {
        r->models[m].layout = m == 2 ? 7 : 0;
        r->models[m].seed = m == 1;
        r->models[m].width = 1;
        dgba_results_set_text(&r->models[m].status, "ok");
        for (int64_t k = 0; k < NUMBERS; ++k) {
            dgba_attack_row *attack = &r->attacks[m * NUMBERS + k];
            attack->model = m;
            attack->iterations = 10;
            attack->epsilon = attacks[k].epsilon;
            dgba_results_set_text(&attack->step, "ifgsm");
            dgba_results_set_text(&attack->rule, attacks[k].rule);
            dgba_results_set_text(&attack->status, "ok");
            for (int64_t t = 0; t < MODELS; ++t) set_transfer(r, m, k, t);
        }
    }
}

static void check_table(const dgba_results *r, dgba_report_request request, const char *expected) {
    dgba_text text = {0};
    CHECK_OK(dgba_report_print(&text, r, &request));
    check_contains(dgba_text_chars(&text), expected, __FILE__, __LINE__);
    dgba_text_free(&text);
}

/** 0 on 0: models 0 and 1 with themselves, (1 + 12) / 2 · .75; 0 on 7: (3 + 13) / 2 · .75; 7 on 0: (21 + 22) / 2 · .75. */
static void layouts_by_layouts(void **state) {
    (void)state;
    dgba_results r;
    make(&r);
    check_table(&r, (dgba_report_request){.table = "models"},
                "ARP of layouts under images of single:a, ifgsm, 10 iterations, ε 8\n"
                "               measured      measured\n"
                "                   on 0          on 7\n"
                "made on               %             %\n"
                "layout 0   -4.88 ± 5.83  -6.00 ± 5.30\n"
                "layout 7  -16.12 ± 0.53        -17.25\n");
    check_table(&r, (dgba_report_request){.table = "models"},
                "ARP of layouts under images of dgba, ifgsm, 10 iterations, ε 8\n");
    dgba_results_free(&r);
}

static void both_at_once(void **state) {
    (void)state;
    dgba_results r;
    make(&r);
    const dgba_report_request csv = {.format = DGBA_REPORT_CSV, .table = "models"};
    check_table(&r, csv, ",table,made on,measured on 0 (%),measured on 0 (%) sd,");
    check_table(&r, csv, ",attacked,on 0 a (%),on 0 a (%) sd,on 0 a (%) n,on 0 b (%),");
    check_table(&r, csv, "of single:<task>, ifgsm, 10 iterations, ε 8\",layout 7,,,,,,,a,-21.5,");
    check_table(&r, (dgba_report_request){.format = DGBA_REPORT_HTML}, "<title>−23.0 %</title>");
    dgba_results_free(&r);
}

/** A pair that failed is left out of the mean, which says so. */
static void what_failed_is_missing(void **state) {
    (void)state;
    dgba_results r;
    make(&r);
    const int64_t place = (0 * NUMBERS + 0) * MODELS + 2;
    r.transfers[place].arp = r.transfer_drops[place * TASKS] = r.transfer_drops[place * TASKS + 1] = NAN;
    dgba_results_set_text(&r.transfers[place].status, "failed");
    check_table(&r, (dgba_report_request){.table = "models", .where = "rule=single"}, "-9.75 (n=1)\n");
    dgba_results_free(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layouts_by_layouts),
        cmocka_unit_test(both_at_once),
        cmocka_unit_test(what_failed_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
