#include "npy.h"

#include <stdlib.h>
#include <string.h>

enum { PREFIX_BYTES = 10 }; // "\x93NUMPY", two bytes of version, two of the header's length

/** The text behind `'key':` in the header, a Python dictionary, or NULL. */
static const char *find_value(const char *header, const char *key) {
    const char *place = strstr(header, key);
    if (place == NULL) return NULL;
    place += strlen(key);
    return place + strspn(place, " ");
}

/** Reads "(480, 640)", "(17,)" or "()". */
static bool read_shape(data_array *out, const char *text) {
    if (text == NULL || *text != '(') return false;
    for (++text; *text != ')'; text += strspn(text, ", ")) {
        char *end = NULL;
        const long long size = strtoll(text, &end, 10);
        if (end == text || size < 1 || size > INT32_MAX || out->axes == DATA_ARRAY_MOST_AXES) return false;
        out->sizes[out->axes++] = size;
        text = end;
    }
    return true;
}

static int64_t element_count(const data_array *array) {
    int64_t count = 1;
    for (int64_t i = 0; i < array->axes; ++i)
        if (__builtin_mul_overflow(count, array->sizes[i], &count)) return -1;
    return count;
}

/** Reads the dictionary; `element` becomes the bytes of an element. */
static dgba_status read_header(data_array *out, size_t *element, const char *header) {
    const char *type = find_value(header, "'descr':"), *fortran = find_value(header, "'fortran_order':");
    if (type == NULL || fortran == NULL || !read_shape(out, find_value(header, "'shape':")))
        return dgba_fail(DGBA_E_FORMAT, "the header of this .npy file cannot be read: %s", header);
    *element = strncmp(type, "'<f4'", 5) == 0 ? sizeof(float) : strncmp(type, "'<f8'", 5) == 0 ? sizeof(double) : 0;
    if (*element == 0)
        return dgba_fail(DGBA_E_FORMAT, "holds elements of type %.*s; '<f4' and '<f8' can be read", (int)strcspn(type, ","),
                         type);
    if (strncmp(fortran, "False", 5) != 0 && out->axes > 1)
        return dgba_fail(DGBA_E_FORMAT, "is in Fortran order; C order can be read");
    return DGBA_OK;
}

static dgba_status copy_values(data_array *out, const char *bytes, size_t count, size_t element) {
    const int64_t elements = element_count(out);
    if (elements < 0 || (size_t)elements != count / element || count % element != 0)
        return dgba_fail(DGBA_E_FORMAT, "holds %zu bytes of content, which is not what its shape needs", count);
    DGBA_TRY(DGBA_NEW(&out->values, elements));
    for (int64_t i = 0; i < elements; ++i) {
        double value = 0;
        if (element == sizeof value)
            memcpy(&value, bytes + (size_t)i * element, element);
        else
            memcpy(&out->values[i], bytes + (size_t)i * element, element);
        if (element == sizeof value) out->values[i] = (float)value;
    }
    return DGBA_OK;
}

static dgba_status decode(data_array *out, const char *bytes, size_t count) {
    if (count < PREFIX_BYTES || memcmp(bytes, "\x93NUMPY", 6) != 0) return dgba_fail(DGBA_E_FORMAT, "not a .npy file");
    const unsigned char *prefix = (const unsigned char *)bytes;
    if (prefix[6] != 1 || prefix[7] != 0)
        return dgba_fail(DGBA_E_FORMAT, "a .npy file of format %d.%d; 1.0 can be read", prefix[6], prefix[7]);
    const size_t length = prefix[8] + 256U * prefix[9];
    if (count - PREFIX_BYTES < length) return dgba_fail(DGBA_E_FORMAT, "this .npy file is truncated");
    char *header = NULL;
    size_t element = 0;
    DGBA_TRY(DGBA_NEW(&header, (int64_t)length + 1));
    memcpy(header, bytes + PREFIX_BYTES, length);
    const dgba_status status = read_header(out, &element, header);
    dgba_free(header);
    DGBA_TRY(status);
    return copy_values(out, bytes + PREFIX_BYTES + length, count - PREFIX_BYTES - length, element);
}

dgba_status dgba_data_npy_read(data_array *out, const char *path) {
    *out = (data_array){0};
    char *bytes = NULL;
    size_t count = 0;
    DGBA_TRY(dgba_file_read(&bytes, &count, path));
    const dgba_status status = dgba_context(decode(out, bytes, count), "%s", path);
    dgba_free(bytes);
    if (status != DGBA_OK) *out = (data_array){0};
    return status;
}

void dgba_data_array_free(data_array *array) {
    dgba_free(array->values);
    *array = (data_array){0};
}
