#include <stdlib.h>
#include <string.h>

#include "dgba/yamldoc.h"
#include "run.h"

static const char *const sentences[REASON_COUNT] = {
    [REASON_DONE] = "finished",
    [REASON_NEW] = "no result yet",
    [REASON_MODEL] = "its model is trained first",
    [REASON_FAILED] = "failed in the last run",
    [REASON_BROKEN_OFF] = "running when the last run broke off",
    [REASON_DAMAGED] = "its result cannot be used",
    [REASON_EXAMPLES] = "its result has too few examples to look at",
};

/* ---- What the last run noted ---- */

static int compare_notes(const void *a, const void *b) {
    return strcmp(((const noted_unit *)a)->id, ((const noted_unit *)b)->id);
}

static const char *text_of(const dgba_yaml_node *map, const char *key) {
    const dgba_yaml_node *node = dgba_yaml_get(map, key);
    return node != NULL && node->kind == DGBA_YAML_SCALAR ? node->text : "";
}

/** Notes `before` and the text under `key` of each unit of a list. */
static dgba_status read_notes(unit_notes *out, const dgba_yaml_node *list, const char *id_key, const char *before,
                              const char *key) {
    for (const dgba_yaml_node *n = list != NULL ? list->first : NULL; n != NULL; n = n->next) {
        if (text_of(n, id_key)[0] == '\0') continue; // an idle worker
        dgba_text text = {0};
        dgba_text_add(&text, "%s%s", before, text_of(n, key));
        DGBA_TRY(DGBA_GROW(&out->items, out->count));
        out->items[out->count++] = (noted_unit){.id = dgba_text_copy(text_of(n, id_key)), .text = text.chars};
    }
    if (out->count > 0) qsort(out->items, (size_t)out->count, sizeof *out->items, compare_notes);
    return DGBA_OK;
}

static void free_notes(unit_notes *notes) {
    for (int64_t i = 0; i < notes->count; ++i) {
        dgba_free(notes->items[i].id);
        dgba_free(notes->items[i].text);
    }
    dgba_free(notes->items);
    *notes = (unit_notes){0};
}

dgba_status reasons_read(run_reasons *out, const unit_list *units, const char *folder, bool is_running) {
    *out = (run_reasons){.units = units, .folder = folder};
    dgba_text path = {0};
    dgba_yaml *document = NULL;
    dgba_status status = DGBA_OK;
    if (folder == NULL) return DGBA_OK;
    dgba_path_join(&path, folder, "status.json"); // JSON is YAML
    if (dgba_file_exists(dgba_text_chars(&path))) {
        DGBA_TRY_OUT(dgba_yaml_load(&document, dgba_text_chars(&path)));
        const dgba_yaml_node *root = dgba_yaml_root(document);
        DGBA_TRY_OUT(read_notes(&out->failed, dgba_yaml_get(root, "failures"), "unit", "", "reason"));
        DGBA_TRY_OUT(read_notes(&out->broken, dgba_yaml_get(root, "broken_off"), "unit", "", "times"));
        if (!is_running && strcmp(text_of(root, "phase"), "running") == 0)
            DGBA_TRY_OUT(read_notes(&out->running, dgba_yaml_get(root, "per_worker"), "id", "on rank ", "rank"));
    }
out:
    dgba_yaml_free(&document);
    dgba_text_free(&path);
    return status;
}

void reasons_free(run_reasons *reasons) {
    free_notes(&reasons->failed);
    free_notes(&reasons->running);
    free_notes(&reasons->broken);
    *reasons = (run_reasons){0};
}

/* ---- Why ---- */

static const noted_unit *find_note(const unit_notes *notes, const dgba_unit *unit) {
    const noted_unit key = {.id = (char *)(uintptr_t)unit->id};
    return notes->count > 0 ? bsearch(&key, notes->items, (size_t)notes->count, sizeof key, compare_notes) : NULL;
}

run_reason reasons_find(dgba_text *out, const run_reasons *reasons, int64_t u) {
    const dgba_sweep *sweep = reasons->units->sweep;
    const dgba_unit *unit = &sweep->units[u];
    const noted_unit *failed = find_note(&reasons->failed, unit), *running = find_note(&reasons->running, unit);
    run_reason reason = REASON_NEW;
    dgba_finding found = DGBA_FOUND_NOTHING;
    dgba_text_clear(out);
    if (reasons->folder != NULL && !reasons->units->units[u].done_before)
        found = dgba_unit_find(sweep, unit, reasons->folder);
    if (reasons->units->units[u].done_before)
        reason = REASON_DONE;
    else if (found == DGBA_FOUND_DAMAGED)
        reason = REASON_DAMAGED;
    else if (found == DGBA_FOUND_WITHOUT_EXAMPLES)
        reason = REASON_EXAMPLES;
    else if (failed != NULL)
        reason = REASON_FAILED;
    else if (running != NULL)
        reason = REASON_BROKEN_OFF;
    else if (unit->needs >= 0 && !reasons->units->units[unit->needs].done_before)
        reason = REASON_MODEL;
    dgba_text_add(out, "%s", sentences[reason]);
    if (reason == REASON_DAMAGED) dgba_text_add(out, ": %s", dgba_error());
    if (reason == REASON_FAILED) dgba_text_add(out, ": %s", failed->text);
    if (reason == REASON_BROKEN_OFF) dgba_text_add(out, " (%s)", running->text);
    dgba_error_clear();
    return reason;
}

bool reasons_has_failed(const run_reasons *reasons, int64_t u) {
    return find_note(&reasons->failed, &reasons->units->sweep->units[u]) != NULL;
}

int64_t reasons_breaks(const run_reasons *reasons, int64_t u) {
    const dgba_unit *unit = &reasons->units->sweep->units[u];
    const noted_unit *before = find_note(&reasons->broken, unit);
    return (before != NULL ? strtoll(before->text, NULL, 10) : 0) + (find_note(&reasons->running, unit) != NULL);
}

void reasons_count(dgba_text *out, const run_reasons *reasons, const char *margin) {
    int64_t counts[REASON_COUNT] = {0};
    dgba_text words = {0}, example[REASON_COUNT] = {{0}};
    for (int64_t u = 0; u < reasons->units->sweep->unit_count; ++u) {
        const run_reason reason = reasons_find(&words, reasons, u);
        if (counts[reason]++ == 0) dgba_text_add(&example[reason], "%s", dgba_text_chars(&words));
    }
    for (int i = 0; i < REASON_COUNT; ++i) {
        const bool has_more = counts[i] > 0 && strcmp(dgba_text_chars(&example[i]), sentences[i]) != 0;
        if (counts[i] > 0)
            dgba_text_add(out, "%s%lld %s%s\n", margin, (long long)counts[i],
                          has_more && counts[i] > 1 ? "for instance " : "", dgba_text_chars(&example[i]));
        dgba_text_free(&example[i]);
    }
    dgba_text_free(&words);
}

/* ---- What has changed ---- */

void reasons_compare(dgba_text *out, const dgba_config *config, const char *folder, const char *margin) {
    dgba_config *former = NULL;
    dgba_text path = {0}, lines = {0};
    dgba_path_join(&path, folder, RUN_RESOLVED_NAME);
    if (dgba_file_exists(dgba_text_chars(&path))) {
        if (dgba_config_load(&former, dgba_text_chars(&path), NULL, 0, dgba_trial_schema()) == DGBA_OK)
            dgba_config_differences(&lines, former, config, dgba_trial_schema());
        else
            dgba_text_add(&lines, "the former configuration cannot be read by this version: %s\n", dgba_error());
        dgba_error_clear();
    }
    for (const char *line = dgba_text_chars(&lines); *line != '\0';) {
        const size_t length = strcspn(line, "\n") + 1;
        dgba_text_add(out, "%s%.*s", margin, (int)length, line);
        line += length;
    }
    dgba_config_free(&former);
    dgba_text_free(&path);
    dgba_text_free(&lines);
}
