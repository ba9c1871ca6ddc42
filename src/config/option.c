#include <string.h>

#include "check.h"

/** The canonical text of what stands at `node`, with its place in the error. */
static dgba_status canonical_at(dgba_text *out, const config_scope *at, const dgba_option *option, const char *text,
                                const dgba_yaml_node *node) {
    if (dgba_option_canonical(out, option, text) == DGBA_OK) return DGBA_OK;
    return dgba_yaml_fail(at->document, node, false, "%s", dgba_error());
}

/** One item of a list, as it stands in the text of the whole list. */
static dgba_status list_item(dgba_text *out, const config_scope *at, const dgba_option *option,
                             const dgba_yaml_node *node) {
    dgba_option one = *option;
    one.kind = option->kind == DGBA_OPTION_INTEGERS ? DGBA_OPTION_INTEGER
               : option->kind == DGBA_OPTION_REALS  ? DGBA_OPTION_REAL
                                                    : DGBA_OPTION_TEXT;
    DGBA_TRY(dgba_config_check_scalar(at, option->name, node));
    DGBA_TRY(canonical_at(out, at, &one, node->text, node));
    if (node->key != NULL) { // of a map
        char *amount = dgba_text_copy(dgba_text_chars(out));
        dgba_text_clear(out);
        dgba_text_add(out, "%s=%s", node->key, amount);
        dgba_free(amount);
    }
    if (out->length > 0 && strpbrk(out->chars, " ,[]") == NULL) return DGBA_OK;
    return dgba_yaml_fail(at->document, node, false, "%s: '%s' is not a word", option->name, node->text);
}

/** The list, or for amounts the map, at `node` as text, each item checked alone so that the error names its place. */
static dgba_status join_list(dgba_text *out, const config_scope *at, const dgba_option *option,
                             const dgba_yaml_node *node) {
    dgba_text item = {0};
    // An empty list is a value only where it is the default as well, such as "all".
    const bool may_be_empty = option->fallback != NULL && strcmp(option->fallback, "[]") == 0;
    dgba_status status = may_be_empty ? DGBA_OK : dgba_config_check_has_items(at, option->name, node);
    dgba_text_add(out, "[");
    for (const dgba_yaml_node *child = node->first; child != NULL && status == DGBA_OK; child = child->next) {
        status = list_item(&item, at, option, child);
        dgba_text_add(out, "%s%s", child == node->first ? "" : ", ", dgba_text_chars(&item));
    }
    dgba_text_add(out, "]");
    dgba_text_free(&item);
    return status;
}

static dgba_status add_value(config_axis *axis, const config_scope *at, const dgba_option *option,
                             const dgba_yaml_node *node) {
    const bool is_map = option->kind == DGBA_OPTION_AMOUNTS && node->kind == DGBA_YAML_MAP;
    const bool is_list = is_map || (dgba_option_is_list(option->kind) && node->kind == DGBA_YAML_LIST);
    dgba_text list = {0}, canonical = {0};
    config_entry *entry = NULL;
    dgba_status status = is_list ? join_list(&list, at, option, node) : dgba_config_check_scalar(at, option->name, node);
    if (status == DGBA_OK)
        status = canonical_at(&canonical, at, option, is_list ? dgba_text_chars(&list) : node->text, node);
    if (status == DGBA_OK) status = dgba_config_add_entry(&entry, axis, dgba_text_chars(&canonical));
    dgba_text_free(&canonical);
    dgba_text_free(&list);
    return status;
}

static dgba_status add_default(config_axis *axis, const dgba_option *option) {
    dgba_text canonical = {0};
    config_entry *entry = NULL;
    dgba_status status = dgba_option_canonical(&canonical, option, option->fallback);
    if (status == DGBA_OK) status = dgba_config_add_entry(&entry, axis, dgba_text_chars(&canonical));
    dgba_text_free(&canonical);
    return status;
}

/** A list is an axis; for an option that is itself a list, only a list of lists (or maps) is. */
static bool is_axis(const dgba_option *option, const dgba_yaml_node *node) {
    if (node->kind != DGBA_YAML_LIST) return false;
    return !dgba_option_is_list(option->kind) || (node->first != NULL && node->first->kind != DGBA_YAML_SCALAR);
}

dgba_status dgba_config_check_option(config_entry *into, const config_scope *at, const dgba_option *option,
                                     const dgba_yaml_node *node) {
    if (node == NULL && at->partial) return DGBA_OK;
    if (node == NULL && option->fallback == NULL) return at->absent ? DGBA_OK : dgba_config_fail_missing(at, option->name);
    config_axis *axis = NULL;
    DGBA_TRY(dgba_config_add_axis(&axis, into, at, option->name, ""));
    axis->is_list = dgba_option_is_list(option->kind);
    if (node == NULL) return add_default(axis, option);
    if (!is_axis(option, node)) return add_value(axis, at, option, node);
    DGBA_TRY(dgba_config_check_has_items(at, option->name, node));
    for (const dgba_yaml_node *child = node->first; child != NULL; child = child->next)
        DGBA_TRY(add_value(axis, at, option, child));
    return DGBA_OK;
}
