#include <stdio.h>
#include <string.h>

#include "internal.h"

void h5_quiet(void) {
    static _Thread_local bool quiet;
    if (quiet) return;
    // At the end of the program HDF5 would write its open files, and crashes on one that could not be written.
    H5dont_atexit();
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    quiet = true;
}

typedef struct message {
    char *text;
    size_t bytes;
} message;

static herr_t keep_first(unsigned depth, const H5E_error2_t *error, void *data) {
    const message *kept = data;
    if (depth == 0 && error->desc != NULL) snprintf(kept->text, kept->bytes, "%s", error->desc);
    return 0;
}

void h5_innermost_message(char *text, size_t bytes) {
    message kept = {.text = text, .bytes = bytes};
    snprintf(text, bytes, "unknown HDF5 error");
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_first, &kept);
    // Failures of the system are told as "...: name = 'x', errno = 2, error message = 'No such file', flags = ...".
    static const char mark[] = "error message = '";
    char *start = strstr(text, mark);
    if (start == NULL) return;
    start += sizeof mark - 1;
    const size_t length = strcspn(start, "'");
    memmove(text, start, length);
    text[length] = '\0';
}

dgba_status h5_fail(dgba_status code, dgba_h5 *file, const char *path, const char *what) {
    char text[512];
    h5_innermost_message(text, sizeof text);
    h5_abandon(file);
    return dgba_fail(code, "%s:%s: cannot %s: %s", file->name, path, what, text);
}

void h5_drop(hid_t id) {
    if (id >= 0) H5Idec_ref(id);
}
