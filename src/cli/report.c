#include "dgba/report.h"

#include <sys/stat.h>

#include "command.h"

typedef struct report_options {
    int64_t format;
} report_options;

static const char *const formats[] = {[DGBA_REPORT_TEXT] = "text", [DGBA_REPORT_CSV] = "csv", NULL};
static const dgba_option options[] = {
    {"format", DGBA_OPTION_CHOICE, offsetof(report_options, format), "text", 0, 0, formats, "format"},
};
static const dgba_option_table table = {"report", "tables of a run", options, DGBA_COUNT_OF(options)};

/** A run folder, or a results file that was moved elsewhere. */
static void find_results(dgba_text *path, const char *given) {
    struct stat about;
    if (stat(given, &about) == 0 && S_ISDIR(about.st_mode))
        dgba_path_join(path, given, "results.h5");
    else
        dgba_text_add(path, "%s", given);
}

static dgba_status run(const dgba_command *command, int argc, char **argv) {
    arguments given;
    report_options chosen;
    dgba_results results = {0};
    dgba_text path = {0}, text = {0};
    DGBA_TRY(arguments_read(&given, &chosen, command, argc, argv, 1, 1));
    find_results(&path, given.words[0]);
    dgba_status status = dgba_results_read(&results, dgba_text_chars(&path));
    dgba_text_free(&path);
    DGBA_TRY(status);
    dgba_report_print(&text, &results, (dgba_report_format)chosen.format);
    status = print_text(&text);
    dgba_text_free(&text);
    dgba_results_free(&results);
    return status;
}

const dgba_command report_command = {
    .name = "report",
    .usage = "DIR|RESULTS.h5 [--format text|csv]",
    .help = "prints the tables of a run: clean results, attack strength, drop of every task",
    .options = &table,
    .run = run,
};
