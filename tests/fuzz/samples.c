/* The valid files that are edited and damaged. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dgba/trial.h"
#include "fuzz.h"
#include "support/dataset.h"
#include "support/results.h"

/** Keeps the bytes in memory that dgba does not count; `bytes` is freed. */
static void keep(fuzz_sample *sample, char *bytes, size_t count) {
    char *copy = malloc(count);
    FUZZ_CHECK(copy != NULL);
    memcpy(copy, bytes, count);
    dgba_free(bytes);
    *sample = (fuzz_sample){copy, count};
}

static void keep_file(fuzz_sample *sample, const char *path) {
    char *bytes = NULL;
    size_t count = 0;
    FUZZ_OK(dgba_file_read(&bytes, &count, path));
    keep(sample, bytes, count);
}

fuzz_sample fuzz_sample_data(void) {
    static fuzz_sample sample;
    if (sample.bytes != NULL) return sample;
    const dgba_data_info about = dataset_about(3, 4, 5);
    dgba_data *data = dataset_open(fuzz_path("."), &about);
    dgba_data_close(&data);
    keep_file(&sample, fuzz_path("made-up.h5"));
    return sample;
}

fuzz_sample fuzz_sample_checkpoint(void) {
    static fuzz_sample sample;
    static const dgba_model_task tasks[] = {{"seg", 2}, {"depth", 1}};
    if (sample.bytes != NULL) return sample;
    const dgba_model_def def = {
        .width = 1.0 / 64, .head_channels = 1, .head_rates = {.count = 2, .values = {1, 2}}, .head_dropout = 0.5};
    dgba_model model;
    float *parameters = NULL;
    dgba_h5 *file = NULL;
    char *bytes = NULL;
    size_t count = 0;
    FUZZ_OK(dgba_model_create(&model, &def, tasks, DGBA_COUNT_OF(tasks)));
    FUZZ_OK(DGBA_NEW(&parameters, dgba_graph_parameter_floats(model.graph)));
    dgba_model_initialise(parameters, &model, 5);
    FUZZ_OK(dgba_h5_create_in_memory(&file));
    FUZZ_OK(dgba_checkpoint_write(file, &model, parameters));
    FUZZ_OK(dgba_h5_to_bytes(&bytes, &count, &file));
    keep(&sample, bytes, count);
    dgba_free(parameters);
    dgba_model_free(&model);
    return sample;
}

const dgba_task *fuzz_tasks(void) {
    static dgba_task tasks[FUZZ_TASKS] = {{.name = "segment", .classes = 3}, {.name = "depth"}};
    static const char *const kinds[FUZZ_TASKS] = {"segmentation", "depth"};
    for (int t = 0; t < FUZZ_TASKS; ++t) FUZZ_OK(dgba_task_kind_find(&tasks[t].kind, kinds[t]));
    return tasks;
}

static void fill_record(dgba_record *record) {
    const dgba_shape image = {1, 3, 4, 5}, head = {1, 2, 2, 3};
    for (int i = 0; i < 3; ++i) record->images[i] = 10 + i;
    for (int i = 0; i < FUZZ_TASKS * 3; ++i) record->losses[i] = i == 4 ? NAN : 0.1 * i;
    record->totals[0].counts[7] = 3;
    record->seconds = 2.5;
    record->forward_passes = 10;
    record->solve_count = 1;
    FUZZ_OK(DGBA_NEW(&record->solves, 1));
    record->solves[0] =
        (dgba_solve_row){.image = 10, .bound = 0.5, .solver = dgba_text_copy("dual"), .status = dgba_text_copy("gap")};
    FUZZ_OK(dgba_example_maps_allocate(&record->examples, 1, image, head, true));
}

fuzz_sample fuzz_sample_unit(void) {
    static fuzz_sample sample;
    if (sample.bytes != NULL) return sample;
    dgba_record record;
    dgba_settings settings = {0};
    char *bytes = NULL;
    size_t count = 0;
    FUZZ_OK(dgba_record_allocate(&record, fuzz_tasks(), FUZZ_TASKS, 3));
    fill_record(&record);
    dgba_settings_set(&settings, "kind", "attack");
    FUZZ_OK(dgba_record_write(&bytes, &count, &record, fuzz_tasks(), &settings, FUZZ_UNIT_ID));
    keep(&sample, bytes, count);
    dgba_settings_free(&settings);
    dgba_record_free(&record);
    return sample;
}

fuzz_sample fuzz_sample_results(void) {
    static fuzz_sample sample;
    if (sample.bytes != NULL) return sample;
    dgba_results results;
    results_make(&results);
    FUZZ_OK(dgba_results_write(fuzz_path("results.h5"), &results));
    dgba_results_free(&results);
    keep_file(&sample, fuzz_path("results.h5"));
    return sample;
}
