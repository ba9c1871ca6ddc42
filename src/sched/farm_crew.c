/** The crew of the ranks that share a unit. Its messages go through a communicator of its own, since rank 0's worker is
 *  another thread than the one that coordinates. A rank is in one crew at a time, and every message of a crew has been
 *  taken when its unit ends, so that crews cannot meet each other's.
 */
#include <limits.h>
#include <sched.h>
#include <string.h>

#include "farm.h"

enum { TAG = 0 };

/** Others are about as fast, so one looks for them often at first; waiting must not cost a core when they are late. */
static const double EAGER_SECONDS = 1e-3;

static void wait_for_all(MPI_Request *requests, int count) {
    const double start = dgba_clock_seconds();
    double pause = 0;
    int done = 0;
    for (MPI_Testall(count, requests, &done, MPI_STATUSES_IGNORE); !done;
         MPI_Testall(count, requests, &done, MPI_STATUSES_IGNORE)) {
        if (dgba_clock_seconds() - start < EAGER_SECONDS)
            sched_yield();
        else
            dgba_farm_pause(&pause);
    }
}

/** Sends out + i·step to each member i and puts what it sends to in + i·bytes. */
static void trade(const dgba_farm_crew *c, char *in, const char *out, size_t bytes, size_t step) {
    const dgba_crew *about = &c->interface;
    int count = 0;
    DGBA_ASSERT(bytes <= INT_MAX);
    for (int64_t i = 0; i < about->members; ++i) {
        char *from = in + (size_t)i * bytes;
        const char *to = out + (size_t)i * step;
        if (i == about->member) {
            memcpy(from, to, bytes);
            continue;
        }
        const int rank = (int)c->workers[i];
        MPI_Irecv(from, (int)bytes, MPI_BYTE, rank, TAG, dgba_farm_crew_communicator(), &c->requests[count++]);
        MPI_Isend(to, (int)bytes, MPI_BYTE, rank, TAG, dgba_farm_crew_communicator(), &c->requests[count++]);
    }
    wait_for_all(c->requests, count);
}

static void gather(void *self, void *all, const void *own, size_t bytes) { trade(self, all, own, bytes, 0); }

static void swap(void *self, void *in, const void *out, size_t bytes) { trade(self, in, out, bytes, bytes); }

const dgba_crew *dgba_farm_crew_open(dgba_farm_crew *out, const int64_t *workers, int64_t count) {
    *out = (dgba_farm_crew){.workers = workers};
    if (count <= 1) return NULL;
    // The others count on this rank.
    if (DGBA_NEW(&out->requests, 2 * count) != DGBA_OK) dgba_panic(__FILE__, __LINE__, "out of memory for a crew");
    out->interface = (dgba_crew){.self = out, .members = count, .gather = gather, .swap = swap};
    while (workers[out->interface.member] != dgba_farm_rank()) out->interface.member += 1;
    return &out->interface;
}

void dgba_farm_crew_close(dgba_farm_crew *crew) {
    dgba_free(crew->requests);
    *crew = (dgba_farm_crew){0};
}
