/** Files as a whole, and paths. */
#ifndef DGBA_BASE_FILE_H
#define DGBA_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "dgba/base/status.h"
#include "dgba/base/text.h"

bool dgba_file_exists(const char *path);

/** The whole file and a final 0 that `bytes` does not count.
 *  Owns      caller frees *out with dgba_free()
 *  Errors    DGBA_E_IO, naming the file */
dgba_status dgba_file_read(char **out, size_t *bytes, const char *path);

/** Writes the whole file so that a crash at any moment leaves either the old or the new one: a neighbour is written,
 *  flushed to the disk and renamed, and the folder flushed.
 *  Errors    DGBA_E_IO, naming the file; the old content is then untouched */
dgba_status dgba_file_write(const char *path, const void *content, size_t bytes);

/** The second half of an atomic replacement whose first half another library wrote: flushes `temporary`, renames it to
 *  `path`, flushes the folder.
 *  Errors    DGBA_E_IO, naming the file; `temporary` is then removed */
dgba_status dgba_file_commit(const char *temporary, const char *path);

/** Creates a folder and its parents; content if it exists.
 *  Errors    DGBA_E_IO, naming the folder */
dgba_status dgba_folder_create(const char *path);

/** Names in a folder, sorted, without "." and "..".
 *  Owns      caller frees with dgba_names_free()
 *  Errors    DGBA_E_IO, naming the folder */
typedef struct dgba_names {
    char **items;
    int64_t count;
} dgba_names;
dgba_status dgba_folder_list(dgba_names *out, const char *path);
void dgba_names_free(dgba_names *names);

/** folder + "/" + name into `out` (cleared first); an absolute `name` stands alone. */
void dgba_path_join(dgba_text *out, const char *folder, const char *name);

/** The folder part of a path into `out` (cleared first); "." if it has none. */
void dgba_path_folder(dgba_text *out, const char *path);

#endif
