/* Strings. Ours are of variable length: netCDF's library corrupts its memory on fixed-length ones, and h5py gives such
 * attributes back as bytes. Those of other programs are read whatever their kind. */
#include <string.h>

#include "internal.h"

hid_t h5_text_type(void) {
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}

void h5_add_string(dgba_text *out, const char *strings, hid_t type, int64_t index) {
    if (H5Tis_variable_str(type) > 0) {
        const char *string = ((const char *const *)(const void *)strings)[index];
        dgba_text_add(out, "%s", string != NULL ? string : "");
    } else {
        const size_t width = H5Tget_size(type);
        dgba_text_add(out, "%.*s", (int)width, strings + (size_t)index * width);
    }
}

dgba_status dgba_h5_write_text_array(dgba_h5 *file, const dgba_h5_dataset *about, const char *const *texts) {
    const hid_t type = h5_text_type();
    hid_t dataset = H5I_INVALID_HID;
    dgba_status status = DGBA_OK;
    int64_t count = 1;
    DGBA_TRY_OUT(h5_create_dataset(&dataset, file, about, type));
    for (int i = 0; i < about->axes; ++i) count *= about->sizes[i];
    if (count > 0) {
        H5_TRY_OUT(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts), DGBA_E_IO, file, about->path, "write");
        H5_TRY_OUT(H5Dflush(dataset), DGBA_E_IO, file, about->path, "write");
    }
out:
    h5_drop(dataset);
    h5_drop(type);
    return status;
}

dgba_status dgba_h5_write_texts(dgba_h5 *file, const char *path, const char *const *texts, int64_t count,
                                const char *description) {
    const dgba_h5_dataset about = {.path = path, .axes = 1, .sizes = {count}, .description = description};
    return dgba_h5_write_text_array(file, &about, texts);
}

static dgba_status copy_strings(dgba_names *out, const char *strings, hid_t type, int64_t count) {
    DGBA_TRY(DGBA_NEW(&out->items, count));
    for (; out->count < count; ++out->count) {
        dgba_text text = {0};
        h5_add_string(&text, strings, type, out->count);
        out->items[out->count] = text.chars;
    }
    return DGBA_OK;
}

dgba_status dgba_h5_read_texts(dgba_names *out, dgba_h5 *file, const char *path) {
    *out = (dgba_names){0};
    hid_t dataset = H5I_INVALID_HID, type = H5I_INVALID_HID, space = H5I_INVALID_HID;
    int64_t count = 0;
    char *strings = NULL;
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(h5_open_dataset(&dataset, file, path));
    type = H5Dget_type(dataset);
    space = H5Dget_space(dataset);
    if (H5Sget_simple_extent_ndims(space) < 1 || H5Tget_class(type) != H5T_STRING) {
        status = dgba_fail(DGBA_E_FORMAT, "%s:%s: not a list of texts", file->name, path);
        goto out;
    }
    DGBA_TRY_OUT(h5_check_content(file, path, dataset));
    count = H5Sget_simple_extent_npoints(space);
    DGBA_TRY_OUT(dgba_allocate((void **)&strings, count, H5Tget_size(type)));
    if (count > 0)
        H5_TRY_OUT(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, strings), DGBA_E_FORMAT, file, path, "read");
    status = copy_strings(out, strings, type, count);
    if (H5Tis_variable_str(type) > 0) H5Dvlen_reclaim(type, space, H5P_DEFAULT, strings);
out:
    if (status != DGBA_OK) dgba_names_free(out);
    dgba_free(strings);
    h5_drop(space);
    h5_drop(type);
    h5_drop(dataset);
    return status;
}
