/** The parts of a report. All add to `out`. */
#ifndef REPORT_SECTIONS_H
#define REPORT_SECTIONS_H

#include "dgba/report.h"
#include "grid.h"
#include "table.h"

/** One long table with all numbers, for other programs. */
void report_csv(dgba_text *out, const dgba_results *results);

/* Tables for people, computed from the results alone. */
void report_provenance(dgba_text *out, const dgba_provenance *run);
void report_clean(dgba_text *out, const grid *g);
void report_strength(dgba_text *out, const grid *g);
void report_drops(dgba_text *out, const grid *g);
void report_solves(dgba_text *out, const grid *g);
void report_unfinished(dgba_text *out, const grid *g);

#endif
