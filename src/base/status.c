#include "dgba/base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local char message[4096];
static void (*panic_hook)(void);

#define SENTENCE(code, exit_code, sentence) [code] = sentence,
static const char *const sentences[] = {DGBA_STATUS_LIST(SENTENCE)};
#undef SENTENCE

#define EXIT_CODE(code, exit_code, sentence) [code] = exit_code,
static const int exit_codes[] = {DGBA_STATUS_LIST(EXIT_CODE)};
#undef EXIT_CODE

const char *dgba_status_sentence(dgba_status status) {
    return status < DGBA_STATUS_COUNT ? sentences[status] : "unknown status";
}

int dgba_status_exit_code(dgba_status status) {
    return status < DGBA_STATUS_COUNT ? exit_codes[status] : exit_codes[DGBA_E_BUG];
}

dgba_status dgba_fail(dgba_status status, const char *format, ...) {
    // Formatted aside first: an argument may be the old message itself.
    char text[sizeof message];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    memcpy(message, text, sizeof message);
    return status;
}

dgba_status dgba_context(dgba_status status, const char *format, ...) {
    if (status == DGBA_OK) return status;
    char context[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(context, sizeof context, format, arguments);
    va_end(arguments);
    return dgba_fail(status, "%s: %s", context, message);
}

const char *dgba_error(void) { return message; }

void dgba_error_clear(void) { message[0] = '\0'; }

void dgba_panic(const char *file, int line, const char *format, ...) {
    fprintf(stderr, "dgba: bug at %s:%d: ", file, line);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\nPlease report this with the command that led to it.\n");
    if (panic_hook != NULL) panic_hook();
    abort();
}

void dgba_panic_hook(void (*hook)(void)) { panic_hook = hook; }
