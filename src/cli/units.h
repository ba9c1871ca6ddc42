/** The units of a sweep as the scheduler sees them: what each needs, what it will take, and why it has to run. */
#ifndef DGBA_CLI_UNITS_H
#define DGBA_CLI_UNITS_H

#include "dgba/sched.h"
#include "dgba/trial.h"

typedef struct unit_list {
    const dgba_sweep *sweep;
    dgba_sched_unit *units; // [unit_count]; costs are seconds of one worker, once units_estimate() has been called
    int64_t *needs;         // what they need
    dgba_rates rates;       // learned from finished units of the folder
} unit_list;

/** Lists the units; those whose results lie in `folder` (NULL: none) are done.
 *  Owns      caller frees with units_free(), after an error too */
dgba_status units_list(unit_list *out, const dgba_sweep *sweep, const char *folder);
void units_free(unit_list *units);

/** Sets the costs by the rates. */
void units_estimate(unit_list *units);

/** The transfer unit that makes an attack unit unnecessary in this run, -1 if there is none. */
int64_t units_transfer_of(const unit_list *units, const dgba_unit *attack);

/* ---- Why units run ---- */

/** What a run of the folder noted of a unit: why it failed, or "on rank 3", where it ran. */
typedef struct noted_unit {
    char *id, *text;
} noted_unit;

/** Notes in the order of their ids. */
typedef struct unit_notes {
    noted_unit *items;
    int64_t count;
} unit_notes;

typedef enum run_reason {
    REASON_DONE,
    REASON_NEW,
    REASON_MODEL,
    REASON_FAILED,
    REASON_BROKEN_OFF,
    REASON_DAMAGED,
    REASON_EXAMPLES,
    REASON_COUNT
} run_reason;

typedef struct run_reasons {
    const unit_list *units;
    const char *folder; // or NULL
    unit_notes failed;  // in the last run
    unit_notes running; // when the last run broke off
    unit_notes broken;  // how many runs in a row broke off while they were running, the last run not counted
} run_reasons;

/** Reads what the last run of the folder (NULL: none) noted. `is_running` says that it still goes on. */
dgba_status reasons_read(run_reasons *out, const unit_list *units, const char *folder, bool is_running);
void reasons_free(run_reasons *reasons);

/** Why a unit has to run, or that it need not; into `out` (cleared first) in words. */
run_reason reasons_find(dgba_text *out, const run_reasons *reasons, int64_t unit);

/** Whether the unit failed in the last run. */
bool reasons_has_failed(const run_reasons *reasons, int64_t unit);

/** How many runs in a row have broken off while the unit was running. */
int64_t reasons_breaks(const run_reasons *reasons, int64_t unit);

/** Adds a line for each reason with the number of units that have it, each line behind `margin`. */
void reasons_count(dgba_text *out, const run_reasons *reasons, const char *margin);

/** Adds what differs from the configuration that last ran in the folder, a line each behind `margin`; nothing if none ran.
 */
void reasons_compare(dgba_text *out, const dgba_config *config, const char *folder, const char *margin);

#endif
