#include "dgba/base/text.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dgba/base/memory.h"

static void reserve(dgba_text *text, size_t bytes) {
    if (bytes <= text->capacity) return;
    size_t capacity = text->capacity > 0 ? text->capacity : 64;
    while (capacity < bytes) capacity *= 2;
    char *larger = NULL;
    if (dgba_allocate((void **)&larger, (int64_t)capacity, 1) != DGBA_OK)
        dgba_panic(__FILE__, __LINE__, "out of memory for text");
    if (text->length > 0) memcpy(larger, text->chars, text->length);
    dgba_free(text->chars);
    text->chars = larger;
    text->capacity = capacity;
}

void dgba_text_add(dgba_text *text, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    const int needed = vsnprintf(NULL, 0, format, arguments);
    DGBA_ASSERT(needed >= 0);
    reserve(text, text->length + (size_t)needed + 1);
    vsnprintf(text->chars + text->length, (size_t)needed + 1, format, again);
    text->length += (size_t)needed;
    va_end(again);
    va_end(arguments);
}

const char *dgba_text_chars(const dgba_text *text) { return text->chars != NULL ? text->chars : ""; }

void dgba_text_clear(dgba_text *text) {
    text->length = 0;
    if (text->chars != NULL) text->chars[0] = '\0';
}

void dgba_text_free(dgba_text *text) {
    dgba_free(text->chars);
    *text = (dgba_text){0};
}

char *dgba_text_copy(const char *chars) {
    dgba_text text = {0};
    dgba_text_add(&text, "%s", chars);
    return text.chars;
}

dgba_status dgba_text_fit(char *out, size_t bytes, const char *chars) {
    const size_t length = strlen(chars);
    if (length >= bytes)
        return dgba_fail(DGBA_E_USAGE, "'%.40s...' is longer than the %zu characters allowed", chars, bytes - 1);
    memcpy(out, chars, length + 1);
    return DGBA_OK;
}

/** strtod without its inf, nan and hexadecimal fractions; returns the end, or `chars` if there is no number. */
static const char *read_number(double *out, const char *chars) {
    const char *digits = chars + (*chars == '-' || *chars == '+');
    if (!isdigit((unsigned char)digits[0]) && !(digits[0] == '.' && isdigit((unsigned char)digits[1]))) return chars;
    char *end = NULL;
    if (digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X')) {
        const unsigned long long value = strtoull(digits, &end, 16);
        *out = *chars == '-' ? -(double)value : (double)value;
    } else {
        *out = strtod(chars, &end);
    }
    return end;
}

dgba_status dgba_text_real(double *out, const char *chars) {
    double value = 0, divisor = 1;
    const char *end = read_number(&value, chars);
    if (end != chars && *end == '/') {
        const char *start = end + 1;
        end = read_number(&divisor, start);
        if (end == start) end = chars;
    }
    if (end == chars || *end != '\0') return dgba_fail(DGBA_E_USAGE, "'%s' is not a number", chars);
    if (divisor == 0 || !isfinite(value / divisor)) return dgba_fail(DGBA_E_USAGE, "'%s' is not a finite number", chars);
    *out = value / divisor;
    return DGBA_OK;
}

dgba_status dgba_text_integer(int64_t *out, const char *chars) {
    double value = 0;
    DGBA_TRY(dgba_text_real(&value, chars));
    // Above 2^53 a double skips whole numbers: seeds go through here, so refuse rather than round.
    if (value != floor(value)) return dgba_fail(DGBA_E_USAGE, "'%s' is not a whole number", chars);
    if (fabs(value) > 0x1p53) return dgba_fail(DGBA_E_USAGE, "'%s' is too large", chars);
    *out = (int64_t)value;
    return DGBA_OK;
}

dgba_status dgba_text_bool(bool *out, const char *chars) {
    static const char *const yes[] = {"true", "yes", "on"}, *const no[] = {"false", "no", "off"};
    for (int i = 0; i < 3; ++i) {
        if (strcasecmp(chars, yes[i]) == 0 || strcasecmp(chars, no[i]) == 0) {
            *out = strcasecmp(chars, yes[i]) == 0;
            return DGBA_OK;
        }
    }
    return dgba_fail(DGBA_E_USAGE, "'%s' is neither true nor false", chars);
}

void dgba_text_add_real(dgba_text *text, double value) {
    char digits[32];
    for (int precision = 15; precision <= 17; ++precision) {
        snprintf(digits, sizeof digits, "%.*g", precision, value);
        if (strtod(digits, NULL) == value) break;
    }
    dgba_text_add(text, "%s", digits);
}

enum { LONGEST_WORD = 63 };

/** Levenshtein distance of two words of at most LONGEST_WORD characters. */
static int64_t edit_distance(const char *a, const char *b) {
    int64_t row[LONGEST_WORD + 1];
    const int64_t length = (int64_t)strlen(b);
    for (int64_t j = 0; j <= length; ++j) row[j] = j;
    for (int64_t i = 1; a[i - 1] != '\0'; ++i) {
        int64_t diagonal = row[0];
        row[0] = i;
        for (int64_t j = 1; j <= length; ++j) {
            int64_t best = diagonal + (a[i - 1] != b[j - 1]);
            if (row[j] + 1 < best) best = row[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[length];
}

const char *dgba_text_nearest(const char *word, const char *const *known, int64_t count) {
    if (strlen(word) > LONGEST_WORD) return NULL;
    const char *nearest = NULL;
    int64_t best = 1 + (int64_t)strlen(word) / 3; // a third of the letters may be wrong
    for (int64_t i = 0; i < count; ++i) {
        if (strlen(known[i]) > LONGEST_WORD) continue;
        const int64_t distance = edit_distance(word, known[i]);
        if (distance > best || (distance == best && nearest != NULL)) continue;
        best = distance;
        nearest = known[i];
    }
    return nearest;
}

dgba_status dgba_text_find(int64_t *out, const char *word, const char *const *known, int64_t count, const char *what) {
    for (int64_t i = 0; i < count; ++i) {
        if (strcmp(known[i], word) != 0) continue;
        *out = i;
        return DGBA_OK;
    }
    const char *nearest = dgba_text_nearest(word, known, count);
    if (nearest == NULL) return dgba_fail(DGBA_E_CONFIG, "unknown %s '%s'", what, word);
    return dgba_fail(DGBA_E_CONFIG, "unknown %s '%s' (did you mean '%s'?)", what, word, nearest);
}

void dgba_text_add_json(dgba_text *text, const char *chars) {
    dgba_text_add(text, "\"");
    for (const char *c = chars; *c != '\0'; ++c) {
        if (*c == '"' || *c == '\\')
            dgba_text_add(text, "\\%c", *c);
        else if ((unsigned char)*c < 0x20)
            dgba_text_add(text, "\\u%04x", (unsigned)*c);
        else
            dgba_text_add(text, "%c", *c);
    }
    dgba_text_add(text, "\"");
}
