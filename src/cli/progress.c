#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "run.h"

static const double SECONDS_BETWEEN_LINES = 10;

static bool line_is_live;

void progress_wipe(void) {
    if (!line_is_live) return;
    fprintf(stderr, "\r\033[K");
    line_is_live = false;
}

void add_duration(dgba_text *text, double seconds) {
    const long long whole = (long long)(seconds + 0.5);
    if (whole >= 3600)
        dgba_text_add(text, "%lld h %02lld min", whole / 3600, whole % 3600 / 60);
    else if (whole >= 60)
        dgba_text_add(text, "%lld min %02lld s", whole / 60, whole % 60);
    else
        dgba_text_add(text, "%lld s", whole);
}

double run_remaining_seconds(const run_state *state) {
    const double left = state->counts.cost_total - state->counts.cost_done; // as estimated when the run began
    double then = 0, now = 0;
    if (!(state->counts.cost_done > 0)) return NAN;
    for (int k = 0; k < DGBA_UNIT_KINDS; ++k) {
        then += state->macs_left[k] * dgba_rates_per_mac(&state->first_rates, (dgba_unit_kind)k);
        now += state->macs_left[k] * dgba_rates_per_mac(&state->work.rates, (dgba_unit_kind)k);
    }
    // What is left counts without units that are blocked, so it is corrected by what the rates have learned since.
    const int64_t open = state->counts.running + state->counts.waiting;
    const int64_t workers = dgba_farm_workers() < open ? dgba_farm_workers() : open;
    return then > 0 && workers > 0 ? left * (now / then) / (double)workers : 0;
}

static void add_line(dgba_text *line, const run_state *state) {
    const dgba_sched_counts *c = &state->counts;
    const double elapsed = dgba_clock_seconds() - state->started;
    dgba_text_add(line, "%lld/%lld units", (long long)(c->cached + c->done), (long long)c->total);
    if (c->cached > 0) dgba_text_add(line, ", %lld cached", (long long)c->cached);
    if (c->failed + c->blocked > 0)
        dgba_text_add(line, ", %lld failed, %lld blocked", (long long)c->failed, (long long)c->blocked);
    dgba_text_add(line, ", %lld running", (long long)c->running);
    if (state->images_done > 0) dgba_text_add(line, " | %.1f images/s", (double)state->images_done / elapsed);
    const double remaining = run_remaining_seconds(state);
    if (!isnan(remaining)) {
        dgba_text_add(line, " | ETA ");
        add_duration(line, remaining);
    }
}

void progress_show(run_state *state) {
    const double now = dgba_clock_seconds();
    if (!state->on_terminal && now < state->next_line) return;
    dgba_text line = {0};
    add_line(&line, state);
    if (state->on_terminal) {
        fprintf(stderr, "\r\033[K%s", dgba_text_chars(&line));
        fflush(stderr);
        line_is_live = true;
    } else {
        DGBA_INFO("%s", dgba_text_chars(&line));
        state->next_line = now + SECONDS_BETWEEN_LINES;
    }
    dgba_text_free(&line);
}
