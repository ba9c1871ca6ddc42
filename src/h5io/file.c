#define _GNU_SOURCE // memfd_create
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

enum { MEMORY_INCREMENT = 1 << 20, MEMORY_NAME_BYTES = 32 };

bool dgba_h5_is_threadsafe(void) {
    hbool_t threadsafe = false;
    return H5is_library_threadsafe(&threadsafe) >= 0 && threadsafe;
}

const char *dgba_h5_library_version(void) {
    static _Thread_local char version[32];
    unsigned major = 0, minor = 0, release = 0;
    H5get_libversion(&major, &minor, &release);
    snprintf(version, sizeof version, "%u.%u.%u", major, minor, release);
    return version;
}

const char *dgba_h5_name(const dgba_h5 *file) { return file->name; }

/** Takes the id over. */
static dgba_status new_file(dgba_h5 **out, hid_t id, const char *name) {
    const dgba_status status = DGBA_NEW(out, 1);
    if (status != DGBA_OK) {
        H5Fclose(id);
        return status;
    }
    (*out)->id = id;
    (*out)->name = dgba_text_copy(name);
    return DGBA_OK;
}

/** How files are opened: no locks, which network file systems refuse, and the oldest formats, which every reader knows.
 *  Closing a file closes its objects, of which only a failed write leaves any. */
static hid_t access_list(void) {
    const hid_t list = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_file_locking(list, false, true);
    H5Pset_libver_bounds(list, H5F_LIBVER_EARLIEST, H5F_LIBVER_V110);
    H5Pset_fclose_degree(list, H5F_CLOSE_STRONG);
    return list;
}

/** An access list for a file in memory. The library takes two such files of one name for the same, so every file gets
 *  a name of its own. */
static hid_t memory_access_list(char name[MEMORY_NAME_BYTES]) {
    static atomic_int_fast64_t count;
    snprintf(name, MEMORY_NAME_BYTES, "memory-%lld", (long long)atomic_fetch_add(&count, 1));
    const hid_t list = access_list();
    H5Pset_fapl_core(list, MEMORY_INCREMENT, false);
    return list;
}

/** `name` as in new_file(); `place` is what HDF5 calls the file. */
static dgba_status create_file(dgba_h5 **out, const char *name, const char *place, hid_t list) {
    const hid_t creation = H5Pcreate(H5P_FILE_CREATE);
    H5Pset_obj_track_times(creation, false);
    const hid_t id = H5Fcreate(place, H5F_ACC_TRUNC, creation, list);
    char text[512];
    h5_innermost_message(text, sizeof text);
    h5_drop(creation);
    if (id < 0) return dgba_fail(DGBA_E_IO, "%s: cannot create: %s", name, text);
    return new_file(out, id, name);
}

/** Why an existing file cannot be opened, in words for people. */
static dgba_status explain_open_failure(const char *path) {
    char text[512];
    h5_innermost_message(text, sizeof text);
    struct stat about;
    if (access(path, R_OK) != 0) return dgba_fail(DGBA_E_IO, "%s: cannot open: %s", path, strerror(errno));
    if (stat(path, &about) != 0 || !S_ISREG(about.st_mode)) return dgba_fail(DGBA_E_IO, "%s: not a regular file", path);
    if (strstr(text, "signature not found") != NULL) return dgba_fail(DGBA_E_FORMAT, "%s: not an HDF5 file", path);
    return dgba_fail(DGBA_E_FORMAT, "%s: cannot open: %s", path, text);
}

dgba_status dgba_h5_open(dgba_h5 **out, const char *path) {
    *out = NULL;
    h5_quiet();
    DGBA_TRY(h5_check_seal_of_file(path));
    const hid_t list = access_list();
    const hid_t id = H5Fopen(path, H5F_ACC_RDONLY, list);
    const dgba_status status = id < 0 ? explain_open_failure(path) : new_file(out, id, path);
    h5_drop(list);
    return status;
}

dgba_status dgba_h5_create(dgba_h5 **out, const char *path) {
    *out = NULL;
    h5_quiet();
    dgba_text temporary = {0};
    dgba_text_add(&temporary, "%s.part", path);
    const hid_t list = access_list();
    const dgba_status status = create_file(out, path, temporary.chars, list);
    h5_drop(list);
    if (status == DGBA_OK) (*out)->temporary = dgba_text_copy(temporary.chars);
    dgba_text_free(&temporary);
    return status;
}

dgba_status dgba_h5_create_in_memory(dgba_h5 **out) {
    *out = NULL;
    h5_quiet();
    char place[MEMORY_NAME_BYTES];
    const hid_t list = memory_access_list(place);
    const dgba_status status = create_file(out, "file in memory", place, list);
    h5_drop(list);
    return status;
}

dgba_status dgba_h5_open_bytes(dgba_h5 **out, const void *bytes, size_t count, const char *name) {
    *out = NULL;
    h5_quiet();
    if (count == 0) return dgba_fail(DGBA_E_FORMAT, "%s: empty", name);
    DGBA_TRY(h5_check_seal_of_bytes(bytes, count, name));
    char place[MEMORY_NAME_BYTES], text[512];
    const hid_t list = memory_access_list(place);
    // The library copies the bytes; its argument merely lacks a const.
    H5Pset_file_image(list, (void *)(uintptr_t)bytes, count);
    const hid_t id = H5Fopen(place, H5F_ACC_RDONLY, list);
    h5_innermost_message(text, sizeof text);
    h5_drop(list);
    if (id < 0) return dgba_fail(DGBA_E_FORMAT, "%s: not an HDF5 file: %s", name, text);
    return new_file(out, id, name);
}

void h5_abandon(dgba_h5 *file) {
    if (!file->abandoned && file->temporary != NULL) {
        void *descriptor = NULL;
        const int memory = memfd_create("abandoned", MFD_CLOEXEC);
        if (memory >= 0 && H5Fget_vfd_handle(file->id, H5P_DEFAULT, &descriptor) >= 0) dup2(memory, *(int *)descriptor);
        if (memory >= 0) close(memory);
        unlink(file->temporary);
    }
    file->abandoned = true;
}

static void close_id(const dgba_h5 *file) {
    // The file itself: no handle is left open. Another dgba_h5 may have the same file open.
    DGBA_ASSERT(H5Fget_obj_count(file->id, H5F_OBJ_ALL | H5F_OBJ_LOCAL) == 1);
    H5Fclose(file->id);
}

static void free_file(dgba_h5 **file) {
    dgba_free((*file)->name);
    dgba_free((*file)->temporary);
    dgba_free(*file);
    *file = NULL;
}

dgba_status dgba_h5_commit(dgba_h5 **file) {
    DGBA_ASSERT((*file)->temporary != NULL);
    h5_quiet();
    dgba_status status = DGBA_OK;
    if ((*file)->abandoned)
        status = dgba_fail(DGBA_E_IO, "%s: not kept, because writing it failed", (*file)->name);
    else if (H5Fflush((*file)->id, H5F_SCOPE_GLOBAL) < 0)
        status = h5_fail(DGBA_E_IO, *file, "/", "write");
    if (status != DGBA_OK) {
        dgba_h5_close(file);
        return status;
    }
    close_id(*file); // nothing is left to write
    status = h5_seal_file((*file)->temporary);
    if (status == DGBA_OK)
        status = dgba_file_commit((*file)->temporary, (*file)->name);
    else
        unlink((*file)->temporary);
    free_file(file);
    return status;
}

static dgba_status copy_image(char **bytes, size_t *count, dgba_h5 *file) {
    if (file->abandoned) return dgba_fail(DGBA_E_IO, "%s: not kept, because writing it failed", file->name);
    if (H5Fflush(file->id, H5F_SCOPE_GLOBAL) < 0) return h5_fail(DGBA_E_IO, file, "/", "write");
    const ssize_t size = H5Fget_file_image(file->id, NULL, 0);
    if (size < 0) return h5_fail(DGBA_E_IO, file, "/", "copy");
    DGBA_TRY(DGBA_NEW(bytes, size + H5_SEAL_BYTES));
    if (H5Fget_file_image(file->id, *bytes, (size_t)size) < 0) {
        dgba_free(*bytes);
        *bytes = NULL;
        return h5_fail(DGBA_E_IO, file, "/", "copy");
    }
    h5_seal_bytes(*bytes, (size_t)size);
    *count = (size_t)size + H5_SEAL_BYTES;
    return DGBA_OK;
}

dgba_status dgba_h5_to_bytes(char **bytes, size_t *count, dgba_h5 **file) {
    *bytes = NULL;
    *count = 0;
    h5_quiet();
    const dgba_status status = copy_image(bytes, count, *file);
    dgba_h5_close(file);
    return status;
}

void dgba_h5_close(dgba_h5 **file) {
    if (*file == NULL) return;
    h5_quiet();
    if ((*file)->temporary != NULL) h5_abandon(*file);
    close_id(*file);
    free_file(file);
}
