/** 128-bit hashes (xxHash XXH3) that name units, data and results. Not cryptographic. */
#ifndef DGBA_BASE_HASH_H
#define DGBA_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dgba/base/status.h"

typedef struct dgba_hash {
    uint64_t high, low;
} dgba_hash;

enum { DGBA_HASH_TEXT_BYTES = 33 };

dgba_hash dgba_hash_bytes(const void *bytes, size_t count);
bool dgba_hash_equal(dgba_hash a, dgba_hash b);

/** 32 lower-case hexadecimal digits and a final 0. */
void dgba_hash_text(char text[DGBA_HASH_TEXT_BYTES], dgba_hash hash);

/** Hashes data that comes in pieces: the same as hashing it whole. */
typedef struct dgba_hasher dgba_hasher;
dgba_status dgba_hasher_create(dgba_hasher **out);
void dgba_hasher_add(dgba_hasher *hasher, const void *bytes, size_t count);
dgba_hash dgba_hasher_result(const dgba_hasher *hasher);
void dgba_hasher_free(dgba_hasher **hasher);

#endif
