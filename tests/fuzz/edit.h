/** One edit of an HDF5 file: a line of an input. */
#ifndef TESTS_FUZZ_EDIT_H
#define TESTS_FUZZ_EDIT_H

#include <hdf5.h>
#include <stddef.h>
#include <stdint.h>

/** Does what the line says, if it says anything. */
void fuzz_edit_line(hid_t file, char *line);

#endif
