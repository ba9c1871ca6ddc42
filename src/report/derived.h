/** What follows from the results: performance relative to a baseline, transfer between tasks. NaN = missing. */
#ifndef REPORT_DERIVED_H
#define REPORT_DERIVED_H

#include "grid.h"

/** The group whose models share nothing and are else like those of `group`, the baseline of clean ARP; or -1. */
int64_t independent_group(const grid *g, int64_t group);

/** Clean average relative performance of a group's models: mean over tasks of the mean over the task's metrics of the
 * signed relative change against the independent layout's clean value (its mean over seeds), in percent. Positive = better.
 * Metrics whose baseline is 0 or missing are left out; of no values if a task has none. */
statistic clean_arp_of(const grid *g, int64_t group);

/** Whether an attack of a cell is done; its values may still be missing, where a baseline is 0. */
bool cell_is_done(const grid *g, int64_t group, grid_setting setting, int64_t rule);

/** ARP of a cell of the grid in percent, over the seeds of a group. */
statistic attack_arp_of(const grid *g, int64_t group, grid_setting setting, int64_t rule);

/** Relative change of a task under attack in percent, over the seeds of a group. */
statistic task_drop_of(const grid *g, int64_t group, grid_setting setting, int64_t rule, int64_t task);

/** The rule "single:<task>", or -1. */
int64_t single_rule(const grid *g, int64_t task);

/** Transfer of one model: mean change of the tasks not attacked / mean change of the attacked task, over the attacks
 *  single:<task>. NaN if a value is missing or the attacks on their own tasks did not work (mean change >= 0). */
double transfer_of(const grid *g, int64_t model, grid_setting setting);

/** Over the seeds of a group. */
statistic group_transfer(const grid *g, int64_t group, grid_setting setting);

#endif
