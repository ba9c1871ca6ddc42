/** The state of a training that was stopped: a valid one, edited. Whatever it says, the training ends well: it goes on, or
 *  begins anew. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "work.h"

static fuzz_sample sample_state(void) {
    static fuzz_sample sample;
    if (sample.bytes != NULL) return sample;
    dgba_settings message;
    char *bytes = NULL;
    fuzz_message(&message, FUZZ_UNIT_TRAIN);
    FUZZ_CHECK(fuzz_run(&message, true) == DGBA_E_STOPPED);
    FUZZ_OK(dgba_file_read(&bytes, &sample.count, dgba_settings_get(&message, "@side.file")));
    char *copy = malloc(sample.count); // memory that dgba does not count
    FUZZ_CHECK(copy != NULL);
    sample.bytes = memcpy(copy, bytes, sample.count);
    dgba_free(bytes);
    dgba_settings_free(&message);
    return sample;
}

/** Whether the input changes numbers that a training computes with, which it may refuse to go on with. */
static bool changes_numbers(const char *text) {
    static const char *const arrays[] = {"/state/parameters", "/state/first",       "/state/second", "/state/best",
                                         "/state/losses",     "/state/adversarial", "link",          "/train"};
    for (int64_t i = 0; i < DGBA_COUNT_OF(arrays); ++i)
        if (strstr(text, arrays[i]) != NULL) return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *bytes = NULL;
    size_t count = 0;
    dgba_settings message;
    dgba_log_set_level(DGBA_LOG_ERROR);
    fuzz_edit(&bytes, &count, sample_state(), data, size);
    fuzz_message(&message, FUZZ_UNIT_TRAIN);
    dgba_settings_set(&message, "@side.file", fuzz_file(0, bytes, count));
    const dgba_status status = fuzz_run(&message, false);
    char *text = fuzz_text(data, size);
    FUZZ_CHECK(status == DGBA_OK || (status == DGBA_E_NUMERIC && changes_numbers(text)));
    dgba_error_clear();
    dgba_free(text);
    dgba_settings_free(&message);
    free(bytes);
    fuzz_end();
    return 0;
}

FUZZ_MUTATE_EDITS(sample_state)
