/** What rank 0 tells a worker: a valid message, changed by lines key=value. "train" in the first line stands for the
 * message of a training, else it is that of an attack. The worker does the unit or says what is wrong, and remains usable.
 */
#include <math.h>
#include <string.h>

#include "fuzz.h"
#include "work.h"

enum { MOST_LINES = 16 };

/** Files stay those of the message, and numbers so small that the unit takes no time. */
static bool is_bearable(const char *key, const char *value) {
    static const double most = 32;
    double number = 0;
    if (strstr(key, ".file") != NULL) return false;
    const bool large = dgba_text_real(&number, value) == DGBA_OK && fabs(number) > most;
    dgba_error_clear();
    return !large && strchr(value, '[') == NULL;
}

static void change(dgba_settings *message, char *text) {
    char *place = NULL;
    int lines = 0;
    for (char *line = strtok_r(text, "\n", &place); line != NULL && lines < MOST_LINES;
         line = strtok_r(NULL, "\n", &place)) {
        char *equals = strchr(line, '=');
        if (equals == NULL) continue;
        *equals = '\0';
        if (is_bearable(line, equals + 1)) dgba_settings_set(message, line, equals + 1);
        ++lines;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    dgba_settings message;
    dgba_log_set_level(DGBA_LOG_ERROR);
    char *text = fuzz_text(data, size);
    const fuzz_unit unit = strncmp(text, "train", 5) == 0 ? FUZZ_UNIT_TRAIN : FUZZ_UNIT_ATTACK;
    fuzz_message(&message, unit);
    change(&message, text);
    if (fuzz_run(&message, false) != DGBA_OK) fuzz_refused();
    dgba_settings_free(&message);
    dgba_free(text);
    fuzz_end();
    return 0;
}
