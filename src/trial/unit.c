#include <string.h>

#include "settings.h"

dgba_store_kind dgba_unit_store_kind(const dgba_unit *unit) {
    return unit->kind == DGBA_UNIT_TRAIN ? DGBA_STORE_MODEL : DGBA_STORE_UNIT;
}

void dgba_unit_describe(dgba_text *out, const dgba_sweep *sweep, const dgba_unit *unit) {
    const dgba_settings *model = &sweep->units[unit->model].settings;
    dgba_text_clear(out);
    dgba_text_add(out, "%s layout %s seed %s", dgba_settings_get(&unit->settings, "kind"),
                  dgba_settings_get(model, "model.layout"), dgba_settings_get(model, "train.seed"));
    if (unit->kind == DGBA_UNIT_ATTACK) {
        const char *task = dgba_settings_get(&unit->settings, "attack.rule.task");
        dgba_text_add(out, " %s %s%s%s epsilon %s", dgba_settings_get(&unit->settings, "attack.step.kind"),
                      dgba_settings_get(&unit->settings, "attack.rule.kind"), task != NULL ? ":" : "",
                      task != NULL ? task : "", dgba_settings_get(&unit->settings, "attack.epsilon"));
    }
    if (unit->shard >= 0) dgba_text_add(out, " shard %lld", (long long)unit->shard);
}

/** Keys that tell a worker where things lie begin with '@': they do not belong to the id. */
dgba_status dgba_unit_message(char **bytes, size_t *count, const dgba_sweep *sweep, const dgba_unit *unit,
                              const char *folder) {
    dgba_settings message = {0};
    dgba_text text = {0};
    dgba_settings_add(&message, "", &unit->settings);
    dgba_settings_set(&message, "@id", unit->id);
    dgba_settings_set(&message, "@data.file", sweep->data_file);
    // The training unit's own list of tasks; shards name their model only.
    dgba_settings_set(&message, "@data.tasks", dgba_settings_get(&sweep->units[unit->model].settings, "data.tasks"));
    if (unit->kind != DGBA_UNIT_TRAIN) {
        dgba_text path = {0};
        dgba_store_path(&path, folder, DGBA_STORE_MODEL, sweep->units[unit->needs].id);
        dgba_settings_set(&message, "@model.file", dgba_text_chars(&path));
        dgba_text_free(&path);
    }
    dgba_settings_print(&text, &message);
    dgba_settings_free(&message);
    *count = text.length + 1;
    *bytes = text.chars;
    return DGBA_OK;
}

/** A model's file says which unit made it. */
static dgba_status check_model_file(const char *path, const char *id) {
    dgba_h5 *file = NULL;
    dgba_text found = {0};
    DGBA_TRY(dgba_h5_open(&file, path));
    dgba_status status = dgba_h5_get_text(&found, file, "/", "id");
    if (status == DGBA_OK && strcmp(dgba_text_chars(&found), id) != 0)
        status = dgba_fail(DGBA_E_FORMAT, "%s: holds model %s instead of %s", path, dgba_text_chars(&found), id);
    dgba_text_free(&found);
    dgba_h5_close(&file);
    return status;
}

bool dgba_unit_is_done(const dgba_unit *unit, const char *folder) {
    dgba_text path = {0};
    dgba_store_path(&path, folder, dgba_unit_store_kind(unit), unit->id);
    const char *name = dgba_text_chars(&path);
    bool done = false;
    if (dgba_file_exists(name)) {
        done = (unit->kind == DGBA_UNIT_TRAIN ? check_model_file(name, unit->id) : dgba_record_check(name, unit->id)) ==
               DGBA_OK;
        if (!done) DGBA_WARNING("%s; the unit runs again", dgba_error());
        dgba_error_clear();
    }
    dgba_text_free(&path);
    return done;
}
