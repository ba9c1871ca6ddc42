#include "schema.h"

/** The load fails with exactly "PATH:message", or "message" alone if it comes from an override. */
static void check_refused(const char *text, const char *override, const char *message) {
    dgba_config *config = NULL;
    dgba_text path = {0}, expected = {0};
    path_of(&path, "t.yaml");
    CHECK_FAILS(DGBA_E_CONFIG,
                load_bytes(&config, dgba_text_chars(&path), text, strlen(text), &override, override != NULL ? 1 : 0));
    assert_null(config);
    if (strncmp(message, "--set", 5) == 0)
        dgba_text_add(&expected, "%s", message);
    else
        dgba_text_add(&expected, "%s:%s", dgba_text_chars(&path), message);
    assert_string_equal(dgba_error(), dgba_text_chars(&expected));
    dgba_text_free(&expected);
    dgba_text_free(&path);
}

static void keys(void **state) {
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"data: {file: d}\nattack:\n  epsilson: 3\n", "3:3: unknown key 'epsilson' in attack (did you mean 'epsilon'?)"},
        {"data: {file: d}\nattack: {stop: fgsm}\n", "2:10: unknown key 'stop' in attack (did you mean 'step'?)"},
        {"data: {file: d}\nmodel: {haed: {}}\n", "2:9: unknown key 'haed' in model (did you mean 'head'?)"},
        {"data: {file: d}\nmodel: {head: {chanels: 3}}\n",
         "2:16: unknown key 'chanels' in model.head (did you mean 'channels'?)"},
        {"data: {file: d}\nattack: {step: [fgsm, {kind: ifgsm, itertions: 3}]}\n",
         "2:37: unknown key 'itertions' in step 'ifgsm' (did you mean 'iterations'?)"},
        {"data: {file: d}\natack: {step: fgsm}\n",
         "2:1: unknown key 'atack' in the configuration (did you mean 'attack'?)"},
        {"data: {file: d}\nzip: [a, b]\n", "2:1: unknown key 'zip' in the configuration"},
        {"data: {file: d}\nattack: {step: fgsm, repeat: 3}\n", "2:22: unknown key 'repeat' in attack"},
        {"data: {file: d}\nattack: {step: fgsm, step: fgsm}\n", "2:22: duplicate key 'step' (first at 2:10)"},
        {"# nothing\n", "1:1: section 'data' is missing"},
        {"\n\nmodel: {width: 1}\n", "3:1: section 'data' is missing"},
        {"data:\n", "1:1: key 'file' is missing in data"},
        {"data: {file: d}\ntrain: {note: x}\n", "2:1: key 'iterations' is missing in train"},
        {"data: {file: d}\nattack: {epsilon: 3}\n", "2:1: key 'step' is missing in attack"},
        {"data: {file: d}\nattack: {step: fgsm, rule: [dgba, spare]}\n", "2:35: key 'task' is missing in rule 'spare'"},
        {"data: {file: d}\nattack: {step: fgsm, rule: {kind: spare}}\n", "2:22: key 'task' is missing in rule 'spare'"},
        {"data: {file: d}\nattack: {step: {iterations: 3}}\n", "2:16: key 'kind' is missing in step"},
    };
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i) check_refused(cases[i].text, NULL, cases[i].message);
}

static void values(void **state) {
    (void)state;
    static const struct {
        const char *attack, *message;
    } cases[] = {
        {"epsilon: abc", "2:19: epsilon: 'abc' is not a number"},
        {"epsilon: [2, abc]", "2:23: epsilon: 'abc' is not a number"},
        {"epsilon: 8 / 255", "2:19: epsilon: '8 / 255' is not a number"},
        {"epsilon: 300", "2:19: epsilon is 300; it must be between 0 and 255"},
        {"epsilon: auto", "2:19: epsilon: 'auto' is not a number"},
        {"epsilon: .inf", "2:19: epsilon: '.inf' is not a number"},
        {"epsilon: {a: 1}", "2:19: epsilon: expected a single value, not a map"},
        {"epsilon: [[1]]", "2:20: epsilon: expected a single value, not a list"},
        {"epsilon: []", "2:19: epsilon: the list is empty"},
        {"epsilon: ", "2:19: epsilon: a value is missing"},
        {"epsilon: null", "2:19: epsilon: a value is missing"},
        {"epsilon: [1, ~]", "2:23: epsilon: a value is missing"},
        {"epsilon: ''", "2:19: epsilon: '' is not a number"},
        {"random: maybe", "2:18: random: 'maybe' is neither true nor false"},
        {"step: ifgms", "2:16: step: unknown 'ifgms' (did you mean 'ifgsm'?)"},
        {"step: zebra", "2:16: step: unknown 'zebra'; known are fgsm, ifgsm"},
        {"step: [fgsm, [fgsm]]", "2:23: step: expected a single value, not a list"},
        {"step: []", "2:16: step: the list is empty"},
        {"step: ", "2:16: step: a value is missing"},
        {"step: fgsm:3", "2:16: step: 'fgsm' has no option that '3' could be the value of"},
        {"step: ifgsm:x", "2:16: iterations: 'x' is not a number"},
        {"step: {kind: [fgsm]}", "2:23: kind: expected a single value, not a list"},
        {"step: {kind: }", "2:23: kind: a value is missing"},
        {"step: {kind: 'ifgsm:3'}", "2:23: step: unknown 'ifgsm:3' (did you mean 'ifgsm'?)"},
        {"step: {kind: ifgsm, iterations: [5, 0]}", "2:46: iterations is 0; it must be between 1 and 1000"},
        {"step: {kind: ifgsm, alpha: -1}", "2:37: alpha is -1; it must be at least 0"},
        {"step: fgsm, rule: 'single:'", "2:28: task: a value is missing"},
    };
    dgba_text text = {0};
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i) {
        dgba_text_clear(&text);
        dgba_text_add(&text, "data: {file: d}\nattack: {%s}\n", cases[i].attack);
        check_refused(dgba_text_chars(&text), NULL, cases[i].message);
    }
    dgba_text_free(&text);
}

static void lists_as_values(void **state) {
    (void)state;
    static const struct {
        const char *rates, *message;
    } cases[] = {
        {"5", "2:23: rates: '5' is not a list such as [1, 2]"},
        {"[1, x]", "2:27: rates: 'x' is not a number"},
        {"[1, 100]", "2:27: rates is 100; it must be between 1 and 99"},
        {"['1, 2', 3]", "2:24: rates: '1, 2' is not a number"},
        {"[1, [2]]", "2:27: rates: expected a single value, not a list"},
        {"[[1], 2]", "2:29: rates: '2' is not a list such as [1, 2]"},
        {"[[1], []]", "2:29: rates: the list is empty"},
        {"[]", "2:23: rates: the list is empty"},
        {"[1, ]x", "2:28: did not find expected ',' or '}' while parsing a flow mapping"},
        {"[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]",
         "2:23: rates: the list has more than 32 items"},
    };
    dgba_text text = {0};
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i) {
        dgba_text_clear(&text);
        dgba_text_add(&text, "data: {file: d}\nmodel: {head: {rates: %s}}\n", cases[i].rates);
        check_refused(dgba_text_chars(&text), NULL, cases[i].message);
    }
    dgba_text_free(&text);
}

static void lists_of_words(void **state) {
    (void)state;
    check_refused("train: {iterations: 1, tasks: [a, 'b c']}\ndata: {file: d}", NULL, "1:35: tasks: 'b c' is not a word");
    check_refused("train: {iterations: 1, tasks: ['']}\ndata: {file: d}", NULL, "1:32: tasks: '' is not a word");
    check_refused("train: {iterations: 1, tasks: [~]}\ndata: {file: d}", NULL, "1:32: tasks: a value is missing");
    check_refused("train: {iterations: 1, tasks: [a, b, c, d, e, f, g, h, i]}\ndata: {file: d}", NULL,
                  "1:31: tasks: the list has more than 8 items");
    check_refused("train: {iterations: 1, tasks: depth}\ndata: {file: d}", NULL,
                  "1:31: tasks: 'depth' is not a list such as [1, 2]");
}

static void structure(void **state) {
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"[1, 2]\n", "1:1: expected sections such as 'model:'"},
        {"just words\n", "1:1: expected sections such as 'model:'"},
        {"data: [1]\n", "1:7: data: expected keys and values, not a list"},
        {"data: {file: d}\nmodel: 3\n", "2:8: model: expected keys and values, not a single value"},
        {"data: {file: d}\nmodel: {head: [{channels: 3}]}\n", "2:15: model.head: expected keys and values, not a list"},
        {"data: {file: d}\nname: [a]\n", "2:7: name: expected one line of text"},
        {"data: {file: d}\nname:\n", "2:6: name: expected one line of text"},
        {"data: {file: d}\nname: ''\n", "2:7: name: expected one line of text"},
        {"data: {file: d}\nname: |\n  a\n", "2:7: name: expected one line of text"},
        {"data:\n  file: |\n    a\n", "2:9: file: a line break is not allowed"},
        {"data: {file: d}\n---\ndata: {file: e}\n", "2:1: a second document starts here; a file holds one"},
        {"data: {file: d, split: tst}\n", "1:24: split: unknown 'tst' (did you mean 'test'?)"},
    };
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i) check_refused(cases[i].text, NULL, cases[i].message);

    dgba_text text = {0};
    dgba_text_add(&text, "data: {file: %0300d}\n", 7);
    check_refused(dgba_text_chars(&text), NULL,
                  "1:14: file: '0000000000000000000000000000000000000000...' is longer than the 255 characters allowed");
    dgba_text_free(&text);
}

static void overrides(void **state) {
    (void)state;
    static const struct {
        const char *override, *message;
    } cases[] = {
        {"attack.epsilon=abc", "--set attack.epsilon: epsilon: 'abc' is not a number"},
        {"attack.epsilson=3", "--set attack.epsilson: unknown key 'epsilson' in attack (did you mean 'epsilon'?)"},
        {"attack.epsilon=", "--set attack.epsilon: epsilon: a value is missing"},
        {"attack.epsilon=[1", "--set attack.epsilon: did not find expected ',' or ']' while parsing a flow sequence"},
        {"attack.step={kind: ifgsm, iterations: [3, 0]}",
         "--set attack.step: iterations is 0; it must be between 1 and 1000"},
        {"attack.step.iterations=3", "--set attack.step.iterations: the value of step is not a map of keys"},
        {"train.note=x", "--set train.note: key 'iterations' is missing in train"},
        {"attack.epsilon", "--set attack.epsilon: expected section.key=value"},
        {"=3", "--set : a key is missing in the path ''"},
        {"zip.a=3", "--set zip.a: unknown key 'zip' in the configuration"},
        {"name=", "--set name: name: expected one line of text"},
        // An override elsewhere leaves the places in the file.
        {"model.width=2", "2:20: epsilon: 'x' is not a number"},
    };
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i)
        check_refused(i + 1 < DGBA_COUNT_OF(cases) ? "data: {file: d}\nattack: {step: fgsm}"
                                                   : "data: {file: d}\nattack: { epsilon: x}",
                      cases[i].override, cases[i].message);
    check_refused("[1]", "attack.epsilon=3", "--set attack.epsilon: the document is not a map of keys");
}

static void missing_file(void **state) {
    (void)state;
    dgba_config *config = NULL;
    dgba_text path = {0};
    path_of(&path, "none.yaml");
    CHECK_FAILS(DGBA_E_IO, dgba_config_load(&config, dgba_text_chars(&path), NULL, 0, &schema));
    CHECK_MESSAGE("none.yaml: cannot open");
    assert_null(config);
    dgba_text_free(&path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys),           cmocka_unit_test(values),    cmocka_unit_test(lists_as_values),
        cmocka_unit_test(lists_of_words), cmocka_unit_test(structure), cmocka_unit_test(overrides),
        cmocka_unit_test(missing_file),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
