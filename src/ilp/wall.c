#include "wall.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

/** What is saved below belongs to the process, as do the globals of the work. */
static pthread_mutex_t alone = PTHREAD_MUTEX_INITIALIZER;
static bool broken; // an abort() has been left; guarded by `alone`

typedef struct process_state {
    int output; // -1 in a program without standard output
    struct sigaction interrupt, abortion;
} process_state;

static _Thread_local sigjmp_buf way_out;
static _Thread_local volatile sig_atomic_t inside;

/** abort() raises the signal in its own thread with its lock released, and POSIX allows its handler to jump. */
static void catch_abort(int signal_number) {
    if (inside) siglongjmp(way_out, 1);
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static dgba_status lead_output_nowhere(int *saved) {
    fflush(stdout);
    *saved = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    if (*saved < 0) return DGBA_OK;
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    const bool led = nowhere >= 0 && dup2(nowhere, STDOUT_FILENO) >= 0;
    if (nowhere >= 0) close(nowhere);
    if (led) return DGBA_OK;
    close(*saved);
    return dgba_fail(DGBA_E_IO, "cannot lead the standard output to /dev/null while CBC runs");
}

static dgba_status enter(process_state *saved) {
    const struct sigaction action = {.sa_handler = catch_abort};
    DGBA_TRY(lead_output_nowhere(&saved->output));
    sigaction(SIGINT, NULL, &saved->interrupt);
    sigaction(SIGABRT, &action, &saved->abortion);
    return DGBA_OK;
}

static void leave(const process_state *saved) {
    sigaction(SIGABRT, &saved->abortion, NULL);
    sigaction(SIGINT, &saved->interrupt, NULL);
    fflush(stdout);
    if (saved->output >= 0) {
        dup2(saved->output, STDOUT_FILENO);
        close(saved->output);
    }
}

static dgba_status run_alone(bool *survived, void (*work)(void *self), void *self) {
    process_state saved;
    *survived = false;
    if (broken) return DGBA_OK;
    DGBA_TRY(enter(&saved));
    inside = 1;
    if (sigsetjmp(way_out, 1) == 0) {
        work(self);
        *survived = true;
    }
    inside = 0;
    leave(&saved);
    broken = !*survived;
    if (broken) DGBA_WARNING("CBC has run into an assertion of its own; it is not used any more in this process");
    return DGBA_OK;
}

dgba_status wall_run(bool *survived, void (*work)(void *self), void *self) {
    pthread_mutex_lock(&alone);
    const dgba_status status = run_alone(survived, work, self);
    pthread_mutex_unlock(&alone);
    return status;
}
