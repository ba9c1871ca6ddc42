#include <math.h>
#include <unistd.h>

#include "run.h"

enum { MOST_FAILURES = 1000 }; // that are told one by one

static void add_workers(dgba_text *json, const run_state *state) {
    const double now = dgba_clock_seconds();
    dgba_text name = {0};
    dgba_text_add(json, "  \"per_worker\": [");
    for (int w = 0; w < dgba_farm_workers(); ++w) {
        const run_worker *worker = &state->workers[w];
        dgba_text_clear(&name);
        if (worker->unit >= 0) dgba_unit_describe(&name, state->sweep, &state->sweep->units[worker->unit]);
        dgba_text_add(json, "%s\n    {\"rank\": %d, \"done\": %lld, \"failed\": %lld, \"busy_seconds\": %.3f, \"unit\": ",
                      w > 0 ? "," : "", w, (long long)worker->done, (long long)worker->failed, worker->busy_seconds);
        dgba_text_add_json(json, dgba_text_chars(&name));
        dgba_text_add(json, ", \"id\": \"%s\", \"unit_seconds\": %.3f}",
                      worker->unit >= 0 ? state->sweep->units[worker->unit].id : "",
                      worker->unit >= 0 ? now - worker->since : 0);
    }
    dgba_text_add(json, "\n  ],\n");
    dgba_text_free(&name);
}

/** What the next run has to know besides: units that were running when the runs before this one broke off. */
static void add_breaks(dgba_text *json, const run_state *state) {
    bool first = true;
    dgba_text_add(json, "  \"broken_off\": [");
    for (int64_t u = 0; u < state->sweep->unit_count; ++u) {
        if (state->breaks[u] == 0) continue;
        dgba_text_add(json, "%s\n    {\"unit\": \"%s\", \"times\": %lld}", first ? "" : ",", state->sweep->units[u].id,
                      (long long)state->breaks[u]);
        first = false;
    }
    dgba_text_add(json, "%s],\n", first ? "" : "\n  ");
}

static void add_failures(dgba_text *json, const run_state *state) {
    dgba_text name = {0};
    bool first = true;
    int64_t left = MOST_FAILURES;
    dgba_text_add(json, "  \"failures\": [");
    for (int64_t u = 0; u < state->sweep->unit_count && left > 0; ++u) {
        if (state->failures[u] == NULL) continue;
        left -= 1;
        dgba_unit_describe(&name, state->sweep, &state->sweep->units[u]);
        dgba_text_add(json, "%s\n    {\"unit\": \"%s\", \"what\": ", first ? "" : ",", state->sweep->units[u].id);
        dgba_text_add_json(json, dgba_text_chars(&name));
        dgba_text_add(json, ", \"reason\": ");
        dgba_text_add_json(json, state->failures[u]);
        dgba_text_add(json, "}");
        first = false;
    }
    dgba_text_add(json, "%s]\n", first ? "" : "\n  ");
    dgba_text_free(&name);
}

static void add_real(dgba_text *json, const char *key, double value) {
    if (isfinite(value))
        dgba_text_add(json, "  \"%s\": %.3f,\n", key, value);
    else
        dgba_text_add(json, "  \"%s\": null,\n", key);
}

dgba_status run_write_status(const run_state *state, const char *phase) {
    const dgba_sched_counts *c = &state->counts;
    const double elapsed = dgba_clock_seconds() - state->started;
    char now[32];
    dgba_clock_timestamp(now, sizeof now);
    dgba_text json = {0};
    dgba_text_add(&json, "{\n  \"phase\": \"%s\",\n  \"name\": ", phase);
    dgba_text_add_json(&json, state->provenance.name);
    dgba_text_add(&json, ",\n  \"host\": ");
    dgba_text_add_json(&json, state->provenance.host);
    dgba_text_add(&json, ",\n  \"pid\": %d,\n  \"workers\": %d,\n", (int)getpid(), dgba_farm_workers());
    dgba_text_add(&json, "  \"started\": \"%s\",\n  \"updated\": \"%s\",\n", state->provenance.started, now);
    add_real(&json, "elapsed_seconds", elapsed);
    add_real(&json, "remaining_seconds", run_remaining_seconds(state));
    add_real(&json, "images_per_second", elapsed > 0 ? (double)state->images_done / elapsed : NAN);
    dgba_text_add(&json,
                  "  \"units\": {\"total\": %lld, \"cached\": %lld, \"done\": %lld, \"failed\": %lld, \"blocked\": %lld, "
                  "\"running\": %lld, \"waiting\": %lld},\n",
                  (long long)c->total, (long long)c->cached, (long long)c->done, (long long)c->failed,
                  (long long)c->blocked, (long long)c->running, (long long)c->waiting);
    add_workers(&json, state);
    add_breaks(&json, state);
    add_failures(&json, state);
    dgba_text_add(&json, "}\n");
    const dgba_status status = dgba_store_put_text(state->store, "status.json", dgba_text_chars(&json));
    dgba_text_free(&json);
    return status;
}
