#include <string.h>

#include "command.h"
#include "dgba/model.h"

typedef struct layouts_options {
    int64_t tasks, levels;
} layouts_options;

static const dgba_option options[] = {
    {"tasks", DGBA_OPTION_INTEGER, offsetof(layouts_options, tasks), "3", 1, DGBA_MOST_TASKS, NULL, "number of tasks"},
    {"levels", DGBA_OPTION_INTEGER, offsetof(layouts_options, levels), "5", 1, DGBA_MOST_LEVELS, NULL, "branching points"},
};
static const dgba_option_table table = {"layouts", "layouts", options, DGBA_COUNT_OF(options)};

static dgba_status run(const dgba_command *command, int argc, char **argv) {
    arguments given;
    layouts_options chosen;
    dgba_layout *layouts = NULL;
    int64_t count = 0, most = 0;
    dgba_text text = {0};
    DGBA_TRY(arguments_read(&given, &chosen, command, argc, argv, 0, 0));
    DGBA_TRY(dgba_layout_enumerate(&layouts, &count, chosen.tasks, chosen.levels));
    for (int64_t i = 0; i < count; ++i) {
        const int64_t score = dgba_layout_sharing_score(&layouts[i], &most);
        dgba_text_add(&text, "%5lld  %3lld/%lld  ", (long long)i, (long long)score, (long long)most);
        dgba_layout_print(&text, &layouts[i]);
        dgba_text_add(&text, "\n");
    }
    const dgba_status status = print_text(&text);
    dgba_text_free(&text);
    dgba_free(layouts);
    return status;
}

const dgba_command layouts_command = {
    .name = "layouts",
    .usage = "[--tasks T] [--levels B]",
    .help = "lists all ways to share: index, sharing score, task sets per level",
    .details = "Level 0 is next to the image. {12}{0} means: tasks 1 and 2 share a copy, task 0 has its own.\n",
    .options = &table,
    .run = run,
};
