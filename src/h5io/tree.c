#include <hdf5_hl.h>
#include <string.h>

#include "internal.h"

/** Whether the link exists and leads to something. `path` is "/" or a path whose parents exist. */
static bool link_leads_somewhere(dgba_h5 *file, const char *path) {
    if (strcmp(path, "/") == 0) return true;
    return H5Lexists(file->id, path, H5P_DEFAULT) > 0 && H5Oexists_by_name(file->id, path, H5P_DEFAULT) > 0;
}

bool dgba_h5_has(dgba_h5 *file, const char *path) {
    DGBA_ASSERT(path[0] == '/');
    h5_quiet();
    // HDF5 answers for the last part only and fails if an earlier one is missing, so it is asked part by part.
    char *partial = dgba_text_copy(path);
    bool exists = true;
    for (char *slash = strchr(partial + 1, '/'); exists && slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        exists = link_leads_somewhere(file, partial);
        *slash = '/';
    }
    exists = exists && link_leads_somewhere(file, partial);
    dgba_free(partial);
    return exists;
}

/** HDF5 can create groups on the way by itself, but would store times in them. */
static dgba_status make_group(dgba_h5 *file, const char *path) {
    if (dgba_h5_has(file, path)) return DGBA_OK;
    const hid_t creation = H5Pcreate(H5P_GROUP_CREATE);
    H5Pset_obj_track_times(creation, false);
    const hid_t group = H5Gcreate2(file->id, path, H5P_DEFAULT, creation, H5P_DEFAULT);
    const dgba_status status = group < 0 ? h5_fail(DGBA_E_IO, file, path, "create the group") : DGBA_OK;
    h5_drop(group);
    h5_drop(creation);
    return status;
}

dgba_status h5_make_parents(dgba_h5 *file, const char *path) {
    DGBA_ASSERT(path[0] == '/');
    char *partial = dgba_text_copy(path);
    dgba_status status = DGBA_OK;
    for (char *slash = strchr(partial + 1, '/'); status == DGBA_OK && slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        status = make_group(file, partial);
        *slash = '/';
    }
    dgba_free(partial);
    return status;
}

dgba_status h5_make_groups(dgba_h5 *file, const char *path) {
    DGBA_TRY(h5_make_parents(file, path));
    return make_group(file, path);
}

static dgba_status read_member_name(char **out, dgba_h5 *file, const char *group, hid_t id, int64_t index) {
    const ssize_t length = H5Lget_name_by_idx(id, ".", H5_INDEX_NAME, H5_ITER_INC, (hsize_t)index, NULL, 0, H5P_DEFAULT);
    if (length < 0) return h5_fail(DGBA_E_FORMAT, file, group, "list the group");
    DGBA_TRY(DGBA_NEW(out, length + 1));
    if (H5Lget_name_by_idx(id, ".", H5_INDEX_NAME, H5_ITER_INC, (hsize_t)index, *out, (size_t)length + 1, H5P_DEFAULT) >= 0)
        return DGBA_OK;
    dgba_free(*out);
    return h5_fail(DGBA_E_FORMAT, file, group, "list the group");
}

dgba_status dgba_h5_members(dgba_names *out, dgba_h5 *file, const char *group) {
    *out = (dgba_names){0};
    if (!dgba_h5_has(file, group)) return dgba_fail(DGBA_E_FORMAT, "%s:%s: missing", file->name, group);
    dgba_status status = DGBA_OK;
    const hid_t id = H5Gopen2(file->id, group, H5P_DEFAULT);
    H5_TRY_OUT(id, DGBA_E_FORMAT, file, group, "open the group");
    H5G_info_t about;
    H5_TRY_OUT(H5Gget_info(id, &about), DGBA_E_FORMAT, file, group, "list the group");
    DGBA_TRY_OUT(DGBA_NEW(&out->items, (int64_t)about.nlinks));
    for (; out->count < (int64_t)about.nlinks; ++out->count)
        DGBA_TRY_OUT(read_member_name(&out->items[out->count], file, group, id, out->count));
out:
    if (status != DGBA_OK) dgba_names_free(out);
    h5_drop(id);
    return status;
}

dgba_status dgba_h5_set_scale(dgba_h5 *file, const char *dataset, int axis, const char *scale) {
    hid_t data_id = H5I_INVALID_HID, scale_id = H5I_INVALID_HID;
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(h5_open_dataset(&data_id, file, dataset));
    DGBA_TRY_OUT(h5_open_dataset(&scale_id, file, scale));
    if (H5DSis_scale(scale_id) <= 0)
        H5_TRY_OUT(H5DSset_scale(scale_id, strrchr(scale, '/') + 1), DGBA_E_IO, file, scale, "make a scale");
    H5_TRY_OUT(H5DSattach_scale(data_id, scale_id, (unsigned)axis), DGBA_E_IO, file, dataset, "attach a scale");
out:
    h5_drop(scale_id);
    h5_drop(data_id);
    return status;
}
