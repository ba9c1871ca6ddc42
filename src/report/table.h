/** A table of texts, and one printer per format. A new format (Markdown, LaTeX, HTML) is one more print_<format>.c. */
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

#include "dgba/base.h"

typedef enum table_align { TABLE_LEFT, TABLE_RIGHT } table_align;

typedef struct table_column {
    char *title; // may have several lines
    table_align align;
} table_column;

/** Columns first, then cells, row after row. Running out of memory ends the program. */
typedef struct table {
    table_column *columns;
    int64_t column_count;
    char **cells;
    int64_t cell_count;
    int64_t key_columns; // columns that say what a row is about, repeated where a wide table is cut
} table;

void table_column_add(table *t, table_align align, const char *format, ...) DGBA_PRINTF(3, 4);
void table_add(table *t, const char *format, ...) DGBA_PRINTF(2, 3);
void table_add_blank(table *t);

int64_t table_rows(const table *t);
const char *table_cell(const table *t, int64_t row, int64_t column);

/** Frees the content; the table can be filled anew. */
void table_free(table *t);

/** Aligned columns for a terminal, cut into several parts where they would be wider than 120 characters. */
void table_print_text(dgba_text *out, const table *t);

/** RFC 4180 with plain line ends. */
void table_print_csv(dgba_text *out, const table *t);

/** Ends the program when memory for the report has run out. */
void report_need(dgba_status status);

#endif
