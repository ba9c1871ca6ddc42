/** Shards of one measurement, added up. */
#ifndef DGBA_TRIAL_SHARDS_H
#define DGBA_TRIAL_SHARDS_H

#include "dgba/trial.h"

/** Where the shards of a model, an attack or a transfer add up. */
typedef struct shards {
    dgba_record merged;  // images and losses of all shards, summed totals
    bool complete;       // all were there
    const char *failure; // reason of a failed shard, or NULL
} shards;

/** What is collected from: the run folder's finished units, or results in memory; failures as for dgba_sweep_collect(). */
typedef struct collection {
    const dgba_sweep *sweep;
    const dgba_task *tasks;
    const char *folder;              // or NULL
    const dgba_unit_result *results; // [unit] without a folder
    const char *const *failures;
} collection;

/** The record of that id, which `unit` made; NULL if it is not there. */
dgba_status shards_open_record(dgba_h5 **out, const collection *from, int64_t unit, const char *id);

enum { NO_TARGET = -1 };

/** Adds up the finished ones among units[first .. first + count); with a target, of transfer units what they say of that
 *  model.
 *  Owns      caller frees out->merged with dgba_record_free() */
dgba_status shards_add_up(shards *out, const collection *from, int64_t first, int64_t count, int64_t target);

#endif
