/** Text: a string that grows, numbers read from text, the nearest known word. */
#ifndef DGBA_BASE_TEXT_H
#define DGBA_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dgba/base/status.h"

/** A string that grows. `chars` is NULL until something is added, so use dgba_text_chars() to read it.
 *  Owns      free with dgba_text_free(). Running out of memory for text ends the program. */
typedef struct dgba_text {
    char *chars;
    size_t length, capacity;
} dgba_text;

void dgba_text_add(dgba_text *text, const char *format, ...) DGBA_PRINTF(2, 3);
const char *dgba_text_chars(const dgba_text *text);
void dgba_text_clear(dgba_text *text);
void dgba_text_free(dgba_text *text);

/** A copy of a string, freed with dgba_free(). Running out of memory ends the program. */
char *dgba_text_copy(const char *chars);

/** Copies `chars` into a fixed array.
 *  Errors    DGBA_E_USAGE if it does not fit */
dgba_status dgba_text_fit(char *out, size_t bytes, const char *chars);

/** A number as researchers write it: 3, -2.5, 1e-3, 8/255, 0x10. Nothing may follow it.
 *  Errors    DGBA_E_USAGE; *out untouched */
dgba_status dgba_text_real(double *out, const char *chars);

/** A whole number: 12, -3, 0x10, also 1e3. "010" is ten: an octal reading would surprise.
 *  Errors    DGBA_E_USAGE if it has a fraction or is out of range; *out untouched */
dgba_status dgba_text_integer(int64_t *out, const char *chars);

/** true, false, yes, no, on, off.
 *  Errors    DGBA_E_USAGE; *out untouched */
dgba_status dgba_text_bool(bool *out, const char *chars);

/** The shortest decimal text that reads back as exactly this number. */
void dgba_text_add_real(dgba_text *text, double value);

/** The known word nearest to `word` by edit distance, or NULL if none is near enough to be meant; borrowed. */
const char *dgba_text_nearest(const char *word, const char *const *known, int64_t count);

/** The place of `word` among the known ones. `what` says what they are: "rule".
 *  Errors    DGBA_E_CONFIG: unknown rule 'dbga' (did you mean 'dgba'?); *out untouched */
dgba_status dgba_text_find(int64_t *out, const char *word, const char *const *known, int64_t count, const char *what);

/** Adds `chars` as a JSON string with its quotes. */
void dgba_text_add_json(dgba_text *text, const char *chars);

#endif
