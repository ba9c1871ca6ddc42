#include "units.h"

/** What a unit needs: its model, and the last of these may fail: for a transfer unit the other models, for an attack unit
 *  the transfer unit that attacks in its place. `needs` has room for all models, or two. */
static void list_needs(dgba_sched_unit *about, int64_t *needs, const unit_list *units, const dgba_unit *unit) {
    const dgba_sweep *sweep = units->sweep;
    if (unit->needs < 0) return;
    about->needs = needs;
    needs[about->need_count++] = unit->needs;
    if (unit->kind == DGBA_UNIT_TRANSFER) {
        for (int64_t m = 0; m < sweep->model_count; ++m)
            if (m != unit->needs) needs[about->need_count++] = m;
    } else if (units_transfer_of(units, unit) >= 0) {
        needs[about->need_count++] = units_transfer_of(units, unit);
    }
    about->may_fail = about->need_count - 1;
}

int64_t units_transfer_of(const unit_list *units, const dgba_unit *attack) {
    const int64_t transfer = dgba_sweep_transfer_of(units->sweep, attack);
    return transfer >= 0 && !units->units[transfer].done_before ? transfer : -1;
}

/** Looks at so many finished units of each kind. */
enum { SAMPLES = 32 };

static void learn(unit_list *units, const char *folder) {
    const dgba_sweep *sweep = units->sweep;
    int64_t done[DGBA_UNIT_KINDS] = {0}, seen[DGBA_UNIT_KINDS] = {0};
    for (int64_t u = 0; u < sweep->unit_count; ++u) done[sweep->units[u].kind] += units->units[u].done_before;
    for (int64_t u = 0; u < sweep->unit_count; ++u) {
        const dgba_unit_kind kind = sweep->units[u].kind;
        if (!units->units[u].done_before) continue;
        // Spread over all of them, as models differ.
        if (seen[kind]++ % (done[kind] / SAMPLES + 1) == 0) dgba_rates_learn(&units->rates, &sweep->units[u], folder);
    }
}

dgba_status units_list(unit_list *out, const dgba_sweep *sweep, const char *folder) {
    *out = (unit_list){.sweep = sweep};
    int64_t needs = 0;
    DGBA_TRY(DGBA_NEW(&out->units, sweep->unit_count));
    for (int64_t u = 0; u < sweep->unit_count; ++u) {
        const dgba_unit *unit = &sweep->units[u];
        // Units of one model have its number as affinity.
        out->units[u] = (dgba_sched_unit){.affinity = unit->kind == DGBA_UNIT_TRAIN ? -1 : unit->model,
                                          .workers = unit->workers,
                                          .done_before = folder != NULL && dgba_unit_is_done(sweep, unit, folder)};
        needs += unit->kind == DGBA_UNIT_TRANSFER ? sweep->model_count : 2;
    }
    DGBA_TRY(DGBA_NEW(&out->needs, needs));
    int64_t *next = out->needs;
    for (int64_t u = 0; u < sweep->unit_count; ++u) {
        list_needs(&out->units[u], next, out, &sweep->units[u]);
        next += out->units[u].need_count;
    }
    if (folder != NULL) learn(out, folder);
    return DGBA_OK;
}

void units_estimate(unit_list *units) {
    for (int64_t u = 0; u < units->sweep->unit_count; ++u) {
        const dgba_unit *unit = &units->sweep->units[u];
        // Where a transfer unit attacks, nothing is left to do.
        const double macs = units_transfer_of(units, unit) >= 0 ? 0 : unit->cost;
        units->units[u].cost = macs * dgba_rates_per_mac(&units->rates, unit->kind);
    }
}

void units_free(unit_list *units) {
    dgba_free(units->units);
    dgba_free(units->needs);
    *units = (unit_list){0};
}
