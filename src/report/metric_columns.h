/** What tables of clean models have in common. */
#ifndef REPORT_METRIC_COLUMNS_H
#define REPORT_METRIC_COLUMNS_H

#include "grid.h"
#include "table.h"

/** A column for each metric. */
void metric_columns_add(table *t, const dgba_results *results);

/** Their cells: the clean values of a group, over its seeds. */
void metric_columns_fill(table *t, const grid *g, int64_t group);

/** A cell with the seeds of a group: "0 1". */
void table_add_seeds(table *t, const grid *g, int64_t group);

#endif
