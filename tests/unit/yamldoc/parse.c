#include <string.h>

#include "dgba/yamldoc.h"
#include "support/check.h"

static dgba_yaml *parse(const char *text) {
    dgba_yaml *document = NULL;
    CHECK_OK(dgba_yaml_parse(&document, text, strlen(text), "t.yaml"));
    return document;
}

/** A node in one line: {key: value}, [item, item], text, "quoted text". */
static void show(dgba_text *out, const dgba_yaml_node *node) {
    static const char *const brackets[] = {"", "[]", "{}"};
    if (node->kind == DGBA_YAML_SCALAR) {
        dgba_text_add(out, node->quoted ? "\"%s\"" : "%s", node->text);
        return;
    }
    int64_t count = 0;
    dgba_text_add(out, "%c", brackets[node->kind][0]);
    for (const dgba_yaml_node *child = node->first; child != NULL; child = child->next, ++count) {
        dgba_text_add(out, "%s", count > 0 ? ", " : "");
        if (child->key != NULL) dgba_text_add(out, "%s: ", child->key);
        show(out, child);
    }
    dgba_text_add(out, "%c", brackets[node->kind][1]);
    assert_int_equal(count, node->count);
}

static void trees(void **state) {
    (void)state;
    static const struct {
        const char *yaml, *tree;
    } cases[] = {
        {"a: 1\nb: [x, {y: 2}]\nc:\n  - 3\n  - d: 4\n", "{a: 1, b: [x, {y: 2}], c: [3, {d: 4}]}"},
        {"a: 1\r\nb:\r\n  - x\r\n  - y\r\n", "{a: 1, b: [x, y]}"},
        {"\xEF\xBB\xBF"
         "a: 1\nb: 2\n",
         "{a: 1, b: 2}"},
        {"", "{}"},
        {"\n# nothing\n", "{}"},
        {"---\n...\n", "{}"},
        {"\xEF\xBB\xBF", "{}"},
        {"--- {a: 1}\n...\n", "{a: 1}"},
        {"%YAML 1.2\n---\na: 1\n", "{a: 1}"},
        {"a: no\nb: 010\nc: 1e-3\nd: 8/255\ne: 0x10\nf: ~\ng:\n", "{a: no, b: 010, c: 1e-3, d: 8/255, e: 0x10, f: ~, g: }"},
        {"a: 'no'\nb: \"\"\nc: |\n  two\n  lines\nd: !!str null\ne: !!int 3\n",
         "{a: \"no\", b: \"\", c: \"two\nlines\n\", d: \"null\", e: 3}"},
        {"a: \"\xC3\xA9\\u00e9\"\n", "{a: \"\xC3\xA9\xC3\xA9\"}"},
        {"- 1\n- [2]\n", "[1, [2]]"},
        {"word", "word"},
        {"{a, b: }", "{a: , b: }"},
        {"a: single:normal\nb: {c: x:y}", "{a: single:normal, b: {c: x:y}}"},
    };
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i) {
        dgba_text text = {0};
        dgba_yaml *document = parse(cases[i].yaml);
        show(&text, dgba_yaml_root(document));
        assert_string_equal(dgba_text_chars(&text), cases[i].tree);
        dgba_text_free(&text);
        dgba_yaml_free(&document);
        assert_null(document);
    }
}

static void anchors_and_merges(void **state) {
    (void)state;
    static const struct {
        const char *yaml, *tree;
    } cases[] = {
        {"a: &x [1, 2]\nb: *x\nc: &x 3\nd: *x\n", "{a: [1, 2], b: [1, 2], c: 3, d: 3}"},
        {"a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}\n", "{a: {p: 1, q: 2}, b: {q: 3, p: 1}}"},
        {"a: &x {p: 1, q: 2}\nb: {q: 3, <<: *x}\n", "{a: {p: 1, q: 2}, b: {q: 3, p: 1}}"},
        {"a: &x {p: 1}\nb:\n  <<: [*x, {p: 2, z: 9}, {z: 8}]\n", "{a: {p: 1}, b: {p: 1, z: 9}}"},
        {"a: &x {p: 1}\nb: &y {<<: *x, q: 2}\nc: {<<: *y}\n", "{a: {p: 1}, b: {q: 2, p: 1}, c: {q: 2, p: 1}}"},
        {"<<: {b: 2}\n\"<<\": 1\n", "{<<: 1, b: 2}"},
        {"a: {<<: {}}\n", "{a: {}}"},
    };
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i) {
        dgba_text text = {0};
        dgba_yaml *document = parse(cases[i].yaml);
        show(&text, dgba_yaml_root(document));
        assert_string_equal(dgba_text_chars(&text), cases[i].tree);
        dgba_text_free(&text);
        dgba_yaml_free(&document);
    }
}

static void check_places(const dgba_yaml_node *node, int64_t key_line, int64_t key_column, int64_t line, int64_t column) {
    assert_non_null(node);
    assert_int_equal(node->key_line, key_line);
    assert_int_equal(node->key_column, key_column);
    assert_int_equal(node->line, line);
    assert_int_equal(node->column, column);
}

static void places(void **state) {
    (void)state;
    // Columns count characters, not bytes; the byte-order mark and the carriage returns count nowhere.
    dgba_yaml *document = parse("\xEF\xBB\xBF# x\r\na: 1\r\nb:\r\n  \xC3\xA9: [p, q]\r\n  d: &k {e: 5}\r\nf: *k\r\ng:\r\n");
    const dgba_yaml_node *root = dgba_yaml_root(document), *b = dgba_yaml_get(root, "b");
    check_places(root, 0, 0, 2, 1);
    check_places(dgba_yaml_get(root, "a"), 2, 1, 2, 4);
    check_places(b, 3, 1, 4, 3);
    check_places(dgba_yaml_get(b, "\xC3\xA9"), 4, 3, 4, 6);
    check_places(dgba_yaml_get(b, "\xC3\xA9")->first->next, 0, 0, 4, 10);
    // What an alias stands for keeps its place; its key is where it is used.
    check_places(dgba_yaml_get(root, "f"), 6, 1, 5, 6);
    check_places(dgba_yaml_get(dgba_yaml_get(root, "f"), "e"), 5, 10, 5, 13);
    check_places(dgba_yaml_get(root, "g"), 7, 1, 7, 3);
    assert_null(dgba_yaml_get(root, "z"));
    assert_null(dgba_yaml_get(dgba_yaml_get(root, "a"), "z"));

    const dgba_yaml_node *d = dgba_yaml_get(b, "d");
    CHECK_FAILS(DGBA_E_CONFIG, dgba_yaml_fail(document, d, true, "bad %d", 7));
    assert_string_equal(dgba_error(), "t.yaml:5:3: bad 7");
    CHECK_FAILS(DGBA_E_CONFIG, dgba_yaml_fail(document, d, false, "again: %s", dgba_error()));
    assert_string_equal(dgba_error(), "t.yaml:5:6: again: t.yaml:5:3: bad 7");
    CHECK_FAILS(DGBA_E_CONFIG, dgba_yaml_fail(document, root, true, "no key"));
    assert_string_equal(dgba_error(), "t.yaml:2:1: no key");
    dgba_yaml_free(&document);
}

static void missing_values(void **state) {
    (void)state;
    dgba_yaml *document = parse("[null, ~, Null, NULL, 'null', \"\", none, [], !!str null]");
    static const bool expected[] = {true, true, true, true, false, false, false, false, false};
    const dgba_yaml_node *item = dgba_yaml_root(document)->first;
    for (int64_t i = 0; i < DGBA_COUNT_OF(expected); ++i, item = item->next)
        assert_int_equal(dgba_yaml_is_null(item), expected[i]);
    dgba_yaml_free(&document);
}

static void grafts(void **state) {
    (void)state;
    dgba_yaml *document = parse("a: {b: 1, c: [2]}\nd:\ne: &k {f: 1}\ng: *k\n");
    CHECK_OK(dgba_yaml_graft(document, "a.b", "[3, {x: 4}]", "--set a.b"));
    CHECK_OK(dgba_yaml_graft(document, "a.n", "", "--set a.n"));
    CHECK_OK(dgba_yaml_graft(document, "d.h.i", "single:x", "--set d.h.i"));
    CHECK_OK(dgba_yaml_graft(document, "g.f", "'2'", "--set g.f"));
    CHECK_OK(dgba_yaml_graft(document, "z", "{y: 5}", "--set z"));
    dgba_text text = {0};
    show(&text, dgba_yaml_root(document));
    assert_string_equal(dgba_text_chars(&text),
                        "{a: {b: [3, {x: 4}], c: [2], n: }, d: {h: {i: single:x}}, e: {f: 1}, g: {f: \"2\"}, z: {y: 5}}");
    dgba_text_free(&text);

    const dgba_yaml_node *root = dgba_yaml_root(document);
    CHECK_FAILS(DGBA_E_CONFIG, dgba_yaml_fail(document, dgba_yaml_get(dgba_yaml_get(root, "z"), "y"), true, "bad"));
    assert_string_equal(dgba_error(), "--set z: bad");
    CHECK_FAILS(DGBA_E_CONFIG, dgba_yaml_fail(document, dgba_yaml_get(root, "d"), true, "bad"));
    assert_string_equal(dgba_error(), "--set d.h.i: bad");

    static const struct {
        const char *path, *value, *message;
    } bad[] = {
        {"a.c.x", "1", "n: the value of c is not a map of keys"},
        {"a.b.x", "1", "n: the value of b is not a map of keys"},
        {"", "1", "n: a key is missing in the path ''"},
        {"a..b", "1", "n: a key is missing in the path 'a..b'"},
        {"a.", "1", "n: a key is missing in the path 'a.'"},
        {"a.b", "[1", "n: did not find expected ',' or ']' while parsing a flow sequence"},
        {"a.b", "{x: 1, x: 2}", "n: duplicate key 'x'"},
        {"a.b", "*k", "n: no anchor '&k' stands before this alias"},
        {"a.b", "\xFF", "n: not readable as UTF-8 text: invalid leading UTF-8 octet"},
    };
    for (int64_t i = 0; i < DGBA_COUNT_OF(bad); ++i) {
        CHECK_FAILS(DGBA_E_CONFIG, dgba_yaml_graft(document, bad[i].path, bad[i].value, "n"));
        assert_string_equal(dgba_error(), bad[i].message);
    }
    dgba_yaml_free(&document);

    document = parse("[1]");
    CHECK_FAILS(DGBA_E_CONFIG, dgba_yaml_graft(document, "a", "1", "n"));
    assert_string_equal(dgba_error(), "n: the document is not a map of keys");
    dgba_yaml_free(&document);
}

static void grafts_count_their_depth(void **state) {
    (void)state;
    dgba_text path = {0};
    for (int i = 0; i < DGBA_YAML_DEEPEST; ++i) dgba_text_add(&path, "%sa", i > 0 ? "." : "");
    dgba_yaml *document = parse("");
    CHECK_OK(dgba_yaml_graft(document, dgba_text_chars(&path), "1", "n"));
    CHECK_FAILS(DGBA_E_CONFIG, dgba_yaml_graft(document, dgba_text_chars(&path), "[1]", "n"));
    assert_string_equal(dgba_error(), "n: nested deeper than 64 levels");
    dgba_text_add(&path, ".a");
    CHECK_FAILS(DGBA_E_CONFIG, dgba_yaml_graft(document, dgba_text_chars(&path), "1", "n"));
    assert_string_equal(dgba_error(), "n: nested deeper than 64 levels");
    dgba_yaml_free(&document);
    dgba_text_free(&path);
}

static void files(void **state) {
    (void)state;
    dgba_text path = {0};
    dgba_yaml *document = NULL;
    dgba_path_join(&path, check_folder("yamldoc"), "a.yaml");
    CHECK_FAILS(DGBA_E_IO, dgba_yaml_load(&document, dgba_text_chars(&path)));
    assert_null(document);
    CHECK_OK(dgba_file_write(dgba_text_chars(&path), "a: 1\n", 5));
    CHECK_OK(dgba_yaml_load(&document, dgba_text_chars(&path)));
    assert_string_equal(dgba_yaml_get(dgba_yaml_root(document), "a")->text, "1");
    dgba_yaml_free(&document);
    dgba_yaml_free(&document);
    CHECK_OK(dgba_file_write(dgba_text_chars(&path), "a: [\n", 5));
    CHECK_FAILS(DGBA_E_CONFIG, dgba_yaml_load(&document, dgba_text_chars(&path)));
    CHECK_MESSAGE("/a.yaml:2:1: did not find expected node content while parsing a flow node");
    assert_null(document);
    dgba_text_free(&path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trees),  cmocka_unit_test(anchors_and_merges),
        cmocka_unit_test(places), cmocka_unit_test(missing_values),
        cmocka_unit_test(grafts), cmocka_unit_test(grafts_count_their_depth),
        cmocka_unit_test(files),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
