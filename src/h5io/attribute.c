#include <stdio.h>

#include "internal.h"

static dgba_status fail(dgba_status code, dgba_h5 *file, const char *path, const char *verb, const char *name) {
    char what[128];
    snprintf(what, sizeof what, "%s the attribute '%s'", verb, name);
    return h5_fail(code, file, path, what);
}

/** A new scalar attribute in place of an old one. */
static dgba_status set(dgba_h5 *file, const char *path, const char *name, hid_t disk, hid_t memory, const void *value) {
    hid_t object = H5I_INVALID_HID, space = H5I_INVALID_HID, attribute = H5I_INVALID_HID;
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(dgba_h5_has(file, path) ? DGBA_OK : h5_make_groups(file, path));
    object = H5Oopen(file->id, path, H5P_DEFAULT);
    H5_TRY_OUT(object, DGBA_E_IO, file, path, "open");
    if (H5Aexists(object, name) > 0) H5Adelete(object, name);
    space = H5Screate(H5S_SCALAR);
    attribute = H5Acreate2(object, name, disk, space, H5P_DEFAULT, H5P_DEFAULT);
    if (attribute < 0 || H5Awrite(attribute, memory, value) < 0) status = fail(DGBA_E_IO, file, path, "write", name);
out:
    h5_drop(attribute);
    h5_drop(space);
    h5_drop(object);
    return status;
}

dgba_status dgba_h5_set_integer(dgba_h5 *file, const char *path, const char *name, int64_t value) {
    h5_quiet();
    return set(file, path, name, H5T_STD_I64LE, H5T_NATIVE_INT64, &value);
}

dgba_status dgba_h5_set_real(dgba_h5 *file, const char *path, const char *name, double value) {
    h5_quiet();
    return set(file, path, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, &value);
}

dgba_status dgba_h5_set_text(dgba_h5 *file, const char *path, const char *name, const char *value) {
    h5_quiet();
    const hid_t type = h5_text_type();
    const dgba_status status = set(file, path, name, type, type, &value);
    h5_drop(type);
    return status;
}

bool dgba_h5_has_attribute(dgba_h5 *file, const char *path, const char *name) {
    h5_quiet();
    return dgba_h5_has(file, path) && H5Aexists_by_name(file->id, path, name, H5P_DEFAULT) > 0;
}

/** Opens a scalar attribute. */
static dgba_status open_attribute(hid_t *out, dgba_h5 *file, const char *path, const char *name) {
    *out = H5I_INVALID_HID;
    if (!dgba_h5_has(file, path)) return dgba_fail(DGBA_E_FORMAT, "%s:%s: missing", file->name, path);
    if (H5Aexists_by_name(file->id, path, name, H5P_DEFAULT) <= 0)
        return dgba_fail(DGBA_E_FORMAT, "%s:%s: attribute '%s' is missing", file->name, path, name);
    *out = H5Aopen_by_name(file->id, path, name, H5P_DEFAULT, H5P_DEFAULT);
    if (*out < 0) return fail(DGBA_E_FORMAT, file, path, "open", name);
    const hid_t space = H5Aget_space(*out);
    const hssize_t count = H5Sget_simple_extent_npoints(space);
    h5_drop(space);
    if (count == 1) return DGBA_OK;
    h5_drop(*out);
    *out = H5I_INVALID_HID;
    return dgba_fail(DGBA_E_FORMAT, "%s:%s: attribute '%s' is not a single value", file->name, path, name);
}

static dgba_status get(void *value, dgba_h5 *file, const char *path, const char *name, hid_t memory) {
    hid_t attribute = H5I_INVALID_HID;
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(open_attribute(&attribute, file, path, name));
    if (H5Aread(attribute, memory, value) < 0) status = fail(DGBA_E_FORMAT, file, path, "read", name);
out:
    h5_drop(attribute);
    return status;
}

dgba_status dgba_h5_get_integer(int64_t *value, dgba_h5 *file, const char *path, const char *name) {
    return get(value, file, path, name, H5T_NATIVE_INT64);
}

dgba_status dgba_h5_get_real(double *value, dgba_h5 *file, const char *path, const char *name) {
    return get(value, file, path, name, H5T_NATIVE_DOUBLE);
}

dgba_status dgba_h5_get_text(dgba_text *value, dgba_h5 *file, const char *path, const char *name) {
    dgba_text_clear(value);
    hid_t attribute = H5I_INVALID_HID, type = H5I_INVALID_HID;
    char *string = NULL;
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(open_attribute(&attribute, file, path, name));
    type = H5Aget_type(attribute);
    if (H5Tget_class(type) != H5T_STRING) {
        status = dgba_fail(DGBA_E_FORMAT, "%s:%s: attribute '%s' is not a text", file->name, path, name);
        goto out;
    }
    DGBA_TRY_OUT(dgba_allocate((void **)&string, 1, H5Tget_size(type)));
    if (H5Aread(attribute, type, string) < 0) {
        status = fail(DGBA_E_FORMAT, file, path, "read", name);
        goto out;
    }
    h5_add_string(value, string, type, 0);
    if (H5Tis_variable_str(type) > 0) H5free_memory(*(char **)(void *)string);
out:
    dgba_free(string);
    h5_drop(type);
    h5_drop(attribute);
    return status;
}
