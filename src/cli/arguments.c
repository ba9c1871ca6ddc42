#include <stdio.h>
#include <string.h>

#include "command.h"

static dgba_status fail_usage(const dgba_command *command) {
    return dgba_fail(DGBA_E_USAGE, "%s\nusage: dgba %s %s\nMore: dgba %s --help", dgba_error(), command->name,
                     command->usage, command->name);
}

/** Splits "--name=value" into the option's name (dashes as underscores) and its value, NULL if it has none. */
static dgba_status split_option(char *name, size_t bytes, const char **value, const char *argument) {
    const char *start = argument + strspn(argument, "-");
    const char *equals = strchr(start, '=');
    const size_t length = equals != NULL ? (size_t)(equals - start) : strlen(start);
    if (length >= bytes) return dgba_fail(DGBA_E_USAGE, "unknown option '%s'", argument);
    memcpy(name, start, length);
    name[length] = '\0';
    for (char *c = name; *c != '\0'; ++c)
        if (*c == '-') *c = '_';
    *value = equals != NULL ? equals + 1 : NULL;
    return DGBA_OK;
}

/** "-o" is the first option whose name begins with o. */
static const char *long_name(const char *name, const dgba_option_table *table) {
    if (strlen(name) != 1 || table == NULL) return name;
    for (int64_t i = 0; i < table->count; ++i)
        if (table->options[i].name[0] == name[0]) return table->options[i].name;
    return name;
}

static dgba_status find_option(const dgba_option **option, const dgba_command *command, const char *name,
                               const char *argument) {
    static const dgba_option_table none = {.name = "options"};
    const dgba_option_table *table = command->options != NULL ? command->options : &none;
    if (dgba_option_find(option, table, long_name(name, table)) == DGBA_OK) return DGBA_OK;
    const char *hint = strstr(dgba_error(), " (did you mean");
    return dgba_fail(DGBA_E_USAGE, "unknown option '%s'%s", argument, hint != NULL ? hint : "");
}

/** Reads the option at argv[*at] and moves *at to the last argument it used. */
static dgba_status read_option(arguments *out, void *definition, const dgba_command *command, int argc, char **argv,
                               int *at) {
    char name[64] = "";
    const char *value = NULL, *argument = argv[*at];
    const dgba_option *option = NULL;
    DGBA_TRY(split_option(name, sizeof name, &value, argument));
    const bool is_override = strcmp(name, "set") == 0;
    if (!is_override) DGBA_TRY(find_option(&option, command, name, argument));
    if (!is_override && option->kind == DGBA_OPTION_BOOL && value == NULL) value = "true";
    if (value == NULL) {
        if (*at + 1 >= argc) return dgba_fail(DGBA_E_USAGE, "option '%s' needs a value", argument);
        value = argv[++*at];
    }
    if (!is_override) return dgba_option_read(definition, option, value) == DGBA_OK ? DGBA_OK : DGBA_E_USAGE;
    if (out->override_count == MOST_OVERRIDES) return dgba_fail(DGBA_E_USAGE, "more than %d --set", MOST_OVERRIDES);
    out->overrides[out->override_count++] = value;
    return DGBA_OK;
}

static dgba_status read_all(arguments *out, void *definition, const dgba_command *command, int argc, char **argv) {
    for (int i = 0; i < argc; ++i) {
        if (argv[i][0] == '-' && argv[i][1] != '\0') {
            DGBA_TRY(read_option(out, definition, command, argc, argv, &i));
        } else {
            if (out->word_count == MOST_POSITIONAL) return dgba_fail(DGBA_E_USAGE, "too many arguments: '%s'", argv[i]);
            out->words[out->word_count++] = argv[i];
        }
    }
    return DGBA_OK;
}

dgba_status arguments_read(arguments *out, void *definition, const dgba_command *command, int argc, char **argv,
                           int64_t least, int64_t most) {
    *out = (arguments){0};
    if (command->options != NULL) dgba_option_defaults(definition, command->options);
    if (read_all(out, definition, command, argc, argv) != DGBA_OK) return fail_usage(command);
    if (out->word_count >= least && out->word_count <= most) return DGBA_OK;
    dgba_status status = out->word_count < least ? dgba_fail(DGBA_E_USAGE, "an argument is missing")
                                                 : dgba_fail(DGBA_E_USAGE, "unexpected argument '%s'", out->words[most]);
    if (status != DGBA_OK) status = fail_usage(command);
    return status;
}

void command_help(dgba_text *out, const dgba_command *command) {
    dgba_text_add(out, "usage: dgba %s %s\n\n%s.\n", command->name, command->usage, command->help);
    if (command->details != NULL) dgba_text_add(out, "\n%s", command->details);
    if (command->more_help != NULL) command->more_help(out);
    if (command->options == NULL) return;
    dgba_text_add(out, "\nOptions:\n");
    dgba_text options = {0};
    dgba_option_help(&options, command->options);
    for (const char *line = dgba_text_chars(&options); *line != '\0';) {
        const size_t length = strcspn(line, "\n") + 1;
        // The table indents names by two blanks and does not know that they are options.
        dgba_text_add(out, "  --%.*s", (int)length - 2, line + 2);
        line += length;
    }
    dgba_text_free(&options);
}

dgba_status print_text(const dgba_text *text) {
    const bool written = fwrite(dgba_text_chars(text), 1, text->length, stdout) == text->length;
    if (!written || fflush(stdout) != 0) return dgba_fail(DGBA_E_IO, "cannot write to the standard output");
    return DGBA_OK;
}
