#include "dgba/base/option.h"

#include <math.h>
#include <string.h>

enum { MOST_OPTIONS = 64 };

dgba_status dgba_option_find(const dgba_option **out, const dgba_option_table *table, const char *name) {
    const char *known[MOST_OPTIONS];
    DGBA_ASSERT(table->count <= MOST_OPTIONS);
    for (int64_t i = 0; i < table->count; ++i) {
        known[i] = table->options[i].name;
        if (strcmp(known[i], name) != 0) continue;
        *out = &table->options[i];
        return DGBA_OK;
    }
    const char *nearest = dgba_text_nearest(name, known, table->count);
    if (nearest == NULL) return dgba_fail(DGBA_E_CONFIG, "unknown key '%s' in %s", name, table->name);
    return dgba_fail(DGBA_E_CONFIG, "unknown key '%s' in %s (did you mean '%s'?)", name, table->name, nearest);
}

static dgba_status check_range(const dgba_option *option, double value, const char *text) {
    if ((option->low == 0 && option->high == 0) || (value >= option->low && value <= option->high)) return DGBA_OK;
    if (option->high == HUGE_VAL)
        return dgba_fail(DGBA_E_CONFIG, "%s is %s; it must be at least %g", option->name, text, option->low);
    return dgba_fail(DGBA_E_CONFIG, "%s is %s; it must be between %g and %g", option->name, text, option->low,
                     option->high);
}

static dgba_status fail_value(const dgba_option *option) {
    return dgba_fail(DGBA_E_CONFIG, "%s: %s", option->name, dgba_error());
}

static dgba_status read_integer(int64_t *field, const dgba_option *option, const char *text) {
    int64_t value = 0;
    if (dgba_text_integer(&value, text) != DGBA_OK) return fail_value(option);
    DGBA_TRY(check_range(option, (double)value, text));
    *field = value;
    return DGBA_OK;
}

static bool is_auto(const dgba_option *option, const char *text) {
    return option->fallback != NULL && strcmp(option->fallback, "auto") == 0 && strcmp(text, "auto") == 0;
}

static dgba_status read_real(double *field, const dgba_option *option, const char *text) {
    double value = NAN;
    if (!is_auto(option, text)) {
        if (dgba_text_real(&value, text) != DGBA_OK) return fail_value(option);
        DGBA_TRY(check_range(option, value, text));
    }
    *field = value;
    return DGBA_OK;
}

static dgba_status read_choice(int64_t *field, const dgba_option *option, const char *text) {
    int64_t count = 0;
    for (; option->choices[count] != NULL; ++count) {
        if (strcmp(option->choices[count], text) != 0) continue;
        *field = count;
        return DGBA_OK;
    }
    dgba_text words = {0};
    for (int64_t i = 0; i < count; ++i) dgba_text_add(&words, "%s%s", i > 0 ? ", " : "", option->choices[i]);
    const char *nearest = dgba_text_nearest(text, option->choices, count);
    const dgba_status status =
        nearest != NULL
            ? dgba_fail(DGBA_E_CONFIG, "%s: unknown '%s' (did you mean '%s'?)", option->name, text, nearest)
            : dgba_fail(DGBA_E_CONFIG, "%s: unknown '%s'; known are %s", option->name, text, dgba_text_chars(&words));
    dgba_text_free(&words);
    return status;
}

/** Calls `take` for every item of "[a, b]". */
static dgba_status read_list(void *field, const dgba_option *option, const char *text,
                             dgba_status (*take)(void *field, const dgba_option *option, const char *item)) {
    char item[DGBA_WORD_BYTES];
    if (text[0] != '[' || text[strlen(text) - 1] != ']')
        return dgba_fail(DGBA_E_CONFIG, "%s: '%s' is not a list such as [1, 2]", option->name, text);
    for (const char *rest = text + 1 + strspn(text + 1, " "); *rest != '\0' && *rest != ']';) {
        const size_t length = strcspn(rest, ", ]");
        if (length >= sizeof item) return dgba_fail(DGBA_E_CONFIG, "%s: '%.20s...' is too long", option->name, rest);
        memcpy(item, rest, length);
        item[length] = '\0';
        DGBA_TRY(take(field, option, item));
        rest += length;
        rest += strspn(rest, ", ");
    }
    return DGBA_OK;
}

static dgba_status fail_long_list(const dgba_option *option, int64_t most) {
    return dgba_fail(DGBA_E_CONFIG, "%s: the list has more than %lld items", option->name, (long long)most);
}

static dgba_status take_integer(void *field, const dgba_option *option, const char *item) {
    dgba_integers *list = field;
    if (list->count == DGBA_INTEGERS_MOST) return fail_long_list(option, DGBA_INTEGERS_MOST);
    return read_integer(&list->values[list->count++], option, item);
}

static dgba_status take_real(void *field, const dgba_option *option, const char *item) {
    dgba_reals *list = field;
    if (list->count == DGBA_REALS_MOST) return fail_long_list(option, DGBA_REALS_MOST);
    return read_real(&list->values[list->count++], option, item);
}

static dgba_status take_word(void *field, const dgba_option *option, const char *item) {
    dgba_words *list = field;
    if (list->count == DGBA_WORDS_MOST) return fail_long_list(option, DGBA_WORDS_MOST);
    return dgba_text_fit(list->items[list->count++], DGBA_WORD_BYTES, item);
}

/** "name=number", the number in canonical form. */
static dgba_status take_amount(void *field, const dgba_option *option, const char *item) {
    const char *equals = strchr(item, '=');
    double amount = 0;
    if (equals == NULL || dgba_text_real(&amount, equals + 1) != DGBA_OK)
        return dgba_fail(DGBA_E_CONFIG, "%s: '%s' is not of the form name=number", option->name, item);
    dgba_text text = {0};
    dgba_text_add(&text, "%.*s", (int)(equals + 1 - item), item);
    dgba_text_add_real(&text, amount);
    const dgba_status status = take_word(field, option, dgba_text_chars(&text));
    dgba_text_free(&text);
    return status;
}

static dgba_status read_integers(dgba_integers *field, const dgba_option *option, const char *text) {
    dgba_integers list = {0};
    DGBA_TRY(read_list(&list, option, text, take_integer));
    *field = list;
    return DGBA_OK;
}

static dgba_status read_reals(dgba_reals *field, const dgba_option *option, const char *text) {
    dgba_reals list = {0};
    DGBA_TRY(read_list(&list, option, text, take_real));
    *field = list;
    return DGBA_OK;
}

static dgba_status read_words(dgba_words *field, const dgba_option *option, const char *text) {
    dgba_words list = {0};
    DGBA_TRY(read_list(&list, option, text, option->kind == DGBA_OPTION_AMOUNTS ? take_amount : take_word));
    *field = list;
    return DGBA_OK;
}

bool dgba_option_is_list(dgba_option_kind kind) {
    return kind == DGBA_OPTION_INTEGERS || kind == DGBA_OPTION_REALS || kind == DGBA_OPTION_WORDS ||
           kind == DGBA_OPTION_AMOUNTS;
}

dgba_status dgba_option_read(void *definition, const dgba_option *option, const char *value) {
    void *field = (char *)definition + option->offset;
    switch (option->kind) {
        case DGBA_OPTION_INTEGER: return read_integer(field, option, value);
        case DGBA_OPTION_REAL: return read_real(field, option, value);
        case DGBA_OPTION_CHOICE: return read_choice(field, option, value);
        case DGBA_OPTION_INTEGERS: return read_integers(field, option, value);
        case DGBA_OPTION_REALS: return read_reals(field, option, value);
        case DGBA_OPTION_WORDS:
        case DGBA_OPTION_AMOUNTS: return read_words(field, option, value);
        case DGBA_OPTION_BOOL: return dgba_text_bool(field, value) == DGBA_OK ? DGBA_OK : fail_value(option);
        case DGBA_OPTION_TEXT:
            if (strpbrk(value, "\r\n") != NULL)
                return dgba_fail(DGBA_E_CONFIG, "%s: a line break is not allowed", option->name);
            return dgba_text_fit(field, DGBA_OPTION_TEXT_BYTES, value) == DGBA_OK ? DGBA_OK : fail_value(option);
    }
    return dgba_fail(DGBA_E_BUG, "option %s has no kind", option->name);
}

dgba_status dgba_option_set(void *definition, const dgba_option_table *table, const char *name, const char *value) {
    const dgba_option *option = NULL;
    DGBA_TRY(dgba_option_find(&option, table, name));
    return dgba_option_read(definition, option, value);
}

void dgba_option_defaults(void *definition, const dgba_option_table *table) {
    for (int64_t i = 0; i < table->count; ++i) {
        const dgba_option *option = &table->options[i];
        if (option->fallback == NULL) continue;
        const dgba_status status = dgba_option_read(definition, option, option->fallback);
        if (status != DGBA_OK) dgba_panic(__FILE__, __LINE__, "default of %s: %s", table->name, dgba_error());
    }
}

dgba_status dgba_option_canonical(dgba_text *out, const dgba_option *option, const char *value) {
    union {
        int64_t integer;
        double real;
        bool truth;
        char text[DGBA_OPTION_TEXT_BYTES];
        dgba_integers list;
        dgba_reals reals;
        dgba_words words;
    } field = {0};
    dgba_option at_start = *option;
    at_start.offset = 0;
    dgba_text_clear(out);
    DGBA_TRY(dgba_option_read(&field, &at_start, value));
    switch (option->kind) {
        case DGBA_OPTION_INTEGER: dgba_text_add(out, "%lld", (long long)field.integer); break;
        case DGBA_OPTION_BOOL: dgba_text_add(out, "%s", field.truth ? "true" : "false"); break;
        case DGBA_OPTION_TEXT: dgba_text_add(out, "%s", field.text); break;
        case DGBA_OPTION_CHOICE: dgba_text_add(out, "%s", option->choices[field.integer]); break;
        case DGBA_OPTION_REAL:
            if (isnan(field.real))
                dgba_text_add(out, "auto");
            else
                dgba_text_add_real(out, field.real);
            break;
        case DGBA_OPTION_INTEGERS:
            for (int64_t i = 0; i < field.list.count; ++i)
                dgba_text_add(out, "%s%lld", i > 0 ? ", " : "[", (long long)field.list.values[i]);
            dgba_text_add(out, field.list.count > 0 ? "]" : "[]");
            break;
        case DGBA_OPTION_REALS:
            for (int64_t i = 0; i < field.reals.count; ++i) {
                dgba_text_add(out, i > 0 ? ", " : "[");
                dgba_text_add_real(out, field.reals.values[i]);
            }
            dgba_text_add(out, field.reals.count > 0 ? "]" : "[]");
            break;
        case DGBA_OPTION_WORDS:
        case DGBA_OPTION_AMOUNTS:
            for (int64_t i = 0; i < field.words.count; ++i)
                dgba_text_add(out, "%s%s", i > 0 ? ", " : "[", field.words.items[i]);
            dgba_text_add(out, field.words.count > 0 ? "]" : "[]");
            break;
    }
    return DGBA_OK;
}

void dgba_option_help(dgba_text *out, const dgba_option_table *table) {
    for (int64_t i = 0; i < table->count; ++i) {
        const dgba_option *option = &table->options[i];
        dgba_text_add(out, "  %-22s %s", option->name, option->help);
        if (option->kind == DGBA_OPTION_CHOICE) {
            dgba_text_add(out, ": ");
            for (int64_t c = 0; option->choices[c] != NULL; ++c)
                dgba_text_add(out, "%s%s", c > 0 ? ", " : "", option->choices[c]);
        }
        if (option->fallback == NULL)
            dgba_text_add(out, " (required)\n");
        else if (option->fallback[0] != '\0')
            dgba_text_add(out, " (default %s)\n", option->fallback);
        else
            dgba_text_add(out, "\n");
    }
}
