/* The seal of a file: its checksum, in the last bytes of the file, behind the end that HDF5 knows. HDF5 takes no notice of
 * it, nor do h5py, h5dump and the like; whoever changes a file cuts it off. Files that dgba has not written have none.
 *
 * HDF5 hardly checks what it reads: a flipped bit in a number passes unseen, and one in its structures can crash it. A
 * truncated file has lost its seal, but HDF5 itself knows where a file should end. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

// Larger files, which are data sets, would take seconds to read through whenever they are opened.
enum { MOST_SEALED_BYTES = 1 << 30, PIECE_BYTES = 1 << 18, MARK_BYTES = 16 };

static const char mark[MARK_BYTES] = "\ndgba checksum\n";

typedef struct seal {
    char mark[MARK_BYTES];
    unsigned char hash[H5_SEAL_BYTES - MARK_BYTES]; // little-endian on every machine
} seal;
_Static_assert(sizeof(seal) == H5_SEAL_BYTES, "a seal has no gaps");

static seal seal_of(dgba_hash hash) {
    seal made;
    memcpy(made.mark, mark, MARK_BYTES);
    for (int i = 0; i < 8; ++i) {
        made.hash[i] = (unsigned char)(hash.low >> (8 * i));
        made.hash[8 + i] = (unsigned char)(hash.high >> (8 * i));
    }
    return made;
}

static dgba_status compare(const seal *found, dgba_hash hash, const char *name) {
    const seal expected = seal_of(hash);
    if (memcmp(found, &expected, sizeof expected) == 0) return DGBA_OK;
    return dgba_fail(DGBA_E_FORMAT, "%s: damaged: its content does not match its checksum", name);
}

void h5_seal_bytes(char *bytes, size_t count) {
    const seal made = seal_of(dgba_hash_bytes(bytes, count));
    memcpy(bytes + count, &made, sizeof made);
}

dgba_status h5_check_seal_of_bytes(const char *bytes, size_t count, const char *name) {
    seal found;
    if (count < sizeof found) return DGBA_OK;
    memcpy(&found, bytes + count - sizeof found, sizeof found);
    if (memcmp(found.mark, mark, MARK_BYTES) != 0) return DGBA_OK;
    return compare(&found, dgba_hash_bytes(bytes, count - sizeof found), name);
}

/** Hashes the first `count` bytes of a file. */
static dgba_status hash_file(dgba_hash *out, int descriptor, int64_t count, const char *path) {
    dgba_hasher *hasher = NULL;
    char *piece = NULL;
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(dgba_hasher_create(&hasher));
    DGBA_TRY_OUT(DGBA_NEW(&piece, count < PIECE_BYTES ? count : PIECE_BYTES)); // most files are small
    for (int64_t done = 0; done < count;) {
        const int64_t wanted = count - done < PIECE_BYTES ? count - done : PIECE_BYTES;
        const ssize_t bytes = pread(descriptor, piece, (size_t)wanted, done);
        if (bytes <= 0) {
            status = dgba_fail(DGBA_E_IO, "%s: cannot be read whole", path);
            goto out;
        }
        dgba_hasher_add(hasher, piece, (size_t)bytes);
        done += bytes;
    }
    *out = dgba_hasher_result(hasher);
out:
    dgba_free(piece);
    dgba_hasher_free(&hasher);
    return status;
}

static dgba_status append_seal(int descriptor, int64_t count, const char *path) {
    dgba_hash hash;
    DGBA_TRY(hash_file(&hash, descriptor, count, path));
    const seal made = seal_of(hash);
    if (pwrite(descriptor, &made, sizeof made, count) == (ssize_t)sizeof made) return DGBA_OK;
    return dgba_fail(DGBA_E_IO, "%s: cannot write the checksum", path);
}

dgba_status h5_seal_file(const char *path) {
    struct stat about;
    const int descriptor = open(path, O_RDWR | O_CLOEXEC);
    if (descriptor < 0 || fstat(descriptor, &about) != 0) {
        if (descriptor >= 0) close(descriptor);
        return dgba_fail(DGBA_E_IO, "%s: cannot open to write the checksum", path);
    }
    const dgba_status status = about.st_size <= MOST_SEALED_BYTES ? append_seal(descriptor, about.st_size, path) : DGBA_OK;
    close(descriptor);
    return status;
}

static dgba_status check_open_file(int descriptor, int64_t bytes, const char *path) {
    seal found;
    dgba_hash hash;
    const int64_t count = bytes - (int64_t)sizeof found;
    if (count < 0 || count > MOST_SEALED_BYTES) return DGBA_OK;
    if (pread(descriptor, &found, sizeof found, count) != (ssize_t)sizeof found) return DGBA_OK;
    if (memcmp(found.mark, mark, MARK_BYTES) != 0) return DGBA_OK;
    DGBA_TRY(hash_file(&hash, descriptor, count, path));
    return compare(&found, hash, path);
}

dgba_status h5_check_seal_of_file(const char *path) {
    struct stat about;
    if (stat(path, &about) != 0 || !S_ISREG(about.st_mode)) return DGBA_OK;
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return DGBA_OK;
    const dgba_status status = check_open_file(descriptor, about.st_size, path);
    close(descriptor);
    return status;
}
