#include "run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "dgba/tensor.h"

typedef struct run_options {
    char output[DGBA_OPTION_TEXT_BYTES];
    bool serial, fail_fast;
    int64_t threads, retry;
    double save_minutes, unit_minutes, wall_minutes;
} run_options;

static const dgba_option options[] = {
    {"output", DGBA_OPTION_TEXT, offsetof(run_options, output), "", 0, 0, NULL, "run folder, made if missing (-o)"},
    {"serial", DGBA_OPTION_BOOL, offsetof(run_options, serial), "false", 0, 0, NULL, "one process, no MPI"},
    {"retry", DGBA_OPTION_INTEGER, offsetof(run_options, retry), "0", 0, 1000, NULL,
     "how often a failed unit is tried again"},
    {"fail_fast", DGBA_OPTION_BOOL, offsetof(run_options, fail_fast), "false", 0, 0, NULL,
     "stop at the first unit that fails for good; what runs is finished"},
    {"save_minutes", DGBA_OPTION_REAL, offsetof(run_options, save_minutes), "10", 0, 1e9, NULL,
     "minutes between two savings of a training under way, which goes on from there after a crash"},
    {"unit_minutes", DGBA_OPTION_REAL, offsetof(run_options, unit_minutes), "0", 0, 1e9, NULL,
     "a unit that takes longer has failed, and its rank is left alone; 0: none hangs"},
    {"wall_minutes", DGBA_OPTION_REAL, offsetof(run_options, wall_minutes), "0", 0, 1e9, NULL,
     "stop in time to have ended after so many minutes; 0: no limit but the end of a Slurm job"},
    {"threads", DGBA_OPTION_INTEGER, offsetof(run_options, threads), "1", 1, 1024, NULL, "threads of OpenBLAS per rank"},
};
static const dgba_option_table table = {"run", "running a sweep", options, DGBA_COUNT_OF(options)};

static const double SECONDS_BETWEEN_STATUS = 1, LEAST_SECONDS_BETWEEN_RESULTS = 10;

/* ---- Callbacks of the farm; the context is the run_state, on workers the worker ---- */

typedef struct context {
    run_state *state; // rank 0
    dgba_worker *worker;
} context;

/** A message without bytes stands for an attack that a transfer unit has done: the answer is as empty. */
static dgba_status prepare(char **bytes, size_t *count, void *self, int64_t unit) {
    const run_state *state = ((context *)self)->state;
    const dgba_unit *about = &state->sweep->units[unit];
    const char *folder = dgba_store_folder(state->store);
    *bytes = NULL;
    *count = 0;
    if (units_transfer_of(&state->work, about) >= 0 && dgba_unit_is_done(state->sweep, about, folder)) return DGBA_OK;
    return dgba_unit_message(bytes, count, state->sweep, about, folder);
}

static dgba_status work(char **result, size_t *result_count, void *self, const char *bytes, size_t count,
                        const dgba_crew *crew) {
    *result = NULL;
    *result_count = 0;
    if (count == 0) return DGBA_OK;
    return dgba_worker_run(result, result_count, ((context *)self)->worker, bytes, count, crew);
}

static void started(void *self, int64_t unit, int worker) {
    run_worker *about = &((context *)self)->state->workers[worker];
    about->unit = unit;
    about->since = dgba_clock_seconds();
}

static void note_failure(run_state *state, const dgba_unit *unit, const dgba_farm_result *result) {
    dgba_text name = {0};
    dgba_unit_describe(&name, state->sweep, unit);
    if (result->will_retry) {
        DGBA_WARNING("%s failed on rank %lld and is tried again: %s", dgba_text_chars(&name), (long long)result->workers[0],
                     result->message);
    } else {
        DGBA_ERROR("%s failed on rank %lld: %s", dgba_text_chars(&name), (long long)result->workers[0], result->message);
        state->failures[result->unit] = dgba_text_copy(result->message);
        state->failed = true;
    }
    dgba_text_free(&name);
}

/** What an ended unit says of its workers, and of how long units take. */
static void note_end(run_state *state, const dgba_unit *unit, const dgba_farm_result *result) {
    for (int64_t i = 0; i < result->worker_count; ++i) {
        run_worker *worker = &state->workers[result->workers[i]];
        if (result->status != DGBA_E_TIME_OUT && worker->unit == result->unit) worker->unit = -1; // else it still runs
        worker->busy_seconds += result->seconds;
        if (result->status == DGBA_OK)
            worker->done += 1;
        else
            worker->failed += 1;
    }
    state->breaks[result->unit] = 0;
    if (!result->will_retry) state->macs_left[unit->kind] -= unit->cost;
    if (result->status == DGBA_OK && result->count > 0)
        dgba_rates_note(&state->work.rates, unit, (double)result->worker_count * result->seconds);
}

static dgba_status finished(void *self, const dgba_farm_result *result) {
    run_state *state = ((context *)self)->state;
    const dgba_unit *unit = &state->sweep->units[result->unit];
    note_end(state, unit, result);
    if (result->status != DGBA_OK) {
        note_failure(state, unit, result);
        return DGBA_OK;
    }
    if (unit->kind == DGBA_UNIT_ATTACK) state->images_done += state->sweep->shard_images;
    if (unit->kind == DGBA_UNIT_TRAIN) {
        dgba_text name = {0};
        dgba_unit_describe(&name, state->sweep, unit);
        for (int64_t i = 0; i < result->worker_count; ++i)
            dgba_text_add(&name, "%s %lld", i == 0 ? ": on rank" : ",", (long long)result->workers[i]);
        DGBA_INFO("%s, %.1f s", dgba_text_chars(&name), result->seconds);
        dgba_text_free(&name);
    }
    return result->count > 0 ? dgba_unit_put(state->store, unit, result->bytes, result->count) : DGBA_OK;
}

/** The worker of rank 0 reads data and writes records meanwhile; with an HDF5 that cannot bear two threads the results are
 *  written at the end only. */
static bool may_write_results(const run_state *state, double now) {
    return now >= state->next_results && dgba_h5_is_threadsafe();
}

/** Looking from outside must not slow the run down, so what takes long happens rarely; that it fails (a full disk) is told
 *  at the end, when it is done for good. */
static void tick(void *self, const dgba_sched_counts *counts) {
    run_state *state = ((context *)self)->state;
    const double now = dgba_clock_seconds();
    state->counts = *counts;
    progress_show(state);
    if (now >= state->next_status) {
        if (run_write_status(state, "running") != DGBA_OK) DGBA_WARNING("%s", dgba_error());
        state->next_status = now + SECONDS_BETWEEN_STATUS;
    }
    if (may_write_results(state, now)) {
        if (run_write_results(state) != DGBA_OK) DGBA_WARNING("%s", dgba_error());
        const double took = dgba_clock_seconds() - now;
        state->next_results = now + LEAST_SECONDS_BETWEEN_RESULTS + 20 * took;
    }
}

static bool should_stop(void *self) {
    const run_state *state = ((context *)self)->state;
    return stop_was_asked() || (state->fail_fast && state->failed) || dgba_clock_seconds() >= state->stop_at;
}

/** A unit that would be cut off is left to the next run, but one that is too long for any run is tried all the same.
 *  Trainings are saved when the time is up. */
static bool has_time(void *self, int64_t unit) {
    const run_state *state = ((context *)self)->state;
    const dgba_unit *about = &state->sweep->units[unit];
    if (about->kind == DGBA_UNIT_TRAIN || isinf(state->stop_at)) return true;
    const double seconds = about->cost * dgba_rates_per_mac(&state->work.rates, about->kind);
    if (dgba_clock_seconds() + seconds <= state->stop_at || seconds > state->stop_at - state->started) return true;
    DGBA_INFO("The time is nearly up: nothing more is begun");
    return false;
}

/* ---- The run ---- */

static const char *phase_of(dgba_status status) {
    if (status == DGBA_OK) return "finished";
    return status == DGBA_E_STOPPED ? "stopped" : "failed";
}

static void print_summary(const run_state *state, const char *folder) {
    const dgba_sched_counts *c = &state->counts;
    dgba_text text = {0};
    dgba_text_add(&text, "%lld units: %lld done, %lld cached, %lld failed, %lld blocked, %lld waiting; ",
                  (long long)c->total, (long long)c->done, (long long)c->cached, (long long)c->failed,
                  (long long)c->blocked, (long long)c->waiting);
    add_duration(&text, dgba_clock_seconds() - state->started);
    DGBA_INFO("%s", dgba_text_chars(&text));
    if (dgba_farm_hanging() == 0)
        DGBA_INFO("Memory: at most %s MiB resident on a rank, %s MiB in a plan; weights taken %lld times, read %lld times",
                  state->provenance.peak_memory, state->provenance.plan_memory, (long long)state->models_taken,
                  (long long)state->models_read);
    DGBA_INFO("Results: %s/results.h5   Tables: dgba report %s", folder, folder);
    dgba_text_free(&text);
}

/** What remains for rank 0 when all units have ended: results and status, whatever the outcome. */
static dgba_status conclude(run_state *state, dgba_status status, const char *folder) {
    char reason[4096] = "";
    if (status != DGBA_OK) snprintf(reason, sizeof reason, "%s", dgba_error());
    progress_wipe();
    dgba_status written = run_write_results(state);
    if (written == DGBA_OK) written = run_write_status(state, phase_of(status));
    if (status == DGBA_OK || written != DGBA_OK) status = written;
    if (written == DGBA_OK) {
        print_summary(state, folder);
        if (status != DGBA_OK) status = dgba_fail(status, "%s", reason);
    }
    return status;
}

static void set_mebibytes(char **field, int64_t bytes) {
    char text[32];
    snprintf(text, sizeof text, "%.1f", (double)bytes / (1 << 20));
    dgba_results_set_text(field, text);
}

/** What the ranks have needed; collective. */
static void gather_memory(run_state *state, const dgba_worker *worker) {
    const dgba_worker_memory mine = dgba_worker_used(worker);
    int64_t most[] = {dgba_peak_resident_bytes(), mine.plan_bytes};
    int64_t sums[] = {mine.models_taken, mine.models_read};
    dgba_farm_most(most, DGBA_COUNT_OF(most));
    dgba_farm_sum(sums, DGBA_COUNT_OF(sums));
    if (dgba_farm_rank() > 0) return;
    set_mebibytes(&state->provenance.peak_memory, most[0]);
    set_mebibytes(&state->provenance.plan_memory, most[1]);
    state->models_taken = sums[0];
    state->models_read = sums[1];
}

/** What units that took too long leave behind cannot be ended but together with this program. */
static void leave_hanging(run_state *state, dgba_status status, const char *folder) {
    DGBA_ERROR("%d of %d ranks hang; the run ends without them", dgba_farm_hanging(), dgba_farm_workers());
    alarm(600); // ends the program should the worker of this rank hang in HDF5, with its lock
    status = conclude(state, status, folder);
    if (status != DGBA_OK) fprintf(stderr, "dgba: %s\n", dgba_error());
    dgba_farm_abandon(status);
}

static dgba_status run_farm_of(run_state *state, dgba_worker *worker, const run_options *chosen) {
    context self = {.state = state, .worker = worker};
    const dgba_farm farm = {.context = &self,
                            .units = state->work.units,
                            .unit_count = state->sweep != NULL ? state->sweep->unit_count : 0,
                            .retries = chosen->retry,
                            .unit_seconds = 60 * chosen->unit_minutes,
                            .has_time = has_time,
                            .prepare = prepare,
                            .work = work,
                            .started = started,
                            .finished = finished,
                            .tick = tick,
                            .should_stop = should_stop};
    dgba_status status = dgba_farm_run(&farm);
    // "Run the same command again" would be the wrong advice.
    if (status == DGBA_E_STOPPED && state->fail_fast && state->failed)
        status = dgba_fail(DGBA_E_UNITS_FAILED, "stopped at the first failure, as asked");
    if (dgba_farm_hanging() > 0) leave_hanging(state, status, chosen->output);
    gather_memory(state, worker);
    if (dgba_farm_rank() == 0) return conclude(state, status, chosen->output);
    // A launcher passes on the exit code of any rank, and only rank 0 knows why the run ended.
    return status == DGBA_E_STOPPED || status == DGBA_E_UNITS_FAILED ? DGBA_OK : status;
}

/** When the run stops by itself: a little before --wall-minutes are over or the Slurm job ends. */
static double find_stop(const run_options *chosen) {
    const char *end_of_job = getenv("SLURM_JOB_END_TIME"); // seconds since 1970; Slurm 22.05 and later
    const double job_left = end_of_job != NULL ? strtod(end_of_job, NULL) - (double)time(NULL) : 0;
    double left = HUGE_VAL;
    if (chosen->wall_minutes > 0) left = 60 * chosen->wall_minutes;
    if (job_left > 0) left = fmin(left, job_left);
    // What is left then is for saving trainings and writing the results.
    return dgba_clock_seconds() + left - fmin(0.1 * left, 60);
}

static dgba_status run_all(const arguments *given, const run_options *chosen) {
    run_state state = {.fail_fast = chosen->fail_fast, .stop_at = find_stop(chosen)};
    dgba_config *config = NULL;
    dgba_sweep sweep = {0};
    dgba_shelf *shelf = NULL;
    dgba_worker *worker = NULL;
    dgba_status status = dgba_blas_check();
    if (status == DGBA_OK && dgba_farm_rank() == 0)
        status = run_state_prepare(&state, &sweep, &config, given->words[0], given->overrides, given->override_count,
                                   chosen->output);
    DGBA_TRY_OUT(dgba_farm_agree(status));
    DGBA_TRY_OUT(dgba_farm_open_shelf(&shelf, sweep.model_count, sweep.parameter_bytes));
    DGBA_TRY_OUT(dgba_farm_agree(dgba_worker_create(&worker, shelf)));
    dgba_worker_set_watch(worker, &(dgba_worker_watch){dgba_farm_is_stopping, 60 * chosen->save_minutes});
    DGBA_INFO_ROOT("%s: %lld units on %d workers, OpenBLAS core %s", state.provenance.name, (long long)sweep.unit_count,
                   dgba_farm_workers(), dgba_blas_core());
    status = run_farm_of(&state, worker, chosen);
out:
    dgba_worker_free(&worker);
    dgba_farm_close_shelf(&shelf);
    run_state_free(&state);
    dgba_sweep_free(&sweep);
    dgba_config_free(&config);
    return status;
}

static dgba_status run(const dgba_command *command, int argc, char **argv) {
    arguments given;
    run_options chosen;
    DGBA_TRY(arguments_read(&given, &chosen, command, argc, argv, 1, 1));
    if (chosen.output[0] == '\0') return dgba_fail(DGBA_E_USAGE, "say where the results go: -o DIR");
    DGBA_TRY(dgba_farm_start(chosen.serial));
    stop_signals_install(dgba_farm_rank());
    dgba_log_before_print(progress_wipe);
    dgba_blas_set_threads((int)chosen.threads);
    dgba_status status = run_all(&given, &chosen);
    if (dgba_log_open(NULL) != DGBA_OK) status = DGBA_E_BUG;
    // The coordinator has told what there is to tell.
    if (dgba_farm_rank() > 0) dgba_error_clear();
    dgba_farm_end();
    return status;
}

static void more_help(dgba_text *out) {
    dgba_text_add(out, "\nThe configuration, with its defaults:\n");
    dgba_config_help(out, dgba_trial_schema());
}

const dgba_command run_command = {
    .name = "run",
    .usage = "CONFIG.yaml -o DIR [--set section.key=value ...] [--retry N] [--fail-fast] [--serial]",
    .help = "runs a sweep: trains, measures, attacks; what is finished is not run again",
    .details =
        "Under mpirun or srun every rank works and rank 0 also coordinates. The same command continues a run\n"
        "that was stopped. SIGINT, SIGTERM or SIGUSR1 stop it early: running units are finished first, but\n"
        "trainings are saved and go on the next time. So does --wall-minutes, or the end of a Slurm job, in time.\n"
        "experiments/run-until-done.sh gives the command again until nothing is left.\n",
    .options = &table,
    .more_help = more_help,
    .run = run,
};
