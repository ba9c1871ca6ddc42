#include "crew.h"

#include <pthread.h>
#include <string.h>

static pthread_barrier_t barrier;
static const void *given[CREW_MOST]; // by each member

typedef struct member {
    dgba_crew crew;
    void (*work)(int64_t member, const dgba_crew *crew, void *context);
    void *context;
} member;

/** Copies `bytes` from each member's gift, from there on where offset × own number points. */
static void take(const member *self, void *out, const void *own, size_t bytes, size_t offset) {
    given[self->crew.member] = own;
    pthread_barrier_wait(&barrier);
    for (int64_t i = 0; i < self->crew.members; ++i)
        memcpy((char *)out + (size_t)i * bytes, (const char *)given[i] + offset * (size_t)self->crew.member, bytes);
    pthread_barrier_wait(&barrier);
}

static void gather(void *self, void *all, const void *own, size_t bytes) { take(self, all, own, bytes, 0); }

static void swap(void *self, void *in, const void *out, size_t bytes) { take(self, in, out, bytes, bytes); }

static void *live(void *argument) {
    member *self = argument;
    self->work(self->crew.member, self->crew.members > 1 ? &self->crew : NULL, self->context);
    return NULL;
}

void crew_run(int64_t members, void (*work)(int64_t member, const dgba_crew *crew, void *context), void *context) {
    member all[CREW_MOST];
    pthread_t threads[CREW_MOST];
    DGBA_ASSERT(members <= CREW_MOST && pthread_barrier_init(&barrier, NULL, (unsigned)members) == 0);
    for (int64_t i = 0; i < members; ++i) {
        all[i] = (member){{&all[i], members, i, gather, swap}, work, context};
        DGBA_ASSERT(pthread_create(&threads[i], NULL, live, &all[i]) == 0);
    }
    for (int64_t i = 0; i < members; ++i) pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&barrier);
}
