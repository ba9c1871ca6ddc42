#include <stdio.h>
#include <unistd.h>

#include "dgba/tensor.h"
#include "run.h"
#include "version.h"

static const double FIRST_RESULTS_SECONDS = 5;

// Where nothing has been measured yet, any speed does: only the order of the units depends on it.
static const double ASSUMED_MACS_PER_SECOND = 30e9;

static const char *const config_names[] = {"config.yaml", RUN_RESOLVED_NAME};

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
    dgba_text_add(&libraries, "%s; kernels of our own: %s; HDF5 %s", dgba_blas_config(), dgba_panel_kernel_name(0),
                  dgba_h5_library_version());
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

static dgba_status open_folder(run_state *state, const char *folder) {
    const dgba_config *config = state->sweep->config;
    const char *texts[] = {dgba_config_text(config), dgba_config_resolved(config)};
    dgba_text log = {0};
    DGBA_TRY(dgba_store_open(&state->store, folder));
    reasons_compare(&state->changes, config, folder, "  ");
    for (int64_t i = 0; i < DGBA_COUNT_OF(texts); ++i)
        DGBA_TRY(dgba_store_put_text(state->store, config_names[i], texts[i]));
    dgba_path_join(&log, folder, "log.txt");
    const dgba_status status = dgba_log_open(dgba_text_chars(&log));
    dgba_text_free(&log);
    return status;
}

enum { MOST_BREAKS = 2 };

/** Units that may be to blame for a failure or for the end of whole runs come last, so that all others are done first. */
static dgba_status put_last(run_state *state, const run_reasons *reasons) {
    DGBA_TRY(DGBA_NEW(&state->breaks, state->sweep->unit_count));
    for (int64_t u = 0; u < state->sweep->unit_count; ++u) {
        dgba_sched_unit *unit = &state->work.units[u];
        if (unit->done_before) continue;
        state->breaks[u] = reasons_breaks(reasons, u);
        unit->comes_last = reasons_has_failed(reasons, u) || state->breaks[u] >= MOST_BREAKS;
    }
    return DGBA_OK;
}

/** Finds what is to be done, and says why. */
static dgba_status list_units(run_state *state, const char *folder) {
    run_reasons reasons = {0};
    dgba_text lines = {0};
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(units_list(&state->work, state->sweep, folder));
    state->work.rates.assumed_macs_per_second = ASSUMED_MACS_PER_SECOND;
    state->first_rates = state->work.rates;
    units_estimate(&state->work);
    for (int64_t u = 0; u < state->sweep->unit_count; ++u)
        if (!state->work.units[u].done_before) state->macs_left[state->sweep->units[u].kind] += state->sweep->units[u].cost;
    DGBA_TRY_OUT(DGBA_NEW(&state->failures, state->sweep->unit_count));
    DGBA_TRY_OUT(DGBA_NEW(&state->workers, dgba_farm_workers()));
    for (int w = 0; w < dgba_farm_workers(); ++w) state->workers[w].unit = -1;
    if (reasons_read(&reasons, &state->work, folder, false) != DGBA_OK)
        dgba_error_clear(); // a status.json of somebody else
    DGBA_TRY_OUT(put_last(state, &reasons));
    reasons_count(&lines, &reasons, "  ");
    DGBA_INFO("Units:\n%s%s%s", dgba_text_chars(&lines),
              state->changes.length > 0 ? "Changed since the last run here:\n" : "", dgba_text_chars(&state->changes));
out:
    reasons_free(&reasons);
    dgba_text_free(&lines);
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
    dgba_free(state->breaks);
    dgba_free(state->workers);
    units_free(&state->work);
    dgba_text_free(&state->changes);
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
