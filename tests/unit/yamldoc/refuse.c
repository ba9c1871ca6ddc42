#include <stdio.h>
#include <string.h>

#include "dgba/yamldoc.h"
#include "support/check.h"

static dgba_status try(const char *text, size_t bytes) {
    dgba_yaml *document = NULL;
    const dgba_status status = dgba_yaml_parse(&document, text, bytes, "t.yaml");
    if (status != DGBA_OK) assert_null(document);
    dgba_yaml_free(&document);
    return status;
}

static void refused_with_place_and_reason(void **state) {
    (void)state;
    static const struct {
        const char *yaml, *message;
    } cases[] = {
        {"a: 1\nb: 2\na: 3\n", "3:1: duplicate key 'a' (first at 1:1)"},
        {"x: {a: 1, b: 2, 'a': 3, b: 4}\n", "1:17: duplicate key 'a' (first at 1:5)"},
        {"x: {<<: {}, <<: {}}\n", "1:13: duplicate key '<<'; merge several maps by a list"},
        {"x: {<<: 3}\n", "1:9: '<<' needs a map or a list of maps"},
        {"x: {<<: [{}, 3]}\n", "1:14: '<<' can merge maps only"},
        {"a: 1\n---\nb: 2\n", "2:1: a second document starts here; a file holds one"},
        {"--- a\n--- b\n", "2:1: a second document starts here; a file holds one"},
        {"a: &x [1, *x]\n", "1:11: the alias '*x' stands within what it stands for"},
        {"a: *x\n", "1:4: no anchor '&x' stands before this alias"},
        {"a: !!python/object:os.system x\n", "1:4: the tag '!!python/object:os.system' is not known here"},
        {"a: !point {x: 1}\n", "1:4: the tag '!point' is not known here"},
        {"a: !!map [1]\n", "1:4: the tag '!!map' is not known here"},
        {"!!python/name:x a: 1\n", "1:1: the tag '!!python/name:x' is not known here"},
        {"a: !e!x 1\n", "1:4: found undefined tag handle while parsing a node"},
        {"? [a]\n: b\n", "1:3: a key must be a word, not a list"},
        {"{{a: 1}: b}\n", "1:2: a key must be a word, not a map"},
        {"a: &x b\n*x : c\n", "2:1: a key must be a word, not an alias"},
        {"a: 1\n'': 2\n", "2:1: a key is missing"},
        {"a:\n\tb: 1\n", "2:1: a tab cannot indent; use blanks"},
        {"a:\r\n  b: 1\r\n \tc: 1\r\n", "3:2: a tab cannot indent; use blanks"},
        {"a: @x\n", "1:4: found character that cannot start any token while scanning for the next token"},
        {"a: [1, 2\nb: 3\n", "2:2: did not find expected ',' or ']' while parsing a flow sequence"},
        {"a: b: c\n", "1:5: mapping values are not allowed in this context"},
        {"a: \"x\n", "2:1: found unexpected end of stream while scanning a quoted scalar"},
        {"a: 1\r\nb: \xC3\xA9\xFF\n", "2:5: not readable as UTF-8 text: invalid leading UTF-8 octet"},
        {"a: 1\rb: \xC3(\n", "2:5: not readable as UTF-8 text: invalid trailing UTF-8 octet"},
        {"a: \xED\xA0\x80\n", "1:4: not readable as UTF-8 text: invalid Unicode character"},
        {"\xFF\xFE"
         "a",
         "1:1: not readable as UTF-8 text: invalid leading UTF-8 octet"},
        {"a: x\x01\n", "1:5: not readable as UTF-8 text: control characters are not allowed"},
        {"a: \"x\\0y\"\n", "1:4: the text contains a control character"},
        {"a: \"\\L\"\n", "1:4: the text contains a control character"},
        {"a: \"\\x85\"\n", "1:4: the text contains a control character"},
        {"\"a\\x7f\": 1\n", "1:1: the text contains a control character"},
    };
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i) {
        char expected[256];
        snprintf(expected, sizeof expected, "t.yaml:%s", cases[i].message);
        CHECK_FAILS(DGBA_E_CONFIG, try(cases[i].yaml, strlen(cases[i].yaml)));
        assert_string_equal(dgba_error(), expected);
    }
    CHECK_FAILS(DGBA_E_CONFIG, try("a: x\0y", 6));
    assert_string_equal(dgba_error(), "t.yaml:1:5: not readable as UTF-8 text: control characters are not allowed");
}

/** `open` count times, the middle, `close` count times. */
static void nest(dgba_text *out, const char *open, int64_t count, const char *middle, const char *close) {
    dgba_text_clear(out);
    for (int64_t i = 0; i < count; ++i) dgba_text_add(out, "%s", open);
    dgba_text_add(out, "%s", middle);
    for (int64_t i = 0; i < count; ++i) dgba_text_add(out, "%s", close);
}

static void nesting(void **state) {
    (void)state;
    static const struct {
        const char *open, *middle, *close;
    } forms[] = {{"[", "1", "]"}, {"{a: ", "1", "}"}, {"[\n", "1", "\n]"},
                 {"- ", "1", ""}, {"? ", "1", ""},    {"&a [", "", "]"}};
    dgba_text text = {0};
    for (int64_t i = 0; i < DGBA_COUNT_OF(forms); ++i) {
        nest(&text, forms[i].open, 10000, forms[i].middle, forms[i].close);
        CHECK_FAILS(DGBA_E_CONFIG, try(text.chars, text.length));
        CHECK_MESSAGE(forms[i].open[0] == '?' ? "a key must be a word" : "nested deeper than 64 levels");
    }
    nest(&text, "[", 1000000, "", "");
    CHECK_FAILS(DGBA_E_CONFIG, try(text.chars, text.length));
    assert_string_equal(dgba_error(), "t.yaml:1:65: nested deeper than 64 levels");
    nest(&text, "[", DGBA_YAML_DEEPEST, "1", "]");
    CHECK_OK(try(text.chars, text.length));

    dgba_text_clear(&text);
    for (int depth = 0; depth < 3000; ++depth) dgba_text_add(&text, "%*sa:\n", depth, "");
    CHECK_FAILS(DGBA_E_CONFIG, try(text.chars, text.length));
    assert_string_equal(dgba_error(), "t.yaml:65:65: nested deeper than 64 levels");
    dgba_text_free(&text);
}

static void aliases_count_as_what_they_stand_for(void **state) {
    (void)state;
    dgba_text text = {0};
    dgba_text_add(&text, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i <= 9; ++i) {
        dgba_text_add(&text, "a%d: &a%d [", i, i);
        for (int j = 0; j < 10; ++j) dgba_text_add(&text, "%s*a%d", j > 0 ? ", " : "", i - 1);
        dgba_text_add(&text, "]\n");
    }
    CHECK_FAILS(DGBA_E_CONFIG, try(text.chars, text.length));
    assert_string_equal(dgba_error(), "t.yaml:5:45: more than 100000 values, aliases counted wherever they are used");

    // Each alias adds a level, so expansion nests deeper than any line of the text.
    dgba_text_clear(&text);
    dgba_text_add(&text, "a0: &a0 [x]\n");
    for (int i = 1; i <= 70; ++i) dgba_text_add(&text, "a%d: &a%d [*a%d]\n", i, i, i - 1);
    CHECK_FAILS(DGBA_E_CONFIG, try(text.chars, text.length));
    assert_string_equal(dgba_error(), "t.yaml:64:12: nested deeper than 64 levels");

    // Merging a map into itself again and again.
    dgba_text_clear(&text);
    dgba_text_add(&text, "a0: &a0 {k: [1, 2, 3, 4, 5, 6, 7, 8]}\n");
    for (int i = 1; i <= 20; ++i)
        dgba_text_add(&text, "a%d: &a%d {<<: *a%d, p%d: *a%d, q%d: *a%d}\n", i, i, i - 1, i, i - 1, i, i - 1);
    CHECK_FAILS(DGBA_E_CONFIG, try(text.chars, text.length));
    CHECK_MESSAGE("more than 100000 values");
    dgba_text_free(&text);
}

static void many_values(void **state) {
    (void)state;
    dgba_text text = {0};
    for (int i = 0; i < 99000; ++i) dgba_text_add(&text, "k%d: 1\n", i);
    CHECK_OK(try(text.chars, text.length));
    dgba_text_add(&text, "k500: 1\n");
    CHECK_FAILS(DGBA_E_CONFIG, try(text.chars, text.length));
    assert_string_equal(dgba_error(), "t.yaml:99001:1: duplicate key 'k500' (first at 501:1)");
    for (int i = 0; i < 2000; ++i) dgba_text_add(&text, "l%d: 1\n", i);
    CHECK_FAILS(DGBA_E_CONFIG, try(text.chars, text.length));
    assert_string_equal(dgba_error(), "t.yaml:100000:7: more than 100000 values, aliases counted wherever they are used");

    dgba_text_clear(&text);
    for (int i = 0; i < 1001; ++i) dgba_text_add(&text, "k%d: &a%d 1\n", i, i);
    CHECK_FAILS(DGBA_E_CONFIG, try(text.chars, text.length));
    assert_string_equal(dgba_error(), "t.yaml:1001:8: more than 1000 anchors");
    dgba_text_free(&text);
}

static void noise_never_crashes(void **state) {
    (void)state;
    static const char valid[] =
        "a: &x {p: 1, q: [2, 'three', \"f\\u00e9\"]}\n---\n? b\n: - c\n  - |\n    text\nd: {<<: *x, r: !!str 4}\n...\n# "
        "end\n";
    char text[2 * sizeof valid];
    for (uint64_t round = 0; round < 4000; ++round) {
        dgba_random stream = dgba_random_stream(1, DGBA_RANDOM_TEST, round);
        size_t length = 0;
        for (size_t i = 0; i < sizeof valid - 1; ++i) {
            const int64_t what = dgba_random_below(&stream, 60);
            if (what == 0) continue;
            if (what == 1) text[length++] = (char)dgba_random_below(&stream, 256);
            if (what == 2) text[length++] = "[]{}:,-?&*!|>'\"#%@` \t\n"[dgba_random_below(&stream, 23)];
            text[length++] = valid[i];
        }
        const dgba_status status = try(text, length);
        if (status == DGBA_OK) continue;
        assert_int_equal(status, DGBA_E_CONFIG);
        CHECK_MESSAGE("t.yaml:");
    }
    assert_int_equal(dgba_live_allocations(), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refused_with_place_and_reason),
        cmocka_unit_test(nesting),
        cmocka_unit_test(aliases_count_as_what_they_stand_for),
        cmocka_unit_test(many_values),
        cmocka_unit_test(noise_never_crashes),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
