/** A configuration file. Behind a form feed, which no YAML contains, stand files that it may include: a.yaml, b.yaml. */
#include <string.h>

#include "fuzz.h"
#include "sweep.h"

/** Cuts the text at form feeds; the pieces behind the first become files. */
static void write_fragments(char *text) {
    static const char *const names[] = {"a.yaml", "b.yaml"};
    char *next = strchr(text, '\f');
    for (int i = 0; i < 2; ++i) {
        if (next != NULL) *next++ = '\0';
        const char *piece = next != NULL ? next : "";
        if (next != NULL) next = strchr(next, '\f');
        FUZZ_OK(dgba_file_write(fuzz_path(names[i]), piece, next != NULL ? (size_t)(next - piece) : strlen(piece)));
    }
    if (next != NULL) *next = '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    dgba_config *config = NULL;
    dgba_log_set_level(DGBA_LOG_ERROR);
    char name[128], *text = fuzz_text(data, size);
    if (strchr(text, '\f') != NULL) write_fragments(text);
    FUZZ_OK(dgba_text_fit(name, sizeof name, fuzz_path("fuzz.yaml")));
    if (dgba_config_read(&config, text, name, NULL, 0, dgba_trial_schema()) == DGBA_OK)
        fuzz_check_config(config, name);
    else
        fuzz_refused();
    dgba_config_free(&config);
    dgba_free(text);
    fuzz_end();
    return 0;
}
