#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dgba/base/memory.h"
#include "dgba/base/option.h"

static dgba_setting *find(const dgba_settings *settings, const char *key) {
    for (int64_t i = 0; i < settings->count; ++i)
        if (strcmp(settings->items[i].key, key) == 0) return &settings->items[i];
    return NULL;
}

void dgba_settings_set(dgba_settings *settings, const char *key, const char *value) {
    dgba_setting *setting = find(settings, key);
    char *copy = dgba_text_copy(value); // before the old value goes: they may be the same text
    if (setting != NULL) {
        dgba_free(setting->value);
        setting->value = copy;
        return;
    }
    if (DGBA_GROW(&settings->items, settings->count) != DGBA_OK)
        dgba_panic(__FILE__, __LINE__, "out of memory for settings");
    settings->items[settings->count++] = (dgba_setting){.key = dgba_text_copy(key), .value = copy};
}

void dgba_settings_format(dgba_settings *settings, const char *key, const char *format, ...) {
    char value[1024];
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(value, sizeof value, format, arguments);
    va_end(arguments);
    DGBA_ASSERT(length >= 0 && (size_t)length < sizeof value);
    dgba_settings_set(settings, key, value);
}

const char *dgba_settings_get(const dgba_settings *settings, const char *key) {
    const dgba_setting *setting = find(settings, key);
    return setting != NULL ? setting->value : NULL;
}

void dgba_settings_add(dgba_settings *settings, const char *prefix, const dgba_settings *from) {
    dgba_text key = {0};
    for (int64_t i = 0; i < from->count; ++i) {
        dgba_text_clear(&key);
        dgba_text_add(&key, "%s%s", prefix, from->items[i].key);
        dgba_settings_set(settings, dgba_text_chars(&key), from->items[i].value);
    }
    dgba_text_free(&key);
}

void dgba_settings_free(dgba_settings *settings) {
    for (int64_t i = 0; i < settings->count; ++i) {
        dgba_free(settings->items[i].key);
        dgba_free(settings->items[i].value);
    }
    dgba_free(settings->items);
    *settings = (dgba_settings){0};
}

void dgba_settings_print(dgba_text *out, const dgba_settings *settings) {
    for (int64_t i = 0; i < settings->count; ++i) {
        const dgba_setting *setting = &settings->items[i];
        DGBA_ASSERT(strchr(setting->value, '\n') == NULL && strpbrk(setting->key, "=\n") == NULL);
        dgba_text_add(out, "%s=%s\n", setting->key, setting->value);
    }
}

dgba_status dgba_settings_parse(dgba_settings *out, const char *lines) {
    *out = (dgba_settings){0};
    char *copy = dgba_text_copy(lines);
    dgba_status status = DGBA_OK;
    for (char *line = copy; *line != '\0';) {
        char *end = strchr(line, '\n');
        char *equals = strchr(line, '=');
        if (end == NULL || equals == NULL || equals > end) {
            status = dgba_fail(DGBA_E_FORMAT, "'%.60s' is not a line key=value", line);
            dgba_settings_free(out);
            break;
        }
        *end = *equals = '\0';
        dgba_settings_set(out, line, equals + 1);
        line = end + 1;
    }
    dgba_free(copy);
    return status;
}

dgba_status dgba_settings_read(void *definition, const dgba_option_table *table, const dgba_settings *settings,
                               const char *prefix) {
    dgba_option_defaults(definition, table);
    const size_t length = strlen(prefix);
    for (int64_t i = 0; i < settings->count; ++i) {
        const char *key = settings->items[i].key;
        if (strncmp(key, prefix, length) != 0 || strchr(key + length, '.') != NULL) continue;
        DGBA_TRY(dgba_option_set(definition, table, key + length, settings->items[i].value));
    }
    dgba_text key = {0};
    dgba_status status = DGBA_OK;
    for (int64_t i = 0; i < table->count && status == DGBA_OK; ++i) {
        if (table->options[i].fallback != NULL) continue;
        dgba_text_clear(&key);
        dgba_text_add(&key, "%s%s", prefix, table->options[i].name);
        if (find(settings, dgba_text_chars(&key)) == NULL)
            status = dgba_fail(DGBA_E_CONFIG, "key '%s' is missing in %s", table->options[i].name, table->name);
    }
    dgba_text_free(&key);
    return status;
}
