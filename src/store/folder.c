#define _GNU_SOURCE // F_OFD_SETLK
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dgba/store.h"

struct dgba_store {
    char *folder;
    int lock; // descriptor of the lock file; the kernel gives the lock up with it, however the process ends
};

static const char *const kind_folders[] = {[DGBA_STORE_UNIT] = "units", [DGBA_STORE_MODEL] = "models"};

/* ---- The lock ---- */

enum { OWNER_BYTES = 320 };

static void write_owner(int lock) {
    char host[256] = "", now[32], owner[OWNER_BYTES];
    gethostname(host, sizeof host - 1);
    dgba_clock_timestamp(now, sizeof now);
    const int length = snprintf(owner, sizeof owner, "process %ld on %s since %s\n", (long)getpid(), host, now);
    // Only for the message of a second process, so that a failure does not matter.
    if (ftruncate(lock, 0) != 0 || pwrite(lock, owner, (size_t)length, 0) != length) errno = 0;
}

static dgba_status fail_locked(const char *folder, int lock) {
    char owner[OWNER_BYTES] = "another process";
    const ssize_t length = pread(lock, owner, sizeof owner - 1, 0);
    if (length > 0) owner[length] = '\0';
    owner[strcspn(owner, "\n")] = '\0';
    // A file system that outlives the process's host may keep the lock for a while (NFS: 90 s), or for good.
    return dgba_fail(DGBA_E_IO, "%s: in use by %s; if that process is gone, remove %s/lock", folder, owner, folder);
}

/** The whole file. The lock belongs to the open file, not to the process, so that closing another descriptor of it
 *  does not give the lock up. */
static struct flock whole_file(void) { return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET}; }

static int open_lock(const char *folder, int flags) {
    dgba_text path = {0};
    dgba_path_join(&path, folder, "lock");
    const int lock = open(dgba_text_chars(&path), flags | O_CLOEXEC, 0666);
    dgba_text_free(&path);
    return lock;
}

static dgba_status take_lock(int *out, const char *folder) {
    *out = open_lock(folder, O_RDWR | O_CREAT);
    if (*out < 0) return dgba_fail(DGBA_E_IO, "%s: cannot create the lock file: %s", folder, strerror(errno));
    struct flock whole = whole_file();
    if (fcntl(*out, F_OFD_SETLK, &whole) == 0) {
        write_owner(*out);
        return DGBA_OK;
    }
    if (errno != EAGAIN && errno != EACCES) { // some cluster file systems are mounted without locks
        DGBA_WARNING("%s: cannot be locked (%s); take care that one process at a time runs in it", folder, strerror(errno));
        return DGBA_OK;
    }
    const dgba_status status = fail_locked(folder, *out);
    close(*out);
    *out = -1;
    return status;
}

bool dgba_store_is_locked(const char *folder) {
    const int lock = open_lock(folder, O_RDONLY);
    if (lock < 0) return false;
    // Asked for and not tried: a run that starts at this moment must not find the folder locked by the question.
    struct flock whole = whole_file();
    const bool locked = fcntl(lock, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
    close(lock);
    return locked;
}

/* ---- Opening ---- */

static bool ends_with(const char *text, const char *end) {
    const size_t length = strlen(text), most = strlen(end);
    return length >= most && strcmp(text + length - most, end) == 0;
}

/** Removes what a process that was killed had not finished to write. */
static dgba_status remove_parts(const char *folder, const dgba_names *names) {
    dgba_text path = {0};
    dgba_status status = DGBA_OK;
    for (int64_t i = 0; i < names->count; ++i) {
        if (!ends_with(names->items[i], ".part")) continue;
        dgba_path_join(&path, folder, names->items[i]);
        if (unlink(dgba_text_chars(&path)) != 0)
            status = dgba_fail(DGBA_E_IO, "%s: cannot remove: %s", dgba_text_chars(&path), strerror(errno));
    }
    dgba_text_free(&path);
    return status;
}

/** <id>.h5, <id>.side.h5, or one of them unfinished. */
static bool is_ours(const char *name) {
    const size_t id = strspn(name, "0123456789abcdef");
    return id == DGBA_HASH_TEXT_BYTES - 1 &&
           (strcmp(name + id, ".h5") == 0 || strcmp(name + id, ".side.h5") == 0 || ends_with(name, ".part"));
}

static void warn_of_foreign(const char *folder, const dgba_names *names) {
    int64_t count = 0, first = 0;
    for (int64_t i = names->count - 1; i >= 0; --i) {
        if (is_ours(names->items[i])) continue;
        count += 1;
        first = i;
    }
    if (count > 0)
        DGBA_WARNING("%s: %lld files that are not of a run, such as %s; they are left alone", folder, (long long)count,
                     names->items[first]);
}

static dgba_status clean(const char *folder, bool holds_units) {
    dgba_names names = {0};
    DGBA_TRY(dgba_folder_list(&names, folder));
    const dgba_status status = remove_parts(folder, &names);
    if (holds_units) warn_of_foreign(folder, &names);
    dgba_names_free(&names);
    return status;
}

static dgba_status prepare(const char *folder) {
    dgba_text path = {0};
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(clean(folder, false));
    for (int64_t kind = 0; kind < DGBA_COUNT_OF(kind_folders); ++kind) {
        dgba_path_join(&path, folder, kind_folders[kind]);
        DGBA_TRY_OUT(dgba_folder_create(dgba_text_chars(&path)));
        DGBA_TRY_OUT(clean(dgba_text_chars(&path), true));
    }
out:
    dgba_text_free(&path);
    return status;
}

dgba_status dgba_store_open(dgba_store **out, const char *folder) {
    *out = NULL;
    dgba_store *store = NULL;
    DGBA_TRY(dgba_folder_create(folder));
    DGBA_TRY(DGBA_NEW(&store, 1));
    store->folder = dgba_text_copy(folder);
    dgba_status status = take_lock(&store->lock, folder);
    if (status == DGBA_OK) status = prepare(folder); // under the lock: a neighbour's unfinished files are not ours
    if (status != DGBA_OK) dgba_store_close(&store);
    *out = store;
    return status;
}

void dgba_store_close(dgba_store **store) {
    if (*store == NULL) return;
    if ((*store)->lock >= 0) close((*store)->lock);
    dgba_free((*store)->folder);
    dgba_free(*store);
    *store = NULL;
}

const char *dgba_store_folder(const dgba_store *store) { return store->folder; }

/* ---- Files ---- */

void dgba_store_path(dgba_text *out, const char *folder, dgba_store_kind kind, const char *id) {
    DGBA_ASSERT(id[0] != '\0' && strchr(id, '/') == NULL);
    dgba_path_join(out, folder, kind_folders[kind]);
    dgba_text_add(out, "/%s.h5", id);
}

bool dgba_store_has(const dgba_store *store, dgba_store_kind kind, const char *id) {
    dgba_text path = {0};
    dgba_store_path(&path, store->folder, kind, id);
    const bool exists = dgba_file_exists(dgba_text_chars(&path));
    dgba_text_free(&path);
    return exists;
}

dgba_status dgba_store_put(dgba_store *store, dgba_store_kind kind, const char *id, const void *bytes, size_t count) {
    dgba_text path = {0};
    dgba_store_path(&path, store->folder, kind, id);
    const dgba_status status = dgba_file_write(dgba_text_chars(&path), bytes, count);
    dgba_text_free(&path);
    return status;
}

dgba_status dgba_store_put_text(dgba_store *store, const char *name, const char *text) {
    dgba_text path = {0};
    dgba_path_join(&path, store->folder, name);
    const dgba_status status = dgba_file_write(dgba_text_chars(&path), text, strlen(text));
    dgba_text_free(&path);
    return status;
}
