#include <ctype.h>
#include <string.h>

#include "axes.h"

/** Whether a text can stand without quotes anywhere in YAML and still be read as text. */
static bool is_plain(const char *value) {
    static const char *const nulls[] = {"null", "Null", "NULL"};
    const bool is_negative = value[0] == '-' && isdigit((unsigned char)value[1]);
    if (!isalnum((unsigned char)value[0]) && strchr("_./", value[0]) == NULL && !is_negative) return false;
    for (int64_t i = 0; i < DGBA_COUNT_OF(nulls); ++i)
        if (strcmp(value, nulls[i]) == 0) return false;
    for (const char *c = value; *c != '\0'; ++c)
        if (!isalnum((unsigned char)*c) && strchr("_./+-", *c) == NULL) return false;
    return true;
}

void dgba_config_print_scalar(dgba_text *out, const char *value) {
    if (value[0] != '\0' && is_plain(value))
        dgba_text_add(out, "%s", value);
    else
        dgba_text_add_json(out, value);
}

/** A list's canonical text, "[a, b]", with quotes where its items need them. */
static void print_list(dgba_text *out, const char *list) {
    char *items = dgba_text_copy(list), *rest = NULL;
    int64_t count = 0;
    dgba_text_add(out, "[");
    for (char *item = strtok_r(items, "[, ]", &rest); item != NULL; item = strtok_r(NULL, "[, ]", &rest)) {
        dgba_text_add(out, "%s", count++ > 0 ? ", " : "");
        dgba_config_print_scalar(out, item);
    }
    dgba_text_add(out, "]");
    dgba_free(items);
}

static void print_values(dgba_text *out, const config_axis *axis);

/** Keys and values on one line, behind what stands in the braces already. */
static void print_flow(dgba_text *out, const config_entry *entry, const char *separator) {
    for (int64_t i = 0; i < entry->axis_count; ++i) {
        dgba_text_add(out, "%s%s: ", i > 0 ? ", " : separator, entry->axes[i].name);
        print_values(out, &entry->axes[i]);
    }
}

static void print_value(dgba_text *out, const config_axis *axis, const config_entry *entry) {
    if (axis->is_list) {
        print_list(out, entry->value);
    } else if (entry->value == NULL) {
        dgba_text_add(out, "{");
        print_flow(out, entry, "");
        dgba_text_add(out, "}");
    } else if (entry->axis_count == 0) {
        dgba_config_print_scalar(out, entry->value);
    } else {
        dgba_text_add(out, "{kind: %s", entry->value);
        print_flow(out, entry, ", ");
        dgba_text_add(out, "}");
    }
}

static void print_values(dgba_text *out, const config_axis *axis) {
    if (axis->entry_count != 1) dgba_text_add(out, "[");
    for (int64_t i = 0; i < axis->entry_count; ++i) {
        if (i > 0) dgba_text_add(out, ", ");
        print_value(out, axis, &axis->entries[i]);
    }
    if (axis->entry_count != 1) dgba_text_add(out, "]");
}

/** "[[a, b], [c, d]]": axes that advance together. */
static void print_zip(dgba_text *out, const config_entry *section, const char *margin) {
    int64_t groups = 0;
    for (int64_t leader = 0; leader < section->axis_count; ++leader) {
        int64_t members = 0;
        for (int64_t i = leader + 1; i < section->axis_count; ++i) {
            if (section->axes[i].leader != leader) continue;
            if (members++ == 0) {
                if (groups++ == 0)
                    dgba_text_add(out, "%szip: [", margin);
                else
                    dgba_text_add(out, ", ");
                dgba_text_add(out, "[%s", section->axes[leader].name);
            }
            dgba_text_add(out, ", %s", section->axes[i].name);
        }
        if (members > 0) dgba_text_add(out, "]");
    }
    if (groups > 0) dgba_text_add(out, "]\n");
}

static void print_section(dgba_text *out, const char *name, const config_entry *section, const char *margin) {
    dgba_text inner = {0};
    dgba_text_add(&inner, "%s  ", margin);
    dgba_text_add(out, "%s%s:\n", margin, name);
    for (int64_t i = 0; i < section->axis_count; ++i) {
        const config_axis *axis = &section->axes[i];
        if (axis->entries[0].value == NULL) {
            print_section(out, axis->name, &axis->entries[0], dgba_text_chars(&inner));
            continue;
        }
        dgba_text_add(out, "%s%s: ", dgba_text_chars(&inner), axis->name);
        print_values(out, axis);
        dgba_text_add(out, "\n");
    }
    print_zip(out, section, dgba_text_chars(&inner));
    dgba_text_free(&inner);
}

void dgba_config_print_exclusions(dgba_text *out, const config_exclusions *exclusions) {
    if (exclusions->count > 0) dgba_text_add(out, "  exclude:\n");
    for (int64_t i = 0; i < exclusions->count; ++i) {
        dgba_text_add(out, "    - {");
        print_flow(out, &exclusions->items[i], "");
        dgba_text_add(out, "}\n");
    }
}

void dgba_config_print(dgba_text *out, const char *name, const config_entry *section, bool present) {
    if (!present) dgba_text_add(out, "# not given, so these defaults hold:\n");
    print_section(out, name, section, present ? "" : "# ");
}
