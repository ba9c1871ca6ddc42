#include <stdlib.h>
#include <string.h>

#include "dgba/yamldoc.h"
#include "run.h"

static const char *const sentences[REASON_COUNT] = {
    [REASON_DONE] = "finished",
    [REASON_NEW] = "no result yet",
    [REASON_MODEL] = "its model is trained first",
    [REASON_FAILED] = "failed in the last run",
    [REASON_DAMAGED] = "its result cannot be used",
    [REASON_EXAMPLES] = "its result has too few examples to look at",
};

/* ---- What the last run noted ---- */

static int compare_failures(const void *a, const void *b) {
    return strcmp(((const noted_failure *)a)->id, ((const noted_failure *)b)->id);
}

static const char *text_of(const dgba_yaml_node *map, const char *key) {
    const dgba_yaml_node *node = dgba_yaml_get(map, key);
    return node != NULL && node->kind == DGBA_YAML_SCALAR ? node->text : "";
}

static dgba_status read_failures(run_reasons *out, const dgba_yaml_node *list) {
    for (const dgba_yaml_node *f = list != NULL ? list->first : NULL; f != NULL; f = f->next) {
        DGBA_TRY(DGBA_GROW(&out->failures, out->failure_count));
        out->failures[out->failure_count++] =
            (noted_failure){.id = dgba_text_copy(text_of(f, "unit")), .reason = dgba_text_copy(text_of(f, "reason"))};
    }
    if (out->failure_count > 0) qsort(out->failures, (size_t)out->failure_count, sizeof *out->failures, compare_failures);
    return DGBA_OK;
}

dgba_status reasons_read(run_reasons *out, const unit_list *units, const char *folder) {
    *out = (run_reasons){.units = units, .folder = folder};
    dgba_text path = {0};
    dgba_yaml *document = NULL;
    dgba_status status = DGBA_OK;
    if (folder == NULL) return DGBA_OK;
    dgba_path_join(&path, folder, "status.json"); // JSON is YAML
    if (dgba_file_exists(dgba_text_chars(&path))) {
        DGBA_TRY_OUT(dgba_yaml_load(&document, dgba_text_chars(&path)));
        DGBA_TRY_OUT(read_failures(out, dgba_yaml_get(dgba_yaml_root(document), "failures")));
    }
out:
    dgba_yaml_free(&document);
    dgba_text_free(&path);
    return status;
}

void reasons_free(run_reasons *reasons) {
    for (int64_t i = 0; i < reasons->failure_count; ++i) {
        dgba_free(reasons->failures[i].id);
        dgba_free(reasons->failures[i].reason);
    }
    dgba_free(reasons->failures);
    *reasons = (run_reasons){0};
}

/* ---- Why ---- */

static const noted_failure *failure_of(const run_reasons *reasons, const dgba_unit *unit) {
    const noted_failure key = {.id = (char *)(uintptr_t)unit->id};
    if (reasons->failure_count == 0) return NULL;
    return bsearch(&key, reasons->failures, (size_t)reasons->failure_count, sizeof key, compare_failures);
}

run_reason reasons_find(dgba_text *out, const run_reasons *reasons, int64_t u) {
    const dgba_sweep *sweep = reasons->units->sweep;
    const dgba_unit *unit = &sweep->units[u];
    const noted_failure *failure = failure_of(reasons, unit);
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
    else if (failure != NULL)
        reason = REASON_FAILED;
    else if (unit->needs >= 0 && !reasons->units->units[unit->needs].done_before)
        reason = REASON_MODEL;
    dgba_text_add(out, "%s", sentences[reason]);
    if (reason == REASON_DAMAGED) dgba_text_add(out, ": %s", dgba_error());
    if (reason == REASON_FAILED) dgba_text_add(out, ": %s", failure->reason);
    dgba_error_clear();
    return reason;
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
