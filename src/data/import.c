#include "import.h"

#include <string.h>

static const char *const compat_words[] = {"none", "released", NULL};

#define TEXT(name, fallback, help) \
    { #name, DGBA_OPTION_TEXT, offsetof(dgba_import, name), fallback, 0, 0, NULL, help }
static const dgba_option rows[] = {
    TEXT(train_list, "", "file of the images to train on, a name or number a line"),
    TEXT(test_list, "", "file of the images to test on"),
    TEXT(class_map, "", "CSV file from stored classes to those of the task"),
    TEXT(class_names, "", "file of lines \"stored-value name\""),
    TEXT(class_weights, "", "weights of the classes, .npy or a number a line"),
    TEXT(camera, "518.857901,519.469611,324.582449,252.736166", "fx,fy,cx,cy in pixels numbered from 0; default: NYUv2's"),
    {"classes", DGBA_OPTION_INTEGER, offsetof(dgba_import, classes), "40", 1, DGBA_DATA_MOST_CLASSES, NULL,
     "number of classes: the column classN of the class map"},
    {"size", DGBA_OPTION_INTEGER, offsetof(dgba_import, size), "256", 0, 16384, NULL,
     "height and width of the images, by nearest pixel; 0 = as stored"},
    {"compat", DGBA_OPTION_CHOICE, offsetof(dgba_import, compat), "none", 0, 0, compat_words,
     "released = labels as the released Python code takes them"},
};
#undef TEXT

const dgba_option_table dgba_import_options = {"import", "importing", rows, DGBA_COUNT_OF(rows)};

static const dgba_importer *const importers[] = {
    &dgba_data_folder_importer,
    &dgba_data_nyuv2_mat_importer,
    &dgba_data_adashare_importer,
    &dgba_data_taskonomy_importer,
};

const dgba_importer *const *dgba_data_importers(int64_t *count) {
    *count = DGBA_COUNT_OF(importers);
    return importers;
}

static bool takes(const dgba_importer *importer, const char *option) {
    for (const char *const *name = importer->options; *name != NULL; ++name)
        if (strcmp(*name, option) == 0) return true;
    return false;
}

static bool is_equal(const dgba_import *a, const dgba_import *b, const dgba_option *option) {
    const char *x = (const char *)a + option->offset, *y = (const char *)b + option->offset;
    return option->kind == DGBA_OPTION_TEXT ? strcmp(x, y) == 0 : memcmp(x, y, sizeof(int64_t)) == 0;
}

/** An option that an importer would ignore is a misunderstanding. */
static dgba_status check_options(const dgba_importer *importer, const dgba_import *options, const dgba_import *defaults) {
    for (int64_t i = 0; i < DGBA_COUNT_OF(rows); ++i)
        if (!takes(importer, rows[i].name) && !is_equal(options, defaults, &rows[i]))
            return dgba_fail(DGBA_E_USAGE, "the importer %s takes no option '%s'", importer->name, rows[i].name);
    return DGBA_OK;
}

dgba_status dgba_data_import(const char *importer, const char *source, const char *path, const dgba_import *options) {
    const char *known[DGBA_COUNT_OF(importers)];
    int64_t found = 0;
    dgba_import defaults;
    for (int64_t i = 0; i < DGBA_COUNT_OF(importers); ++i) known[i] = importers[i]->name;
    if (dgba_text_find(&found, importer, known, DGBA_COUNT_OF(importers), "importer") != DGBA_OK) return DGBA_E_USAGE;
    dgba_option_defaults(&defaults, &dgba_import_options);
    if (options == NULL) options = &defaults;
    DGBA_TRY(check_options(importers[found], options, &defaults));
    return importers[found]->run(source, path, options);
}
