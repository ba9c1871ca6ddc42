/** One self-contained HTML page with tables and figures. */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include "grid.h"
#include "table.h"

/** The sections of the report, each with its figures, what the run is, and where it comes from. Nothing is loaded from
 *  elsewhere; without scripts only the sorting is missing, and what is
 *  folded away is not printed. */
void report_print_page(dgba_text *out, const report *r, const grid *g);

/** What stands in <style> and <script>. */
extern const char page_style[], page_script[];

#endif
