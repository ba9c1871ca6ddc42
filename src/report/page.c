#include "page.h"
void report_print_page(dgba_text *out, const report *r, const grid *g) {
    (void)out;
    (void)r;
    (void)g;
}
