#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "version.h"

static const dgba_command *const commands[] = {&plan_command,   &run_command,    &status_command, &explain_command,
                                               &report_command, &attack_command, &data_command,   &layouts_command,
                                               &list_command,   &check_command,  &bench_command};

static void print_help(dgba_text *out) {
    dgba_text_add(out,
                  "dgba - adversarial-attack experiments on multi-task vision models\n\n"
                  "usage: dgba COMMAND ...          on one core\n"
                  "       mpirun -n 8 dgba run ...  on eight\n\n"
                  "Commands:\n");
    for (int64_t i = 0; i < DGBA_COUNT_OF(commands); ++i)
        dgba_text_add(out, "  %-8s  %s\n", commands[i]->name, commands[i]->help);
    dgba_text_add(out,
                  "\n`dgba COMMAND --help` tells more. `dgba --version` prints the version.\n\n"
                  "Exit codes: 0 ok, 1 some units failed, 2 wrong use, 3 configuration, 4 input or output, 70 bug,\n"
                  "75 stopped early (the same command continues).\n");
}

static dgba_status find_command(const dgba_command **out, const char *name) {
    const char *names[DGBA_COUNT_OF(commands)];
    for (int64_t i = 0; i < DGBA_COUNT_OF(commands); ++i) {
        names[i] = commands[i]->name;
        if (strcmp(names[i], name) != 0) continue;
        *out = commands[i];
        return DGBA_OK;
    }
    const char *nearest = dgba_text_nearest(name, names, DGBA_COUNT_OF(commands));
    if (nearest == NULL) return dgba_fail(DGBA_E_USAGE, "unknown command '%s'; `dgba --help` lists them", name);
    return dgba_fail(DGBA_E_USAGE, "unknown command '%s' (did you mean '%s'?)", name, nearest);
}

static bool is_help(const char *argument) {
    return strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0 || strcmp(argument, "help") == 0;
}

static bool asks_for_help(int argc, char **argv) {
    for (int i = 0; i < argc; ++i)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) return true;
    return false;
}

static dgba_status dispatch(int argc, char **argv, dgba_text *text) {
    if (argc < 2 || is_help(argv[1])) {
        print_help(text);
        if (argc < 2) return dgba_fail(DGBA_E_USAGE, "a command is missing\n%s", dgba_text_chars(text));
        return print_text(text);
    }
    if (strcmp(argv[1], "--version") == 0) {
        dgba_text_add(text, "dgba %s (%s)\n", DGBA_VERSION, dgba_git_commit);
        return print_text(text);
    }
    const dgba_command *chosen = NULL;
    DGBA_TRY(find_command(&chosen, argv[1]));
    if (asks_for_help(argc - 2, argv + 2)) {
        command_help(text, chosen);
        return print_text(text);
    }
    return chosen->run(chosen, argc - 2, argv + 2);
}

int main(int argc, char **argv) {
    signal(SIGPIPE, SIG_IGN); // a closed pipe is an error like any other
    dgba_text text = {0};
    const dgba_status status = dispatch(argc, argv, &text);
    dgba_text_free(&text);
    // Statuses without a message have told their story already (failed units are rows of the results).
    if (status != DGBA_OK && dgba_error()[0] != '\0') fprintf(stderr, "dgba: %s\n", dgba_error());
    return dgba_status_exit_code(status);
}
