/** Gives the files of the folders named on the command line to a target, as libFuzzer would. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

static void replay(const char *folder, const char *name) {
    static uint8_t input[1 << 20];
    char path[4096];
    FUZZ_CHECK(snprintf(path, sizeof path, "%s/%s", folder, name) < (int)sizeof path);
    printf("%s\n", path);
    fflush(stdout); // the last line tells which input ended the program
    FILE *file = fopen(path, "rb");
    FUZZ_CHECK(file != NULL);
    const size_t size = fread(input, 1, sizeof input, file);
    FUZZ_CHECK(feof(file) || size < sizeof input);
    fclose(file);
    FUZZ_CHECK(LLVMFuzzerTestOneInput(input, size) == 0);
}

int main(int count, char **folders) {
    for (int i = 1; i < count; ++i) {
        struct dirent **entries = NULL;
        const int files = scandir(folders[i], &entries, NULL, alphasort);
        FUZZ_CHECK(files > 2); // "." and ".."
        for (int f = 0; f < files; ++f) {
            if (entries[f]->d_name[0] != '.') replay(folders[i], entries[f]->d_name);
            free(entries[f]);
        }
        free(entries);
    }
    return 0;
}
