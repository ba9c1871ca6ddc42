#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "dgba/yamldoc.h"
#include "run.h"

typedef struct status_options {
    bool watch;
} status_options;

static const dgba_option options[] = {
    {"watch", DGBA_OPTION_BOOL, offsetof(status_options, watch), "false", 0, 0, NULL,
     "tell again every two seconds until the run has ended: on a terminal the whole page, otherwise a line"},
};
static const dgba_option_table table = {"status", "looking at a run", options, DGBA_COUNT_OF(options)};

static const double WATCH_SECONDS = 2;
enum { MOST_WORKERS = 16 }; // that are told one by one

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

static bool is_running(const dgba_yaml_node *root, const char *folder) {
    return strcmp(text_of(root, "phase"), "running") == 0 && dgba_store_is_locked(folder);
}

/** "units: 120, 80 done, …, elapsed 9 s, remaining about 3 s" */
static void add_counts(dgba_text *out, const dgba_yaml_node *root, bool running, const char *separator) {
    static const char *const states[] = {"done", "cached", "failed", "blocked", "running", "waiting"};
    const dgba_yaml_node *units = dgba_yaml_get(root, "units");
    dgba_text_add(out, "units: %s", text_of(units, "total"));
    for (int64_t i = 0; i < DGBA_COUNT_OF(states); ++i) dgba_text_add(out, ", %s %s", states[i], text_of(units, states[i]));
    dgba_text_add(out, "%s", separator);
    add_time(out, "elapsed ", text_of(root, "elapsed_seconds"));
    if (running) add_time(out, ", remaining about ", text_of(root, "remaining_seconds"));
    dgba_text_add(out, "\n");
}

/** What the workers do, those that work first to be told. */
static void add_workers(dgba_text *out, const dgba_yaml_node *list) {
    int64_t told = 0, busy = 0;
    for (const dgba_yaml_node *w = list != NULL ? list->first : NULL; w != NULL; w = w->next) {
        const char *unit = text_of(w, "unit");
        busy += unit[0] != '\0';
        if (told++ >= MOST_WORKERS) continue;
        dgba_text_add(out, "rank %s: %s done, %s failed", text_of(w, "rank"), text_of(w, "done"), text_of(w, "failed"));
        add_time(out, ", busy ", text_of(w, "busy_seconds"));
        if (unit[0] == '\0') {
            dgba_text_add(out, "; idle\n");
            continue;
        }
        dgba_text_add(out, "; %s", unit);
        add_time(out, " for ", text_of(w, "unit_seconds"));
        dgba_text_add(out, "\n");
    }
    if (told > MOST_WORKERS)
        dgba_text_add(out, "... of %lld ranks, %lld of which work\n", (long long)told, (long long)busy);
}

static void describe(dgba_text *out, const dgba_yaml_node *root, const char *folder) {
    const char *phase = text_of(root, "phase");
    const bool running = is_running(root, folder), gone = !running && strcmp(phase, "running") == 0;
    dgba_text_add(out, "%s: %s", text_of(root, "name"), gone ? "ended without a word; run the same command again" : phase);
    dgba_text_add(out, "\nhost %s, process %s, %s workers, started %s, as of %s\n", text_of(root, "host"),
                  text_of(root, "pid"), text_of(root, "workers"), text_of(root, "started"), text_of(root, "updated"));
    add_counts(out, root, running, "\n");
    if (running) add_workers(out, dgba_yaml_get(root, "per_worker"));
    const dgba_yaml_node *failures = dgba_yaml_get(root, "failures");
    for (const dgba_yaml_node *f = failures != NULL ? failures->first : NULL; f != NULL; f = f->next)
        dgba_text_add(out, "failed: %s: %s\n", text_of(f, "what"), text_of(f, "reason"));
}

static dgba_status read_status(dgba_yaml **out, const char *folder) {
    dgba_text path = {0};
    dgba_path_join(&path, folder, "status.json");
    const dgba_status status = dgba_file_exists(dgba_text_chars(&path))
                                   ? dgba_yaml_load(out, dgba_text_chars(&path))
                                   : dgba_fail(DGBA_E_IO, "%s: no run has been started in this folder", folder);
    dgba_text_free(&path);
    return status;
}

/** Tells the status once; whether the run is still running. */
static dgba_status tell(bool *running, const char *folder, bool in_a_line, const char *before) {
    dgba_text text = {0};
    dgba_yaml *document = NULL;
    DGBA_TRY(read_status(&document, folder));
    const dgba_yaml_node *root = dgba_yaml_root(document);
    *running = is_running(root, folder);
    dgba_text_add(&text, "%s", before);
    if (in_a_line && *running)
        add_counts(&text, root, true, ", ");
    else
        describe(&text, root, folder);
    const dgba_status status = print_text(&text);
    dgba_text_free(&text);
    dgba_yaml_free(&document);
    return status;
}

static dgba_status run(const dgba_command *command, int argc, char **argv) {
    arguments given;
    status_options chosen;
    bool running = false;
    DGBA_TRY(arguments_read(&given, &chosen, command, argc, argv, 1, 1));
    const bool on_terminal = isatty(STDOUT_FILENO);
    do {
        if (running) dgba_clock_sleep(WATCH_SECONDS);
        DGBA_TRY(tell(&running, given.words[0], chosen.watch && !on_terminal,
                      chosen.watch && on_terminal ? "\033[H\033[J" : ""));
    } while (chosen.watch && running);
    return DGBA_OK;
}

const dgba_command status_command = {
    .name = "status",
    .usage = "DIR [--watch]",
    .help = "tells how far a run is: units done, cached, failed, running, time left; works from another shell",
    .options = &table,
    .run = run,
};
