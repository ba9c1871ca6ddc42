/** Shards of one measurement, added up. */
#ifndef DGBA_TRIAL_SHARDS_H
#define DGBA_TRIAL_SHARDS_H

#include "dgba/trial.h"

/** Where a model's or an attack's shards add up. */
typedef struct shards {
    dgba_record merged;  // images and losses of all shards, summed totals
    int64_t count;       // of shards that were there
    const char *failure; // reason of a failed shard, or NULL
} shards;

/** Adds up the finished ones among units[first .. first + shard_count) of a run folder. `failures` as for
 *  dgba_sweep_collect().
 *  Owns      caller frees out->merged with dgba_record_free() */
dgba_status shards_add_up(shards *out, const dgba_sweep *sweep, const dgba_task *tasks, int64_t first, const char *folder,
                          const char *const *failures);

#endif
