#include "bundle.h"

#include <string.h>

enum { HEAD_BYTES = DGBA_HASH_TEXT_BYTES + sizeof(uint64_t) };

dgba_status bundle_add(bundle *to, const char *id, const char *record, size_t count) {
    char *bytes = NULL;
    const uint64_t size = count;
    DGBA_ASSERT(strlen(id) == DGBA_HASH_TEXT_BYTES - 1);
    DGBA_TRY(DGBA_NEW(&bytes, (int64_t)(to->count + HEAD_BYTES + count)));
    if (to->count > 0) memcpy(bytes, to->bytes, to->count);
    char *end = bytes + to->count;
    memcpy(end, id, DGBA_HASH_TEXT_BYTES);
    memcpy(end + DGBA_HASH_TEXT_BYTES, &size, sizeof size);
    memcpy(end + HEAD_BYTES, record, count);
    dgba_free(to->bytes);
    *to = (bundle){.bytes = bytes, .count = to->count + HEAD_BYTES + count};
    return DGBA_OK;
}

void bundle_free(bundle *b) {
    dgba_free(b->bytes);
    *b = (bundle){0};
}

dgba_status bundle_next(bundle_item *out, size_t *place, const bundle *from) {
    uint64_t size = 0;
    const size_t left = from->count - *place;
    if (left >= HEAD_BYTES) {
        memcpy(out->id, from->bytes + *place, sizeof out->id);
        memcpy(&size, from->bytes + *place + DGBA_HASH_TEXT_BYTES, sizeof size);
    }
    if (left < HEAD_BYTES || size > left - HEAD_BYTES || memchr(out->id, 0, sizeof out->id) != out->id + sizeof out->id - 1)
        return dgba_fail(DGBA_E_FORMAT, "a result of several records is damaged");
    out->record = from->bytes + *place + HEAD_BYTES;
    out->count = size;
    *place += HEAD_BYTES + size;
    return DGBA_OK;
}
