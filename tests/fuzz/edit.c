#include "edit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

enum { MOST_BYTES = 4096, MOST_LINES = 32 };

/** Opens the sample for writing, in memory. */
static hid_t open_copy(fuzz_sample sample) {
    static int count;
    char name[32];
    snprintf(name, sizeof name, "edited-%d", count++);
    const hid_t list = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fapl_core(list, 1 << 16, 0);
    H5Pset_fclose_degree(list, H5F_CLOSE_STRONG);
    H5Pset_file_image(list, (void *)(uintptr_t)sample.bytes, sample.count);
    const hid_t file = H5Fopen(name, H5F_ACC_RDWR, list);
    H5Pclose(list);
    FUZZ_CHECK(file >= 0);
    return file;
}

static void take_image(char **bytes, size_t *count, hid_t file) {
    FUZZ_CHECK(H5Fflush(file, H5F_SCOPE_GLOBAL) >= 0);
    const ssize_t size = H5Fget_file_image(file, NULL, 0);
    FUZZ_CHECK(size > 0);
    *bytes = malloc((size_t)size);
    *count = (size_t)size;
    FUZZ_CHECK(*bytes != NULL && H5Fget_file_image(file, *bytes, (size_t)size) == size);
}

void fuzz_edit(char **bytes, size_t *count, fuzz_sample sample, const uint8_t *data, size_t size) {
    char text[MOST_BYTES + 1] = "";
    for (size_t i = 0; i < size && i < MOST_BYTES; ++i) text[i] = data[i] != '\0' ? (char)data[i] : ' ';
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    H5set_free_list_limits(-1, -1, -1, -1, -1, -1); // a file takes HDF5 half a megabyte, which may be used again
    const hid_t file = open_copy(sample);
    char *place = NULL;
    int lines = 0;
    for (char *line = strtok_r(text, "\n", &place); line != NULL && lines < MOST_LINES; line = strtok_r(NULL, "\n", &place))
        fuzz_edit_line(file, line), ++lines;
    take_image(bytes, count, file);
    H5Fclose(file);
}
