/** What the command line adds to a configuration, a --set to a line; and the lines key=value of a unit's message. */
#include <string.h>

#include "fuzz.h"
#include "sweep.h"

enum { MOST_OVERRIDES = 16 };

static const char base[] =
    "data: {file: rooms.h5}\n"
    "model: {layout: [0, 31], head: {channels: 4, rates: [1, 2]}}\n"
    "train: {iterations: 10}\n"
    "attack: {step: [fgsm, {kind: ifgsm, iterations: 3}], rule: [single, dgba], epsilon: [4, 8]}\n";

/** Overrides the base by the lines of the text, which is cut up. */
static void check_overrides(char *text) {
    const char *overrides[MOST_OVERRIDES];
    char *place = NULL;
    int64_t count = 0;
    dgba_config *config = NULL;
    for (char *line = strtok_r(text, "\n", &place); line != NULL && count < MOST_OVERRIDES;
         line = strtok_r(NULL, "\n", &place))
        overrides[count++] = line;
    if (dgba_config_read(&config, base, "base.yaml", overrides, count, dgba_trial_schema()) == DGBA_OK)
        fuzz_check_config(config, "base.yaml");
    else
        fuzz_refused();
    dgba_config_free(&config);
}

static void check_lines(const char *text) {
    dgba_settings settings, again;
    dgba_text printed = {0}, printed_again = {0};
    if (dgba_settings_parse(&settings, text) != DGBA_OK) {
        fuzz_refused();
        return;
    }
    dgba_settings_print(&printed, &settings);
    FUZZ_OK(dgba_settings_parse(&again, dgba_text_chars(&printed)));
    dgba_settings_print(&printed_again, &again);
    FUZZ_CHECK(strcmp(dgba_text_chars(&printed), dgba_text_chars(&printed_again)) == 0);
    dgba_text_free(&printed);
    dgba_text_free(&printed_again);
    dgba_settings_free(&settings);
    dgba_settings_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    dgba_log_set_level(DGBA_LOG_ERROR);
    char *text = fuzz_text(data, size);
    check_lines(text);
    check_overrides(text);
    dgba_free(text);
    fuzz_end();
    return 0;
}
