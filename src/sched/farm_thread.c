#include <signal.h>
#include <string.h>

#include "farm.h"

/** Waits for a unit; false when it is time to leave. */
static bool take_unit(dgba_farm_message *unit, dgba_farm_thread *worker) {
    pthread_mutex_lock(&worker->lock);
    while (!worker->has_unit && !worker->leaving) pthread_cond_wait(&worker->posted, &worker->lock);
    const bool taken = worker->has_unit;
    *unit = worker->message;
    worker->has_unit = false;
    pthread_mutex_unlock(&worker->lock);
    return taken;
}

static void post_result(dgba_farm_thread *worker, const dgba_farm_message *result) {
    pthread_mutex_lock(&worker->lock);
    worker->message = *result;
    worker->has_result = true;
    pthread_cond_signal(&worker->answered);
    pthread_mutex_unlock(&worker->lock);
}

static void *live(void *argument) {
    dgba_farm_thread *worker = argument;
    dgba_farm_message unit;
    while (take_unit(&unit, worker)) {
        const dgba_farm_message result = dgba_farm_answer(worker->farm, &unit);
        post_result(worker, &result);
    }
    return NULL;
}

/** Signals such as "stop" are for the main thread, whose sleep they end; the work's file operations are left alone. */
static void block_signals(sigset_t *before) {
    static const int blocked[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};
    sigset_t set;
    sigemptyset(&set);
    for (int64_t i = 0; i < DGBA_COUNT_OF(blocked); ++i) sigaddset(&set, blocked[i]);
    pthread_sigmask(SIG_BLOCK, &set, before);
}

static void destroy(dgba_farm_thread *worker) {
    pthread_cond_destroy(&worker->posted);
    pthread_cond_destroy(&worker->answered);
    pthread_mutex_destroy(&worker->lock);
    dgba_free(worker);
}

dgba_status dgba_farm_thread_start(dgba_farm_thread **out, const dgba_farm *farm) {
    dgba_farm_thread *worker = NULL;
    *out = NULL;
    DGBA_TRY(DGBA_NEW(&worker, 1));
    worker->farm = farm;
    pthread_mutex_init(&worker->lock, NULL);
    pthread_cond_init(&worker->posted, NULL);
    pthread_cond_init(&worker->answered, NULL);
    sigset_t before;
    block_signals(&before); // a new thread inherits the mask
    const int error = pthread_create(&worker->thread, NULL, live, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error == 0) {
        *out = worker;
        return DGBA_OK;
    }
    destroy(worker);
    return dgba_fail(DGBA_E_MEMORY, "cannot start the worker thread: %s", strerror(error));
}

void dgba_farm_thread_send(dgba_farm_thread *worker, const dgba_farm_message *unit) {
    pthread_mutex_lock(&worker->lock);
    worker->message = *unit;
    worker->has_unit = true;
    pthread_cond_signal(&worker->posted);
    pthread_mutex_unlock(&worker->lock);
}

void dgba_farm_thread_wait(dgba_farm_thread *worker, double seconds) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until); // what conditions go by; a clock that is set makes one pause longer
    until.tv_nsec += (long)(1e9 * seconds);
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&worker->lock);
    if (!worker->has_result) pthread_cond_timedwait(&worker->answered, &worker->lock, &until);
    pthread_mutex_unlock(&worker->lock);
}

bool dgba_farm_thread_receive(dgba_farm_message *out, dgba_farm_thread *worker) {
    pthread_mutex_lock(&worker->lock);
    const bool arrived = worker->has_result;
    if (arrived) *out = worker->message;
    worker->has_result = false;
    pthread_mutex_unlock(&worker->lock);
    return arrived;
}

void dgba_farm_thread_join(dgba_farm_thread **thread) {
    dgba_farm_thread *worker = *thread;
    pthread_mutex_lock(&worker->lock);
    worker->leaving = true;
    pthread_cond_signal(&worker->posted);
    pthread_mutex_unlock(&worker->lock);
    pthread_join(worker->thread, NULL);
    destroy(worker);
    *thread = NULL;
}
