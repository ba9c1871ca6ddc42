/** Bytes of our files that changed on the disk or on the way. Lines:
 *    file data|checkpoint|unit|results     which file; the first one counts
 *    flip PLACE BITS                       changes bits of a byte
 *    cut COUNT                             keeps so many bytes
 *  Whatever is changed, the file is refused, unless only its seal was. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dgba/data.h"
#include "dgba/trial.h"
#include "fuzz.h"

enum { SEAL_BYTES = 32, MOST_TEXT = 1024 };

typedef struct damaged {
    fuzz_sample sample;
    char *bytes;
    size_t count;
} damaged;

static fuzz_sample find_sample(const char *text) {
    if (strstr(text, "file data") != NULL) return fuzz_sample_data();
    if (strstr(text, "file checkpoint") != NULL) return fuzz_sample_checkpoint();
    if (strstr(text, "file results") != NULL) return fuzz_sample_results();
    return fuzz_sample_unit();
}

static void damage_line(damaged *d, const char *line) {
    unsigned long place = 0, bits = 0;
    if (sscanf(line, "flip %lu %lu", &place, &bits) == 2 && d->count > 0)
        d->bytes[place % d->count] = (char)(d->bytes[place % d->count] ^ (char)bits);
    if (sscanf(line, "cut %lu", &place) == 1 && place < d->count) d->count = place;
}

static damaged make_damage(const uint8_t *data, size_t size) {
    char text[MOST_TEXT + 1] = "", *place = NULL;
    memcpy(text, data, size < MOST_TEXT ? size : MOST_TEXT);
    damaged d = {.sample = find_sample(text)};
    d.count = d.sample.count;
    d.bytes = malloc(d.count);
    FUZZ_CHECK(d.bytes != NULL);
    memcpy(d.bytes, d.sample.bytes, d.count);
    for (char *line = strtok_r(text, "\n", &place); line != NULL; line = strtok_r(NULL, "\n", &place))
        damage_line(&d, line);
    return d;
}

/** Whether HDF5 meets the bytes as they are: the mark of the seal is gone, too. What it then makes of a flipped byte is
 *  not ours; that a file is cut short, it notices. */
static bool is_unsealed(const damaged *d) {
    const size_t start = d->sample.count - SEAL_BYTES;
    return d->count == d->sample.count && memcmp(d->bytes + start, d->sample.bytes + start, SEAL_BYTES / 2) != 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    damaged d = make_damage(data, size);
    const size_t content = d.sample.count - SEAL_BYTES;
    const bool whole = d.count >= content && memcmp(d.bytes, d.sample.bytes, content) == 0;
    const bool cut = d.count < d.sample.count;
    const bool flipped = memcmp(d.bytes, d.sample.bytes, d.count < content ? d.count : content) != 0;
    if (whole || !(is_unsealed(&d) || (cut && flipped))) {
        dgba_h5 *file = NULL;
        const bool sealed = whole && memcmp(d.bytes + content, d.sample.bytes + content, d.count - content) == 0;
        const dgba_status from_bytes = dgba_h5_open_bytes(&file, d.bytes, d.count, "bytes");
        if (from_bytes != DGBA_OK) fuzz_refused();
        dgba_h5_close(&file);
        const dgba_status from_file = dgba_h5_open(&file, fuzz_file(0, d.bytes, d.count));
        if (from_file != DGBA_OK) fuzz_refused();
        dgba_h5_close(&file);
        FUZZ_CHECK(from_bytes == from_file);
        FUZZ_CHECK(sealed ? from_file == DGBA_OK : whole || from_file == DGBA_E_FORMAT);
    }
    free(d.bytes);
    fuzz_end();
    return 0;
}
