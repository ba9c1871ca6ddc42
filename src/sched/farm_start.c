#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "farm.h"

enum { START_SECONDS = 600 }; // enough for thousands of ranks

static struct {
    MPI_Comm communicator, crew_communicator;
    int rank, ranks;
} self = {.communicator = MPI_COMM_NULL, .crew_communicator = MPI_COMM_NULL, .ranks = 1};

static const char *first_variable(const char *const *names, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
        const char *value = getenv(names[i]);
        if (value != NULL) return value;
    }
    return NULL;
}

/** Whether a launcher speaks MPI to this process. SLURM_PROCID alone says nothing: batch scripts have it, too. */
static bool has_launcher(void) {
    static const char *const names[] = {"PMIX_RANK", "OMPI_COMM_WORLD_RANK", "PMI_RANK"};
    return first_variable(names, DGBA_COUNT_OF(names)) != NULL;
}

static int64_t launched_processes(void) {
    static const char *const names[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"};
    const char *value = first_variable(names, DGBA_COUNT_OF(names));
    return value != NULL ? strtoll(value, NULL, 10) : 1;
}

static dgba_status check_alone(bool serial) {
    const long long processes = launched_processes();
    if (processes <= 1) return DGBA_OK;
    if (serial)
        return dgba_fail(DGBA_E_USAGE, "a serial run was asked for, but the launcher started %lld processes", processes);
    return dgba_fail(DGBA_E_USAGE, "srun started %lld processes that do not know of each other; use srun --mpi=pmix",
                     processes);
}

/** Ends all ranks, not just this one. A second thread may get here; MPI_Abort copes. */
void dgba_farm_abandon(dgba_status status) {
    const int code = dgba_status_exit_code(status);
    if (self.communicator != MPI_COMM_NULL) MPI_Abort(MPI_COMM_WORLD, code);
    _exit(code);
}

static void end_job(void) { dgba_farm_abandon(DGBA_E_BUG); }

static void give_up_starting(int signal_number) {
    static const char message[] = "dgba: not all ranks have started in time; one of them or its host hangs\n";
    if (write(STDERR_FILENO, message, sizeof message - 1) > 0) raise(signal_number);
}

/** A rank that hangs before it has met the others would keep them for ever. SIGALRM ends this one then, and the launcher
 *  the others, with the exit code of a crash. */
static void limit_start(void) {
    const char *seconds = getenv("DGBA_START_SECONDS");
    sigaction(SIGALRM, &(struct sigaction){.sa_handler = give_up_starting, .sa_flags = (int)SA_RESETHAND}, NULL);
    alarm(seconds != NULL ? (unsigned)strtoul(seconds, NULL, 10) : START_SECONDS);
}

static void lift_limit(void) {
    alarm(0);
    signal(SIGALRM, SIG_DFL);
}

/** Errors of MPI calls are fatal (MPI's default), so nobody looks at what they return: without its ranks a farm is lost,
 *  and the run's results are on disk. The worker of rank 0, a second thread, exchanges messages with its crews; where the
 *  library does not allow that, there are no crews. */
static dgba_status start_mpi(void) {
    int provided = MPI_THREAD_SINGLE;
    limit_start();
    MPI_Init_thread(NULL, NULL, MPI_THREAD_MULTIPLE, &provided);
    if (provided < MPI_THREAD_FUNNELED) {
        MPI_Finalize();
        return dgba_fail(DGBA_E_USAGE, "this MPI library does not allow threads");
    }
    MPI_Comm_dup(MPI_COMM_WORLD, &self.communicator);
    MPI_Comm_rank(self.communicator, &self.rank);
    MPI_Comm_size(self.communicator, &self.ranks);
    int least = 0; // that all ranks have
    MPI_Allreduce(&provided, &least, 1, MPI_INT, MPI_MIN, self.communicator);
    if (least == MPI_THREAD_MULTIPLE) MPI_Comm_dup(MPI_COMM_WORLD, &self.crew_communicator);
    lift_limit();
    return DGBA_OK;
}

dgba_status dgba_farm_start(bool serial) {
    if (serial || !has_launcher())
        DGBA_TRY(check_alone(serial));
    else
        DGBA_TRY(start_mpi());
    dgba_log_set_rank(self.rank);
    dgba_panic_hook(end_job);
    return DGBA_OK;
}

void dgba_farm_end(void) {
    dgba_panic_hook(NULL);
    if (self.communicator == MPI_COMM_NULL) return;
    if (self.crew_communicator != MPI_COMM_NULL) MPI_Comm_free(&self.crew_communicator); // becomes MPI_COMM_NULL
    MPI_Comm_free(&self.communicator);
    MPI_Finalize();
}

dgba_status dgba_farm_agree(dgba_status status) {
    if (self.communicator == MPI_COMM_NULL) return status;
    struct {
        int64_t status;
        char message[4096];
    } failure = {.status = status};
    int first = status == DGBA_OK ? self.ranks : self.rank;
    MPI_Allreduce(MPI_IN_PLACE, &first, 1, MPI_INT, MPI_MIN, self.communicator);
    if (first == self.ranks) return DGBA_OK;
    snprintf(failure.message, sizeof failure.message, "%s", dgba_error());
    MPI_Bcast(&failure, sizeof failure, MPI_BYTE, first, self.communicator);
    return dgba_fail((dgba_status)failure.status, "rank %d: %s", first, failure.message);
}

static void reduce(int64_t *values, int count, MPI_Op op) {
    if (self.communicator != MPI_COMM_NULL) MPI_Allreduce(MPI_IN_PLACE, values, count, MPI_INT64_T, op, self.communicator);
}

void dgba_farm_most(int64_t *values, int count) { reduce(values, count, MPI_MAX); }

void dgba_farm_sum(int64_t *values, int count) { reduce(values, count, MPI_SUM); }

int dgba_farm_rank(void) { return self.rank; }

int dgba_farm_ranks(void) { return self.ranks; }

int dgba_farm_workers(void) { return self.ranks; }

MPI_Comm dgba_farm_communicator(void) { return self.communicator; }

MPI_Comm dgba_farm_crew_communicator(void) { return self.crew_communicator; }
