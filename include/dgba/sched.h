/** Scheduling: which unit of work runs next on which worker, and the farm that carries it over MPI.
 *
 *  The core is a pure state machine: no clock, no MPI, no memory of what a unit is. The farm moves bytes and calls back.
 */
#ifndef DGBA_SCHED_H
#define DGBA_SCHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dgba/base.h"

/* ---- The core ---- */

/** A unit of work as the scheduler sees it. */
typedef struct dgba_sched_unit {
    double cost;          // estimate of one worker's time, in any unit; longest first among ready units
    int64_t workers;      // that can share it, each as much of it; 0 and 1: one
    int64_t affinity;     // units of equal affinity are better run by the same worker (same model); -1 = none
    const int64_t *needs; // units that must be done before; borrowed for the scheduler's life
    int64_t need_count;
    int64_t may_fail; // so many of the needs, the last ones, must have ended but may have failed
    bool done_before; // finished in an earlier run: counts as cached, never handed out
    bool comes_last;  // handed out when nothing else is ready, whatever its priority
} dgba_sched_unit;

typedef struct dgba_sched dgba_sched;

typedef enum dgba_sched_action { DGBA_SCHED_RUN, DGBA_SCHED_WAIT, DGBA_SCHED_EXIT } dgba_sched_action;

typedef struct dgba_sched_counts {
    int64_t total, cached, done, failed, blocked, running, waiting; // blocked: a unit it needs has failed
    double cost_total;                                              // of the units that are neither cached nor blocked
    double cost_done;                                               // of those among them that ended, well or not
} dgba_sched_counts;

/** Workers of a unit: the largest number that divides the number of workers that can share it, so that all do as much, and
 *  is not more than there are. Its duration is its cost divided by them, and its priority is its duration plus that of the
 *  longest chain of units that need it.
 *  Errors    DGBA_E_USAGE, naming a unit: needs form a circle or name no unit, a cost is negative or not finite;
 *            DGBA_E_MEMORY */
dgba_status dgba_sched_create(dgba_sched **out, const dgba_sched_unit *units, int64_t count, int64_t workers);
void dgba_sched_free(dgba_sched **sched);

/** What an idle worker should do: RUN gives the unit; WAIT: ask again after the next event; EXIT: nothing will come.
 *  The unit is the ready one of highest priority (ties: lowest index), except that the best ready unit of the affinity of
 *  the worker's last unit is preferred if it has at least half that priority, and none of the two is shared.
 *  A shared unit takes other idle workers, too (dgba_sched_crew): those that come after this one, round the end. As long as
 *  too few are idle they WAIT for it, and nothing else is handed out, so that it is not put off for ever. */
dgba_sched_action dgba_sched_next(int64_t *unit, dgba_sched *sched, int64_t worker);

/** The workers of a running unit in ascending order, until they are released.
 *  Shapes    workers: room for all workers
 *  Returns   how many */
int64_t dgba_sched_crew(int64_t *workers, const dgba_sched *sched, int64_t unit);

/** Shares nothing from now on: each unit has one worker. */
void dgba_sched_share_nothing(dgba_sched *sched);

/** The workers of a running unit have answered: they are idle, and may be given other units while this one's result is
 *  being kept. The unit goes on counting as running until it is finished or put back. */
void dgba_sched_release(dgba_sched *sched, int64_t unit);

/** A running unit ended. Failed units block those that cannot do without them. */
void dgba_sched_finish(dgba_sched *sched, int64_t unit, bool ok);

/** A running unit was interrupted, or failed and is tried again: it waits as if it had not been handed out. */
void dgba_sched_put_back(dgba_sched *sched, int64_t unit);

/** A worker is gone: its unit, if any, waits again, and the worker gets no more; others that shared the unit are idle. */
void dgba_sched_lose(dgba_sched *sched, int64_t worker);

/** A lost worker is back, and idle. */
void dgba_sched_regain(dgba_sched *sched, int64_t worker);

/** Hand out nothing more; running units may finish. */
void dgba_sched_stop(dgba_sched *sched);

dgba_sched_counts dgba_sched_count(const dgba_sched *sched);

/** Whether nothing runs and nothing more will. */
bool dgba_sched_is_over(const dgba_sched *sched);

/** Duration of the longest chain of units that need one another, of those that are not cached: no farm is faster. */
double dgba_sched_longest_chain(const dgba_sched *sched);

/* ---- Simulation ---- */

/** A farm that is only thought of. */
typedef struct dgba_sched_farm {
    int64_t workers;
    const double *speeds; // [workers] units of cost per second; NULL: all 1
    double overhead;      // seconds of the coordinator for each unit
} dgba_sched_farm;

typedef struct dgba_sched_forecast {
    double seconds;     // until the last unit has ended
    double work, chain; // cost of all units that run; duration of their longest chain
    double efficiency;  // work / (seconds × sum of the speeds); 1 if there is nothing to do
} dgba_sched_forecast;

/** Plays a run by the same core that schedules real ones: nothing fails, and each unit takes exactly its cost. Workers that
 *  share a unit go at the pace of the slowest.
 *  Errors    as dgba_sched_create() */
dgba_status dgba_sched_simulate(dgba_sched_forecast *out, const dgba_sched_unit *units, int64_t count,
                                const dgba_sched_farm *farm);

/* ---- The farm ---- */

/** How a unit ended; borrowed for the call. */
typedef struct dgba_farm_result {
    int64_t unit;
    const int64_t *workers; // that ran it, the first of them the one with the result
    int64_t worker_count;
    dgba_status status;
    const char *message; // of a failure, the first one
    const char *bytes;   // the result, if status is DGBA_OK
    size_t count;
    double seconds;  // that the work took
    bool will_retry; // it failed, and is tried again
} dgba_farm_result;

/** Who does what. Callbacks of the coordinator run on rank 0's main thread, `work` on each rank's worker. */
typedef struct dgba_farm {
    void *context;
    const dgba_sched_unit *units; // rank 0 only
    int64_t unit_count;
    int64_t retries;     // how often a failed unit is tried again
    double unit_seconds; // a unit that takes longer has failed (DGBA_E_TIME_OUT) and is not tried again; 0 = no limit
    /** Rank 0: the input of a unit. Caller of prepare frees *bytes with dgba_free(). An error here fails the unit. */
    dgba_status (*prepare)(char **bytes, size_t *count, void *context, int64_t unit);
    /** Worker: input to result. The farm frees *result with dgba_free(). Must not call MPI. DGBA_E_STOPPED gives the
     *  unit back. Workers that share the unit have the same input and a crew, NULL for one alone; the result is that of
     *  the first of them. A failure must be that of all of them (dgba_crew_agree). */
    dgba_status (*work)(char **result, size_t *result_count, void *context, const char *bytes, size_t count,
                        const dgba_crew *crew);
    /** Rank 0: whether there is still time for a unit; if not, nothing more is handed out, and what runs goes on; or NULL.
     */
    bool (*has_time)(void *context, int64_t unit);
    /** Rank 0: a worker has been given a unit, or a share of one; or NULL. The end of its last unit may be told later. */
    void (*started)(void *context, int64_t unit, int worker);
    /** Rank 0: a unit ended, or failed and is tried again. An error here (the disk is full) ends the farm: nothing more is
     * handed out, and the results of running units are awaited and dropped. */
    dgba_status (*finished)(void *context, const dgba_farm_result *result);
    /** Rank 0: several times a second, and at the end; or NULL. */
    void (*tick)(void *context, const dgba_sched_counts *counts);
    /** Rank 0: asked often; true = hand out nothing more, tell the workers (dgba_farm_is_stopping), let running units
     * finish, return DGBA_E_STOPPED if any are left;
     *  or NULL. */
    bool (*should_stop)(void *context);
} dgba_farm;

/** Starts MPI if a launcher (mpirun, srun) started this process and `serial` is false; otherwise the process is a farm of
 *  its own. Sets the log's rank and the panic hook.
 *  Errors    DGBA_E_USAGE if a launcher started several processes and they cannot be, or must not be, one farm
 *  MPI       collective */
dgba_status dgba_farm_start(bool serial);
void dgba_farm_end(void);
int dgba_farm_rank(void);
int dgba_farm_ranks(void);

/** Workers of the farm: every rank works; rank 0 works in a second thread while its main thread coordinates, asleep but
 *  for a look at its messages now and then. */
int dgba_farm_workers(void);

/** Whether all ranks are ready: DGBA_OK if each of them gives DGBA_OK, else the failure of the lowest rank that failed.
 *  A rank that fails before dgba_farm_run() must say so here, or the others would wait for it forever.
 *  MPI       collective */
dgba_status dgba_farm_agree(dgba_status status);

/** Replaces each rank's values by the largest, or by the sum, of all ranks'.
 *  MPI       collective */
void dgba_farm_most(int64_t *values, int count);
void dgba_farm_sum(int64_t *values, int count);

/** Opens the shelf of the ranks of each node (dgba/base/shelf.h): at most `blocks` blocks of `bytes`; rank 0's numbers
 * count. *out is NULL where there is none: one rank on the node, no room in its shared memory, no MPI. Owns      caller
 * closes it with dgba_farm_close_shelf() when nothing is taken any more Errors    DGBA_E_MEMORY MPI       collective, both
 */
dgba_status dgba_farm_open_shelf(dgba_shelf **out, int64_t blocks, int64_t bytes);
void dgba_farm_close_shelf(dgba_shelf **shelf);

/** Whether the run is being stopped. For `work`, so that a long unit can give up and return DGBA_E_STOPPED; it then waits
 *  again. Known to a rank some time after rank 0's should_stop().
 *  MPI       local; takes note of a message from rank 0 */
bool dgba_farm_is_stopping(void);

/** Runs all units. Results above 64 MiB travel in pieces.
 *  Returns   on every rank the same status: DGBA_OK, DGBA_E_UNITS_FAILED, DGBA_E_STOPPED, or the coordinator's error
 *  MPI       collective; only rank 0's units and coordinator callbacks are used */
dgba_status dgba_farm_run(const dgba_farm *farm);

/** Rank 0: workers whose units took too long and which have not answered until the end of the last run. Nothing can end a
 *  unit from outside, so if there are any, rank 0 must not call anything collective any more, and ends the program by
 *  dgba_farm_abandon(). */
int dgba_farm_hanging(void);

/** Ends all ranks, whatever they do, with the exit code of a status. */
void dgba_farm_abandon(dgba_status status) __attribute__((noreturn));

#endif
