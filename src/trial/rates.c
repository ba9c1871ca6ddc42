#include "dgba/trial.h"

void dgba_rates_note(dgba_rates *rates, const dgba_unit *unit, double seconds) {
    if (!(seconds > 0) || !(unit->cost > 0)) return;
    rates->macs[unit->kind] += unit->cost;
    rates->seconds[unit->kind] += seconds;
}

/** A model's file tells the seconds of its training, a record those of its attack. */
static dgba_status read_seconds(double *seconds, const dgba_unit *unit, const char *path) {
    dgba_h5 *file = NULL;
    DGBA_TRY(dgba_h5_open(&file, path));
    const dgba_status status = dgba_h5_get_real(seconds, file, unit->kind == DGBA_UNIT_TRAIN ? "/train" : "/", "seconds");
    dgba_h5_close(&file);
    return status;
}

void dgba_rates_learn(dgba_rates *rates, const dgba_unit *unit, const char *folder) {
    double seconds = 0;
    dgba_text path = {0};
    if (unit->kind == DGBA_UNIT_TRANSFER) return;
    dgba_store_path(&path, folder, unit->kind == DGBA_UNIT_TRAIN ? DGBA_STORE_MODEL : DGBA_STORE_UNIT, unit->id);
    if (read_seconds(&seconds, unit, dgba_text_chars(&path)) == DGBA_OK) dgba_rates_note(rates, unit, seconds);
    dgba_error_clear();
    dgba_text_free(&path);
}

double dgba_rates_per_mac(const dgba_rates *rates, dgba_unit_kind kind) {
    const dgba_unit_kind order[] = {kind, DGBA_UNIT_ATTACK, DGBA_UNIT_CLEAN, DGBA_UNIT_TRANSFER, DGBA_UNIT_TRAIN};
    for (int64_t i = 0; i < DGBA_COUNT_OF(order); ++i)
        if (rates->macs[order[i]] > 0) return rates->seconds[order[i]] / rates->macs[order[i]];
    return 1 / rates->assumed_macs_per_second;
}
