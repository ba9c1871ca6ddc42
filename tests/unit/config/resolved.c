#include "schema.h"

static void check_equal_points(const dgba_config *a, const dgba_config *b) {
    dgba_text first = {0}, second = {0};
    assert_string_equal(dgba_config_name(a), dgba_config_name(b));
    for (int64_t i = 0; i < schema.count; ++i) {
        points_text(&first, a, sections[i].name);
        points_text(&second, b, sections[i].name);
        assert_string_equal(dgba_text_chars(&first), dgba_text_chars(&second));
        assert_int_equal(dgba_config_has(a, sections[i].name), dgba_config_has(b, sections[i].name));
    }
    dgba_text_free(&first);
    dgba_text_free(&second);
}

/** Loads the resolved text of `config`: the same points, the same resolved text. */
static void check_round_trip(const dgba_config *config) {
    dgba_config *again = NULL;
    dgba_text path = {0};
    const char *resolved = dgba_config_resolved(config);
    CHECK_OK(load_bytes(&again, path_of(&path, "again.yaml"), resolved, strlen(resolved), NULL, 0));
    check_equal_points(config, again);
    assert_string_equal(dgba_config_resolved(again), resolved);
    dgba_config_free(&again);
    dgba_text_free(&path);
}

static void resolved_text(void **state) {
    (void)state;
    static const char text[] =
        "# A comment.\n"
        "attack:\n"
        "  rule: [single:seg, {kind: spare, task: ['a, b', \"no\"]}, dgba]\n"
        "  step: [fgsm, {iterations: [0x10, 1e1], kind: ifgsm}]\n"
        "  epsilon: [8/4, 4]\n"
        "model: {head: {rates: [[1, 2], [3]]}}\n"
        "data: {file: 'rooms: 1'}\n"
        "transfer:\n";
    static const char expected[] =
        "name: t\n"
        "data:\n"
        "  file: \"rooms: 1\"\n"
        "  split: test\n"
        "model:\n"
        "  width: 1\n"
        "  layout: 0\n"
        "  head:\n"
        "    channels: 64\n"
        "    rates: [[1, 2], [3]]\n"
        "# not given, so these defaults hold:\n"
        "# train:\n"
        "#   note: \"\"\n"
        "#   tasks: []\n"
        "attack:\n"
        "  epsilon: [2, 4]\n"
        "  random: false\n"
        "  step: [fgsm, {kind: ifgsm, iterations: [16, 10], alpha: auto}]\n"
        "  rule: [{kind: single, task: seg}, {kind: spare, task: [\"a, b\", no]}, dgba]\n"
        "transfer:\n"
        "  task: false\n";
    dgba_config *config = NULL;
    dgba_text path = {0};
    CHECK_OK(load_bytes(&config, path_of(&path, "t.yaml"), text, sizeof text - 1, NULL, 0));
    assert_string_equal(dgba_config_resolved(config), expected);
    dgba_config_free(&config);
    dgba_text_free(&path);
}

static void texts_survive(void **state) {
    (void)state;
    static const char *const values[] = {
        "",         "-",   "-1",   "--- a", "null",  "~",    "Null",    "a: b",    "a #b",         "#a",
        "[1]",      "{a}", "a, b", "'a'",   "\"a\"", "a\\b", "\ttab",   " blank ", "*a",           "&a",
        "!a",       "%a",  "@a",   "`a",    "|",     ">",    "?",       ":",       "a:",           "1:2",
        "\xC3\xA9", "no",  "0x10", "...",   "<<",    "=",    "/a/b.h5", "a+b",     "\xE2\x82\xAC", "+1",
    };
    dgba_text text = {0}, path = {0};
    for (int64_t i = 0; i < DGBA_COUNT_OF(values); ++i) {
        dgba_config *config = NULL;
        dgba_text_clear(&text);
        dgba_text_add(&text, "data: {file: ");
        dgba_text_add_json(&text, values[i]);
        dgba_text_add(&text, "}\nattack: {step: fgsm, rule: {kind: single, task: [x, ");
        dgba_text_add_json(&text, values[i]);
        dgba_text_add(&text, "]}}\n");
        CHECK_OK(load_bytes(&config, path_of(&path, "t.yaml"), text.chars, text.length, NULL, 0));
        int64_t count = 0;
        const dgba_settings *points = dgba_config_points(config, "data", &count);
        assert_string_equal(dgba_settings_get(points, "file"), values[i]);
        points = dgba_config_points(config, "attack", &count);
        assert_int_equal(count, 2);
        assert_string_equal(dgba_settings_get(&points[1], "rule.task"), values[i]);
        check_round_trip(config);
        dgba_config_free(&config);
    }
    dgba_text_free(&text);
    dgba_text_free(&path);
}

static void word_lists_survive(void **state) {
    (void)state;
    static const struct {
        const char *tasks, *resolved;
    } cases[] = {
        {"[]", "tasks: []\n"},
        {"[depth, normal]", "tasks: [depth, normal]\n"},
        {"[[depth, normal], [], [seg]]", "tasks: [[depth, normal], [], [seg]]\n"},
        {"[['null', 'a:', \"#b\"], ['-', no]]", "tasks: [[\"null\", \"a:\", \"#b\"], [\"-\", no]]\n"},
    };
    dgba_text text = {0}, path = {0};
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i) {
        dgba_config *config = NULL;
        dgba_text_clear(&text);
        dgba_text_add(&text, "data: {file: d}\ntrain: {iterations: 1, tasks: %s}\n", cases[i].tasks);
        CHECK_OK(load_bytes(&config, path_of(&path, "t.yaml"), text.chars, text.length, NULL, 0));
        check_contains(dgba_config_resolved(config), cases[i].resolved, __FILE__, __LINE__);
        check_round_trip(config);
        dgba_config_free(&config);
    }
    dgba_text_free(&text);
    dgba_text_free(&path);
}

static void long_lists_survive(void **state) {
    (void)state;
    dgba_config *config = NULL;
    dgba_text text = {0}, path = {0};
    dgba_text_add(&text, "data: {file: d}\nattack:\n  epsilon: [0");
    for (int i = 1; i < 2000; ++i) dgba_text_add(&text, ", %d/10", i);
    dgba_text_add(&text, "]\n  step: [fgsm");
    for (int i = 1; i < 300; ++i) dgba_text_add(&text, ", {kind: ifgsm, iterations: %d}", i);
    dgba_text_add(&text, "]\nmodel: {head: {rates: [[1]");
    for (int i = 2; i < 99; ++i) dgba_text_add(&text, ", [%d, 5, 6, 7, 8, 9, 10, 11, 12]", i);
    dgba_text_add(&text, "]}}\n");
    const char *const few[] = {"attack.step=fgsm"};
    CHECK_OK(load_bytes(&config, path_of(&path, "t.yaml"), text.chars, text.length, few, 1));
    check_round_trip(config);
    dgba_config_free(&config);
    const char *const one[] = {"attack.epsilon=1"};
    CHECK_OK(load_bytes(&config, path_of(&path, "t.yaml"), text.chars, text.length, one, 1));
    check_round_trip(config);
    dgba_config_free(&config);
    dgba_text_free(&text);
    dgba_text_free(&path);
}

/** Deletes, inserts and changes bytes of a valid configuration: either an error with a place, or points that survive. */
static void noise(void **state) {
    (void)state;
    static const char valid[] =
        "name: a\n"
        "data: &d {file: \"x\\u00e9\", split: test}\n"
        "model: {width: [1/2, 1e-1], head: {channels: 3, rates: [[1, 2], [3]]}}\n"
        "attack:\n"
        "  epsilon: [2, 4]\n"
        "  step: [fgsm, &s {kind: ifgsm, iterations: [5, 6]}, {<<: *s, alpha: 0.5}]\n"
        "  rule: [dgba, single:seg, {kind: spare, task: t}]\n"
        "transfer: {task: yes}\n";
    static const char pieces[] = "[]{}:,-?&*!|>'\"#%~<= \t\n\r0123456789eabk\xC3\xA9";
    char text[sizeof valid + 1];
    dgba_text path = {0};
    int64_t loaded = 0;
    path_of(&path, "t.yaml");
    dgba_log_set_level(DGBA_LOG_ERROR);
    for (uint64_t round = 0; round < 10 * (sizeof valid - 1); ++round) {
        dgba_random stream = dgba_random_stream(2, DGBA_RANDOM_TEST, round);
        const size_t at = round / 10, dropped = round % 10 == 0 ? 1 : (size_t)dgba_random_below(&stream, 2);
        const size_t added = round % 10 == 0 ? 0 : 1;
        memcpy(text, valid, at);
        text[at] = pieces[dgba_random_below(&stream, (int64_t)sizeof pieces - 1)];
        memcpy(text + at + added, valid + at + dropped, sizeof valid - 1 - at - dropped);
        dgba_config *config = NULL;
        const dgba_status status =
            load_bytes(&config, dgba_text_chars(&path), text, sizeof valid - 1 + added - dropped, NULL, 0);
        if (status == DGBA_OK) {
            ++loaded;
            const char *resolved = dgba_config_resolved(config);
            dgba_config *again = NULL;
            CHECK_OK(load_bytes(&again, dgba_text_chars(&path), resolved, strlen(resolved), NULL, 0));
            check_equal_points(config, again);
            dgba_config_free(&again);
        } else {
            assert_int_equal(status, DGBA_E_CONFIG);
            CHECK_MESSAGE("/t.yaml:");
        }
        dgba_config_free(&config);
    }
    dgba_log_set_level(DGBA_LOG_INFO);
    assert_in_range(loaded, 100, 3000);
    dgba_text_free(&path);
    assert_int_equal(dgba_live_allocations(), 0);
}

static void ids(void **state) {
    (void)state;
    char text[DGBA_HASH_TEXT_BYTES];
    dgba_settings a = {0}, b = {0};
    assert_true(dgba_hash_equal(dgba_config_id(&a), dgba_hash_bytes("", 0)));
    dgba_settings_set(&a, "epsilon", "2");
    dgba_settings_set(&a, "step.kind", "fgsm");
    dgba_settings_set(&b, "step.kind", "fgsm");
    dgba_settings_set(&b, "epsilon", "2");
    assert_true(dgba_hash_equal(dgba_config_id(&a), dgba_config_id(&b)));
    assert_true(dgba_hash_equal(dgba_config_id(&a), dgba_hash_bytes("epsilon=2\nstep.kind=fgsm\n", 25)));
    assert_string_equal(a.items[0].key, "epsilon");
    assert_string_equal(b.items[0].key, "step.kind");
    dgba_hash_text(text, dgba_config_id(&a));
    assert_int_equal(strlen(text), 32);
    dgba_settings_set(&b, "epsilon", "4");
    assert_false(dgba_hash_equal(dgba_config_id(&a), dgba_config_id(&b)));
    dgba_settings_set(&b, "epsilon", "2");
    dgba_settings_set(&b, "step.alpha", "auto");
    assert_false(dgba_hash_equal(dgba_config_id(&a), dgba_config_id(&b)));
    dgba_settings_free(&a);
    dgba_settings_free(&b);
}

/** The id of the one point of section attack. */
static dgba_hash id_of(const char *text) {
    dgba_config *config = NULL;
    dgba_text path = {0};
    int64_t count = 0;
    CHECK_OK(load_bytes(&config, path_of(&path, "t.yaml"), text, strlen(text), NULL, 0));
    const dgba_hash id = dgba_config_id(dgba_config_points(config, "attack", &count));
    assert_int_equal(count, 1);
    dgba_config_free(&config);
    dgba_text_free(&path);
    return id;
}

static void ids_ignore_spelling(void **state) {
    (void)state;
    const dgba_hash id = id_of("data: {file: d}\nattack: {epsilon: 0.5, step: {kind: ifgsm, alpha: 1e-3}, rule: dgba}\n");
    static const char *const equal[] = {
        "attack: # comment\r\n  rule: dgba\r\n  step: {alpha: 1/1000, kind: ifgsm}\r\n  epsilon: 5e-1\r\ndata: {file: "
        "e}\r\n",
        "name: other\nattack: {epsilon: [1/2], step: [{kind: ifgsm, alpha: '0.001', iterations: 10}]}\ndata: {file: d}\n",
    };
    static const char *const different[] = {
        "data: {file: d}\nattack: {epsilon: 0.6, step: {kind: ifgsm, alpha: 1e-3}}\n",
        "data: {file: d}\nattack: {epsilon: 0.5, step: {kind: ifgsm, alpha: auto}}\n",
        "data: {file: d}\nattack: {epsilon: 0.5, step: {kind: ifgsm, alpha: 1e-3, iterations: 11}}\n",
        "data: {file: d}\nattack: {epsilon: 0.5, step: fgsm}\n",
        "data: {file: d}\nattack: {epsilon: 0.5, step: {kind: ifgsm, alpha: 1e-3}, rule: single}\n",
        "data: {file: d}\nattack: {epsilon: 0.5, step: {kind: ifgsm, alpha: 1e-3}, random: yes}\n",
    };
    for (int64_t i = 0; i < DGBA_COUNT_OF(equal); ++i) assert_true(dgba_hash_equal(id, id_of(equal[i])));
    for (int64_t i = 0; i < DGBA_COUNT_OF(different); ++i) assert_false(dgba_hash_equal(id, id_of(different[i])));
}

static void help(void **state) {
    (void)state;
    dgba_text text = {0};
    dgba_config_help(&text, &schema);
    const char *const expected =
        "name:  of the experiment (default: that of the file)\n"
        "include:  a file, or a list of files, whose sections hold where this file says nothing\n"
        "\n"
        "A list where a section wants one value is a sweep axis, and axes multiply. Beside them stand\n"
        "  zip                    [a, b]: these axes advance together; [[a, b], [c, d]]\n"
        "  exclude                list of {key: value, key: [values]}: points that have all of one are left out\n"
        "  repeat                 N, beside a seed: that seed and the N - 1 that follow it\n"
        "\n"
        "data:  what is attacked (required)\n"
        "  file                   data file (required)\n"
        "  split                  which images: train, test (default test)\n"
        "\n"
        "model:  the network\n"
        "  width                  multiplies the channels (default 1)\n"
        "  layout                 sharing pattern (default 0)\n"
        "  head:  the task heads\n"
        "    channels               width of the head (default 64)\n"
        "    rates                  dilation rates (default [6, 12])\n"
        "\n"
        "train:  how it is trained\n"
        "  iterations             weight updates (required)\n"
        "  note                   free text\n"
        "  tasks                  tasks that are learnt, all if empty (default [])\n"
        "\n"
        "attack:  the attack\n"
        "  epsilon                radius in 0..255 units (default 8)\n"
        "  random                 random start (default no)\n"
        "  step                   how the image moves (required), one of\n"
        "    fgsm                   one step\n"
        "    ifgsm                  several steps\n"
        "      iterations             steps (default 10)\n"
        "      alpha                  step size (default auto)\n"
        "  rule                   how the tasks are balanced (default dgba), one of\n"
        "    dgba                   balances the tasks\n"
        "    single                 one task\n"
        "      task                   attacked task (default all)\n"
        "    spare                  all but one task\n"
        "      task                   spared task (required)\n"
        "\n"
        "transfer:  attacks used elsewhere\n"
        "  task                   between tasks (default no)\n";
    assert_string_equal(dgba_text_chars(&text), expected);
    dgba_text_free(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resolved_text),       cmocka_unit_test(texts_survive), cmocka_unit_test(word_lists_survive),
        cmocka_unit_test(long_lists_survive),  cmocka_unit_test(noise),         cmocka_unit_test(ids),
        cmocka_unit_test(ids_ignore_spelling), cmocka_unit_test(help),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
