/** Fragments: files whose sections are added to those of the file that includes them. */
#include <stdlib.h>
#include <string.h>

#include "axes.h"

enum { DEEPEST_INCLUDE = 16 };

/** A file that is being read, and the one that includes it. */
typedef struct file_chain {
    const char *path;
    const char *real; // without links and "..", to know a file again
    const struct file_chain *above;
    int64_t depth;
} file_chain;

static bool is_open(const file_chain *chain, const char *real) {
    while (chain != NULL && strcmp(chain->real, real) != 0) chain = chain->above;
    return chain != NULL;
}

static const dgba_config_section *find_section(const dgba_config_section *sections, int64_t count, const char *name) {
    for (int64_t i = 0; i < count; ++i)
        if (strcmp(sections[i].name, name) == 0) return &sections[i];
    return NULL;
}

/** Adds a key and its value to a map that does not have the key. Values are taken whole; sections key by key. */
static dgba_status add_child(dgba_yaml *document, const dgba_yaml_node *to, const dgba_yaml_node *child,
                             const dgba_config_section *sections, int64_t count) {
    const dgba_yaml_node *own = dgba_yaml_get(to, child->key);
    const dgba_config_section *section = find_section(sections, count, child->key);
    if (own == NULL || (section != NULL && dgba_yaml_is_null(own))) return dgba_yaml_adopt(document, to, child);
    if (section == NULL || own->kind != DGBA_YAML_MAP || child->kind != DGBA_YAML_MAP) return DGBA_OK;
    for (const dgba_yaml_node *inner = child->first; inner != NULL; inner = inner->next)
        DGBA_TRY(add_child(document, own, inner, section->children, section->child_count));
    return DGBA_OK;
}

/** Adds the sections of a file to those of another. Its name and what it includes are its own. */
static dgba_status add_sections(dgba_yaml *document, const dgba_yaml_node *to, const dgba_yaml_node *from,
                                const dgba_config_schema *schema) {
    for (const dgba_yaml_node *child = from->first; child != NULL; child = child->next)
        if (strcmp(child->key, "name") != 0 && strcmp(child->key, "include") != 0)
            DGBA_TRY(add_child(document, to, child, schema->sections, schema->count));
    return DGBA_OK;
}

static dgba_status include_all(dgba_yaml *document, const dgba_yaml_node *root, const file_chain *chain,
                               const dgba_config_schema *schema);

static dgba_status read_fragment(const dgba_yaml_node **out, dgba_yaml *document, const dgba_yaml_node *node,
                                 const file_chain *file) {
    if (file->depth > DEEPEST_INCLUDE)
        return dgba_yaml_fail(document, node, false, "include: more than %d files include each other", DEEPEST_INCLUDE);
    if (file->real == NULL) return dgba_yaml_fail(document, node, false, "include: there is no file %s", file->path);
    if (is_open(file->above, file->real))
        return dgba_yaml_fail(document, node, false, "include: %s includes itself, directly or through others", file->path);
    const dgba_status status = dgba_yaml_read_file(out, document, file->path);
    if (status == DGBA_E_IO) return dgba_yaml_fail(document, node, false, "include: %s", dgba_error());
    DGBA_TRY(status);
    if ((*out)->kind == DGBA_YAML_MAP) return DGBA_OK;
    return dgba_yaml_fail(document, *out, false, "expected sections such as 'model:'");
}

static dgba_status include_one(dgba_yaml *document, const dgba_yaml_node *root, const dgba_yaml_node *node,
                               const file_chain *chain, const dgba_config_schema *schema) {
    if (node->kind != DGBA_YAML_SCALAR || dgba_yaml_is_null(node))
        return dgba_yaml_fail(document, node, false, "include: expected the path of a file, or a list of paths");
    dgba_text folder = {0}, path = {0};
    dgba_path_folder(&folder, chain->path);
    dgba_path_join(&path, dgba_text_chars(&folder), node->text);
    char *real = realpath(dgba_text_chars(&path), NULL);
    const file_chain file = {.path = dgba_text_chars(&path), .real = real, .above = chain, .depth = chain->depth + 1};
    const dgba_yaml_node *fragment = NULL;
    dgba_status status = read_fragment(&fragment, document, node, &file);
    if (status == DGBA_OK) status = include_all(document, fragment, &file, schema);
    if (status == DGBA_OK) status = add_sections(document, root, fragment, schema);
    free(real);
    dgba_text_free(&path);
    dgba_text_free(&folder);
    return status;
}

/** Of a list the last file first, since what is there already stays. */
static dgba_status include_list(dgba_yaml *document, const dgba_yaml_node *root, const dgba_yaml_node *first,
                                const file_chain *chain, const dgba_config_schema *schema) {
    if (first == NULL) return DGBA_OK;
    DGBA_TRY(include_list(document, root, first->next, chain, schema));
    return include_one(document, root, first, chain, schema);
}

static dgba_status include_all(dgba_yaml *document, const dgba_yaml_node *root, const file_chain *chain,
                               const dgba_config_schema *schema) {
    const dgba_yaml_node *include = dgba_yaml_get(root, "include");
    if (include == NULL) return DGBA_OK;
    if (include->kind != DGBA_YAML_LIST) return include_one(document, root, include, chain, schema);
    if (include->count > DEEPEST_INCLUDE)
        return dgba_yaml_fail(document, include, false, "include: more than %d files", DEEPEST_INCLUDE);
    return include_list(document, root, include->first, chain, schema);
}

dgba_status dgba_config_include(dgba_yaml *document, const char *path, const dgba_config_schema *schema) {
    char *real = realpath(path, NULL); // NULL for a text that is no file
    const file_chain file = {.path = path, .real = real != NULL ? real : path};
    const dgba_status status = include_all(document, dgba_yaml_root(document), &file, schema);
    free(real);
    return status;
}
