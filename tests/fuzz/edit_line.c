#include "edit.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_AXES = 8, MOST_WRITTEN = 1 << 14, CHUNK = 64 };

/* ---- Words ---- */

/** The next word of a line, "" at its end. */
static char *next_word(char **line) {
    char *word = *line + strspn(*line, " ");
    char *end = word + strcspn(word, " ");
    *line = *end != '\0' ? end + 1 : end;
    *end = '\0';
    return word;
}

/** Types by name; the caller closes it. Negative for an unknown one. */
static hid_t read_type(const char *name) {
    const struct {
        const char *name;
        hid_t type;
    } numbers[] = {{"u8", H5T_STD_U8LE},    {"i8", H5T_STD_I8LE},    {"i16", H5T_STD_I16BE},
                   {"i32", H5T_STD_I32LE},  {"i64", H5T_STD_I64LE},  {"u64", H5T_STD_U64LE},
                   {"f32", H5T_IEEE_F32LE}, {"f64", H5T_IEEE_F64BE}, {"ref", H5T_STD_REF_OBJ}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; ++i)
        if (strcmp(numbers[i].name, name) == 0) return H5Tcopy(numbers[i].type);
    if (strcmp(name, "list") == 0) return H5Tvlen_create(H5T_STD_I32LE);
    if (strcmp(name, "text") != 0 && strcmp(name, "chars") != 0) return H5I_INVALID_HID;
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, strcmp(name, "text") == 0 ? H5T_VARIABLE : 5);
    return type;
}

/** "-" a single value, "null" nothing, "3x4" two axes, "3x4c" two axes in chunks; the caller closes it. */
static hid_t read_space(const char *sizes, bool *chunked) {
    hsize_t axis[MOST_AXES];
    int axes = 0;
    char *end = NULL;
    *chunked = false;
    if (strcmp(sizes, "-") == 0) return H5Screate(H5S_SCALAR);
    if (strcmp(sizes, "null") == 0) return H5Screate(H5S_NULL);
    for (const char *next = sizes; axes < MOST_AXES; next = end + 1) {
        axis[axes++] = strtoull(next, &end, 10);
        if (*end != 'x') break;
    }
    *chunked = *end == 'c';
    return H5Screate_simple(axes, axis, NULL);
}

/** What is written for a value: its number or text, `count` times. */
typedef struct filling {
    hid_t type; // in memory
    void *values;
} filling;

static void drop_filling(filling *f) {
    free(f->values);
    if (f->type >= 0) H5Tclose(f->type);
}

/** Values for an object of this type and space; NULL where nothing is written. */
static filling make_filling(hid_t type, hid_t space, const char *value) {
    filling made = {H5I_INVALID_HID, NULL};
    const hssize_t count = H5Sget_simple_extent_npoints(space);
    const H5T_class_t class = H5Tget_class(type);
    if (count < 1 || count > MOST_WRITTEN) return made;
    if (class == H5T_INTEGER || class == H5T_FLOAT) {
        double *numbers = calloc((size_t)count, sizeof *numbers);
        const double number = strtod(value, NULL);
        for (hssize_t i = 0; i < count; ++i) numbers[i] = number;
        made = (filling){H5Tcopy(H5T_NATIVE_DOUBLE), numbers};
    } else if (class == H5T_STRING && H5Tis_variable_str(type) > 0) {
        const char **texts = calloc((size_t)count, sizeof *texts);
        for (hssize_t i = 0; i < count; ++i) texts[i] = value;
        made = (filling){H5Tcopy(type), texts};
    } else if (class == H5T_STRING) {
        const size_t width = H5Tget_size(type);
        char *texts = calloc((size_t)count, width);
        for (hssize_t i = 0; i < count; ++i) memcpy(texts + (size_t)i * width, value, strnlen(value, width));
        made = (filling){H5Tcopy(type), texts};
    }
    return made;
}

/* ---- Edits ---- */

static hid_t with_parents(void) {
    const hid_t list = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(list, 1);
    return list;
}

static void edit_data(hid_t file, const char *path, hid_t type, hid_t space, bool chunked, const char *value) {
    hsize_t sizes[MOST_AXES];
    const hid_t links = with_parents(), creation = H5Pcreate(H5P_DATASET_CREATE);
    const int axes = H5Sget_simple_extent_dims(space, sizes, NULL);
    for (int i = 0; i < axes; ++i) sizes[i] = sizes[i] > CHUNK ? CHUNK : sizes[i];
    if (chunked) H5Pset_chunk(creation, axes, sizes);
    H5Ldelete(file, path, H5P_DEFAULT);
    const hid_t id = H5Dcreate2(file, path, type, space, links, creation, H5P_DEFAULT);
    filling values = make_filling(type, space, value);
    if (id >= 0 && values.values != NULL) H5Dwrite(id, values.type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.values);
    drop_filling(&values);
    if (id >= 0) H5Dclose(id);
    H5Pclose(creation);
    H5Pclose(links);
}

static void edit_attribute(hid_t file, const char *path, const char *name, hid_t type, hid_t space, const char *value) {
    const hid_t object = H5Oopen(file, path, H5P_DEFAULT);
    if (object < 0) return;
    if (H5Aexists(object, name) > 0) H5Adelete(object, name);
    const hid_t id = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    filling values = make_filling(type, space, value);
    if (id >= 0 && values.values != NULL) H5Awrite(id, values.type, values.values);
    drop_filling(&values);
    if (id >= 0) H5Aclose(id);
    H5Oclose(object);
}

/** One element of a dataset of numbers. */
static void edit_element(hid_t file, const char *path, size_t index, const char *value) {
    const hid_t id = H5Dopen2(file, path, H5P_DEFAULT);
    if (id < 0) return;
    const hid_t space = H5Dget_space(id), type = H5Dget_type(id);
    const hssize_t count = H5Sget_simple_extent_npoints(space);
    const H5T_class_t class = H5Tget_class(type);
    if (count > (hssize_t)index && count <= MOST_WRITTEN && (class == H5T_INTEGER || class == H5T_FLOAT)) {
        double *numbers = calloc((size_t)count, sizeof *numbers);
        H5Dread(id, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers);
        numbers[index] = strtod(value, NULL);
        H5Dwrite(id, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers);
        free(numbers);
    }
    H5Tclose(type);
    H5Sclose(space);
    H5Dclose(id);
}

static void edit_group(hid_t file, const char *path) {
    const hid_t links = with_parents();
    H5Ldelete(file, path, H5P_DEFAULT);
    const hid_t id = H5Gcreate2(file, path, links, H5P_DEFAULT, H5P_DEFAULT);
    if (id >= 0) H5Gclose(id);
    H5Pclose(links);
}

static void edit_link(hid_t file, const char *path, const char *target) {
    H5Ldelete(file, path, H5P_DEFAULT);
    H5Lcreate_soft(target, file, path, H5P_DEFAULT, H5P_DEFAULT);
}

/** "TYPE SIZES VALUE" of a new dataset, or of an attribute if it has a name. */
static void edit_values(hid_t file, const char *path, const char *attribute, char *rest) {
    bool chunked = false;
    const hid_t type = read_type(next_word(&rest)), space = read_space(next_word(&rest), &chunked);
    if (type >= 0 && space >= 0 && attribute == NULL) edit_data(file, path, type, space, chunked, rest);
    if (type >= 0 && space >= 0 && attribute != NULL) edit_attribute(file, path, attribute, type, space, rest);
    if (type >= 0) H5Tclose(type);
    if (space >= 0) H5Sclose(space);
}

void fuzz_edit_line(hid_t file, char *line) {
    const char *verb = next_word(&line), *path = next_word(&line);
    if (path[0] != '/') return;
    if (strcmp(verb, "delete") == 0) {
        H5Ldelete(file, path, H5P_DEFAULT);
    } else if (strcmp(verb, "group") == 0) {
        edit_group(file, path);
    } else if (strcmp(verb, "link") == 0) {
        edit_link(file, path, next_word(&line));
    } else if (strcmp(verb, "data") == 0) {
        edit_values(file, path, NULL, line);
    } else if (strcmp(verb, "attribute") == 0) {
        const char *name = next_word(&line);
        edit_values(file, path, name, line);
    } else if (strcmp(verb, "without") == 0) {
        H5Adelete_by_name(file, path, next_word(&line), H5P_DEFAULT);
    } else if (strcmp(verb, "element") == 0) {
        const size_t index = strtoull(next_word(&line), NULL, 10);
        edit_element(file, path, index, line);
    }
}
