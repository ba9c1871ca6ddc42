/** The units' needs, turned round: who waits for a unit, and how long the chain behind it is. */
#ifndef DGBA_SCHED_DAG_H
#define DGBA_SCHED_DAG_H

#include "dgba/sched.h"

typedef struct dgba_dag {
    int64_t *first, *dependents; // of unit u: dependents[first[u]] .. dependents[first[u+1] - 1]
    double *priority;            // duration of u plus the longest chain of units that wait for it
} dgba_dag;

/** How many of `workers` share a unit that as many as `wanted` can share: the largest divisor of it that they reach. */
int64_t dgba_dag_crew_size(int64_t wanted, int64_t workers);

/** For so many workers, which durations depend on.
 *  Errors    DGBA_E_USAGE, naming a unit: a cost that is negative or not finite, a need that is no unit, a circle */
dgba_status dgba_dag_create(dgba_dag *out, const dgba_sched_unit *units, int64_t count, int64_t workers);
void dgba_dag_free(dgba_dag *dag);

#endif
