#include "dag.h"

#include <math.h>

int64_t dgba_dag_crew_size(int64_t wanted, int64_t workers) {
    int64_t size = wanted < workers ? wanted : workers;
    while (size > 1 && wanted % size != 0) --size;
    return size > 1 ? size : 1;
}

static dgba_status check_unit(const dgba_sched_unit *units, int64_t count, int64_t u) {
    const dgba_sched_unit *unit = &units[u];
    if (!isfinite(unit->cost) || unit->cost < 0)
        return dgba_fail(DGBA_E_USAGE, "unit %lld has the cost %g", (long long)u, unit->cost);
    if (unit->workers < 0)
        return dgba_fail(DGBA_E_USAGE, "unit %lld is shared by %lld workers", (long long)u, (long long)unit->workers);
    for (int64_t i = 0; i < unit->need_count; ++i)
        if (unit->needs[i] < 0 || unit->needs[i] >= count)
            return dgba_fail(DGBA_E_USAGE, "unit %lld needs unit %lld, but there are only %lld units", (long long)u,
                             (long long)unit->needs[i], (long long)count);
    return DGBA_OK;
}

/** Counts the dependents of each unit, adds up, and fills the rows from their ends. */
static dgba_status link_dependents(dgba_dag *dag, const dgba_sched_unit *units, int64_t count) {
    for (int64_t u = 0; u < count; ++u)
        for (int64_t i = 0; i < units[u].need_count; ++i) dag->first[units[u].needs[i]] += 1;
    for (int64_t u = 0; u < count; ++u) dag->first[u + 1] += dag->first[u];
    DGBA_TRY(DGBA_NEW(&dag->dependents, dag->first[count]));
    for (int64_t u = count - 1; u >= 0; --u)
        for (int64_t i = 0; i < units[u].need_count; ++i) dag->dependents[--dag->first[units[u].needs[i]]] = u;
    return DGBA_OK;
}

/** Orders the units so that each comes after its needs (Kahn); the length is less than `count` if there is a circle.
 *  Units of a circle, and those behind one, keep unmet > 0. */
static int64_t sort_by_needs(int64_t *order, int64_t *unmet, const dgba_dag *dag, const dgba_sched_unit *units,
                             int64_t count) {
    int64_t length = 0;
    for (int64_t u = 0; u < count; ++u) {
        unmet[u] = units[u].need_count;
        if (unmet[u] == 0) order[length++] = u;
    }
    for (int64_t i = 0; i < length; ++i)
        for (int64_t d = dag->first[order[i]]; d < dag->first[order[i] + 1]; ++d)
            if (--unmet[dag->dependents[d]] == 0) order[length++] = dag->dependents[d];
    return length;
}

/** Walks back along unmet needs, as many steps as there are units: that must end up in the circle. */
static dgba_status fail_circle(const dgba_sched_unit *units, const int64_t *unmet, int64_t count) {
    int64_t u = 0;
    while (unmet[u] == 0) ++u;
    for (int64_t step = 0; step < count; ++step) {
        int64_t i = 0;
        while (unmet[units[u].needs[i]] == 0) ++i;
        u = units[u].needs[i];
    }
    return dgba_fail(DGBA_E_USAGE, "unit %lld needs itself, directly or through other units", (long long)u);
}

/** A unit that was done before is not run again, so nobody waits for it and no chain leads through it. */
static void set_priority(dgba_dag *dag, const dgba_sched_unit *units, int64_t u, int64_t workers) {
    double longest = 0;
    for (int64_t d = dag->first[u]; d < dag->first[u + 1]; ++d) {
        const int64_t dependent = dag->dependents[d];
        if (!units[dependent].done_before) longest = fmax(longest, dag->priority[dependent]);
    }
    dag->priority[u] = units[u].cost / (double)dgba_dag_crew_size(units[u].workers, workers) + longest;
}

static dgba_status set_priorities(dgba_dag *dag, const dgba_sched_unit *units, int64_t count, int64_t workers) {
    int64_t *order = NULL, *unmet = NULL;
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(DGBA_NEW(&order, count));
    DGBA_TRY_OUT(DGBA_NEW(&unmet, count));
    if (sort_by_needs(order, unmet, dag, units, count) < count) {
        status = fail_circle(units, unmet, count);
        goto out;
    }
    for (int64_t i = count - 1; i >= 0; --i) set_priority(dag, units, order[i], workers);
out:
    dgba_free(order);
    dgba_free(unmet);
    return status;
}

dgba_status dgba_dag_create(dgba_dag *out, const dgba_sched_unit *units, int64_t count, int64_t workers) {
    *out = (dgba_dag){0};
    dgba_status status = DGBA_OK;
    for (int64_t u = 0; u < count; ++u) DGBA_TRY_OUT(check_unit(units, count, u));
    DGBA_TRY_OUT(DGBA_NEW(&out->first, count + 1));
    DGBA_TRY_OUT(DGBA_NEW(&out->priority, count));
    DGBA_TRY_OUT(link_dependents(out, units, count));
    DGBA_TRY_OUT(set_priorities(out, units, count, workers));
out:
    if (status != DGBA_OK) dgba_dag_free(out);
    return status;
}

void dgba_dag_free(dgba_dag *dag) {
    dgba_free(dag->first);
    dgba_free(dag->dependents);
    dgba_free(dag->priority);
    *dag = (dgba_dag){0};
}
