#include "dgba/base/hash.h"

#include <stdio.h>
#include <xxhash.h>

#include "dgba/base/memory.h"

struct dgba_hasher {
    XXH3_state_t *state;
};

static dgba_hash from_xxhash(XXH128_hash_t h) { return (dgba_hash){.high = h.high64, .low = h.low64}; }

dgba_hash dgba_hash_bytes(const void *bytes, size_t count) { return from_xxhash(XXH3_128bits(bytes, count)); }

bool dgba_hash_equal(dgba_hash a, dgba_hash b) { return a.high == b.high && a.low == b.low; }

void dgba_hash_text(char text[DGBA_HASH_TEXT_BYTES], dgba_hash hash) {
    snprintf(text, DGBA_HASH_TEXT_BYTES, "%016llx%016llx", (unsigned long long)hash.high, (unsigned long long)hash.low);
}

dgba_status dgba_hasher_create(dgba_hasher **out) {
    DGBA_TRY(dgba_allocate((void **)out, 1, sizeof **out));
    (*out)->state = XXH3_createState();
    if ((*out)->state == NULL) {
        dgba_free(*out);
        *out = NULL;
        return dgba_fail(DGBA_E_MEMORY, "cannot allocate a hash state");
    }
    XXH3_128bits_reset((*out)->state);
    return DGBA_OK;
}

void dgba_hasher_add(dgba_hasher *hasher, const void *bytes, size_t count) {
    XXH3_128bits_update(hasher->state, bytes, count);
}

dgba_hash dgba_hasher_result(const dgba_hasher *hasher) { return from_xxhash(XXH3_128bits_digest(hasher->state)); }

void dgba_hasher_free(dgba_hasher **hasher) {
    if (*hasher == NULL) return;
    XXH3_freeState((*hasher)->state);
    dgba_free(*hasher);
    *hasher = NULL;
}
