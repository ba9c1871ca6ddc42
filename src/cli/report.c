#include "dgba/report.h"

#include "command.h"

typedef struct report_options {
    int64_t format;
} report_options;

static const char *const formats[] = {[DGBA_REPORT_TEXT] = "text", [DGBA_REPORT_CSV] = "csv", NULL};
static const dgba_option options[] = {
    {"format", DGBA_OPTION_CHOICE, offsetof(report_options, format), "text", 0, 0, formats, "format"},
};
static const dgba_option_table table = {"report", "tables of a run", options, DGBA_COUNT_OF(options)};

static dgba_status run(const dgba_command *command, int argc, char **argv) {
    arguments given;
    report_options chosen;
    dgba_results results = {0};
    dgba_text path = {0}, text = {0};
    DGBA_TRY(arguments_read(&given, &chosen, command, argc, argv, 1, 1));
    // A run folder or a results file that was moved elsewhere.
    dgba_path_join(&path, given.words[0], "results.h5");
    const char *file = dgba_file_exists(dgba_text_chars(&path)) ? dgba_text_chars(&path) : given.words[0];
    dgba_status status = dgba_results_read(&results, file);
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
