#include "dgba/base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dgba/base/memory.h"

static dgba_status fail_errno(const char *what, const char *path) {
    return dgba_fail(DGBA_E_IO, "%s: cannot %s: %s", path, what, strerror(errno));
}

bool dgba_file_exists(const char *path) { return access(path, F_OK) == 0; }

dgba_status dgba_file_read(char **out, size_t *bytes, const char *path) {
    *out = NULL;
    *bytes = 0;
    dgba_status status = DGBA_OK;
    // Without O_NONBLOCK, opening a pipe waits until somebody writes to it.
    const int descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    FILE *file = descriptor >= 0 ? fdopen(descriptor, "rb") : NULL;
    if (file == NULL) return fail_errno("open", path);
    struct stat about;
    if (fstat(fileno(file), &about) != 0 || !S_ISREG(about.st_mode)) {
        status = dgba_fail(DGBA_E_IO, "%s: not a regular file", path);
        goto out;
    }
    DGBA_TRY_OUT(DGBA_NEW(out, (int64_t)about.st_size + 1));
    *bytes = fread(*out, 1, (size_t)about.st_size, file);
    if (*bytes != (size_t)about.st_size) {
        status = dgba_fail(DGBA_E_IO, "%s: read %zu of %lld bytes", path, *bytes, (long long)about.st_size);
        dgba_free(*out);
        *out = NULL;
    }
out:
    fclose(file);
    return status;
}

/** Flushes a file or folder to the disk. */
static dgba_status flush(const char *path, int flags) {
    const int descriptor = open(path, flags | O_CLOEXEC);
    if (descriptor < 0) return fail_errno("open", path);
    const int failed = fsync(descriptor);
    close(descriptor);
    // Some file systems cannot flush a folder and say EINVAL; the rename itself is still atomic there.
    if (failed && errno != EINVAL) return fail_errno("flush", path);
    return DGBA_OK;
}

dgba_status dgba_file_commit(const char *temporary, const char *path) {
    dgba_text folder = {0};
    dgba_path_folder(&folder, path);
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(flush(temporary, O_RDONLY));
    if (rename(temporary, path) != 0) {
        status = fail_errno("replace", path);
        goto out;
    }
    DGBA_TRY_OUT(flush(dgba_text_chars(&folder), O_RDONLY | O_DIRECTORY));
out:
    if (status != DGBA_OK) unlink(temporary);
    dgba_text_free(&folder);
    return status;
}

static dgba_status write_whole(const char *path, const void *content, size_t bytes) {
    FILE *file = fopen(path, "wb");
    if (file == NULL) return fail_errno("create", path);
    const bool written = fwrite(content, 1, bytes, file) == bytes;
    // fclose reports what the buffer could not write, so both are asked.
    const bool closed = fclose(file) == 0;
    if (!written || !closed) {
        const dgba_status status = fail_errno("write", path);
        unlink(path);
        return status;
    }
    return DGBA_OK;
}

dgba_status dgba_file_write(const char *path, const void *content, size_t bytes) {
    dgba_text temporary = {0};
    dgba_text_add(&temporary, "%s.part", path);
    dgba_status status = write_whole(dgba_text_chars(&temporary), content, bytes);
    if (status == DGBA_OK) status = dgba_file_commit(dgba_text_chars(&temporary), path);
    dgba_text_free(&temporary);
    return status;
}

dgba_status dgba_folder_create(const char *path) {
    char *partial = dgba_text_copy(path);
    dgba_status status = DGBA_OK;
    for (char *slash = strchr(partial + 1, '/'); status == DGBA_OK; slash = strchr(slash + 1, '/')) {
        if (slash != NULL) *slash = '\0';
        if (mkdir(partial, 0777) != 0 && errno != EEXIST) status = fail_errno("create the folder", partial);
        if (slash == NULL) break;
        *slash = '/';
    }
    struct stat about;
    if (status == DGBA_OK && (stat(path, &about) != 0 || !S_ISDIR(about.st_mode)))
        status = dgba_fail(DGBA_E_IO, "%s: exists and is not a folder", path);
    dgba_free(partial);
    return status;
}

static int compare_names(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

dgba_status dgba_folder_list(dgba_names *out, const char *path) {
    *out = (dgba_names){0};
    DIR *folder = opendir(path);
    if (folder == NULL) return fail_errno("open the folder", path);
    dgba_status status = DGBA_OK;
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        DGBA_TRY_OUT(DGBA_GROW(&out->items, out->count));
        out->items[out->count++] = dgba_text_copy(entry->d_name);
    }
    if (out->count > 0) qsort(out->items, (size_t)out->count, sizeof *out->items, compare_names);
out:
    closedir(folder);
    if (status != DGBA_OK) dgba_names_free(out);
    return status;
}

void dgba_names_free(dgba_names *names) {
    for (int64_t i = 0; i < names->count; ++i) dgba_free(names->items[i]);
    dgba_free(names->items);
    *names = (dgba_names){0};
}

void dgba_path_join(dgba_text *out, const char *folder, const char *name) {
    dgba_text_clear(out);
    if (name[0] == '/' || folder[0] == '\0')
        dgba_text_add(out, "%s", name);
    else
        dgba_text_add(out, "%s%s%s", folder, folder[strlen(folder) - 1] == '/' ? "" : "/", name);
}

void dgba_path_folder(dgba_text *out, const char *path) {
    const char *slash = strrchr(path, '/');
    dgba_text_clear(out);
    if (slash == NULL)
        dgba_text_add(out, ".");
    else if (slash == path)
        dgba_text_add(out, "/");
    else
        dgba_text_add(out, "%.*s", (int)(slash - path), path);
}
