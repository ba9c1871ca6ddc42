/* libFuzzer's mutations of bytes seldom give a line that says something, so half of the mutations are of lines: a new edit
 * of something that is there. */
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);

enum { MOST_PLACES = 512, PLACE_BYTES = 160, LINE_BYTES = 400 };

/** "PATH" of every object but the root, and "PATH NAME" of every attribute. */
typedef struct places {
    char paths[MOST_PLACES][PLACE_BYTES], attributes[MOST_PLACES][PLACE_BYTES];
    unsigned path_count, attribute_count;
} places;

typedef struct visit {
    places *found;
    const char *path;
} visit;

static herr_t note_attribute(hid_t object, const char *name, const H5A_info_t *about, void *data) {
    const visit *at = data;
    (void)object, (void)about;
    if (at->found->attribute_count < MOST_PLACES)
        snprintf(at->found->attributes[at->found->attribute_count++], PLACE_BYTES, "%s %s", at->path, name);
    return 0;
}

static herr_t note_object(hid_t file, const char *name, const H5O_info_t *about, void *data) {
    places *found = data;
    char path[PLACE_BYTES];
    hsize_t first = 0;
    (void)about;
    snprintf(path, sizeof path, "/%s", strcmp(name, ".") == 0 ? "" : name);
    if (path[1] != '\0' && found->path_count < MOST_PLACES) strcpy(found->paths[found->path_count++], path);
    visit at = {found, path};
    const hid_t object = H5Oopen(file, path, H5P_DEFAULT);
    H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, &first, note_attribute, &at);
    H5Oclose(object);
    return 0;
}

static const places *list_places(fuzz_sample sample) {
    static places found;
    if (found.path_count > 0) return &found;
    const hid_t list = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fapl_core(list, 1 << 16, 0);
    H5Pset_file_image(list, (void *)(uintptr_t)sample.bytes, sample.count);
    const hid_t file = H5Fopen("places", H5F_ACC_RDONLY, list);
    FUZZ_CHECK(file >= 0 && H5Ovisit(file, H5_INDEX_NAME, H5_ITER_INC, note_object, &found) >= 0);
    H5Fclose(file);
    H5Pclose(list);
    return &found;
}

static const char *choose(const char *const *words, unsigned count, unsigned *seed) {
    return words[(unsigned)rand_r(seed) / 7 % count];
}

static const char *choose_path(const places *all, unsigned *seed) {
    return all->paths[(unsigned)rand_r(seed) / 7 % all->path_count];
}

static void make_line(char line[LINE_BYTES], const places *all, unsigned seed) {
    static const char *const types[] = {"u8",  "i8",  "i16", "i32",  "i64",  "u64",
                                        "f32", "f64", "ref", "list", "text", "chars"};
    static const char *const sizes[] = {"-",
                                        "null",
                                        "0",
                                        "1",
                                        "2",
                                        "3",
                                        "4",
                                        "1x1",
                                        "2x3",
                                        "3x4x5",
                                        "3x4x5x3",
                                        "0x5",
                                        "1000000",
                                        "1000000000c",
                                        "99999999999c",
                                        "3x4294967296x4294967296c",
                                        "3x4x5c",
                                        "1x1x1x1x1x1x1",
                                        "2x",
                                        "65536x65536c"};
    static const char *const values[] = {"0",
                                         "1",
                                         "-1",
                                         "2",
                                         "3",
                                         "7",
                                         "255",
                                         "256",
                                         "1e18",
                                         "9223372036854775807",
                                         "-9223372036854775808",
                                         "nan",
                                         "inf",
                                         "0.5",
                                         "1e-300",
                                         "",
                                         "text",
                                         "segmentation",
                                         "normals",
                                         "depth",
                                         "a=b",
                                         "deeplab_resnet34",
                                         "mobilenet_v2",
                                         "{01}|{01}|{01}|{01}|{01}",
                                         "dgba-unit",
                                         "dgba-data"};
#define CHOOSE(words) choose(words, sizeof(words) / sizeof *(words), &seed)
    const char *path = choose_path(all, &seed),
               *attribute = all->attributes[(unsigned)rand_r(&seed) % all->attribute_count];
    switch (rand_r(&seed) / 7 % 9) {
        case 0: snprintf(line, LINE_BYTES, "delete %s\n", path); break;
        case 1: snprintf(line, LINE_BYTES, "group %s\n", path); break;
        case 2: snprintf(line, LINE_BYTES, "link %s %s\n", path, choose_path(all, &seed)); break;
        case 3: snprintf(line, LINE_BYTES, "without %s\n", attribute); break;
        case 4:
        case 5:
            snprintf(line, LINE_BYTES, "attribute %s %s %s %s\n", attribute, CHOOSE(types), CHOOSE(sizes), CHOOSE(values));
            break;
        case 6: snprintf(line, LINE_BYTES, "element %s %d %s\n", path, rand_r(&seed) / 7 % 8, CHOOSE(values)); break;
        default: snprintf(line, LINE_BYTES, "data %s %s %s %s\n", path, CHOOSE(types), CHOOSE(sizes), CHOOSE(values));
    }
#undef CHOOSE
}

/** The start of some line, or the end. */
static size_t choose_start(const uint8_t *data, size_t size, unsigned *seed) {
    size_t start = size > 0 ? (size_t)rand_r(seed) % (size + 1) : 0;
    while (start > 0 && data[start - 1] != '\n') --start;
    return start;
}

size_t fuzz_mutate_edits(fuzz_sample sample, uint8_t *data, size_t size, size_t most, unsigned seed) {
    char line[LINE_BYTES];
    if (rand_r(&seed) / 7 % 2 == 0) return LLVMFuzzerMutate(data, size, most);
    size_t start = choose_start(data, size, &seed), end = start;
    if (rand_r(&seed) / 7 % 2 == 0) // in place of a line
        while (end < size && data[end++] != '\n') continue;
    make_line(line, list_places(sample), (unsigned)rand_r(&seed));
    const size_t length = strlen(line);
    if (size - (end - start) + length > most) return LLVMFuzzerMutate(data, size, most);
    memmove(data + start + length, data + end, size - end);
    memcpy(data + start, line, length);
    return size - (end - start) + length;
}
