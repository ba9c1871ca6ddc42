#include "dgba/base/crew.h"

#include <stdio.h>
#include <string.h>

#include "dgba/base/memory.h"

int64_t dgba_crew_members(const dgba_crew *crew) { return crew != NULL ? crew->members : 1; }

int64_t dgba_crew_member(const dgba_crew *crew) { return crew != NULL ? crew->member : 0; }

void dgba_crew_gather(const dgba_crew *crew, void *all, const void *own, size_t bytes) {
    if (crew != NULL)
        crew->gather(crew->self, all, own, bytes);
    else
        memcpy(all, own, bytes);
}

/** A note of each member; memory for a few words is not worth a message that it is short. */
static void *gather_notes(const dgba_crew *crew, const void *own, size_t bytes) {
    void *all = NULL;
    if (dgba_allocate(&all, dgba_crew_members(crew), bytes) != DGBA_OK)
        dgba_panic(__FILE__, __LINE__, "out of memory for notes of a crew");
    dgba_crew_gather(crew, all, own, bytes);
    return all;
}

bool dgba_crew_any(const dgba_crew *crew, bool own) {
    if (crew == NULL) return own;
    bool *all = gather_notes(crew, &own, sizeof own), any = false;
    for (int64_t i = 0; i < crew->members; ++i) any = any || all[i];
    dgba_free(all);
    return any;
}

/** A failure as it travels. */
typedef struct failure {
    int64_t status;
    char message[2040];
} failure;

static dgba_status first_failure(const failure *all, int64_t count) {
    for (int64_t i = 0; i < count; ++i)
        if (all[i].status != DGBA_OK) return dgba_fail((dgba_status)all[i].status, "%s", all[i].message);
    return DGBA_OK;
}

dgba_status dgba_crew_agree(const dgba_crew *crew, dgba_status status) {
    if (crew == NULL || !dgba_crew_any(crew, status != DGBA_OK)) return status;
    failure own = {.status = status};
    snprintf(own.message, sizeof own.message, "%s", dgba_error());
    failure *all = gather_notes(crew, &own, sizeof own);
    status = first_failure(all, crew->members);
    dgba_free(all);
    return status;
}
