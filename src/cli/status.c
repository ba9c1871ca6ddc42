#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "dgba/yamldoc.h"
#include "run.h"

/** JSON is YAML, so the reader of configurations reads status.json. */
static const char *text_of(const dgba_yaml_node *map, const char *key) {
    const dgba_yaml_node *node = map != NULL ? dgba_yaml_get(map, key) : NULL;
    return node != NULL && node->kind == DGBA_YAML_SCALAR ? node->text : "";
}

static void add_time(dgba_text *out, const char *label, const char *seconds) {
    double value = 0;
    if (dgba_text_real(&value, seconds) != DGBA_OK) {
        dgba_error_clear();
        return;
    }
    dgba_text_add(out, "%s", label);
    add_duration(out, value);
}

static void describe(dgba_text *out, const dgba_yaml_node *root, bool is_locked) {
    const dgba_yaml_node *units = dgba_yaml_get(root, "units");
    const char *phase = text_of(root, "phase");
    const bool gone = strcmp(phase, "running") == 0 && !is_locked;
    dgba_text_add(out, "%s: %s", text_of(root, "name"), gone ? "ended without a word; run the same command again" : phase);
    dgba_text_add(out, "\nhost %s, process %s, %s workers, started %s, as of %s\n", text_of(root, "host"),
                  text_of(root, "pid"), text_of(root, "workers"), text_of(root, "started"), text_of(root, "updated"));
    dgba_text_add(out, "units: %s", text_of(units, "total"));
    static const char *const states[] = {"done", "cached", "failed", "blocked", "running", "waiting"};
    for (int64_t i = 0; i < DGBA_COUNT_OF(states); ++i) dgba_text_add(out, ", %s %s", states[i], text_of(units, states[i]));
    add_time(out, "\nelapsed ", text_of(root, "elapsed_seconds"));
    if (strcmp(phase, "running") == 0 && !gone) add_time(out, ", remaining about ", text_of(root, "remaining_seconds"));
    dgba_text_add(out, "\n");
    const dgba_yaml_node *failures = dgba_yaml_get(root, "failures");
    for (const dgba_yaml_node *f = failures != NULL ? failures->first : NULL; f != NULL; f = f->next)
        dgba_text_add(out, "failed: %s: %s\n", text_of(f, "what"), text_of(f, "reason"));
}

static dgba_status run(const dgba_command *command, int argc, char **argv) {
    arguments given;
    dgba_text path = {0}, text = {0};
    dgba_yaml *document = NULL;
    DGBA_TRY(arguments_read(&given, NULL, command, argc, argv, 1, 1));
    dgba_path_join(&path, given.words[0], "status.json");
    dgba_status status = dgba_file_exists(dgba_text_chars(&path))
                             ? dgba_yaml_load(&document, dgba_text_chars(&path))
                             : dgba_fail(DGBA_E_IO, "%s: no run has been started in this folder", given.words[0]);
    dgba_text_free(&path);
    DGBA_TRY(status);
    describe(&text, dgba_yaml_root(document), dgba_store_is_locked(given.words[0]));
    status = print_text(&text);
    dgba_text_free(&text);
    dgba_yaml_free(&document);
    return status;
}

const dgba_command status_command = {
    .name = "status",
    .usage = "DIR",
    .help = "tells how far a run is: units done, cached, failed, running, time left; works from another shell",
    .run = run,
};
