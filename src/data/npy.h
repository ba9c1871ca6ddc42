/** NumPy's .npy files. */
#ifndef DATA_NPY_H
#define DATA_NPY_H

#include "dgba/base.h"

enum { DATA_ARRAY_MOST_AXES = 4 };

typedef struct data_array {
    int64_t axes, sizes[DATA_ARRAY_MOST_AXES];
    float *values; // last axis fastest
} data_array;

/** Reads a file of format 1.0 that holds little-endian reals, '<f4' or '<f8', in C order.
 *  Owns      caller frees with dgba_data_array_free()
 *  Errors    DGBA_E_IO, DGBA_E_FORMAT naming the file and what is different; *out is then empty
 *  Source    https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
dgba_status dgba_data_npy_read(data_array *out, const char *path);
void dgba_data_array_free(data_array *array);

#endif
