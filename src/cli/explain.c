#include <string.h>
#include <sys/stat.h>

#include "command.h"
#include "run.h"

typedef struct explain_options {
    char output[DGBA_OPTION_TEXT_BYTES];
    bool list;
} explain_options;

static const dgba_option options[] = {
    {"output", DGBA_OPTION_TEXT, offsetof(explain_options, output), "", 0, 0, NULL,
     "run folder that CONFIG.yaml would run in (-o)"},
    {"list", DGBA_OPTION_BOOL, offsetof(explain_options, list), "false", 0, 0, NULL,
     "a line for every unit that has to run"},
};
static const dgba_option_table table = {"explain", "explaining", options, DGBA_COUNT_OF(options)};

static void add_units(dgba_text *out, const run_reasons *reasons) {
    const dgba_sweep *sweep = reasons->units->sweep;
    dgba_text name = {0}, words = {0};
    for (int64_t u = 0; u < sweep->unit_count; ++u) {
        if (reasons_find(&words, reasons, u) == REASON_DONE) continue;
        dgba_unit_describe(&name, sweep, &sweep->units[u]);
        dgba_text_add(out, "%s: %s\n", dgba_text_chars(&name), dgba_text_chars(&words));
    }
    dgba_text_free(&name);
    dgba_text_free(&words);
}

static dgba_status print_reasons(const dgba_sweep *sweep, const char *folder, bool list) {
    unit_list units = {0};
    run_reasons reasons = {0};
    dgba_text text = {0}, changes = {0};
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(units_list(&units, sweep, folder));
    DGBA_TRY_OUT(reasons_read(&reasons, &units, folder, folder != NULL && dgba_store_is_locked(folder)));
    dgba_text_add(&text, "%s: %lld units\n", folder, (long long)sweep->unit_count);
    reasons_count(&text, &reasons, "  ");
    reasons_compare(&changes, sweep->config, folder, "  ");
    if (changes.length > 0) dgba_text_add(&text, "Changed since the last run here:\n%s", dgba_text_chars(&changes));
    if (list) add_units(&text, &reasons);
    status = print_text(&text);
out:
    dgba_text_free(&text);
    dgba_text_free(&changes);
    reasons_free(&reasons);
    units_free(&units);
    return status;
}

/** The configuration is the one given, or that of the last run in the folder given. */
static dgba_status choose_files(dgba_text *config, const char **folder, const char *given, const explain_options *chosen) {
    *folder = chosen->output[0] != '\0' ? chosen->output : given;
    if (chosen->output[0] != '\0')
        dgba_text_add(config, "%s", given);
    else
        dgba_path_join(config, given, RUN_RESOLVED_NAME);
    if (chosen->output[0] != '\0' || dgba_file_exists(dgba_text_chars(config))) return DGBA_OK;
    struct stat about;
    if (stat(given, &about) == 0 && S_ISREG(about.st_mode))
        return dgba_fail(DGBA_E_USAGE, "say in which folder %s would run: -o DIR", given);
    return dgba_fail(DGBA_E_IO, "%s: no run has been started in this folder", given);
}

static dgba_status run(const dgba_command *command, int argc, char **argv) {
    arguments given;
    explain_options chosen;
    dgba_text path = {0};
    const char *folder = NULL;
    dgba_config *config = NULL;
    dgba_sweep sweep = {0};
    dgba_status status = DGBA_OK;
    DGBA_TRY(arguments_read(&given, &chosen, command, argc, argv, 1, 1));
    DGBA_TRY_OUT(choose_files(&path, &folder, given.words[0], &chosen));
    DGBA_TRY_OUT(
        dgba_config_load(&config, dgba_text_chars(&path), given.overrides, given.override_count, dgba_trial_schema()));
    DGBA_TRY_OUT(dgba_context(dgba_sweep_create(&sweep, config), "%s", dgba_text_chars(&path)));
    status = print_reasons(&sweep, folder, chosen.list);
out:
    dgba_sweep_free(&sweep);
    dgba_config_free(&config);
    dgba_text_free(&path);
    return status;
}

const dgba_command explain_command = {
    .name = "explain",
    .usage = "DIR | CONFIG.yaml -o DIR [--set section.key=value ...] [--list]",
    .help = "tells why units have to run: missing, failed, damaged, or other settings than in the last run",
    .options = &table,
    .run = run,
};
