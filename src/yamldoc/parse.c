#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "tree.h"

// libyaml's document interface has no limits, so its events are read one by one, and reading stops where a limit is passed.

enum { MOST_ANCHORS = 1000 };

typedef struct anchor {
    const char *name;
    const dgba_yaml_node *node; // NULL while its value is being read
} anchor;

typedef struct event_reader {
    yaml_parser_t parser;
    dgba_yaml *document;
    dgba_yaml_text text;
    anchor anchors[MOST_ANCHORS];
    int64_t anchor_count;
} event_reader;

static int64_t line_of(const event_reader *reader, yaml_mark_t mark) {
    return reader->document->sources[reader->text.source].is_file ? (int64_t)mark.line + 1 : 0;
}

static int64_t column_of(const event_reader *reader, yaml_mark_t mark) {
    return reader->document->sources[reader->text.source].is_file ? (int64_t)mark.column + 1 : 0;
}

static dgba_status fail_at(const event_reader *reader, yaml_mark_t mark, const char *format, ...) DGBA_PRINTF(3, 4);
static dgba_status fail_at(const event_reader *reader, yaml_mark_t mark, const char *format, ...) {
    char sentence[DGBA_YAML_SENTENCE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    return dgba_yaml_fail_at(reader->document, reader->text.source, line_of(reader, mark), column_of(reader, mark),
                             sentence);
}

/** libyaml gives only the byte for what it cannot decode. */
static yaml_mark_t mark_of_byte(dgba_yaml_text text, size_t byte) {
    const char *chars = text.chars;
    yaml_mark_t mark = {0};
    for (size_t i = 0; i < byte && i < text.bytes; ++i) {
        const bool before_newline = i + 1 < text.bytes && chars[i + 1] == '\n';
        if (chars[i] == '\n' || (chars[i] == '\r' && !before_newline)) {
            ++mark.line;
            mark.column = 0;
        } else if (((unsigned char)chars[i] & 0xC0) != 0x80) {
            ++mark.column;
        }
    }
    return mark;
}

/** Whether the blanks that start this line hold a tab: libyaml's own sentence would leave users in the dark. */
static bool is_indented_by_tab(dgba_yaml_text text, size_t line) {
    const char *c = text.chars, *end = text.chars + text.bytes;
    for (; line > 0 && c < end; ++c) line -= *c == '\n';
    while (c < end && *c == ' ') ++c;
    return c < end && *c == '\t';
}

static dgba_status fail_parser(const event_reader *reader) {
    const yaml_parser_t *parser = &reader->parser;
    if (parser->error == YAML_MEMORY_ERROR) return dgba_fail(DGBA_E_MEMORY, "out of memory in libyaml");
    if (parser->error == YAML_READER_ERROR)
        return fail_at(reader, mark_of_byte(reader->text, parser->problem_offset), "not readable as UTF-8 text: %s",
                       parser->problem);
    if (is_indented_by_tab(reader->text, parser->problem_mark.line))
        return fail_at(reader, parser->problem_mark, "a tab cannot indent; use blanks");
    return fail_at(reader, parser->problem_mark, "%s%s%s", parser->problem, parser->context != NULL ? " " : "",
                   parser->context != NULL ? parser->context : "");
}

/** The next event, which the caller deletes. */
static dgba_status next_event(event_reader *reader, yaml_event_t *event) {
    return yaml_parser_parse(&reader->parser, event) ? DGBA_OK : fail_parser(reader);
}

static dgba_status check_room(const event_reader *reader, yaml_mark_t mark) {
    if (reader->document->node_count < DGBA_YAML_MOST_NODES) return DGBA_OK;
    return fail_at(reader, mark, "more than %d values, aliases counted wherever they are used", DGBA_YAML_MOST_NODES);
}

static dgba_status new_node(event_reader *reader, dgba_yaml_node **out, yaml_mark_t mark, dgba_yaml_kind kind) {
    DGBA_TRY(check_room(reader, mark));
    DGBA_TRY(dgba_yaml_take((void **)out, reader->document, sizeof **out));
    ++reader->document->node_count;
    **out = (dgba_yaml_node){
        .kind = kind, .source = reader->text.source, .line = line_of(reader, mark), .column = column_of(reader, mark)};
    return DGBA_OK;
}

static dgba_status check_depth(const event_reader *reader, yaml_mark_t mark, int64_t depth) {
    if (depth < DGBA_YAML_DEEPEST) return DGBA_OK;
    return fail_at(reader, mark, "nested deeper than %d levels", DGBA_YAML_DEEPEST);
}

/** What can be written into YAML only by an escape: a zero byte, controls, exotic line breaks, non-characters. */
static bool is_control(const unsigned char *c) {
    if (c[0] < 0x20) return c[0] != '\t' && c[0] != '\n';
    if (c[0] == 0xC2) return c[1] < 0xA0;
    if (c[0] == 0xE2) return c[1] == 0x80 && (c[2] == 0xA8 || c[2] == 0xA9);
    if (c[0] == 0xEF) return (c[1] == 0xBB && c[2] == 0xBF) || (c[1] == 0xBF && c[2] >= 0xBE);
    return c[0] == 0x7F;
}

static dgba_status take_scalar(event_reader *reader, const char **out, const yaml_event_t *event) {
    const unsigned char *value = event->data.scalar.value;
    const size_t length = event->data.scalar.length;
    for (size_t i = 0; i < length; ++i)
        if (is_control(value + i)) return fail_at(reader, event->start_mark, "the text contains a control character");
    return dgba_yaml_take_text(out, reader->document, (const char *)value, length);
}

static const char *anchor_of(const yaml_event_t *event) {
    const yaml_char_t *name = event->type == YAML_SCALAR_EVENT           ? event->data.scalar.anchor
                              : event->type == YAML_SEQUENCE_START_EVENT ? event->data.sequence_start.anchor
                                                                         : event->data.mapping_start.anchor;
    return (const char *)name;
}

static const char *tag_of(const yaml_event_t *event) {
    const yaml_char_t *tag = event->type == YAML_SCALAR_EVENT           ? event->data.scalar.tag
                             : event->type == YAML_SEQUENCE_START_EVENT ? event->data.sequence_start.tag
                                                                        : event->data.mapping_start.tag;
    return (const char *)tag;
}

static dgba_status check_tag(const event_reader *reader, const yaml_event_t *event) {
    static const struct {
        yaml_event_type_t type;
        const char *tag;
    } known[] = {
        {YAML_SCALAR_EVENT, YAML_STR_TAG},         {YAML_SCALAR_EVENT, YAML_INT_TAG},
        {YAML_SCALAR_EVENT, YAML_FLOAT_TAG},       {YAML_SCALAR_EVENT, YAML_BOOL_TAG},
        {YAML_SEQUENCE_START_EVENT, YAML_SEQ_TAG}, {YAML_MAPPING_START_EVENT, YAML_MAP_TAG},
    };
    static const char core[] = "tag:yaml.org,2002:";
    const char *tag = tag_of(event);
    if (tag == NULL) return DGBA_OK;
    for (int64_t i = 0; i < DGBA_COUNT_OF(known); ++i)
        if (known[i].type == event->type && strcmp(known[i].tag, tag) == 0) return DGBA_OK;
    const bool is_core = strncmp(tag, core, strlen(core)) == 0;
    return fail_at(reader, event->start_mark, "the tag '%s%s' is not known here", is_core ? "!!" : "",
                   is_core ? tag + strlen(core) : tag);
}

static dgba_status add_anchor(event_reader *reader, const yaml_event_t *event) {
    if (reader->anchor_count == MOST_ANCHORS)
        return fail_at(reader, event->start_mark, "more than %d anchors", MOST_ANCHORS);
    anchor *added = &reader->anchors[reader->anchor_count++];
    *added = (anchor){0};
    return dgba_yaml_take_text(&added->name, reader->document, anchor_of(event), strlen(anchor_of(event)));
}

static dgba_status copy_node(event_reader *reader, dgba_yaml_node **out, const dgba_yaml_node *from, yaml_mark_t mark,
                             int64_t depth) {
    if (from->kind != DGBA_YAML_SCALAR) DGBA_TRY(check_depth(reader, mark, depth));
    DGBA_TRY(new_node(reader, out, mark, from->kind));
    **out = *from;
    (*out)->next = NULL;
    dgba_yaml_node **tail = &(*out)->first;
    for (const dgba_yaml_node *child = from->first; child != NULL; child = child->next) {
        DGBA_TRY(copy_node(reader, tail, child, mark, depth + 1));
        tail = &(*tail)->next;
    }
    return DGBA_OK;
}

/** An alias becomes a copy of what it stands for, so that no node has two places in the tree. */
static dgba_status read_alias(event_reader *reader, dgba_yaml_node **out, const yaml_event_t *event, int64_t depth) {
    const char *name = (const char *)event->data.alias.anchor;
    for (int64_t i = reader->anchor_count - 1; i >= 0; --i) {
        const anchor *found = &reader->anchors[i];
        if (strcmp(found->name, name) != 0) continue;
        if (found->node == NULL)
            return fail_at(reader, event->start_mark, "the alias '*%s' stands within what it stands for", name);
        DGBA_TRY(copy_node(reader, out, found->node, event->start_mark, depth));
        (*out)->key = NULL;
        return DGBA_OK;
    }
    return fail_at(reader, event->start_mark, "no anchor '&%s' stands before this alias", name);
}

static dgba_status read_scalar(event_reader *reader, dgba_yaml_node **out, const yaml_event_t *event) {
    DGBA_TRY(new_node(reader, out, event->start_mark, DGBA_YAML_SCALAR));
    const char *tag = tag_of(event);
    (*out)->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE || (tag != NULL && strcmp(tag, YAML_STR_TAG) == 0);
    return take_scalar(reader, &(*out)->text, event);
}

static dgba_status read_node(event_reader *reader, dgba_yaml_node **out, const yaml_event_t *event, int64_t depth);

static dgba_status read_key(event_reader *reader, const char **out, const yaml_event_t *event) {
    if (event->type != YAML_SCALAR_EVENT)
        return fail_at(reader, event->start_mark, "a key must be a word, not %s",
                       event->type == YAML_ALIAS_EVENT            ? "an alias"
                       : event->type == YAML_SEQUENCE_START_EVENT ? "a list"
                                                                  : "a map");
    DGBA_TRY(check_tag(reader, event));
    DGBA_TRY(take_scalar(reader, out, event));
    if (**out == '\0') return fail_at(reader, event->start_mark, "a key is missing");
    const bool is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (is_plain && strcmp(*out, dgba_yaml_merge_key) == 0) *out = dgba_yaml_merge_key;
    return DGBA_OK;
}

/** The child that starts with this event: a list's item, or a map's key with its value. */
static dgba_status read_child(event_reader *reader, dgba_yaml_node **out, dgba_yaml_kind parent, const yaml_event_t *event,
                              int64_t depth) {
    if (parent == DGBA_YAML_LIST) return read_node(reader, out, event, depth);
    const char *key = NULL;
    DGBA_TRY(read_key(reader, &key, event));
    yaml_event_t value;
    DGBA_TRY(next_event(reader, &value));
    const dgba_status status = read_node(reader, out, &value, depth);
    yaml_event_delete(&value);
    DGBA_TRY(status);
    (*out)->key = key;
    (*out)->key_line = line_of(reader, event->start_mark);
    (*out)->key_column = column_of(reader, event->start_mark);
    return DGBA_OK;
}

static dgba_status read_children(event_reader *reader, dgba_yaml_node *parent, int64_t depth) {
    dgba_yaml_node **tail = &parent->first;
    for (bool ended = false; !ended;) {
        yaml_event_t event;
        DGBA_TRY(next_event(reader, &event));
        ended = event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT;
        const dgba_status status = ended ? DGBA_OK : read_child(reader, tail, parent->kind, &event, depth);
        yaml_event_delete(&event);
        DGBA_TRY(status);
        if (ended) break;
        ++parent->count;
        tail = &(*tail)->next;
    }
    return parent->kind == DGBA_YAML_MAP ? dgba_yaml_finish_map(reader->document, parent) : DGBA_OK;
}

static dgba_status read_collection(event_reader *reader, dgba_yaml_node **out, const yaml_event_t *event, int64_t depth) {
    DGBA_TRY(check_depth(reader, event->start_mark, depth));
    const dgba_yaml_kind kind = event->type == YAML_MAPPING_START_EVENT ? DGBA_YAML_MAP : DGBA_YAML_LIST;
    DGBA_TRY(new_node(reader, out, event->start_mark, kind));
    return read_children(reader, *out, depth + 1);
}

/** The node that starts with this event; `depth` maps and lists stand around it. */
static dgba_status read_node(event_reader *reader, dgba_yaml_node **out, const yaml_event_t *event, int64_t depth) {
    if (event->type == YAML_ALIAS_EVENT) return read_alias(reader, out, event, depth);
    DGBA_TRY(check_tag(reader, event));
    const int64_t anchored = reader->anchor_count;
    const bool has_anchor = anchor_of(event) != NULL;
    if (has_anchor) DGBA_TRY(add_anchor(reader, event));
    DGBA_TRY(event->type == YAML_SCALAR_EVENT ? read_scalar(reader, out, event)
                                              : read_collection(reader, out, event, depth));
    if (has_anchor) reader->anchors[anchored].node = *out;
    return DGBA_OK;
}

/** All events from the start of the stream to its end: none or one document. */
static dgba_status read_stream(event_reader *reader, dgba_yaml_node **out) {
    int64_t documents = 0;
    for (bool ended = false; !ended;) {
        yaml_event_t event;
        DGBA_TRY(next_event(reader, &event));
        ended = event.type == YAML_STREAM_END_EVENT;
        dgba_status status = DGBA_OK;
        if (event.type == YAML_DOCUMENT_START_EVENT && ++documents > 1)
            status = fail_at(reader, event.start_mark, "a second document starts here; a file holds one");
        else if (event.type == YAML_ALIAS_EVENT || event.type == YAML_SCALAR_EVENT ||
                 event.type == YAML_SEQUENCE_START_EVENT || event.type == YAML_MAPPING_START_EVENT)
            status = read_node(reader, out, &event, reader->text.depth);
        yaml_event_delete(&event);
        DGBA_TRY(status);
    }
    return DGBA_OK;
}

static dgba_yaml_text without_byte_order_mark(dgba_yaml_text text) {
    if (text.bytes < 3 || memcmp(text.chars, "\xEF\xBB\xBF", 3) != 0) return text;
    text.chars += 3;
    text.bytes -= 3;
    return text;
}

dgba_status dgba_yaml_read(dgba_yaml_node **out, dgba_yaml *document, dgba_yaml_text text) {
    *out = NULL;
    event_reader *reader = NULL;
    DGBA_TRY(DGBA_NEW(&reader, 1));
    reader->document = document;
    reader->text = without_byte_order_mark(text);
    dgba_status status = DGBA_OK;
    if (!yaml_parser_initialize(&reader->parser)) {
        status = dgba_fail(DGBA_E_MEMORY, "out of memory in libyaml");
        goto out;
    }
    // Told that the text is UTF-8, libyaml does not guess UTF-16 from its first bytes.
    yaml_parser_set_encoding(&reader->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader->parser, (const unsigned char *)reader->text.chars, reader->text.bytes);
    DGBA_TRY_OUT(read_stream(reader, out));
out:
    yaml_parser_delete(&reader->parser);
    dgba_free(reader);
    return status;
}
