/** What the files of h5io share. */
#ifndef H5IO_INTERNAL_H
#define H5IO_INTERNAL_H

#include <hdf5.h>

#include "dgba/h5io.h"

struct dgba_h5 {
    hid_t id;
    char *name;      // the path, or the name given to bytes
    char *temporary; // where a file under creation is on the disk; NULL for all others
    bool abandoned;  // see h5_abandon()
};

/** Stops HDF5 from printing its errors; they are kept per thread, so every thread that calls HDF5 asks once. */
void h5_quiet(void);

/** `code` with "FILE:PATH: cannot WHAT: the innermost message of HDF5's error stack". To be called before any other
 *  HDF5 function, which would clear that stack. A file under creation is abandoned. */
dgba_status h5_fail(dgba_status code, dgba_h5 *file, const char *path, const char *what);

/** Gives up a file under creation: removes it, and sends what HDF5 still has to write into memory. HDF5 cannot close a
 *  dataset or file that it cannot write (a full disk), and would then take a later file at the same place for this one. */
void h5_abandon(dgba_h5 *file);

/** Copies the innermost message of HDF5's error stack. */
void h5_innermost_message(char *text, size_t bytes);

/** Jumps to `out:` with h5_fail() if an HDF5 call gives a negative value; needs a local `dgba_status status`. */
#define H5_TRY_OUT(call, code, file, path, what)      \
    do {                                              \
        if ((call) < 0) {                             \
            status = h5_fail(code, file, path, what); \
            goto out;                                 \
        }                                             \
    } while (0)

/** The seal: a checksum behind the end of the file (seal.c). Sealing needs room for H5_SEAL_BYTES behind the `count` bytes;
 *  a large file on the disk is left without.
 *  Errors    checking: DGBA_E_FORMAT if the content does not match; what has no seal, or cannot be opened, is none of it */
enum { H5_SEAL_BYTES = 32 };
void h5_seal_bytes(char *bytes, size_t count);
dgba_status h5_seal_file(const char *path);
dgba_status h5_check_seal_of_bytes(const char *bytes, size_t count, const char *name);
dgba_status h5_check_seal_of_file(const char *path);

/** Releases a handle of any kind; one that was never opened is ignored. */
void h5_drop(hid_t id);

/** Opens a dataset. Errors    DGBA_E_FORMAT if it is missing or not a dataset */
dgba_status h5_open_dataset(hid_t *out, dgba_h5 *file, const char *path);

/** Sizes of an open dataset; none for a single value. Errors    DGBA_E_FORMAT if there are too many axes */
dgba_status h5_read_sizes(int *axes, hsize_t sizes[DGBA_H5_MOST_AXES], dgba_h5 *file, const char *path, hid_t dataset);

/** Whoever reads a dataset whole takes memory for it first: what it claims to hold must be able to come from this file.
 *  Errors    DGBA_E_FORMAT */
dgba_status h5_check_content(dgba_h5 *file, const char *path, hid_t dataset);

/** The library's type of an element in memory; not to be released. */
hid_t h5_memory_type(dgba_h5_type type);

/** Creates the groups of `path` that are missing: all its parts, or all but the last. */
dgba_status h5_make_groups(dgba_h5 *file, const char *path);
dgba_status h5_make_parents(dgba_h5 *file, const char *path);

/** Creates a dataset whose parents may be missing, with its unit and description. */
dgba_status h5_create_dataset(hid_t *out, dgba_h5 *file, const dgba_h5_dataset *dataset, hid_t disk_type);

/** The type of our strings. */
hid_t h5_text_type(void);

/** Adds one of the strings that HDF5 read into memory as `type`: pointers, or characters of a fixed width. */
void h5_add_string(dgba_text *out, const char *strings, hid_t type, int64_t index);

#endif
