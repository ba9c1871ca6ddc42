/** Folders of small files for tests of importers. */
#ifndef TESTS_SUPPORT_FOLDER_H
#define TESTS_SUPPORT_FOLDER_H

#include <stddef.h>

#include "support/picture.h"

/** Starts a fresh folder, which the functions below write to; borrowed until the next call. */
const char *folder_start(const char *name);

/** The path of a file in it; borrowed until the next call. */
const char *folder_path(const char *name);

/** Writes a text file or a picture (PNG or JPEG by the ending of its name), with the folders on the way. */
void folder_text(const char *name, const char *content);
void folder_picture(const char *name, const picture *p);

/** Writes any bytes, with the folders on the way. */
void folder_bytes(const char *name, const void *content, size_t bytes);

/** Writes a .npy file of format 1.0: `header` without its final blanks, then the content. */
void folder_npy(const char *name, const char *header, const void *content, size_t bytes);

/** Keeps the first `bytes` bytes of a file and flips one bit of byte number `flipped` (none if negative). */
void folder_damage(const char *name, int64_t bytes, int64_t flipped);

#endif
