#include "internal.h"

hid_t h5_memory_type(dgba_h5_type type) {
    switch (type) {
        case DGBA_H5_U8: return H5T_NATIVE_UINT8;
        case DGBA_H5_I32: return H5T_NATIVE_INT32;
        case DGBA_H5_I64: return H5T_NATIVE_INT64;
        case DGBA_H5_F32: return H5T_NATIVE_FLOAT;
        case DGBA_H5_F64: return H5T_NATIVE_DOUBLE;
    }
    return H5I_INVALID_HID;
}

/** Little-endian on every machine. */
static hid_t disk_type(dgba_h5_type type) {
    switch (type) {
        case DGBA_H5_U8: return H5T_STD_U8LE;
        case DGBA_H5_I32: return H5T_STD_I32LE;
        case DGBA_H5_I64: return H5T_STD_I64LE;
        case DGBA_H5_F32: return H5T_IEEE_F32LE;
        case DGBA_H5_F64: return H5T_IEEE_F64LE;
    }
    return H5I_INVALID_HID;
}

/* ---- Creating ---- */

enum { DEFLATE_LEVEL = 1 }; // higher levels take several times as long for a few percent

static dgba_status check_sizes(int64_t *count, dgba_h5 *file, const dgba_h5_dataset *dataset) {
    if (dataset->axes < 1 || dataset->axes > DGBA_H5_MOST_AXES)
        return dgba_fail(DGBA_E_SHAPE, "%s:%s: %d axes; it must be 1 to %d", file->name, dataset->path, dataset->axes,
                         DGBA_H5_MOST_AXES);
    *count = 1;
    for (int i = 0; i < dataset->axes; ++i) {
        const int64_t size = dataset->sizes[i];
        if (size < 0 || __builtin_mul_overflow(*count, size, count))
            return dgba_fail(DGBA_E_SHAPE, "%s:%s: size %lld of axis %d is not possible", file->name, dataset->path,
                             (long long)size, i);
    }
    return DGBA_OK;
}

/** Storage of a dataset of `count` elements. Chunks may not be larger than the dataset, so an empty one has none. */
static hid_t creation_list(const dgba_h5_dataset *dataset, int64_t count) {
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_obj_track_times(list, false);
    if (dataset->chunk_rows <= 0 || count == 0) return list;
    hsize_t chunk[DGBA_H5_MOST_AXES];
    for (int i = 0; i < dataset->axes; ++i) chunk[i] = (hsize_t)dataset->sizes[i];
    if (dataset->chunk_rows < dataset->sizes[0]) chunk[0] = (hsize_t)dataset->chunk_rows;
    H5Pset_chunk(list, dataset->axes, chunk);
    if (dataset->compress) {
        H5Pset_shuffle(list);
        H5Pset_deflate(list, DEFLATE_LEVEL);
    }
    return list;
}

static dgba_status create_empty(hid_t *out, dgba_h5 *file, const dgba_h5_dataset *dataset, hid_t type) {
    int64_t count = 0;
    DGBA_TRY(check_sizes(&count, file, dataset));
    hsize_t sizes[DGBA_H5_MOST_AXES];
    for (int i = 0; i < dataset->axes; ++i) sizes[i] = (hsize_t)dataset->sizes[i];
    const hid_t creation = creation_list(dataset, count);
    const hid_t space = H5Screate_simple(dataset->axes, sizes, NULL);
    *out = H5Dcreate2(file->id, dataset->path, type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    const dgba_status status = *out < 0 ? h5_fail(DGBA_E_IO, file, dataset->path, "create the dataset") : DGBA_OK;
    h5_drop(space);
    h5_drop(creation);
    return status;
}

dgba_status h5_create_dataset(hid_t *out, dgba_h5 *file, const dgba_h5_dataset *dataset, hid_t type) {
    *out = H5I_INVALID_HID;
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(h5_make_parents(file, dataset->path));
    DGBA_TRY_OUT(create_empty(out, file, dataset, type));
    DGBA_TRY_OUT(dgba_h5_set_text(file, dataset->path, "units", dataset->unit != NULL ? dataset->unit : ""));
    DGBA_TRY_OUT(
        dgba_h5_set_text(file, dataset->path, "description", dataset->description != NULL ? dataset->description : ""));
out:
    if (status != DGBA_OK) {
        h5_drop(*out);
        *out = H5I_INVALID_HID;
    }
    return status;
}

dgba_status dgba_h5_add(dgba_h5 *file, const dgba_h5_dataset *dataset) {
    hid_t id = H5I_INVALID_HID;
    const dgba_status status = h5_create_dataset(&id, file, dataset, disk_type(dataset->type));
    h5_drop(id);
    return status;
}

dgba_status dgba_h5_write(dgba_h5 *file, const dgba_h5_dataset *dataset, const void *content) {
    hid_t id = H5I_INVALID_HID;
    dgba_status status = DGBA_OK;
    int64_t count = 0;
    DGBA_TRY_OUT(check_sizes(&count, file, dataset));
    DGBA_TRY_OUT(h5_create_dataset(&id, file, dataset, disk_type(dataset->type)));
    if (count > 0) {
        const hid_t type = h5_memory_type(dataset->type);
        H5_TRY_OUT(H5Dwrite(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, content), DGBA_E_IO, file, dataset->path, "write");
        H5_TRY_OUT(H5Dflush(id), DGBA_E_IO, file, dataset->path, "write");
    }
out:
    h5_drop(id);
    return status;
}

/* ---- Opening ---- */

enum { MOST_DEFLATION = 1032 }; // deflate cannot make content smaller than by this factor

dgba_status h5_open_dataset(hid_t *out, dgba_h5 *file, const char *path) {
    *out = H5I_INVALID_HID;
    if (!dgba_h5_has(file, path)) return dgba_fail(DGBA_E_FORMAT, "%s:%s: the dataset is missing", file->name, path);
    *out = H5Dopen2(file->id, path, H5P_DEFAULT);
    return *out < 0 ? h5_fail(DGBA_E_FORMAT, file, path, "open the dataset") : DGBA_OK;
}

dgba_status h5_read_sizes(int *axes, hsize_t sizes[DGBA_H5_MOST_AXES], dgba_h5 *file, const char *path, hid_t dataset) {
    const hid_t space = H5Dget_space(dataset);
    dgba_status status = DGBA_OK;
    *axes = H5Sget_simple_extent_ndims(space);
    H5_TRY_OUT(*axes, DGBA_E_FORMAT, file, path, "tell the sizes");
    if (*axes > DGBA_H5_MOST_AXES)
        status = dgba_fail(DGBA_E_FORMAT, "%s:%s: %d axes; at most %d are supported", file->name, path, *axes,
                           DGBA_H5_MOST_AXES);
    else
        H5Sget_simple_extent_dims(space, sizes, NULL);
out:
    h5_drop(space);
    return status;
}

/** Bytes of an open dataset in memory, as it is stored; false if they cannot be counted. */
static bool count_bytes(uint64_t *out, hid_t dataset) {
    const hid_t space = H5Dget_space(dataset), type = H5Dget_type(dataset);
    hsize_t sizes[H5S_MAX_RANK];
    const int axes = H5Sget_simple_extent_dims(space, sizes, NULL);
    bool counted = axes >= 0 && H5Sget_simple_extent_type(space) != H5S_NULL;
    *out = H5Tget_size(type);
    for (int i = 0; i < axes && counted; ++i)
        if (sizes[i] == 0) *out = 0;
    for (int i = 0; i < axes && counted && *out > 0; ++i) counted = !__builtin_mul_overflow(*out, sizes[i], out);
    h5_drop(type);
    h5_drop(space);
    return counted;
}

dgba_status h5_check_content(dgba_h5 *file, const char *path, hid_t dataset) {
    uint64_t bytes = 0;
    hsize_t most = 0;
    if (!count_bytes(&bytes, dataset)) return dgba_fail(DGBA_E_FORMAT, "%s:%s: has no content", file->name, path);
    const hsize_t stored = H5Dget_storage_size(dataset);
    if (H5Fget_filesize(file->id, &most) < 0 || stored < most) most = stored;
    if (bytes / MOST_DEFLATION <= most) return DGBA_OK;
    return dgba_fail(DGBA_E_FORMAT, "%s:%s: claims to hold %llu bytes, but the file has no more than %llu for it",
                     file->name, path, (unsigned long long)bytes, (unsigned long long)most);
}

dgba_status dgba_h5_sizes(int *axes, int64_t sizes[DGBA_H5_MOST_AXES], dgba_h5 *file, const char *path) {
    hid_t dataset = H5I_INVALID_HID;
    hsize_t read[DGBA_H5_MOST_AXES] = {0};
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(h5_open_dataset(&dataset, file, path));
    DGBA_TRY_OUT(h5_read_sizes(axes, read, file, path, dataset));
    DGBA_TRY_OUT(h5_check_content(file, path, dataset));
    for (int i = 0; i < DGBA_H5_MOST_AXES; ++i) sizes[i] = (int64_t)read[i];
out:
    h5_drop(dataset);
    return status;
}
