/** What follows from the results: performance relative to a baseline, transfer between tasks. NaN = missing. */
#ifndef REPORT_DERIVED_H
#define REPORT_DERIVED_H

#include "grid.h"

/** The group of the same kind whose models share nothing, the baseline of clean ARP; or -1. */
int64_t independent_group(const grid *g, int64_t group);

/** What the models of a kind are called where there are several kinds: "adversarial", "trained on clean images"; else "".
 */
const char *kind_words(const grid *g, int64_t kind);

/** For a group of adversarially trained models the one trained on clean images and else alike; or -1. */
int64_t clean_twin(const grid *g, int64_t group);

/** Average relative performance of a group's models without an attack: mean over tasks of the mean over the task's metrics
 *  of the signed relative change against the clean value of group `baseline` (its mean over seeds), in percent. Positive =
 *  better. Metrics whose baseline is 0 or missing are left out; of no values if a task has none, or if `baseline` is -1. */
statistic clean_arp_against(const grid *g, int64_t group, int64_t baseline);

/** The same against the independent layout. */
statistic clean_arp_of(const grid *g, int64_t group);

/** The same under the attacks of a cell of the grid, still against clean values. */
statistic attack_arp_against(const grid *g, int64_t group, grid_setting setting, int64_t rule, int64_t baseline);

/** Whether an attack of a cell is done; its values may still be missing, where a baseline is 0. */
bool cell_is_done(const grid *g, int64_t group, grid_setting setting, int64_t rule);

/** ARP of a cell of the grid in percent, over the seeds of a group. */
statistic attack_arp_of(const grid *g, int64_t group, grid_setting setting, int64_t rule);

/** Mean of the groups of a kind, each counting once; its deviation is that over groups. */
statistic kind_arp_of(const grid *g, int64_t kind, grid_setting setting, int64_t rule);

/** Groups of a kind that were attacked by a method. */
int64_t kind_size(const grid *g, int64_t kind, int64_t method);

/** Relative change of a task under attack in percent, over the seeds of a group. */
statistic task_drop_of(const grid *g, int64_t group, grid_setting setting, int64_t rule, int64_t task);

/** The rule of that name, or -1. */
int64_t find_rule(const grid *g, const char *name);

/** The rule "single:<task>", or -1. */
int64_t single_rule(const grid *g, int64_t task);

/** Transfer of one model: mean change of the tasks not attacked / mean change of the attacked task, over the attacks
 *  single:<task>. NaN if a value is missing or the attacks on their own tasks did not work (mean change >= 0). */
double transfer_of(const grid *g, int64_t model, grid_setting setting);

/** Over the seeds of a group. */
statistic group_transfer(const grid *g, int64_t group, grid_setting setting);

#endif
