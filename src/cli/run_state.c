#include <stdio.h>
#include <unistd.h>

#include "dgba/tensor.h"
#include "run.h"
#include "version.h"

static const double FIRST_RESULTS_SECONDS = 5;

static const char *const config_names[] = {"config.yaml", "config.resolved.yaml"};

/* ---- Provenance ---- */

/** What a run's results depend on: the resolved configuration and the data's content, not the file's place. */
static void set_run_id(dgba_provenance *p, const dgba_sweep *sweep) {
    char id[DGBA_HASH_TEXT_BYTES];
    dgba_text ids = {0};
    for (int64_t u = 0; u < sweep->unit_count; ++u) dgba_text_add(&ids, "%s\n", sweep->units[u].id);
    dgba_hash_text(id, dgba_hash_bytes(dgba_text_chars(&ids), ids.length));
    dgba_results_set_text(&p->run_id, id);
    dgba_text_free(&ids);
}

void run_fill_provenance(dgba_provenance *p, const dgba_sweep *sweep) {
    char now[32], host[256] = "unknown";
    dgba_text libraries = {0};
    dgba_clock_timestamp(now, sizeof now);
    gethostname(host, sizeof host - 1);
    dgba_text_add(&libraries, "%s; HDF5 %s", dgba_blas_config(), dgba_h5_library_version());
    set_run_id(p, sweep);
    dgba_results_set_text(&p->name, dgba_config_name(sweep->config));
    dgba_results_set_text(&p->config, dgba_config_text(sweep->config));
    dgba_results_set_text(&p->config_resolved, dgba_config_resolved(sweep->config));
    dgba_results_set_text(&p->data_name, sweep->data.name);
    dgba_results_set_text(&p->data_fingerprint, sweep->data.fingerprint);
    dgba_results_set_text(&p->dgba_version, DGBA_VERSION);
    dgba_results_set_text(&p->git_commit, dgba_git_commit);
    dgba_results_set_text(&p->blas_core, dgba_blas_core());
    dgba_results_set_text(&p->libraries, dgba_text_chars(&libraries));
    dgba_results_set_text(&p->host, host);
    dgba_results_set_text(&p->peak_memory, "");
    dgba_results_set_text(&p->plan_memory, "");
    dgba_results_set_text(&p->started, now);
    dgba_results_set_text(&p->finished, now);
    dgba_text_free(&libraries);
}

static void free_provenance(dgba_provenance *p) {
#define FREE_FIELD(name, help) dgba_free(p->name);
    DGBA_PROVENANCE_LIST(FREE_FIELD)
#undef FREE_FIELD
    *p = (dgba_provenance){0};
}

/* ---- Preparation ---- */

/** What a unit needs: its model, and the last of these may fail: for a transfer unit the other models, for an attack unit
 *  the transfer unit that attacks in its place. `needs` has room for all models, or two. */
static void list_needs(dgba_sched_unit *about, int64_t *needs, const run_state *state, const dgba_unit *unit) {
    const dgba_sweep *sweep = state->sweep;
    if (unit->needs < 0) return;
    about->needs = needs;
    needs[about->need_count++] = unit->needs;
    if (unit->kind == DGBA_UNIT_TRANSFER) {
        for (int64_t m = 0; m < sweep->model_count; ++m)
            if (m != unit->needs) needs[about->need_count++] = m;
    } else if (run_transfer_of(state, unit) >= 0) {
        needs[about->need_count++] = run_transfer_of(state, unit);
        about->cost = 0; // there will be nothing left to do
    }
    about->may_fail = about->need_count - 1;
}

int64_t run_transfer_of(const run_state *state, const dgba_unit *attack) {
    const int64_t transfer = dgba_sweep_transfer_of(state->sweep, attack);
    return transfer >= 0 && !state->units[transfer].done_before ? transfer : -1;
}

/** Units as the scheduler sees them. Units of one model have its number as affinity. */
static dgba_status list_units(run_state *state, const char *folder) {
    const dgba_sweep *sweep = state->sweep;
    int64_t needs = 0;
    DGBA_TRY(DGBA_NEW(&state->units, sweep->unit_count));
    DGBA_TRY(DGBA_NEW(&state->failures, sweep->unit_count));
    for (int64_t u = 0; u < sweep->unit_count; ++u) {
        const dgba_unit *unit = &sweep->units[u];
        state->units[u] = (dgba_sched_unit){.cost = unit->cost,
                                            .affinity = unit->kind == DGBA_UNIT_TRAIN ? -1 : unit->model,
                                            .done_before = dgba_unit_is_done(sweep, unit, folder)};
        needs += unit->kind == DGBA_UNIT_TRANSFER ? sweep->model_count : 2;
    }
    DGBA_TRY(DGBA_NEW(&state->needs, needs));
    int64_t *next = state->needs;
    for (int64_t u = 0; u < sweep->unit_count; ++u) {
        list_needs(&state->units[u], next, state, &sweep->units[u]);
        next += state->units[u].need_count;
    }
    return DGBA_OK;
}

static dgba_status open_folder(run_state *state, const char *folder) {
    const dgba_config *config = state->sweep->config;
    const char *texts[] = {dgba_config_text(config), dgba_config_resolved(config)};
    dgba_text log = {0};
    DGBA_TRY(dgba_store_open(&state->store, folder));
    for (int64_t i = 0; i < DGBA_COUNT_OF(texts); ++i)
        DGBA_TRY(dgba_store_put_text(state->store, config_names[i], texts[i]));
    dgba_path_join(&log, folder, "log.txt");
    const dgba_status status = dgba_log_open(dgba_text_chars(&log));
    dgba_text_free(&log);
    return status;
}

dgba_status run_state_prepare(run_state *state, dgba_sweep *sweep, dgba_config **config, const char *config_path,
                              const char *const *overrides, int64_t override_count, const char *folder) {
    DGBA_TRY(dgba_config_load(config, config_path, overrides, override_count, dgba_trial_schema()));
    DGBA_TRY(dgba_context(dgba_sweep_create(sweep, *config), "%s", config_path));
    state->sweep = sweep;
    state->started = dgba_clock_seconds();
    state->next_results = state->started + FIRST_RESULTS_SECONDS;
    state->on_terminal = isatty(STDERR_FILENO);
    run_fill_provenance(&state->provenance, sweep);
    DGBA_TRY(open_folder(state, folder));
    return list_units(state, folder);
}

void run_state_free(run_state *state) {
    for (int64_t u = 0; state->failures != NULL && u < state->sweep->unit_count; ++u) dgba_free(state->failures[u]);
    dgba_free(state->failures);
    dgba_free(state->units);
    dgba_free(state->needs);
    free_provenance(&state->provenance);
    dgba_store_close(&state->store);
}

dgba_status run_write_results(run_state *state) {
    const char *folder = dgba_store_folder(state->store);
    dgba_text path = {0};
    dgba_results results = {0};
    char now[32];
    dgba_clock_timestamp(now, sizeof now);
    dgba_results_set_text(&state->provenance.finished, now);
    dgba_path_join(&path, folder, "results.h5");
    dgba_status status = dgba_sweep_collect(&results, state->sweep, folder, (const char *const *)state->failures);
    if (status == DGBA_OK) {
        const dgba_provenance own = results.run;
        results.run = state->provenance; // lent for the writing
        status = dgba_results_write(dgba_text_chars(&path), &results);
        results.run = own;
        dgba_results_free(&results);
    }
    dgba_text_free(&path);
    return status;
}
