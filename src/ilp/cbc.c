#include "cbc.h"

#include <coin/Cbc_C_Interface.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/** CBC has globals, and what is saved below belongs to the process: one solve at a time. */
static pthread_mutex_t alone = PTHREAD_MUTEX_INITIALIZER;

/** What CBC changes for the whole process, put back afterwards. Log level 0 still lets it print now and then, so
 *  descriptor 1 leads nowhere meanwhile; it takes SIGINT for itself; and its assertions, on in Debian's build, end the
 *  program, which happens in one of its heuristics about once in a thousand programs full of zeros. */
typedef struct process_state {
    int output; // -1 in a program without standard output
    struct sigaction interrupt, abortion;
} process_state;

static _Thread_local sigjmp_buf way_out;
static _Thread_local volatile sig_atomic_t inside;

/** abort() may be left by a jump; what CBC held is lost. An abort that is not CBC's ends the program as ever. */
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
    struct sigaction action = {.sa_handler = catch_abort};
    pthread_mutex_lock(&alone);
    const dgba_status status = lead_output_nowhere(&saved->output);
    if (status != DGBA_OK) {
        pthread_mutex_unlock(&alone);
        return status;
    }
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
    pthread_mutex_unlock(&alone);
}

static Cbc_Model *load(const cbc_model *model) {
    Cbc_Model *cbc = Cbc_newModel();
    Cbc_setLogLevel(cbc, 0);
    Cbc_loadProblem(cbc, model->columns, model->rows, model->starts, model->row_of, model->values, model->low, model->high,
                    model->objective, model->row_low, model->row_high);
    for (int i = 0; i < model->columns; ++i)
        if (model->whole[i]) Cbc_setInteger(cbc, i);
    Cbc_setObjSense(cbc, -1);
    return cbc;
}

static void read_answer(double *x, cbc_answer *out, const cbc_model *model, Cbc_Model *cbc) {
    const double *solution = Cbc_bestSolution(cbc);
    out->optimal = Cbc_isProvenOptimal(cbc) != 0;
    out->infeasible = Cbc_isProvenInfeasible(cbc) != 0;
    out->found = solution != NULL && !out->infeasible;
    out->bound = Cbc_getBestPossibleObjValue(cbc);
    if (!isfinite(out->bound) || fabs(out->bound) > 1e40) out->bound = INFINITY;
    for (int i = 0; i < model->columns && out->found; ++i) x[i] = model->whole[i] ? round(solution[i]) : solution[i];
}

static void solve(double *x, cbc_answer *out, const cbc_model *model, double seconds, cbc_gap gap, bool heuristics) {
    Cbc_Model *cbc = load(model);
    Cbc_setParameter(cbc, "timeMode", "elapsed"); // not processor time
    Cbc_setMaximumSeconds(cbc, seconds);
    Cbc_setAllowableGap(cbc, gap.absolute);
    Cbc_setAllowableFractionGap(cbc, gap.relative);
    if (!heuristics) Cbc_setParameter(cbc, "heuristicsOnOff", "off");
    Cbc_solve(cbc);
    read_answer(x, out, model, cbc);
    Cbc_deleteModel(cbc);
}

/** False if CBC ran into an assertion of its own. */
static bool survives(double *x, cbc_answer *out, const cbc_model *model, double seconds, cbc_gap gap, bool heuristics) {
    *out = (cbc_answer){.bound = INFINITY};
    inside = 1;
    const bool survived = sigsetjmp(way_out, 1) == 0;
    if (survived) solve(x, out, model, seconds, gap, heuristics);
    inside = 0;
    if (!survived) *out = (cbc_answer){.bound = INFINITY};
    return survived;
}

dgba_status cbc_solve(double *x, cbc_answer *out, const cbc_model *model, double seconds, cbc_gap gap) {
    process_state saved;
    DGBA_ASSERT(model->rows > 0 && model->columns > 0);
    DGBA_TRY(enter(&saved));
    if (!survives(x, out, model, seconds, gap, true)) survives(x, out, model, seconds, gap, false);
    leave(&saved);
    return DGBA_OK;
}
