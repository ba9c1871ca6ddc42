/** What the parts of a sweep's making share. */
#ifndef DGBA_TRIAL_SWEEP_H
#define DGBA_TRIAL_SWEEP_H

#include "settings.h"

/** Adds an attack unless it is known; `rule_task` stands for the task of the rule where it is not NULL. */
dgba_status sweep_add_attack(dgba_sweep *sweep, const dgba_settings *point, const char *rule_task);

/** Passes through the network that an attack makes, the last evaluation included. */
dgba_status sweep_attack_passes(double *passes, const dgba_sweep *sweep, int64_t number);

/** Units that do the same on all test images, each on `shards` shards; they cost `macs` multiply-accumulates per image. */
typedef struct shard_work {
    dgba_unit_kind kind;
    int64_t model, attack, shards;
    double macs;
} shard_work;
dgba_status sweep_add_shard_units(dgba_sweep *sweep, const shard_work *work);

/** A new unit, still without id and cost. */
dgba_status sweep_add_unit(dgba_unit **out, dgba_sweep *sweep, dgba_unit_kind kind, int64_t needs);

/** Settings that all units of a kind share. */
void sweep_set_common(dgba_settings *settings, const dgba_sweep *sweep, dgba_unit_kind kind);
void sweep_set_id(dgba_unit *unit, const dgba_settings *settings);

/** Adds the attacks on single tasks if they are wanted, and notes which attacks are transferred. */
dgba_status sweep_choose_transferred(dgba_sweep *sweep, const transfer_settings *settings, const dgba_config *config);
dgba_status sweep_add_transfer_units(dgba_sweep *sweep);

#endif
