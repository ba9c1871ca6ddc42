/** Which attacks and models a report is about: "rule=dgba|total,epsilon=8". */
#ifndef REPORT_FILTER_H
#define REPORT_FILTER_H

#include "axis.h"

typedef struct filter {
    axis_list axes;
    char places[AXES_MOST][DGBA_OPTION_TEXT_BYTES]; // of each axis, separated by "|"
} filter;

/** Errors    DGBA_E_USAGE: an unknown axis; no "="; a condition that nothing in the results meets, with what there is */
dgba_status filter_read(filter *out, const dgba_results *results, const char *where);

/** Whether an observation meets all conditions that apply to it. */
bool filter_admits(const filter *f, const dgba_results *results, const observation *o);

#endif
