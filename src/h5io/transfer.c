/* Reading and writing the content of existing datasets. */
#include "internal.h"

/** A value that the wanted type cannot hold (300 as a byte, 0.5 or NaN as a whole number) is an error, where HDF5 by
 *  itself would take the nearest one. Rounding a whole number to a real one is allowed. */
static H5T_conv_ret_t refuse_misfit(H5T_conv_except_t what, hid_t from, hid_t to, void *source, void *target, void *data) {
    (void)from, (void)to, (void)source, (void)target, (void)data;
    return what == H5T_CONV_EXCEPT_PRECISION ? H5T_CONV_UNHANDLED : H5T_CONV_ABORT;
}

static hid_t transfer_list(void) {
    const hid_t list = H5Pcreate(H5P_DATASET_XFER);
    H5Pset_type_conv_cb(list, refuse_misfit, NULL);
    return list;
}

dgba_status dgba_h5_read(void *content, dgba_h5 *file, const char *path, dgba_h5_type type, int64_t count) {
    hid_t dataset = H5I_INVALID_HID, list = H5I_INVALID_HID;
    int axes = 0;
    int64_t found = 1;
    hsize_t sizes[DGBA_H5_MOST_AXES];
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(h5_open_dataset(&dataset, file, path));
    DGBA_TRY_OUT(h5_read_sizes(&axes, sizes, file, path, dataset));
    DGBA_TRY_OUT(h5_check_content(file, path, dataset));
    for (int i = 0; i < axes; ++i) found *= (int64_t)sizes[i];
    if (found != count) {
        status = dgba_fail(DGBA_E_FORMAT, "%s:%s: %lld elements; expected %lld", file->name, path, (long long)found,
                           (long long)count);
        goto out;
    }
    list = transfer_list();
    if (count > 0)
        H5_TRY_OUT(H5Dread(dataset, h5_memory_type(type), H5S_ALL, H5S_ALL, list, content), DGBA_E_FORMAT, file, path,
                   "read");
out:
    h5_drop(list);
    h5_drop(dataset);
    return status;
}

/** Rows of a dataset, selected on the disk, and their shape in memory. */
typedef struct rows {
    hid_t dataset, disk, memory;
} rows;

static void close_rows(rows *r) {
    h5_drop(r->memory);
    h5_drop(r->disk);
    h5_drop(r->dataset);
}

static dgba_status open_rows(rows *r, dgba_h5 *file, const char *path, int64_t first, int64_t count) {
    *r = (rows){H5I_INVALID_HID, H5I_INVALID_HID, H5I_INVALID_HID};
    int axes = 0;
    hsize_t sizes[DGBA_H5_MOST_AXES], start[DGBA_H5_MOST_AXES] = {0};
    DGBA_TRY(h5_open_dataset(&r->dataset, file, path));
    DGBA_TRY(h5_read_sizes(&axes, sizes, file, path, r->dataset));
    if (axes == 0) return dgba_fail(DGBA_E_FORMAT, "%s:%s: a single value, no rows", file->name, path);
    const int64_t size = (int64_t)sizes[0];
    if (first < 0 || count < 0 || first > size || count > size - first)
        return dgba_fail(DGBA_E_FORMAT, "%s:%s: %lld rows from row %lld on; there are %lld", file->name, path,
                         (long long)count, (long long)first, (long long)size);
    start[0] = (hsize_t)first;
    sizes[0] = (hsize_t)count;
    r->memory = H5Screate_simple(axes, sizes, NULL);
    r->disk = H5Dget_space(r->dataset);
    if (count > 0 && H5Sselect_hyperslab(r->disk, H5S_SELECT_SET, start, NULL, sizes, NULL) < 0)
        return h5_fail(DGBA_E_FORMAT, file, path, "select rows");
    return DGBA_OK;
}

dgba_status dgba_h5_write_rows(dgba_h5 *file, const char *path, dgba_h5_type type, int64_t first, int64_t count,
                               const void *content) {
    rows r;
    const hid_t list = transfer_list();
    dgba_status status = open_rows(&r, file, path, first, count);
    if (status == DGBA_OK && H5Sget_simple_extent_npoints(r.memory) > 0 &&
        (H5Dwrite(r.dataset, h5_memory_type(type), r.memory, r.disk, list, content) < 0 || H5Dflush(r.dataset) < 0))
        status = h5_fail(DGBA_E_IO, file, path, "write");
    close_rows(&r);
    h5_drop(list);
    return status;
}

dgba_status dgba_h5_read_rows(void *content, dgba_h5 *file, const char *path, dgba_h5_type type, int64_t first,
                              int64_t count) {
    rows r;
    const hid_t list = transfer_list();
    dgba_status status = open_rows(&r, file, path, first, count);
    if (status == DGBA_OK && H5Sget_simple_extent_npoints(r.memory) > 0 &&
        H5Dread(r.dataset, h5_memory_type(type), r.memory, r.disk, list, content) < 0)
        status = h5_fail(DGBA_E_FORMAT, file, path, "read");
    close_rows(&r);
    h5_drop(list);
    return status;
}
