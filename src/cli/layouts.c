#include <string.h>

#include "command.h"
#include "dgba/model.h"

typedef struct layouts_options {
    int64_t tasks, levels;
    double width;
    char backbone[DGBA_OPTION_TEXT_BYTES];
} layouts_options;

static const dgba_option options[] = {
    {"tasks", DGBA_OPTION_INTEGER, offsetof(layouts_options, tasks), "3", 1, DGBA_MOST_TASKS, NULL, "number of tasks"},
    {"levels", DGBA_OPTION_INTEGER, offsetof(layouts_options, levels), "5", 1, DGBA_MOST_LEVELS, NULL, "branching points"},
    {"backbone", DGBA_OPTION_TEXT, offsetof(layouts_options, backbone), "deeplab_resnet34", 0, 0, NULL,
     "whose parameters are counted"},
    {"width", DGBA_OPTION_REAL, offsetof(layouts_options, width), "1", 0.001, 16, NULL,
     "multiplies the backbone's channels"},
};
static const dgba_option_table table = {"layouts", "layouts", options, DGBA_COUNT_OF(options)};

/** A model of one task on the chosen backbone: what one copy of each level costs. */
static dgba_status create_one_task(dgba_model *out, const layouts_options *chosen) {
    static const dgba_model_task head = {.name = "task", .channels = 1};
    dgba_model_def def = {0};
    dgba_option_defaults(&def, &dgba_model_options);
    dgba_option_defaults(&def, &dgba_head_options);
    DGBA_TRY(dgba_option_set(&def, &dgba_model_options, "backbone", chosen->backbone));
    def.width = chosen->width;
    return dgba_model_create(out, &def, &head, 1);
}

static int64_t count_parameters(const dgba_layout *layout, const dgba_model *one_task) {
    int64_t count = 0;
    for (int64_t level = 0; level < layout->levels; ++level)
        count += layout->set_count[level] * one_task->level_parameters[level];
    return count;
}

static void list(dgba_text *text, const dgba_layout *layouts, int64_t count, const dgba_model *one_task) {
    for (int64_t i = 0; i < count; ++i) {
        int64_t most = 0;
        const int64_t score = dgba_layout_sharing_score(&layouts[i], &most);
        dgba_text_add(text, "%5lld  %3lld/%lld  ", (long long)i, (long long)score, (long long)most);
        if (one_task->layout.levels == layouts[i].levels)
            dgba_text_add(text, "%11lld  ", (long long)count_parameters(&layouts[i], one_task));
        dgba_layout_print(text, &layouts[i]);
        dgba_text_add(text, "\n");
    }
}

static dgba_status run(const dgba_command *command, int argc, char **argv) {
    arguments given;
    layouts_options chosen;
    dgba_layout *layouts = NULL;
    int64_t count = 0;
    dgba_model one_task = {0};
    dgba_text text = {0};
    dgba_status status = DGBA_OK;
    DGBA_TRY(arguments_read(&given, &chosen, command, argc, argv, 0, 0));
    DGBA_TRY(create_one_task(&one_task, &chosen));
    DGBA_TRY_OUT(dgba_layout_enumerate(&layouts, &count, chosen.tasks, chosen.levels));
    list(&text, layouts, count, &one_task);
    status = print_text(&text);
out:
    dgba_text_free(&text);
    dgba_free(layouts);
    dgba_model_free(&one_task);
    return status;
}

const dgba_command layouts_command = {
    .name = "layouts",
    .usage = "[--tasks T] [--levels B] [--backbone NAME] [--width W]",
    .help = "lists all ways to share: index, sharing score, parameters of the backbone, task sets per level",
    .details =
        "Level 0 is next to the image. {12}{0} means: tasks 1 and 2 share a copy, task 0 has its own. Parameters are\n"
        "printed if the backbone has so many levels (5); heads are not counted.\n",
    .options = &table,
    .run = run,
};
