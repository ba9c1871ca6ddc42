/** YAML text as a tree whose every node knows its place.
 *
 *  Refused with file:line:column: duplicate keys, several documents, anything nested deeper than DGBA_YAML_DEEPEST, a tree
 *  of more than DGBA_YAML_MOST_NODES nodes after aliases are expanded, unknown tags, keys that are not scalars, control
 *  characters other than tab and line feed, also escaped ones. Merge keys (<<) are expanded; what an alias stands for
 *  keeps its own place. A byte-order mark and CRLF line ends are accepted. Scalars stay text: what a number is, the reader
 *  of the value decides.
 */
#ifndef DGBA_YAMLDOC_H
#define DGBA_YAMLDOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dgba/base.h"

enum { DGBA_YAML_DEEPEST = 64, DGBA_YAML_MOST_NODES = 100000 };

typedef enum dgba_yaml_kind { DGBA_YAML_SCALAR, DGBA_YAML_LIST, DGBA_YAML_MAP } dgba_yaml_kind;

/** A node. Children of a list or map form a linked list in document order. */
typedef struct dgba_yaml_node {
    dgba_yaml_kind kind;
    const char *key;              // in a map: the key; else NULL
    const char *text;             // of a scalar; "" for an empty one
    bool quoted;                  // the scalar stood in quotes, was a block (| or >) or tagged !!str
    int64_t source;               // which text it stands in: 0 the document's own, else a grafted or added one
    int64_t line, column;         // from 1: of the value; 0 in grafted text
    int64_t key_line, key_column; // from 1: of the key; 0 if there is none
    struct dgba_yaml_node *first, *next;
    int64_t count; // of children
} dgba_yaml_node;

typedef struct dgba_yaml dgba_yaml;

/** Parses text; `name` stands for the file in messages. An empty document is an empty map.
 *  Errors    DGBA_E_CONFIG with "name:line:column: …" */
dgba_status dgba_yaml_parse(dgba_yaml **out, const char *text, size_t bytes, const char *name);

/** Reads and parses a file.
 *  Errors    also DGBA_E_IO */
dgba_status dgba_yaml_load(dgba_yaml **out, const char *path);
void dgba_yaml_free(dgba_yaml **document);

/** Sets the value at `path` ("attack.step.kind", keys behind dots) to the YAML text `value`, whatever stood there; maps on
 *  the way are made where they are missing. `name` stands for the text in messages, which give no line then.
 *  Errors    DGBA_E_CONFIG with "name: …" */
dgba_status dgba_yaml_graft(dgba_yaml *document, const char *path, const char *value, const char *name);

/** Reads another file into nodes that live as long as the document but do not stand in its tree.
 *  Errors    DGBA_E_CONFIG with that file's place, DGBA_E_IO */
dgba_status dgba_yaml_read_file(const dgba_yaml_node **out, dgba_yaml *document, const char *path);

/** Puts `child`, a value of some other map of the document with its key, into `map`, in place of what it had there. Both
 *  maps then share what is below. */
dgba_status dgba_yaml_adopt(dgba_yaml *document, const dgba_yaml_node *map, const dgba_yaml_node *child);

/** The top node; borrowed, lives as long as the document. */
const dgba_yaml_node *dgba_yaml_root(const dgba_yaml *document);

/** The value of a key of a map, or NULL. */
const dgba_yaml_node *dgba_yaml_get(const dgba_yaml_node *map, const char *key);

/** Whether a value is missing: nothing, null or ~, not in quotes. */
bool dgba_yaml_is_null(const dgba_yaml_node *node);

/** Fails with "name:line:column: " and the sentence; the place of the node's key if `at_key` and it has one, else of its
 *  value. */
dgba_status dgba_yaml_fail(const dgba_yaml *document, const dgba_yaml_node *node, bool at_key, const char *format, ...)
    DGBA_PRINTF(4, 5);

#endif
