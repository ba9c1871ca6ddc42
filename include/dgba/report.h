/** Tables, figures and a page for people from a results file. Missing cells stay empty; nothing is invented. */
#ifndef DGBA_REPORT_H
#define DGBA_REPORT_H

#include "dgba/base.h"
#include "dgba/store.h"

#define DGBA_REPORT_FORMAT_LIST(X) X(TEXT, "text") X(CSV, "csv") X(MARKDOWN, "markdown") X(LATEX, "latex") X(HTML, "html")

#define DGBA_REPORT_FORMAT_ENUM(name, word) DGBA_REPORT_##name,
typedef enum dgba_report_format { DGBA_REPORT_FORMAT_LIST(DGBA_REPORT_FORMAT_ENUM) } dgba_report_format;
#undef DGBA_REPORT_FORMAT_ENUM

/** What to print. NULL or "" = not asked for.
 *
 *  Axes are the columns of /attacks (rule, step, epsilon, iterations, ...), those of /models (layout, width, ...; written
 *  model.seed where /attacks has the name, too), task and metric. Values are the columns of numbers of /attacks, drop and
 *  loss (per task), metric (per metric), and of models without an attack clean_metric, clean_loss and the columns of
 *  numbers of /models. */
typedef struct dgba_report_request {
    dgba_report_format format;
    const char *table;   // one section: clean, strength, training, drops, transfer, models, sharing, cost, ilp, claims,
                         // unfinished, all
    const char *rows;    // a pivot table: axes whose values are rows: "layout,rule"
    const char *columns; // the same for columns: "epsilon"
    const char *value;   // what stands in its cells: "arp"
    const char *over;    // axes to average over, beside seeds: "layout"
    const char *where;   // only attacks with these values: "rule=dgba|total,epsilon=8"; rule=single stands for all single:*
} dgba_report_request;

/** Adds a report to `out`: all tables, one section, or a pivot table. As csv, all tables are one long table with all
 * numbers; as html, all tables are a page with figures. Errors    DGBA_E_USAGE: an unknown table, axis or value; a pivot
 * whose cells would mix attacks that differ in an axis that is neither in rows or columns nor fixed nor averaged over */
dgba_status dgba_report_print(dgba_text *out, const dgba_results *results, const dgba_report_request *request);

#endif
