#include <stdio.h>
#include <string.h>

#include "command.h"
#include "dgba/data.h"

typedef struct data_options {
    char output[DGBA_OPTION_TEXT_BYTES], split[DGBA_OPTION_TEXT_BYTES];
    int64_t images;
    dgba_synth synth;
    dgba_import import;
} data_options;

enum { OWN_OPTIONS = 3, MOST_OPTIONS = 24 };

/** The command's own options, then those of the synthetic scenes and of the importers. */
static dgba_option options[MOST_OPTIONS] = {
    {"output", DGBA_OPTION_TEXT, offsetof(data_options, output), "", 0, 0, NULL, "file to write (-o)"},
    {"split", DGBA_OPTION_TEXT, offsetof(data_options, split), "test", 0, 0, NULL, "sheet: split to show"},
    {"images", DGBA_OPTION_INTEGER, offsetof(data_options, images), "12", 1, 1000, NULL, "sheet: number of images"},
};
static dgba_option_table table = {"data", "data files", options, OWN_OPTIONS};

static void add_options(const dgba_option_table *from, size_t offset) {
    DGBA_ASSERT(table.count + from->count <= MOST_OPTIONS);
    for (int64_t i = 0; i < from->count; ++i) {
        options[table.count] = from->options[i];
        options[table.count++].offset += offset;
    }
}

static void add_all_options(void) {
    if (table.count > OWN_OPTIONS) return;
    add_options(&dgba_synth_options, offsetof(data_options, synth));
    add_options(&dgba_import_options, offsetof(data_options, import));
}

static dgba_status need_output(const data_options *chosen) {
    return chosen->output[0] != '\0' ? DGBA_OK : dgba_fail(DGBA_E_USAGE, "say which file to write: -o FILE");
}

static void describe_split(dgba_text *text, const dgba_data *data, const char *split) {
    const int64_t *images = NULL;
    int64_t count = 0;
    if (dgba_data_split(&images, &count, data, split) == DGBA_OK)
        dgba_text_add(text, "%-12s %lld images\n", split, (long long)count);
    dgba_error_clear();
}

static dgba_status describe(const char *path) {
    dgba_data *data = NULL;
    dgba_text text = {0};
    DGBA_TRY(dgba_data_open(&data, path));
    const dgba_data_info *about = dgba_data_about(data);
    dgba_text_add(&text,
                  "name         %s\nsource       %s\nfingerprint  %s\nimages       %lld, %lld x %lld pixels (H x W)\n",
                  about->name, about->source, about->fingerprint, (long long)about->images, (long long)about->height,
                  (long long)about->width);
    describe_split(&text, data, "train");
    describe_split(&text, data, "test");
    for (int64_t t = 0; t < about->task_count; ++t) {
        const dgba_data_task *task = &about->tasks[t];
        dgba_text_add(&text, "task %lld       %-18s %s", (long long)t, task->name, task->kind);
        if (task->classes > 0)
            dgba_text_add(&text, ", %lld classes\n", (long long)task->classes);
        else
            dgba_text_add(&text, "%s%s\n", task->unit[0] != '\0' ? ", in " : "", task->unit);
    }
    const dgba_status status = print_text(&text);
    dgba_text_free(&text);
    dgba_data_close(&data);
    return status;
}

static dgba_status make_sheet(const char *path, const data_options *chosen) {
    dgba_data *data = NULL;
    DGBA_TRY(dgba_data_open(&data, path));
    const dgba_status status = dgba_data_contact_sheet(chosen->output, data, chosen->split, chosen->images);
    dgba_data_close(&data);
    return status;
}

static dgba_status import(const arguments *given, const data_options *chosen) {
    if (given->word_count != 3) return dgba_fail(DGBA_E_USAGE, "usage: dgba data import IMPORTER SOURCE -o FILE.h5");
    DGBA_TRY(need_output(chosen));
    DGBA_TRY(dgba_data_import(given->words[1], given->words[2], chosen->output, &chosen->import));
    return describe(chosen->output);
}

static dgba_status run(const dgba_command *command, int argc, char **argv) {
    arguments given;
    data_options chosen = {0};
    add_all_options();
    DGBA_TRY(arguments_read(&given, &chosen, command, argc, argv, 1, 3));
    const char *verb = given.words[0];
    if (strcmp(verb, "import") == 0) return import(&given, &chosen);
    if (strcmp(verb, "synth") == 0 && given.word_count == 1) {
        DGBA_TRY(need_output(&chosen));
        DGBA_TRY(dgba_data_synth(chosen.output, &chosen.synth));
        return describe(chosen.output);
    }
    if (strcmp(verb, "info") == 0 && given.word_count == 2) return describe(given.words[1]);
    if (strcmp(verb, "sheet") == 0 && given.word_count == 2) {
        DGBA_TRY(need_output(&chosen));
        return make_sheet(given.words[1], &chosen);
    }
    return dgba_fail(DGBA_E_USAGE, "usage: dgba data %s", command->usage);
}

static void more_help(dgba_text *out) {
    int64_t count = 0;
    const dgba_importer *const *importers = dgba_data_importers(&count);
    add_all_options();
    dgba_text_add(out, "\nImporters:\n");
    for (int64_t i = 0; i < count; ++i) {
        dgba_text_add(out, "  %-12s %s\n", importers[i]->name, importers[i]->help);
        for (const char *const *option = importers[i]->options; *option != NULL; ++option)
            dgba_text_add(out, "%s%s", option == importers[i]->options ? "               options: " : ", ", *option);
        if (*importers[i]->options != NULL) dgba_text_add(out, "\n");
    }
}

const dgba_command data_command = {
    .name = "data",
    .usage = "import IMPORTER SOURCE -o FILE.h5 | synth -o FILE.h5 | info FILE.h5 | sheet FILE.h5 -o SHEET.png",
    .help = "makes data files: imports images and labels, renders synthetic rooms, looks at them",
    .details =
        "import  reads images and labels of one of the forms below\n"
        "synth   renders labelled indoor scenes; needs no download\n"
        "info    prints what a data file holds\n"
        "sheet   draws images and labels as a PNG contact sheet\n",
    .options = &table,
    .more_help = more_help,
    .run = run,
};
