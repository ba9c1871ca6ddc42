#include "dgba/report.h"

#include "sections.h"

static void print_text(dgba_text *out, const dgba_results *results) {
    grid g;
    grid_build(&g, results);
    report_provenance(out, &results->run);
    report_clean(out, &g);
    report_strength(out, &g);
    report_drops(out, &g);
    report_solves(out, &g);
    report_unfinished(out, &g);
    grid_free(&g);
}

void dgba_report_print(dgba_text *out, const dgba_results *results, dgba_report_format format) {
    switch (format) {
        case DGBA_REPORT_TEXT: print_text(out, results); break;
        case DGBA_REPORT_CSV: report_csv(out, results); break;
    }
}
