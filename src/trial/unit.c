#include <stdio.h>
#include <string.h>

#include "bundle.h"
#include "examples.h"
#include "settings.h"

/* ---- What is there already ---- */

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

/** Looks for a whole file. */
static dgba_finding find_file(dgba_store_kind kind, const char *id, const char *folder) {
    dgba_text path = {0};
    dgba_finding found = DGBA_FOUND_NOTHING;
    dgba_store_path(&path, folder, kind, id);
    const char *name = dgba_text_chars(&path);
    if (dgba_file_exists(name))
        found = (kind == DGBA_STORE_MODEL ? check_model_file : dgba_record_check)(name, id) == DGBA_OK ? DGBA_FOUND_RESULT
                                                                                                       : DGBA_FOUND_DAMAGED;
    dgba_text_free(&path);
    return found;
}

static bool is_there(dgba_store_kind kind, const char *id, const char *folder) {
    const bool there = find_file(kind, id, folder) == DGBA_FOUND_RESULT;
    dgba_error_clear();
    return there;
}

static dgba_finding find_target(const dgba_sweep *sweep, const dgba_unit *unit, int64_t target, const char *folder) {
    char id[DGBA_HASH_TEXT_BYTES];
    if (target == unit->model) return DGBA_FOUND_RESULT; // what its attack units found
    dgba_unit_target_id(id, sweep, unit, target);
    return find_file(DGBA_STORE_UNIT, id, folder);
}

static dgba_store_kind store_kind(const dgba_unit *unit) {
    return unit->kind == DGBA_UNIT_TRAIN ? DGBA_STORE_MODEL : DGBA_STORE_UNIT;
}

/** Whether the record of a unit holds the examples that the sweep wants of it. They are no part of its id, so that it may
 *  have run when fewer were wanted. */
static bool has_examples(const dgba_sweep *sweep, const dgba_unit *unit, const char *folder) {
    const int64_t wanted = sweep_examples_of(sweep, unit);
    if (wanted == 0) return true;
    dgba_text path = {0};
    dgba_h5 *file = NULL;
    int64_t kept = 0;
    dgba_store_path(&path, folder, DGBA_STORE_UNIT, unit->id);
    if (dgba_h5_open(&file, dgba_text_chars(&path)) != DGBA_OK || example_maps_count(&kept, file) != DGBA_OK)
        dgba_error_clear();
    dgba_h5_close(&file);
    dgba_text_free(&path);
    return kept >= wanted;
}

dgba_finding dgba_unit_find(const dgba_sweep *sweep, const dgba_unit *unit, const char *folder) {
    if (unit->kind != DGBA_UNIT_TRANSFER) {
        const dgba_finding own = find_file(store_kind(unit), unit->id, folder);
        return own == DGBA_FOUND_RESULT && !has_examples(sweep, unit, folder) ? DGBA_FOUND_WITHOUT_EXAMPLES : own;
    }
    dgba_finding found = DGBA_FOUND_RESULT;
    for (int64_t m = 0; m < sweep->model_count && found == DGBA_FOUND_RESULT; ++m)
        found = find_target(sweep, unit, m, folder);
    return found;
}

bool dgba_unit_is_done(const dgba_sweep *sweep, const dgba_unit *unit, const char *folder) {
    const dgba_finding found = dgba_unit_find(sweep, unit, folder);
    if (found == DGBA_FOUND_DAMAGED) DGBA_WARNING("%s; the unit runs again", dgba_error());
    dgba_error_clear();
    return found == DGBA_FOUND_RESULT;
}

/** models/<id>.side.h5, where a training under way is saved. */
static void side_file(dgba_text *path, const char *folder, const dgba_unit *unit) {
    dgba_text name = {0};
    dgba_text_add(&name, "%s.side", unit->id);
    dgba_store_path(path, folder, DGBA_STORE_MODEL, dgba_text_chars(&name));
    dgba_text_free(&name);
}

static dgba_status put_model(dgba_store *store, const dgba_unit *unit, const char *result, size_t count) {
    dgba_text path = {0};
    DGBA_TRY(dgba_store_put(store, DGBA_STORE_MODEL, unit->id, result, count));
    side_file(&path, dgba_store_folder(store), unit);
    remove(dgba_text_chars(&path)); // most trainings have none
    dgba_text_free(&path);
    return DGBA_OK;
}

dgba_status dgba_unit_put(dgba_store *store, const dgba_unit *unit, const char *result, size_t count) {
    if (unit->kind == DGBA_UNIT_TRAIN) return put_model(store, unit, result, count);
    if (unit->kind != DGBA_UNIT_TRANSFER) return dgba_store_put(store, DGBA_STORE_UNIT, unit->id, result, count);
    const bundle records = {.bytes = (char *)(uintptr_t)result, .count = count};
    bundle_item item;
    for (size_t place = 0; place < count;) {
        DGBA_TRY(bundle_next(&item, &place, &records));
        if (is_there(DGBA_STORE_UNIT, item.id, dgba_store_folder(store))) continue; // an attack that ran before
        DGBA_TRY(dgba_store_put(store, DGBA_STORE_UNIT, item.id, item.record, item.count));
    }
    return DGBA_OK;
}

/* ---- Messages ---- */

void trial_model_path(dgba_text *out, const dgba_sweep *sweep, const char *folder, const char *id) {
    dgba_text_clear(out);
    if (sweep->model_file[0] != '\0')
        dgba_text_add(out, "%s", sweep->model_file);
    else
        dgba_store_path(out, folder, DGBA_STORE_MODEL, id);
}

static void set_model_file(dgba_settings *message, const char *key, const dgba_sweep *sweep, const char *folder,
                           const char *id) {
    dgba_text path = {0};
    trial_model_path(&path, sweep, folder, id);
    dgba_settings_set(message, key, dgba_text_chars(&path));
    dgba_text_free(&path);
}

static void set_side_file(dgba_settings *message, const char *folder, const dgba_unit *unit) {
    dgba_text path = {0};
    side_file(&path, folder, unit);
    dgba_settings_set(message, "@side.file", dgba_text_chars(&path));
    dgba_text_free(&path);
}

/** Names the models to be measured: those that are there, unless they have been measured. */
static void add_targets(dgba_settings *message, const dgba_sweep *sweep, const dgba_unit *unit, const char *folder) {
    int64_t targets = 0;
    for (int64_t m = 0; m < sweep->model_count; ++m) {
        const char *id = sweep->units[m].id;
        char key[64];
        const bool measured = find_target(sweep, unit, m, folder) == DGBA_FOUND_RESULT;
        dgba_error_clear();
        if (measured || !is_there(DGBA_STORE_MODEL, id, folder)) continue;
        snprintf(key, sizeof key, "@target.%lld", (long long)targets);
        dgba_settings_set(message, key, id);
        snprintf(key, sizeof key, "@target.%lld.file", (long long)targets++);
        set_model_file(message, key, sweep, folder, id);
    }
}

/** Keys that tell a worker where things lie begin with '@': they do not belong to the id. */
dgba_status dgba_unit_message(char **bytes, size_t *count, const dgba_sweep *sweep, const dgba_unit *unit,
                              const char *folder) {
    dgba_settings message;
    dgba_text text = {0};
    dgba_unit_settings(&message, sweep, unit);
    dgba_settings_set(&message, "@id", unit->id);
    dgba_settings_set(&message, "@data.file", sweep->data_file);
    // The training unit's own list of tasks; shards name their model only.
    dgba_settings_set(&message, "@data.tasks", dgba_settings_get(&sweep->models[unit->model], "data.tasks"));
    if (unit->kind == DGBA_UNIT_TRAIN) set_side_file(&message, folder, unit);
    if (unit->kind != DGBA_UNIT_TRAIN) set_model_file(&message, "@model.file", sweep, folder, sweep->units[unit->needs].id);
    const int64_t examples = sweep_examples_of(sweep, unit);
    if (examples > 0) dgba_settings_format(&message, "@examples", "%lld", (long long)examples);
    if (unit->kind == DGBA_UNIT_TRANSFER) add_targets(&message, sweep, unit, folder);
    dgba_settings_print(&text, &message);
    dgba_settings_free(&message);
    *count = text.length + 1;
    *bytes = text.chars;
    return DGBA_OK;
}
