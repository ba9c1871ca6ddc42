#include "dgba/report.h"

#include <string.h>
#include <sys/stat.h>

#include "command.h"

typedef struct report_options {
    int64_t format;
    bool claims;
    char output[DGBA_OPTION_TEXT_BYTES], table[DGBA_OPTION_TEXT_BYTES], rows[DGBA_OPTION_TEXT_BYTES],
        columns[DGBA_OPTION_TEXT_BYTES], value[DGBA_OPTION_TEXT_BYTES], over[DGBA_OPTION_TEXT_BYTES],
        where[DGBA_OPTION_TEXT_BYTES];
} report_options;

#define FORMAT_WORD(name, word) [DGBA_REPORT_##name] = (word),
static const char *const formats[] = {DGBA_REPORT_FORMAT_LIST(FORMAT_WORD) NULL};

#define TEXT_OPTION(name, help) \
    { #name, DGBA_OPTION_TEXT, offsetof(report_options, name), "", 0, 0, NULL, help }
static const dgba_option options[] = {
    {"format", DGBA_OPTION_CHOICE, offsetof(report_options, format), "text", 0, 0, formats, "format"},
    TEXT_OPTION(output, "file to write; the standard output if empty"),
    TEXT_OPTION(
        table,
        "only this one: clean, strength, training, drops, transfer, models, sharing, cost, ilp, claims, unfinished, all"),
    {"claims", DGBA_OPTION_BOOL, offsetof(report_options, claims), "false", 0, 0, NULL,
     "tests the claims of the paper: the same as --table claims"},
    TEXT_OPTION(rows, "pivot table: axes of the rows, \"layout,rule\""),
    TEXT_OPTION(columns, "pivot table: axes of the columns, \"epsilon\""),
    TEXT_OPTION(value, "pivot table: what stands in its cells, arp if empty"),
    TEXT_OPTION(over, "pivot table: axes to average over, beside seeds"),
    TEXT_OPTION(where, "only these attacks: \"rule=dgba|total,epsilon=8\""),
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

static dgba_status put(const dgba_text *text, const char *path) {
    if (path[0] == '\0') return print_text(text);
    return dgba_file_write(path, dgba_text_chars(text), text->length);
}

static dgba_status run(const dgba_command *command, int argc, char **argv) {
    arguments given;
    report_options chosen;
    dgba_results results = {0};
    dgba_text path = {0}, text = {0};
    DGBA_TRY(arguments_read(&given, &chosen, command, argc, argv, 1, 1));
    const dgba_report_request request = {.format = (dgba_report_format)chosen.format,
                                         .table = chosen.claims ? "claims" : chosen.table,
                                         .rows = chosen.rows,
                                         .columns = chosen.columns,
                                         .value = chosen.value,
                                         .over = chosen.over,
                                         .where = chosen.where};
    find_results(&path, given.words[0]);
    dgba_status status = dgba_results_read(&results, dgba_text_chars(&path));
    dgba_text_free(&path);
    DGBA_TRY(status);
    DGBA_TRY_OUT(dgba_report_print(&text, &results, &request));
    status = put(&text, chosen.output);
out:
    dgba_text_free(&text);
    dgba_results_free(&results);
    return status;
}

const dgba_command report_command = {
    .name = "report",
    .usage =
        "DIR|RESULTS.h5 [--format text|csv|markdown|latex|html] [-o FILE] [--table NAME | --claims | --rows AXES "
        "--columns AXES --value VALUE] [--where AXIS=VALUE,...]",
    .help = "prints the tables of a run: clean results, attack strength, drop of every task, transfer, sharing, cost",
    .details =
        "A pivot table sorts the attacks along any axes: columns of /attacks (rule, step, epsilon, ...) and of /models\n"
        "(layout, width, ...; model.seed where both have the name), task and metric. Its values: arp,\n"
        "mean_relative_loss and other measured columns, drop and loss per task, metric per metric, and of models\n"
        "without an attack clean_metric, clean_loss and parameters. Repeats with other seeds become mean ± standard\n"
        "deviation; a cell that would mix anything else is an error, unless --over names it.\n",
    .options = &table,
    .run = run,
};
