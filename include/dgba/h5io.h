/** HDF5 files: datasets with unit and description, attributes, atomic replacement, files in memory.
 *
 *  A file of up to 1 GiB ends with a checksum, which no other reader of HDF5 notices; opening compares it, so that damage
 *  is told before HDF5 meets it. Files of others, and those that others have changed since, have none.
 *  Paths inside a file are absolute ("/attacks/epsilon"); groups on the way are created. Object times are off, so equal
 *  content gives equal bytes. Every error names the file and the path inside it.
 */
#ifndef DGBA_H5IO_H
#define DGBA_H5IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dgba/base.h"

typedef struct dgba_h5 dgba_h5;

/** Opens an existing file for reading, without locking it.
 *  Errors    DGBA_E_IO if it cannot be read, DGBA_E_FORMAT if it is not HDF5, truncated or damaged */
dgba_status dgba_h5_open(dgba_h5 **out, const char *path);

/** Starts a new file beside `path`; dgba_h5_commit() puts it in place.
 *  Errors    DGBA_E_IO */
dgba_status dgba_h5_create(dgba_h5 **out, const char *path);

/** Closes a file made by dgba_h5_create(), flushes it to the disk and renames it to its path. *file becomes NULL.
 *  Errors    DGBA_E_IO; what stood at the path before is then untouched */
dgba_status dgba_h5_commit(dgba_h5 **file);

/** A new file in memory; dgba_h5_to_bytes() closes it and gives its bytes.
 *  Owns      caller frees *bytes with dgba_free() */
dgba_status dgba_h5_create_in_memory(dgba_h5 **out);
dgba_status dgba_h5_to_bytes(char **bytes, size_t *count, dgba_h5 **file);

/** Opens bytes as a file; they are copied. `name` is used in messages. */
dgba_status dgba_h5_open_bytes(dgba_h5 **out, const void *bytes, size_t count, const char *name);

/** Closes; a file that was created and not committed is discarded. NULL is allowed. */
void dgba_h5_close(dgba_h5 **file);

/** Path of the file, for messages; borrowed. */
const char *dgba_h5_name(const dgba_h5 *file);

typedef enum dgba_h5_type { DGBA_H5_U8, DGBA_H5_I32, DGBA_H5_I64, DGBA_H5_F32, DGBA_H5_F64 } dgba_h5_type;

enum { DGBA_H5_MOST_AXES = 6 };

typedef struct dgba_h5_dataset {
    const char *path;
    dgba_h5_type type; // in memory and on disk
    int axes;          // 1 .. DGBA_H5_MOST_AXES
    int64_t sizes[DGBA_H5_MOST_AXES];
    const char *unit;        // "" for pure numbers; the attribute "units"
    const char *description; // one line; the attribute "description"
    int64_t chunk_rows;      // rows (first axis) per chunk; 0 = contiguous
    bool compress;           // shuffle + deflate; needs chunk_rows > 0
} dgba_h5_dataset;

/** Creates a dataset without content, or with the whole content. Sizes may be 0. */
dgba_status dgba_h5_add(dgba_h5 *file, const dgba_h5_dataset *dataset);
dgba_status dgba_h5_write(dgba_h5 *file, const dgba_h5_dataset *dataset, const void *content);

/** Writes `rows` rows of an existing dataset beginning at row `first`; `type` is the type in memory. */
dgba_status dgba_h5_write_rows(dgba_h5 *file, const char *path, dgba_h5_type type, int64_t first, int64_t rows,
                               const void *content);

/** Reads rows; `type` is the type in memory, converted where it differs.
 *  Errors    DGBA_E_FORMAT if the dataset is missing or has fewer rows */
dgba_status dgba_h5_read_rows(void *content, dgba_h5 *file, const char *path, dgba_h5_type type, int64_t first,
                              int64_t rows);

/** Reads a whole dataset of exactly `count` elements.
 *  Errors    DGBA_E_FORMAT if it is missing or has another number of elements */
dgba_status dgba_h5_read(void *content, dgba_h5 *file, const char *path, dgba_h5_type type, int64_t count);

/** Sizes of a dataset; 0 beyond its axes. What they multiply to can be counted and can come from this file, so that
 *  memory may be taken for it.
 *  Errors    DGBA_E_FORMAT if it is missing, has more than DGBA_H5_MOST_AXES axes, or claims more than the file can hold */
dgba_status dgba_h5_sizes(int *axes, int64_t sizes[DGBA_H5_MOST_AXES], dgba_h5 *file, const char *path);

/** UTF-8 strings as a dataset of strings: a list of `count`, or an array of the sizes of `dataset` (its type and chunks do
 *  not matter). Reading gives the strings of an array one after the other, last axis fastest.
 *  Owns      reading: caller frees with dgba_names_free() */
dgba_status dgba_h5_write_texts(dgba_h5 *file, const char *path, const char *const *texts, int64_t count,
                                const char *description);
dgba_status dgba_h5_write_text_array(dgba_h5 *file, const dgba_h5_dataset *dataset, const char *const *texts);
dgba_status dgba_h5_read_texts(dgba_names *out, dgba_h5 *file, const char *path);

/** The texts of a cell array in a MATLAB file (v7.3), as UTF-8.
 *  Owns      caller frees with dgba_names_free()
 *  Errors    DGBA_E_FORMAT if it is missing or a cell is not a text */
dgba_status dgba_h5_read_cells(dgba_names *out, dgba_h5 *file, const char *path);

bool dgba_h5_has(dgba_h5 *file, const char *path);

/** Names of the members of a group, sorted.
 *  Owns      caller frees with dgba_names_free() */
dgba_status dgba_h5_members(dgba_names *out, dgba_h5 *file, const char *group);

/** Makes the one-axis dataset `scale` the labels of axis `axis` of `dataset` (an HDF5 dimension scale: what xarray and
 *  netCDF call a coordinate). */
dgba_status dgba_h5_set_scale(dgba_h5 *file, const char *dataset, int axis, const char *scale);

/* Attributes of a group or dataset; "/" is the root. A missing group is created when writing. A missing attribute is
 * DGBA_E_FORMAT when reading. */
dgba_status dgba_h5_set_text(dgba_h5 *file, const char *path, const char *name, const char *value);
dgba_status dgba_h5_set_integer(dgba_h5 *file, const char *path, const char *name, int64_t value);
dgba_status dgba_h5_set_real(dgba_h5 *file, const char *path, const char *name, double value);
dgba_status dgba_h5_get_integer(int64_t *value, dgba_h5 *file, const char *path, const char *name);
dgba_status dgba_h5_get_real(double *value, dgba_h5 *file, const char *path, const char *name);
bool dgba_h5_has_attribute(dgba_h5 *file, const char *path, const char *name);

/** `value` is cleared first. */
dgba_status dgba_h5_get_text(dgba_text *value, dgba_h5 *file, const char *path, const char *name);

/** Whether two threads may use the library at a time (Debian's build: yes). */
bool dgba_h5_is_threadsafe(void);

/** The version of the HDF5 library, "1.10.8"; borrowed. */
const char *dgba_h5_library_version(void);

#endif
