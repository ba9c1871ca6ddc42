#define _DEFAULT_SOURCE // mkdtemp
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"

void fuzz_fail(const char *file, int line, const char *condition) {
    fprintf(stderr, "%s:%d: does not hold: %s (last message: %s)\n", file, line, condition, dgba_error());
    abort();
}

void fuzz_refused(void) {
    FUZZ_CHECK(dgba_error()[0] != '\0');
    dgba_error_clear();
}

void fuzz_end(void) { FUZZ_CHECK(dgba_live_allocations() == 0); }

char *fuzz_text(const uint8_t *data, size_t size) {
    char *text = NULL;
    size_t length = 0;
    FUZZ_OK(DGBA_NEW(&text, (int64_t)size + 1));
    for (size_t i = 0; i < size; ++i)
        if (data[i] != '\0') text[length++] = (char)data[i];
    return text;
}

static char folder[] = "/dev/shm/dgba-fuzz-XXXXXX";

static void remove_folder(void) {
    char command[80];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    FUZZ_CHECK(system(command) == 0);
}

const char *fuzz_path(const char *name) {
    static char path[sizeof folder + 64];
    static bool made;
    if (!made) {
        FUZZ_CHECK(mkdtemp(folder) != NULL);
        FUZZ_CHECK(atexit(remove_folder) == 0);
        made = true;
    }
    FUZZ_CHECK(snprintf(path, sizeof path, "%s/%s", folder, name) < (int)sizeof path);
    return path;
}

const char *fuzz_file(int number, const void *bytes, size_t count) {
    static char paths[FUZZ_MOST_FILES][sizeof folder + 64];
    char name[16];
    FUZZ_CHECK(number >= 0 && number < FUZZ_MOST_FILES);
    snprintf(name, sizeof name, "file-%d", number);
    memcpy(paths[number], fuzz_path(name), sizeof paths[number]);
    unlink(paths[number]); // a new one each time: HDF5 knows a file by its number on the device
    FILE *file = fopen(paths[number], "wb");
    FUZZ_CHECK(file != NULL && fwrite(bytes, 1, count, file) == count && fclose(file) == 0);
    return paths[number];
}
