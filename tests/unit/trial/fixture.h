/** A small data file and sweeps on it, for the tests of this folder. */
#ifndef TESTS_UNIT_TRIAL_FIXTURE_H
#define TESTS_UNIT_TRIAL_FIXTURE_H

#include <stdio.h>
#include <string.h>

#include "dgba/trial.h"
#include "support/check.h"

static char folder[512], data_file[600], config_file[600];

/** Group setup: six training and five test images. */
static inline int make_data(void **state) {
    (void)state;
    const dgba_synth synth = {.train = 6, .test = 5, .height = 24, .width = 32, .seed = 1};
    snprintf(folder, sizeof folder, "%s", check_folder("sweep"));
    snprintf(data_file, sizeof data_file, "%s/data.h5", folder);
    snprintf(config_file, sizeof config_file, "%s/sweep.yaml", folder);
    CHECK_OK(dgba_data_synth(data_file, &synth));
    return 0;
}

static dgba_config *config;
static dgba_sweep sweep;

static inline dgba_status load_status(const char *data, const char *rest) {
    dgba_text text = {0};
    dgba_text_add(&text, "data: {file: %s, %s}\n%s", data_file, data, rest);
    CHECK_OK(dgba_file_write(config_file, dgba_text_chars(&text), text.length));
    dgba_text_free(&text);
    CHECK_OK(dgba_config_load(&config, config_file, NULL, 0, dgba_trial_schema()));
    return dgba_sweep_create(&sweep, config);
}

static inline void load(const char *data, const char *rest) { CHECK_OK(load_status(data, rest)); }

static inline void unload(void) {
    dgba_sweep_free(&sweep);
    dgba_config_free(&config);
}

/** Runs a unit on its own and stores its result where others look for it. */
static inline void run_unit(dgba_store *store, dgba_worker *worker, const dgba_unit *unit) {
    char *message = NULL, *result = NULL;
    size_t count = 0, result_count = 0;
    CHECK_OK(dgba_unit_message(&message, &count, &sweep, unit, folder));
    CHECK_OK(dgba_worker_run(&result, &result_count, worker, message, count, NULL));
    CHECK_OK(dgba_unit_put(store, unit, result, result_count));
    assert_true(dgba_unit_is_done(&sweep, unit, folder));
    dgba_free(message);
    dgba_free(result);
}

#endif
