#include "support/folder.h"

#include <stdio.h>
#include <string.h>

#include "support/check.h"

static char folder[256], path[512];

const char *folder_start(const char *name) {
    snprintf(folder, sizeof folder, "%s", check_folder(name));
    return folder;
}

const char *folder_path(const char *name) {
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/** Without flushing to the disk, which takes longer than many a test. */
static void write_file(const char *name, const void *content, size_t bytes) {
    FILE *file = fopen(folder_path(name), "wb");
    if (file == NULL || fwrite(content, 1, bytes, file) != bytes || fclose(file) != 0) fail_msg("cannot write %s", path);
}

static void make_parents(const char *name) {
    dgba_text parent = {0};
    dgba_path_folder(&parent, folder_path(name));
    CHECK_OK(dgba_folder_create(dgba_text_chars(&parent)));
    dgba_text_free(&parent);
}

void folder_text(const char *name, const char *content) {
    make_parents(name);
    write_file(name, content, strlen(content));
}

void folder_bytes(const char *name, const void *content, size_t bytes) {
    make_parents(name);
    write_file(name, content, bytes);
}

void folder_npy(const char *name, const char *header, const void *content, size_t bytes) {
    enum { HEADER = 118 }; // NumPy's own: 10 + 118 is a multiple of 64
    static char file[4096];
    memcpy(file, "\x93NUMPY\x01\x00\x76\x00", 10);
    memset(file + 10, ' ', HEADER);
    memcpy(file + 10, header, strlen(header));
    file[10 + HEADER - 1] = '\n';
    assert_true(strlen(header) < HEADER && 10 + HEADER + bytes <= sizeof file);
    memcpy(file + 10 + HEADER, content, bytes);
    folder_bytes(name, file, 10 + HEADER + bytes);
}

void folder_picture(const char *name, const picture *p) {
    make_parents(name);
    const bool png = strcmp(strrchr(name, '.'), ".png") == 0;
    (png ? picture_write_png : picture_write_jpeg)(folder_path(name), p);
}

void folder_damage(const char *name, int64_t bytes, int64_t flipped) {
    char *content = NULL;
    size_t count = 0;
    CHECK_OK(dgba_file_read(&content, &count, folder_path(name)));
    assert_true(bytes <= (int64_t)count && flipped < bytes);
    if (flipped >= 0) content[flipped] ^= 1;
    write_file(name, content, (size_t)bytes);
    dgba_free(content);
}
