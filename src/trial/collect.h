/** What collecting measurements of models and attacks shares with collecting transfers. */
#ifndef DGBA_TRIAL_COLLECT_H
#define DGBA_TRIAL_COLLECT_H

#include "shards.h"

/** Where the numbers of one measurement of a model go; a clean measurement has metrics and losses only. */
typedef struct measurement {
    double *metrics, *losses;     // [metric], [task]
    double *drops, *loss_changes; // [task] relative to the clean model
    double *arp, *mean_relative_loss;
} measurement;

/** "ok", "failed" or "missing". */
const char *collect_state(const shards *found);

/** Metrics of all tasks and the mean loss over the images that have one. */
void collect_measure(const measurement *to, const shards *found, const collection *from);

/** Relative changes against the clean values of a model, if these are known. */
void collect_compare(const measurement *to, const dgba_results *results, const dgba_task *tasks, int64_t model);

/** The transfers, once models and attacks are filled in. */
dgba_status collect_transfers(dgba_results *results, const collection *from);

#endif
