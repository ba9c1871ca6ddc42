#include "dgba/report.h"

#include <string.h>

#include "axis.h"
#include "page.h"
#include "print.h"
#include "sections.h"

typedef void (*section_builder)(report *r, const grid *g);

/** In the order in which they are printed. */
static const struct {
    const char *name;
    section_builder build;
    bool on_demand; // only if asked for by name
} builders[] = {
    {"clean", report_clean, false},
    {"strength", report_strength, false},
    {"training", report_training, false},
    {"drops", report_drops, false},
    {"transfer", report_transfer, false},
    {"models", report_transfer_models, false},
    {"sharing", report_sharing, false},
    {"cost", report_cost, false},
    {"ilp", report_solves, false},
    {"claims", report_claims, true},
    {"unfinished", report_unfinished, false},
    {"all", report_everything, true},
};

static bool is_given(const char *text) { return text != NULL && text[0] != '\0'; }

static dgba_status build_one(report *r, const grid *g, const char *name) {
    const char *known[DGBA_COUNT_OF(builders)];
    int64_t place = 0;
    for (int64_t i = 0; i < DGBA_COUNT_OF(builders); ++i) known[i] = builders[i].name;
    DGBA_TRY(word_find(&place, name, known, DGBA_COUNT_OF(known), "table"));
    builders[place].build(r, g);
    return DGBA_OK;
}

static void build_all(report *r, const grid *g, dgba_report_format format) {
    if (format == DGBA_REPORT_CSV) {
        report_everything(r, g);
        return;
    }
    for (int64_t i = 0; i < DGBA_COUNT_OF(builders); ++i)
        if (!builders[i].on_demand || (format == DGBA_REPORT_HTML && builders[i].build == report_claims))
            builders[i].build(r, g);
}

static void print(dgba_text *out, const report *r, const grid *g, dgba_report_format format) {
    switch (format) {
        case DGBA_REPORT_TEXT: report_print_text(out, r); break;
        case DGBA_REPORT_CSV: report_print_csv(out, r); break;
        case DGBA_REPORT_MARKDOWN: report_print_markdown(out, r); break;
        case DGBA_REPORT_LATEX: report_print_latex(out, r); break;
        case DGBA_REPORT_HTML: report_print_page(out, r, g); break;
    }
}

dgba_status dgba_report_print(dgba_text *out, const dgba_results *results, const dgba_report_request *request) {
    filter asked;
    grid g;
    DGBA_TRY(filter_read(&asked, results, request->where));
    grid_build(&g, results, &asked);
    report r = {.run = &results->run, .where = ""};
    dgba_status status = DGBA_OK;
    const bool pivot = is_given(request->rows) || is_given(request->columns) || is_given(request->value);
    if (is_given(request->where) && !pivot) r.where = request->where; // a pivot says so in its note
    if (pivot)
        status = report_pivot(&r, &g, &asked, request);
    else if (is_given(request->table))
        status = build_one(&r, &g, request->table);
    else
        build_all(&r, &g, request->format);
    if (status == DGBA_OK) print(out, &r, &g, request->format);
    report_free(&r);
    grid_free(&g);
    return status;
}
