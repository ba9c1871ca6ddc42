#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tree.h"

enum { BLOCK_BYTES = 1 << 14 };

struct dgba_yaml_block {
    struct dgba_yaml_block *next;
    size_t used, bytes;
    _Alignas(max_align_t) char memory[];
};

dgba_status dgba_yaml_take(void **out, dgba_yaml *document, size_t bytes) {
    bytes = (bytes + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
    dgba_yaml_block *block = document->blocks;
    if (block == NULL || block->bytes - block->used < bytes) {
        const size_t room = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
        DGBA_TRY(dgba_allocate((void **)&block, 1, sizeof *block + room));
        block->bytes = room;
        block->next = document->blocks;
        document->blocks = block;
    }
    *out = block->memory + block->used;
    block->used += bytes;
    return DGBA_OK;
}

dgba_status dgba_yaml_take_text(const char **out, dgba_yaml *document, const char *chars, size_t bytes) {
    char *copy = NULL;
    DGBA_TRY(dgba_yaml_take((void **)&copy, document, bytes + 1));
    memcpy(copy, chars, bytes);
    *out = copy;
    return DGBA_OK;
}

dgba_status dgba_yaml_add_source(int64_t *out, dgba_yaml *document, const char *name, bool is_file) {
    DGBA_TRY(DGBA_GROW(&document->sources, document->source_count));
    dgba_yaml_source *source = &document->sources[document->source_count];
    source->is_file = is_file;
    DGBA_TRY(dgba_yaml_take_text(&source->name, document, name, strlen(name)));
    *out = document->source_count++;
    return DGBA_OK;
}

/** Reads the top node of a file's text: an empty one is an empty map. */
static dgba_status read_top(dgba_yaml_node **out, dgba_yaml *document, const char *text, size_t bytes, const char *name) {
    dgba_yaml_text own = {.chars = text, .bytes = bytes};
    DGBA_TRY(dgba_yaml_add_source(&own.source, document, name, true));
    DGBA_TRY(dgba_yaml_read(out, document, own));
    if (*out != NULL && !dgba_yaml_is_null(*out)) return DGBA_OK;
    DGBA_TRY(dgba_yaml_take((void **)out, document, sizeof **out));
    **out = (dgba_yaml_node){.kind = DGBA_YAML_MAP, .source = own.source, .line = 1, .column = 1};
    return DGBA_OK;
}

dgba_status dgba_yaml_parse(dgba_yaml **out, const char *text, size_t bytes, const char *name) {
    DGBA_TRY(DGBA_NEW(out, 1));
    const dgba_status status = read_top(&(*out)->root, *out, text, bytes, name);
    if (status != DGBA_OK) dgba_yaml_free(out);
    return status;
}

dgba_status dgba_yaml_load(dgba_yaml **out, const char *path) {
    *out = NULL;
    char *text = NULL;
    size_t bytes = 0;
    DGBA_TRY(dgba_file_read(&text, &bytes, path));
    const dgba_status status = dgba_yaml_parse(out, text, bytes, path);
    dgba_free(text);
    return status;
}

dgba_status dgba_yaml_read_file(const dgba_yaml_node **out, dgba_yaml *document, const char *path) {
    char *text = NULL;
    size_t bytes = 0;
    dgba_yaml_node *top = NULL;
    DGBA_TRY(dgba_file_read(&text, &bytes, path));
    const dgba_status status = read_top(&top, document, text, bytes, path);
    dgba_free(text);
    *out = top;
    return status;
}

void dgba_yaml_free(dgba_yaml **document) {
    if (*document == NULL) return;
    for (dgba_yaml_block *block = (*document)->blocks, *next; block != NULL; block = next) {
        next = block->next;
        dgba_free(block);
    }
    dgba_free((*document)->sources);
    dgba_free(*document);
    *document = NULL;
}

const dgba_yaml_node *dgba_yaml_root(const dgba_yaml *document) { return document->root; }

const dgba_yaml_node *dgba_yaml_get(const dgba_yaml_node *map, const char *key) {
    if (map->kind != DGBA_YAML_MAP) return NULL;
    for (const dgba_yaml_node *child = map->first; child != NULL; child = child->next)
        if (strcmp(child->key, key) == 0) return child;
    return NULL;
}

bool dgba_yaml_is_null(const dgba_yaml_node *node) {
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};
    if (node->kind != DGBA_YAML_SCALAR || node->quoted) return false;
    for (int64_t i = 0; i < DGBA_COUNT_OF(words); ++i)
        if (strcmp(node->text, words[i]) == 0) return true;
    return false;
}

dgba_status dgba_yaml_fail_at(const dgba_yaml *document, int64_t source, int64_t line, int64_t column,
                              const char *sentence) {
    const char *name = document->sources[source].name;
    if (line == 0) return dgba_fail(DGBA_E_CONFIG, "%s: %s", name, sentence);
    return dgba_fail(DGBA_E_CONFIG, "%s:%lld:%lld: %s", name, (long long)line, (long long)column, sentence);
}

dgba_status dgba_yaml_fail(const dgba_yaml *document, const dgba_yaml_node *node, bool at_key, const char *format, ...) {
    char sentence[DGBA_YAML_SENTENCE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    if (at_key && node->key != NULL)
        return dgba_yaml_fail_at(document, node->source, node->key_line, node->key_column, sentence);
    return dgba_yaml_fail_at(document, node->source, node->line, node->column, sentence);
}
