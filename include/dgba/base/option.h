/** Option tables: one table per module gives its YAML keys, `--set`, defaults, checks, help and canonical text.
 *
 *  A table describes the fields of a definition struct. The configuration checks text against a table without knowing the
 *  struct; the module reads the same text into its struct. So an option is one row here and one field there.
 */
#ifndef DGBA_BASE_OPTION_H
#define DGBA_BASE_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dgba/base/status.h"
#include "dgba/base/text.h"

enum { DGBA_OPTION_TEXT_BYTES = 256, DGBA_INTEGERS_MOST = 32 };

/** The value of an option that is itself a list, such as dilation rates. */
typedef struct dgba_integers {
    int64_t count, values[DGBA_INTEGERS_MOST];
} dgba_integers;

/** The value of an option that is a list of real numbers, such as weights of losses. */
enum { DGBA_REALS_MOST = 8 };
typedef struct dgba_reals {
    int64_t count;
    double values[DGBA_REALS_MOST];
} dgba_reals;

/** The value of an option that is a list of words, such as task names. */
enum { DGBA_WORDS_MOST = 8, DGBA_WORD_BYTES = 64 };
typedef struct dgba_words {
    int64_t count;
    char items[DGBA_WORDS_MOST][DGBA_WORD_BYTES];
} dgba_words;

/** Kind of an option and the type of its field. */
typedef enum dgba_option_kind {
    DGBA_OPTION_INTEGER,  // int64_t
    DGBA_OPTION_REAL,     // double; with fallback "auto" the word auto is allowed and stored as NaN
    DGBA_OPTION_BOOL,     // bool
    DGBA_OPTION_TEXT,     // char[DGBA_OPTION_TEXT_BYTES]
    DGBA_OPTION_CHOICE,   // int64_t, index into `choices`
    DGBA_OPTION_INTEGERS, // dgba_integers, written [1, 2, 3]
    DGBA_OPTION_REALS,    // dgba_reals, written [1, 0.5]
    DGBA_OPTION_WORDS,    // dgba_words, written [depth, normal]
    DGBA_OPTION_AMOUNTS,  // dgba_words, written [depth=0.5, normal=1], in YAML also {depth: 0.5, normal: 1}
} dgba_option_kind;

/** Whether the value of an option of this kind is itself a list. */
bool dgba_option_is_list(dgba_option_kind kind);

typedef struct dgba_option {
    const char *name;
    dgba_option_kind kind;
    size_t offset;              // of the field in the definition struct
    const char *fallback;       // default as text; NULL = must be given
    double low, high;           // allowed range of numbers, inclusive; both 0 = any
    const char *const *choices; // for CHOICE: the words, ended by NULL
    const char *help;           // one line, with the unit
} dgba_option;

typedef struct dgba_option_table {
    const char *name; // as in "unknown key 'x' in NAME"
    const char *help; // one line
    const dgba_option *options;
    int64_t count;
} dgba_option_table;

/** The option of that name; borrowed.
 *  Errors    DGBA_E_CONFIG, with the nearest known name */
dgba_status dgba_option_find(const dgba_option **out, const dgba_option_table *table, const char *name);

/** Sets every field to its default; fields without one become 0. */
void dgba_option_defaults(void *definition, const dgba_option_table *table);

/** Reads `value` into the field of `option`.
 *  Errors    DGBA_E_CONFIG with a sentence; the field is then untouched */
dgba_status dgba_option_read(void *definition, const dgba_option *option, const char *value);

/** dgba_option_find and dgba_option_read in one. */
dgba_status dgba_option_set(void *definition, const dgba_option_table *table, const char *name, const char *value);

/** The canonical text of `value` for `option`: equal for equal values, however they were written (1e-3, 0.001).
 *  `out` is cleared first.
 *  Errors    DGBA_E_CONFIG with a sentence */
dgba_status dgba_option_canonical(dgba_text *out, const dgba_option *option, const char *value);

/** The help of a table, a line an option, each indented by two blanks. */
void dgba_option_help(dgba_text *out, const dgba_option_table *table);

/** An ordered list of key = value texts: one point of a sweep, one description of a unit. */
typedef struct dgba_setting {
    char *key, *value;
} dgba_setting;

typedef struct dgba_settings {
    dgba_setting *items;
    int64_t count;
} dgba_settings;

/** Adds a key at the end or replaces its value; keys and values are copied. */
void dgba_settings_set(dgba_settings *settings, const char *key, const char *value);
void dgba_settings_format(dgba_settings *settings, const char *key, const char *format, ...) DGBA_PRINTF(3, 4);

/** The value of a key, borrowed, or NULL. */
const char *dgba_settings_get(const dgba_settings *settings, const char *key);

/** Adds all of `from`, each key behind `prefix`. */
void dgba_settings_add(dgba_settings *settings, const char *prefix, const dgba_settings *from);
void dgba_settings_free(dgba_settings *settings);

/** Lines "key=value". A line break within a value is not allowed. */
void dgba_settings_print(dgba_text *out, const dgba_settings *settings);

/** Reads what dgba_settings_print() wrote.
 *  Errors    DGBA_E_FORMAT */
dgba_status dgba_settings_parse(dgba_settings *out, const char *lines);

/** Defaults of `table`, then every setting whose key is `prefix` + an option's name. Other keys are ignored.
 *  Errors    DGBA_E_CONFIG: a value that does not fit, a required one that is missing, a name the table does not know */
dgba_status dgba_settings_read(void *definition, const dgba_option_table *table, const dgba_settings *settings,
                               const char *prefix);

#endif
