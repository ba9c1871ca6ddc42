/** One self-contained HTML page with tables and figures. */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include "grid.h"
#include "table.h"

void report_print_page(dgba_text *out, const report *r, const grid *g);

#endif
