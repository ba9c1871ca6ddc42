/** The inside of a document, shared by the files of this module. */
#ifndef DGBA_YAMLDOC_TREE_H
#define DGBA_YAMLDOC_TREE_H

#include "dgba/yamldoc.h"

enum { DGBA_YAML_SENTENCE_BYTES = 2048 };

typedef struct dgba_yaml_block dgba_yaml_block;

typedef struct dgba_yaml_source {
    const char *name;
    bool is_file; // so that lines and columns say something
} dgba_yaml_source;

/** A document owns its nodes and their text in a few blocks that are freed together, so no error path can lose one. */
struct dgba_yaml {
    dgba_yaml_node *root;
    dgba_yaml_block *blocks;
    dgba_yaml_source *sources; // the texts that nodes came from
    int64_t source_count, node_count;
};

/** Text to be read into a document. */
typedef struct dgba_yaml_text {
    const char *chars;
    size_t bytes;
    int64_t source; // its index among the document's sources
    int64_t depth;  // of the place where its top node will stand
} dgba_yaml_text;

/** Zeroed memory that lives as long as the document. */
dgba_status dgba_yaml_take(void **out, dgba_yaml *document, size_t bytes);
dgba_status dgba_yaml_take_text(const char **out, dgba_yaml *document, const char *chars, size_t bytes);

/** Adds a text to the document's sources. */
dgba_status dgba_yaml_add_source(int64_t *out, dgba_yaml *document, const char *name, bool is_file);

/** Reads a text into nodes; *out is NULL if it holds no document. */
dgba_status dgba_yaml_read(dgba_yaml_node **out, dgba_yaml *document, dgba_yaml_text text);

/** The key of a merge: recognised by this address, since a quoted "<<" is a key like any other. */
extern const char dgba_yaml_merge_key[];

/** Ends a map whose children are all read: expands its merge key and refuses duplicate keys. */
dgba_status dgba_yaml_finish_map(dgba_yaml *document, dgba_yaml_node *map);

/** Fails with the place (the source alone if line is 0) before the sentence. */
dgba_status dgba_yaml_fail_at(const dgba_yaml *document, int64_t source, int64_t line, int64_t column,
                              const char *sentence);

#endif
