#include "work.h"

#include <string.h>

#include "fuzz.h"

static const char sweep_text[] =
    "model: {width: 1/64, layout: 1, head: {channels: 1, rates: [1]}}\n"
    "train: {iterations: 4, batch: 2, log_every: 1, evaluate_every: 2, evaluate_split: test}\n"
    "attack: {step: {kind: ifgsm, iterations: 2}, rule: dgba, epsilon: 4}\n";

static bool stops;
static int iterations_done;

static bool should_stop(void) { return stops && ++iterations_done >= 2; }

dgba_status fuzz_run(const dgba_settings *message, bool stop) {
    dgba_worker *worker = NULL;
    dgba_text text = {0};
    dgba_h5 *file = NULL;
    char *result = NULL;
    size_t count = 0;
    stops = stop;
    iterations_done = 0;
    dgba_settings_print(&text, message);
    FUZZ_OK(dgba_worker_create(&worker, NULL));
    dgba_worker_set_watch(worker, &(dgba_worker_watch){.should_stop = should_stop, .save_seconds = 1e9});
    const dgba_status status = dgba_worker_run(&result, &count, worker, dgba_text_chars(&text), text.length + 1, NULL);
    const bool is_file = strcmp(dgba_settings_get(message, "kind"), "transfer") != 0; // its result is of several files
    if (status == DGBA_OK && is_file) FUZZ_OK(dgba_h5_open_bytes(&file, result, count, "result"));
    dgba_h5_close(&file);
    dgba_free(result);
    dgba_worker_free(&worker);
    dgba_text_free(&text);
    return status;
}

enum { MESSAGE_BYTES = 4096 };

/** Keeps a message in memory that dgba does not count. */
static void keep_message(char kept[MESSAGE_BYTES], const dgba_sweep *sweep, dgba_unit_kind kind) {
    char *message = NULL;
    size_t count = 0;
    int64_t u = 0;
    while (sweep->units[u].kind != kind) ++u;
    FUZZ_OK(dgba_unit_message(&message, &count, sweep, &sweep->units[u], fuzz_path("run")));
    FUZZ_OK(dgba_text_fit(kept, MESSAGE_BYTES, message));
    dgba_free(message);
}

/** Trains the model that the attack's message names. */
static void train_model(const dgba_sweep *sweep) {
    dgba_store *store = NULL;
    dgba_worker *worker = NULL;
    char *bytes = NULL, *result = NULL;
    size_t count = 0, result_count = 0;
    FUZZ_OK(dgba_unit_message(&bytes, &count, sweep, &sweep->units[0], fuzz_path("run")));
    FUZZ_OK(dgba_worker_create(&worker, NULL));
    FUZZ_OK(dgba_worker_run(&result, &result_count, worker, bytes, count, NULL));
    FUZZ_OK(dgba_store_open(&store, fuzz_path("run")));
    FUZZ_OK(dgba_unit_put(store, &sweep->units[0], result, result_count));
    dgba_store_close(&store);
    dgba_worker_free(&worker);
    dgba_free(result);
    dgba_free(bytes);
}

static void make_messages(char training[MESSAGE_BYTES], char attack[MESSAGE_BYTES]) {
    const fuzz_sample sample = fuzz_sample_data();
    dgba_config *config = NULL;
    dgba_sweep sweep;
    dgba_text file = {0};
    dgba_text_add(&file, "data.file=%s", fuzz_path("sample.h5"));
    FUZZ_OK(dgba_file_write(fuzz_path("sample.h5"), sample.bytes, sample.count));
    const char *const overrides[] = {dgba_text_chars(&file)};
    FUZZ_OK(dgba_config_read(&config, sweep_text, "work.yaml", overrides, 1, dgba_trial_schema()));
    FUZZ_OK(dgba_sweep_create(&sweep, config));
    train_model(&sweep);
    keep_message(training, &sweep, DGBA_UNIT_TRAIN);
    keep_message(attack, &sweep, DGBA_UNIT_ATTACK);
    dgba_sweep_free(&sweep);
    dgba_config_free(&config);
    dgba_text_free(&file);
}

void fuzz_message(dgba_settings *out, fuzz_unit unit) {
    static char training[MESSAGE_BYTES], attack[MESSAGE_BYTES];
    if (training[0] == '\0') make_messages(training, attack);
    FUZZ_OK(dgba_settings_parse(out, unit == FUZZ_UNIT_TRAIN ? training : attack));
}
