/** One printer per format. Each adds the whole report to `out`, with where it comes from. */
#ifndef REPORT_PRINT_H
#define REPORT_PRINT_H

#include "dgba/store.h"
#include "table.h"

/** Aligned columns for a terminal, tables cut into parts where they would be wider than 120 characters. */
void report_print_text(dgba_text *out, const report *r);

/** RFC 4180 with plain line ends; every row tells its run. A number that is a mean is three fields: mean, standard
 *  deviation, count. A section of several tables is one table with the columns of all and the field "table"; sections are
 *  separated by empty lines. */
void report_print_csv(dgba_text *out, const report *r);

/** Tables of GitHub-flavoured Markdown. */
void report_print_markdown(dgba_text *out, const report *r);

/** A document with booktabs tables that compiles as it is; each table environment can be taken out of it. Tables too wide
 * or too long for a page are cut into parts. */
void report_print_latex(dgba_text *out, const report *r);

/** One table as HTML. */
void report_print_html_table(dgba_text *out, const table *t);

/** Adds text as HTML, with its special characters escaped. */
void text_add_html(dgba_text *out, const char *text);

/** Adds text with the characters in `special` escaped by a backslash, and line ends as `line_end`. */
void text_add_escaped(dgba_text *out, const char *text, const char *special, const char *line_end);

/** Adds a number as text with a true minus, for pages. */
void text_add_number(dgba_text *out, const char *number);

/** The same of a number with so many decimals. */
void text_add_real(dgba_text *out, double number, int decimals);

/** "run NAME, run id ID, commit COMMIT, configuration HASH, data DATA, only WHERE"; what is not known is left out. */
void text_add_provenance(dgba_text *out, const report *r);

/** The first 16 digits of the hash of the resolved configuration, or "". `out` is cleared first. */
void text_config_hash(dgba_text *out, const dgba_provenance *run);

/** Says so where the only section has nothing to print. */
void text_add_emptiness(dgba_text *out, const report *r);

/** Whether a section has anything to print. */
bool section_has_tables(const section *s);

/** Places on a screen that text takes: bytes that are not the continuation of a UTF-8 character. */
int64_t text_places(const char *text, size_t bytes);

/** Places of the longest line of a text. */
int64_t text_width(const char *text);

/** Where the part of a wide table ends that begins with column `first`: its key columns and as many others as fit into
 *  `room` places, one at least, with `gap` places between columns of these widths. */
int64_t table_part_end(const table *t, const int64_t *widths, int64_t first, int64_t gap, int64_t room);

/** Adds a title of several lines as one. */
void text_add_one_line(dgba_text *out, const char *title);

#endif
