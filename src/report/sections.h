/** The sections of a report, each computed from the results alone. A section without tables is left out by the printers. */
#ifndef REPORT_SECTIONS_H
#define REPORT_SECTIONS_H

#include "dgba/report.h"
#include "grid.h"
#include "table.h"

void report_clean(report *r, const grid *g);
void report_strength(report *r, const grid *g);
void report_training(report *r, const grid *g);
void report_drops(report *r, const grid *g);
void report_transfer(report *r, const grid *g);
void report_transfer_models(report *r, const grid *g);
void report_sharing(report *r, const grid *g);
void report_cost(report *r, const grid *g);
void report_solves(report *r, const grid *g);
void report_claims(report *r, const grid *g);
void report_unfinished(report *r, const grid *g);

/** One long table with all numbers, for other programs. */
void report_everything(report *r, const grid *g);

/** Any axes of the attacks against any other.
 *  Errors    DGBA_E_USAGE: an unknown axis or value; a cell that would mix what is not a repeat */
dgba_status report_pivot(report *r, const grid *g, const filter *asked, const dgba_report_request *request);

#endif
