/** What a report consists of: sections of tables, whose cells are texts or numbers. How they look is up to the printers,
 *  one print_<format>.c each. Running out of memory ends the program. */
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

#include "dgba/base.h"
#include "statistic.h"

typedef enum table_align { TABLE_LEFT, TABLE_RIGHT } table_align;

/** Which end of a column is the one to look at: the best model, the strongest attack. */
typedef enum table_best { TABLE_BEST_NONE, TABLE_BEST_LOW, TABLE_BEST_HIGH } table_best;

typedef struct table_column {
    char *title;      // may have several lines
    const char *unit; // borrowed; "" for pure numbers
    table_align align;
    int decimals;
    table_best best;
} table_column;

typedef struct table_cell {
    char *text;       // NULL: the cell is a number
    statistic number; // of no values: missing
    int64_t expected; // values that should be behind it
    bool best;
} table_cell;

/** Columns first, then cells, row after row. */
typedef struct table {
    char *title; // what tells it from the others of its section, or NULL
    table_column *columns;
    int64_t column_count;
    table_cell *cells;
    int64_t cell_count;
    int64_t key_columns; // columns that say what a row is about, repeated where a wide table is cut
} table;

void table_add_texts(table *t, table_align align, const char *format, ...) DGBA_PRINTF(3, 4);

/** A column of numbers. `unit` is borrowed. */
void table_add_numbers(table *t, int decimals, const char *unit, table_best best, const char *format, ...)
    DGBA_PRINTF(5, 6);

/** Cells, in the order of the columns. */
void table_text(table *t, const char *format, ...) DGBA_PRINTF(2, 3);
void table_blank(table *t);
void table_number(table *t, const statistic *number, int64_t expected);
void table_value(table *t, double value);

/** Marks the best number of every column that has a best end, if it has two numbers at least, and those as good. Only cells
 *  with the most values behind them compete: a mean over fewer seeds or layouts is no fair match. */
void table_mark_best(table *t);

/** The same within each row, over the columns of numbers. */
void table_mark_best_in_rows(table *t);

int64_t table_rows(const table *t);
const table_cell *table_at(const table *t, int64_t row, int64_t column);

/** The cell as a person reads it; `out` is cleared first. */
void table_cell_text(dgba_text *out, const table *t, int64_t row, int64_t column);

/** Whether some number of the column is a mean over several values. */
bool table_has_means(const table *t, int64_t column);

/** Tables on one subject. */
typedef struct section {
    const char *name; // for --table
    char *title;
    char *note; // baselines, denominators, what marks mean; or NULL
    table *tables;
    int64_t table_count;
} section;

typedef struct report {
    const struct dgba_provenance *run; // borrowed
    const char *where;                 // what it is narrowed to, borrowed; ""
    section *sections;
    int64_t section_count;
} report;

/** Both are borrowed until the next of their kind is added. */
section *report_add_section(report *r, const char *name, const char *title);
table *section_add_table(section *s);

/** Takes the last table away if it has no rows. */
void section_drop_empty(section *s);

void section_set_note(section *s, const char *format, ...) DGBA_PRINTF(2, 3);
void table_set_title(table *t, const char *format, ...) DGBA_PRINTF(2, 3);

void report_free(report *r);

/** Ends the program when memory for the report has run out. */
void report_need(dgba_status status);

#endif
