/** A sweep of made-up units for tests of the farm. Every rank runs the same tests, under mpirun, too; a run is collective,
 *  so nothing is asserted before it has ended.
 */
#ifndef TESTS_SUPPORT_FARM_H
#define TESTS_SUPPORT_FARM_H

#include "dgba/sched.h"

/** What a unit does:
 *   SQUARE    its result is the square of its number, as that of other kinds that have one
 *   NAP, SLOW sleeps for `seconds`, `slow_seconds`
 *   LARGE     its input has 70 MiB, its result 150 MiB
 *   EMPTY     it has neither input nor result
 *   FAIL      fails
 *   PANIC     breaks an invariant on the last rank
 *   ENDLESS   works until the farm is being stopped, and gives the unit back
 *   TOGETHER  calls `together`, and fails if that does */
typedef enum farm_kind {
    FARM_SQUARE,
    FARM_NAP,
    FARM_SLOW,
    FARM_LARGE,
    FARM_EMPTY,
    FARM_FAIL,
    FARM_PANIC,
    FARM_ENDLESS,
    FARM_TOGETHER
} farm_kind;

enum { FARM_UNITS_MOST = 2000 };

/** What a test asks for, and what the callbacks saw. */
typedef struct farm_sweep {
    farm_kind kinds[FARM_UNITS_MOST];
    dgba_status (*together)(const dgba_crew *crew, int64_t unit); // by every worker of a unit TOGETHER
    double seconds, slow_seconds;                                 // of a nap; of a slow unit
    int64_t padding;                                              // bytes more in each unit's input
    double stop_at;                                               // clock seconds; 0 = never
    int64_t unprepared, stop_after, fail_after; // unit that cannot be prepared; numbers of results; -1 = never
    dgba_sched_unit units[FARM_UNITS_MOST];
    int64_t count, retries;
    int64_t flaky, flaky_times; // a unit that fails so often, and then succeeds
    double unit_seconds;        // time limit of a unit
    int64_t time_for;           // there is time for so many units; 0 = for all

    int64_t worked; // on this rank
    int64_t finished;
    int64_t order[FARM_UNITS_MOST];
    int times[FARM_UNITS_MOST];
    int wrong, workers_seen[64];
    int64_t started, retried;
    int64_t gone_on; // ends that were told when the worker had its next unit
    dgba_status failure;
    char message[256];
    int64_t ticks;
    dgba_sched_counts counts; // of the last tick
} farm_sweep;

/** So many units of one kind and of equal cost. */
farm_sweep farm_new(int64_t count, farm_kind kind, double seconds);

/** Tells the scheduler that unit `after` needs the unit *need. */
void farm_need(farm_sweep *s, int64_t after, const int64_t *need);

dgba_status farm_run(farm_sweep *s);

bool farm_is_root(void);

/** Rank 0 saw each unit end once, with the right result; the other ranks saw nothing. */
void farm_check_all_done(const farm_sweep *s);

/** Starts the farm, runs the tests and ends it.
 *  Returns   the exit code of main() */
int farm_main(int (*tests)(void), bool serial);

#endif
