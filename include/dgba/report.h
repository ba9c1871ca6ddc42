/** Tables for people from a results file. Missing cells stay empty; nothing is invented. */
#ifndef DGBA_REPORT_H
#define DGBA_REPORT_H

#include "dgba/base.h"
#include "dgba/store.h"

typedef enum dgba_report_format { DGBA_REPORT_TEXT, DGBA_REPORT_CSV } dgba_report_format;

/** All tables of a run: provenance, clean results per model, ARP by rule, step and epsilon, drop per task. */
void dgba_report_print(dgba_text *out, const dgba_results *results, dgba_report_format format);

#endif
