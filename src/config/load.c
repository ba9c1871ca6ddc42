#include <stdlib.h>
#include <string.h>

#include "axes.h"

enum { MOST_SECTIONS = 31, MOST_VALUES = 30000 };

typedef struct loaded_section {
    char *name;
    bool present;
    config_entry content;
    config_exclusions exclusions;
    config_points points;
} loaded_section;

struct dgba_config {
    char *name, *text;
    dgba_text resolved;
    loaded_section *sections;
    int64_t section_count;
};

/** Grafts "section.key=value" into the document, so that it is checked like the rest. */
static dgba_status apply_override(dgba_yaml *document, const char *override) {
    const size_t length = strcspn(override, "=");
    if (override[length] == '\0') return dgba_fail(DGBA_E_CONFIG, "--set %s: expected section.key=value", override);
    if (length == strlen("include") && strncmp(override, "include", length) == 0)
        return dgba_fail(DGBA_E_CONFIG, "--set include: only a file can name files that it includes");
    dgba_text path = {0}, name = {0};
    dgba_text_add(&path, "%.*s", (int)length, override);
    dgba_text_add(&name, "--set %s", dgba_text_chars(&path));
    const dgba_status status =
        dgba_yaml_graft(document, dgba_text_chars(&path), override + length + 1, dgba_text_chars(&name));
    dgba_text_free(&path);
    dgba_text_free(&name);
    return status;
}

/** The file's name without its folder and .yaml or .yml. */
static void add_file_name(dgba_text *out, const char *path) {
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    const bool is_yaml = dot != NULL && dot > name && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
    dgba_text_add(out, "%.*s", (int)(is_yaml ? (size_t)(dot - name) : strlen(name)), name);
}

static dgba_status read_name(dgba_config *config, const dgba_yaml *document, const char *path) {
    const dgba_yaml_node *node = dgba_yaml_get(dgba_yaml_root(document), "name");
    if (node == NULL) {
        dgba_text name = {0};
        add_file_name(&name, path);
        config->name = name.chars;
        return DGBA_OK;
    }
    if (node->kind != DGBA_YAML_SCALAR || dgba_yaml_is_null(node) || node->text[0] == '\0' || strchr(node->text, '\n'))
        return dgba_yaml_fail(document, node, false, "name: expected one line of text");
    config->name = dgba_text_copy(node->text);
    return DGBA_OK;
}

static dgba_status check_top(const dgba_yaml *document, const dgba_config_schema *schema) {
    const dgba_yaml_node *root = dgba_yaml_root(document);
    if (root->kind != DGBA_YAML_MAP) return dgba_yaml_fail(document, root, false, "expected sections such as 'model:'");
    const char *known[MOST_SECTIONS + 2] = {"name", "include"};
    DGBA_ASSERT(schema->count <= MOST_SECTIONS);
    for (int64_t i = 0; i < schema->count; ++i) known[i + 2] = schema->sections[i].name;
    return dgba_config_check_keys(document, root, "the configuration", known, schema->count + 2);
}

static dgba_status expand_section(loaded_section *out, const dgba_yaml *document, const dgba_yaml_node *node,
                                  const char *path) {
    int64_t repeats = 0;
    const dgba_status status = dgba_config_expand(&out->points, &repeats, &out->content);
    if (status == DGBA_E_CONFIG) return dgba_yaml_fail(document, node, true, "%s: %s", out->name, dgba_error());
    if (repeats > 0)
        DGBA_WARNING_ROOT("%s: %s: %lld of the points equal earlier ones and are left out", path, out->name,
                          (long long)repeats);
    return status;
}

static dgba_status load_section(loaded_section *out, const dgba_yaml *document, const dgba_config_section *section,
                                const char *path) {
    const dgba_yaml_node *node = dgba_yaml_get(dgba_yaml_root(document), section->name);
    out->name = dgba_text_copy(section->name);
    out->present = node != NULL;
    const dgba_yaml_node *exclude = node != NULL ? dgba_yaml_get(node, "exclude") : NULL;
    DGBA_TRY(dgba_config_check(&out->content, document, section, node));
    DGBA_TRY(expand_section(out, document, node, path));
    if (exclude == NULL) return DGBA_OK;
    DGBA_TRY(dgba_config_check_exclusions(&out->exclusions, document, section, exclude));
    return dgba_config_leave_out(&out->points, &out->exclusions, document, exclude);
}

/** Values of an entry as they are printed: a list counts its items. */
static int64_t count_values(const config_entry *entry) {
    int64_t count = 1;
    for (const char *c = entry->value != NULL ? entry->value : ""; *c != '\0'; ++c) count += *c == ',';
    for (int64_t i = 0; i < entry->axis_count; ++i)
        for (int64_t j = 0; j < entry->axes[i].entry_count; ++j) count += count_values(&entry->axes[i].entries[j]);
    return count;
}

/** The resolved text has all values, repeats and defaults too, and must stay within what YAML is read with. */
static dgba_status check_values(int64_t *values, const loaded_section *section, const dgba_yaml *document) {
    *values += count_values(&section->content);
    for (int64_t i = 0; i < section->exclusions.count; ++i) *values += count_values(&section->exclusions.items[i]);
    if (*values <= MOST_VALUES) return DGBA_OK;
    return dgba_yaml_fail(document, dgba_yaml_root(document), false, "more than %d values, repeats and defaults included",
                          MOST_VALUES);
}

static dgba_status load_sections(dgba_config *config, const dgba_yaml *document, const char *path,
                                 const dgba_config_schema *schema) {
    int64_t values = 0;
    DGBA_TRY(check_top(document, schema));
    DGBA_TRY(read_name(config, document, path));
    DGBA_TRY(DGBA_NEW(&config->sections, schema->count));
    dgba_text_add(&config->resolved, "name: ");
    dgba_config_print_scalar(&config->resolved, config->name);
    dgba_text_add(&config->resolved, "\n");
    for (int64_t i = 0; i < schema->count; ++i) {
        loaded_section *section = &config->sections[config->section_count++];
        DGBA_TRY(load_section(section, document, &schema->sections[i], path));
        DGBA_TRY(check_values(&values, section, document));
        dgba_config_print(&config->resolved, section->name, &section->content, section->present);
        dgba_config_print_exclusions(&config->resolved, &section->exclusions);
    }
    return DGBA_OK;
}

/** Makes a configuration of `text`, which becomes its own. */
static dgba_status load_text(dgba_config **out, char *text, size_t bytes, const char *path, const char *const *overrides,
                             int64_t override_count, const dgba_config_schema *schema) {
    dgba_yaml *document = NULL;
    dgba_status status = DGBA_NEW(out, 1);
    if (status != DGBA_OK) {
        dgba_free(text);
        return status;
    }
    (*out)->text = text;
    DGBA_TRY_OUT(dgba_yaml_parse(&document, text, bytes, path));
    DGBA_TRY_OUT(dgba_config_include(document, path, schema));
    for (int64_t i = 0; i < override_count; ++i) DGBA_TRY_OUT(apply_override(document, overrides[i]));
    DGBA_TRY_OUT(load_sections(*out, document, path, schema));
out:
    dgba_yaml_free(&document);
    if (status != DGBA_OK) dgba_config_free(out);
    return status;
}

dgba_status dgba_config_load(dgba_config **out, const char *path, const char *const *overrides, int64_t override_count,
                             const dgba_config_schema *schema) {
    char *text = NULL;
    size_t bytes = 0;
    *out = NULL;
    DGBA_TRY(dgba_file_read(&text, &bytes, path));
    return load_text(out, text, bytes, path, overrides, override_count, schema);
}

dgba_status dgba_config_read(dgba_config **out, const char *text, const char *name, const char *const *overrides,
                             int64_t override_count, const dgba_config_schema *schema) {
    return load_text(out, dgba_text_copy(text), strlen(text), name, overrides, override_count, schema);
}

void dgba_config_free(dgba_config **config) {
    if (*config == NULL) return;
    for (int64_t i = 0; i < (*config)->section_count; ++i) {
        loaded_section *section = &(*config)->sections[i];
        dgba_config_points_free(&section->points);
        dgba_config_exclusions_free(&section->exclusions);
        dgba_config_entry_free(&section->content);
        dgba_free(section->name);
    }
    dgba_free((*config)->sections);
    dgba_text_free(&(*config)->resolved);
    dgba_free((*config)->text);
    dgba_free((*config)->name);
    dgba_free(*config);
    *config = NULL;
}

const char *dgba_config_name(const dgba_config *config) { return config->name; }

const char *dgba_config_text(const dgba_config *config) { return config->text; }

const char *dgba_config_resolved(const dgba_config *config) { return dgba_text_chars(&config->resolved); }

static const loaded_section *find_section(const dgba_config *config, const char *name) {
    int64_t i = 0;
    while (i < config->section_count && strcmp(config->sections[i].name, name) != 0) ++i;
    DGBA_ASSERT(i < config->section_count);
    return &config->sections[i];
}

bool dgba_config_has(const dgba_config *config, const char *section) { return find_section(config, section)->present; }

const dgba_settings *dgba_config_points(const dgba_config *config, const char *section, int64_t *count) {
    const loaded_section *found = find_section(config, section);
    *count = found->points.count;
    return found->points.items;
}

static int compare_keys(const void *a, const void *b) {
    return strcmp(((const dgba_setting *)a)->key, ((const dgba_setting *)b)->key);
}

dgba_hash dgba_config_id(const dgba_settings *settings) {
    dgba_settings sorted = {.count = settings->count};
    dgba_text lines = {0};
    if (DGBA_NEW(&sorted.items, settings->count) != DGBA_OK) dgba_panic(__FILE__, __LINE__, "%s", dgba_error());
    if (settings->count > 0) {
        memcpy(sorted.items, settings->items, (size_t)settings->count * sizeof *sorted.items);
        qsort(sorted.items, (size_t)sorted.count, sizeof *sorted.items, compare_keys);
    }
    dgba_settings_print(&lines, &sorted);
    const dgba_hash hash = dgba_hash_bytes(dgba_text_chars(&lines), lines.length);
    dgba_text_free(&lines);
    dgba_free(sorted.items);
    return hash;
}
