/** The program's subcommands, and reading their arguments. */
#ifndef DGBA_CLI_COMMAND_H
#define DGBA_CLI_COMMAND_H

#include "dgba/base.h"

/** A subcommand. `run` gets what stands behind its name. */
typedef struct dgba_command {
    const char *name;
    const char *usage;                 // "CONFIG -o DIR [--set section.key=value …]"
    const char *help;                  // one line
    const char *details;               // paragraphs for its own help, or NULL
    const dgba_option_table *options;  // or NULL
    void (*more_help)(dgba_text *out); // adds to the details; or NULL
    dgba_status (*run)(const struct dgba_command *command, int argc, char **argv);
} dgba_command;

extern const dgba_command data_command, attack_command, layouts_command, plan_command, run_command, status_command,
    explain_command, report_command, list_command, check_command, bench_command;

enum { MOST_POSITIONAL = 8, MOST_OVERRIDES = 64 };

/** What stood behind a subcommand: words without dashes, and the texts of --set. Borrowed from argv. */
typedef struct arguments {
    const char *words[MOST_POSITIONAL];
    int64_t word_count;
    const char *overrides[MOST_OVERRIDES];
    int64_t override_count;
} arguments;

/** Reads `--name value`, `--name=value`, `-x value` for the option whose name begins with x, `--flag` for a switch, `--set
 *  key=value` any number of times, and words. Fills `definition` by the command's options; dashes in names stand for
 *  underscores.
 *  Errors    DGBA_E_USAGE with a suggestion, or if the number of words is not between `least` and `most` */
dgba_status arguments_read(arguments *out, void *definition, const dgba_command *command, int argc, char **argv,
                           int64_t least, int64_t most);

/** Help of one subcommand. */
void command_help(dgba_text *out, const dgba_command *command);

/** Prints text to stdout.
 *  Errors    DGBA_E_IO (a closed pipe, a full disk) */
dgba_status print_text(const dgba_text *text);

#endif
