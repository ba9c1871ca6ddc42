/* MATLAB's cell arrays of texts, as its v7.3 files store them: references to arrays of 16-bit characters. */
#include "internal.h"

enum { MOST_CHARACTERS = 4096 };

static void add_utf8(dgba_text *out, uint16_t character) {
    if (character < 0x80)
        dgba_text_add(out, "%c", character);
    else if (character < 0x800)
        dgba_text_add(out, "%c%c", 0xc0 | character >> 6, 0x80 | (character & 0x3f));
    else
        dgba_text_add(out, "%c%c%c", 0xe0 | character >> 12, 0x80 | (character >> 6 & 0x3f), 0x80 | (character & 0x3f));
}

static dgba_status read_characters(dgba_text *out, dgba_h5 *file, const char *path, hid_t dataset) {
    uint16_t characters[MOST_CHARACTERS];
    const hid_t space = H5Dget_space(dataset), type = H5Dget_type(dataset);
    const int64_t count = H5Sget_simple_extent_npoints(space);
    dgba_status status = DGBA_OK;
    if (H5Tget_class(type) != H5T_INTEGER || H5Tget_size(type) != 2 || count < 0 || count > MOST_CHARACTERS) {
        status = dgba_fail(DGBA_E_FORMAT, "%s:%s: a cell is not a text", file->name, path);
        goto out;
    }
    H5_TRY_OUT(H5Dread(dataset, H5T_NATIVE_UINT16, H5S_ALL, H5S_ALL, H5P_DEFAULT, characters), DGBA_E_FORMAT, file, path,
               "read a cell");
    for (int64_t i = 0; i < count; ++i) add_utf8(out, characters[i]);
out:
    h5_drop(type);
    h5_drop(space);
    return status;
}

static dgba_status read_cell(char **out, dgba_h5 *file, const char *path, hid_t dataset, const hobj_ref_t *reference) {
    dgba_text text = {0};
    dgba_text_add(&text, "%s", "");
    const hid_t target = H5Rdereference2(dataset, H5P_DEFAULT, H5R_OBJECT, reference);
    const bool found = target >= 0 && H5Iget_type(target) == H5I_DATASET;
    const dgba_status status = found ? read_characters(&text, file, path, target)
                                     : dgba_fail(DGBA_E_FORMAT, "%s:%s: a cell leads nowhere", file->name, path);
    h5_drop(target);
    *out = text.chars;
    return status;
}

dgba_status dgba_h5_read_cells(dgba_names *out, dgba_h5 *file, const char *path) {
    *out = (dgba_names){0};
    hid_t dataset = H5I_INVALID_HID, space = H5I_INVALID_HID, type = H5I_INVALID_HID;
    hobj_ref_t *references = NULL;
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(h5_open_dataset(&dataset, file, path));
    space = H5Dget_space(dataset);
    type = H5Dget_type(dataset);
    if (H5Tequal(type, H5T_STD_REF_OBJ) <= 0) {
        status = dgba_fail(DGBA_E_FORMAT, "%s:%s: not a cell array", file->name, path);
        goto out;
    }
    DGBA_TRY_OUT(h5_check_content(file, path, dataset));
    const int64_t count = H5Sget_simple_extent_npoints(space);
    DGBA_TRY_OUT(DGBA_NEW(&references, count));
    DGBA_TRY_OUT(DGBA_NEW(&out->items, count));
    H5_TRY_OUT(H5Dread(dataset, H5T_STD_REF_OBJ, H5S_ALL, H5S_ALL, H5P_DEFAULT, references), DGBA_E_FORMAT, file, path,
               "read");
    for (; out->count < count && status == DGBA_OK; ++out->count)
        status = read_cell(&out->items[out->count], file, path, dataset, &references[out->count]);
out:
    if (status != DGBA_OK) dgba_names_free(out);
    dgba_free(references);
    h5_drop(type);
    h5_drop(space);
    h5_drop(dataset);
    return status;
}
