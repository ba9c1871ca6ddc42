/** A run as rank 0 sees it: what is to be done, what has happened, what the outside is told. */
#ifndef DGBA_CLI_RUN_H
#define DGBA_CLI_RUN_H

#include "units.h"

/** The configuration with all defaults, in the run folder. */
#define RUN_RESOLVED_NAME "config.resolved.yaml"

/** What is known of a worker. */
typedef struct run_worker {
    int64_t unit; // that it runs, or -1
    double since; // clock seconds
    int64_t done, failed;
    double busy_seconds;
} run_worker;

typedef struct run_state {
    const dgba_sweep *sweep;
    dgba_store *store;
    dgba_provenance provenance;
    unit_list work;                    // the units as the scheduler sees them
    dgba_text changes;                 // what the configuration has changed, in lines
    double macs_left[DGBA_UNIT_KINDS]; // of units that have not ended
    dgba_rates first_rates;            // that the units' costs come from
    char **failures;                   // [unit] reason, or NULL
    int64_t *breaks;                   // [unit] how many runs in a row have broken off while it was running
    run_worker *workers;
    bool fail_fast, failed;            // whether a unit has failed for good
    double stop_at;                    // clock seconds at which the run stops by itself
    dgba_sched_counts counts;          // as of the last tick
    double started;                    // clock seconds
    int64_t images_done;               // images attacked in this run
    int64_t models_taken, models_read; // of all workers, at the end (dgba_worker_memory)
    double next_line, next_status, next_results;
    bool on_terminal;
} run_state;

/** Where results of a sweep come from, as far as it is known now: replaces the texts of `provenance`. */
void run_fill_provenance(dgba_provenance *provenance, const dgba_sweep *sweep);

/** Reads everything rank 0 needs. `state` is zeroed by the caller, who frees it with run_state_free() also on errors. */
dgba_status run_state_prepare(run_state *state, dgba_sweep *sweep, dgba_config **config, const char *config_path,
                              const char *const *overrides, int64_t override_count, const char *folder);
void run_state_free(run_state *state);

/** Rebuilds results.h5 from the finished units. */
dgba_status run_write_results(run_state *state);

/** Writes status.json; `phase` is running, finished, failed or stopped. */
dgba_status run_write_status(const run_state *state, const char *phase);

/** Shows how far the run is: a live line on a terminal, otherwise a line now and then. */
void progress_show(run_state *state);

/** Wipes the live line. */
void progress_wipe(void);

/** Adds "1 h 05 min", "2 min 07 s", "9 s". */
void add_duration(dgba_text *text, double seconds);

/** Seconds until all units are done, estimated from their costs; NaN before anything is done. */
double run_remaining_seconds(const run_state *state);

/** Makes SIGINT, SIGTERM and SIGUSR1 ask for an early stop on rank 0 and harmless on the others, which finish what they
 *  do. */
void stop_signals_install(int rank);
bool stop_was_asked(void);

#endif
