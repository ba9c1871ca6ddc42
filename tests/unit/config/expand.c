#include "schema.h"

/** Loads `text` (with overrides ended by NULL) and compares the points of a section. */
static void check_points(const char *text, const char *const *overrides, const char *section, const char *expected) {
    dgba_config *config = NULL;
    dgba_text path = {0}, points = {0};
    int64_t count = 0;
    while (overrides != NULL && overrides[count] != NULL) ++count;
    path_of(&path, "t.yaml");
    CHECK_OK(load_bytes(&config, dgba_text_chars(&path), text, strlen(text), overrides, count));
    points_text(&points, config, section);
    assert_string_equal(dgba_text_chars(&points), expected);
    dgba_config_free(&config);
    dgba_text_free(&points);
    dgba_text_free(&path);
}

static void axes_multiply_in_the_tables_order(void **state) {
    (void)state;
    static const struct {
        const char *text, *section, *points;
    } cases[] = {
        // Keys out of order: the table's order counts, the last axis is the fastest.
        {"data: {file: d}\nattack: {rule: [single, dgba], step: fgsm, epsilon: [2, 4]}", "attack",
         "epsilon=2 random=false step.kind=fgsm rule.kind=single rule.task=all | "
         "epsilon=2 random=false step.kind=fgsm rule.kind=dgba | "
         "epsilon=4 random=false step.kind=fgsm rule.kind=single rule.task=all | "
         "epsilon=4 random=false step.kind=fgsm rule.kind=dgba"},
        {"data: {file: [a, b], split: [test, train]}", "data",
         "file=a split=test | file=a split=train | file=b split=test | file=b split=train"},
        {"data: {file: d}\nmodel: {head: {rates: [[1], [2, 3]], channels: [8, 9]}, layout: [0, 31]}", "model",
         "width=1 layout=0 head.channels=8 head.rates=[1] | width=1 layout=0 head.channels=8 head.rates=[2, 3] | "
         "width=1 layout=0 head.channels=9 head.rates=[1] | width=1 layout=0 head.channels=9 head.rates=[2, 3] | "
         "width=1 layout=31 head.channels=8 head.rates=[1] | width=1 layout=31 head.channels=8 head.rates=[2, 3] | "
         "width=1 layout=31 head.channels=9 head.rates=[1] | width=1 layout=31 head.channels=9 head.rates=[2, 3]"},
        {"data: {file: d}\nattack: {step: [fgsm, {kind: ifgsm, iterations: [10, 20]}], rule: single:normal, epsilon: 4}",
         "attack",
         "epsilon=4 random=false step.kind=fgsm rule.kind=single rule.task=normal | "
         "epsilon=4 random=false step.kind=ifgsm step.iterations=10 step.alpha=auto rule.kind=single rule.task=normal | "
         "epsilon=4 random=false step.kind=ifgsm step.iterations=20 step.alpha=auto rule.kind=single rule.task=normal"},
        {"data: {file: d}\nattack: {step: fgsm, rule: [dgba, single, 'single:seg', {kind: spare, task: [a, b]}]}", "attack",
         "epsilon=8 random=false step.kind=fgsm rule.kind=dgba | "
         "epsilon=8 random=false step.kind=fgsm rule.kind=single rule.task=all | "
         "epsilon=8 random=false step.kind=fgsm rule.kind=single rule.task=seg | "
         "epsilon=8 random=false step.kind=fgsm rule.kind=spare rule.task=a | "
         "epsilon=8 random=false step.kind=fgsm rule.kind=spare rule.task=b"},
        {"data: {file: d}\nattack: {step: [{kind: ifgsm, alpha: [1, 2], iterations: [3, 4]}, fgsm]}", "attack",
         "epsilon=8 random=false step.kind=ifgsm step.iterations=3 step.alpha=1 rule.kind=dgba | "
         "epsilon=8 random=false step.kind=ifgsm step.iterations=3 step.alpha=2 rule.kind=dgba | "
         "epsilon=8 random=false step.kind=ifgsm step.iterations=4 step.alpha=1 rule.kind=dgba | "
         "epsilon=8 random=false step.kind=ifgsm step.iterations=4 step.alpha=2 rule.kind=dgba | "
         "epsilon=8 random=false step.kind=fgsm rule.kind=dgba"},
        // A list of one is the value itself, here at every level.
        {"data: {file: [d]}\nmodel: {layout: [7], head: {rates: [[5]]}}", "model",
         "width=1 layout=7 head.channels=64 head.rates=[5]"},
        {"data: {file: d}\ntrain: {iterations: 1, tasks: [[a, b], [c], []]}", "train",
         "iterations=1 note= tasks=[a, b] | iterations=1 note= tasks=[c] | iterations=1 note= tasks=[]"},
        {"data: {file: d}\nmodel: {head: {rates: [5, 0x6]}}", "model",
         "width=1 layout=0 head.channels=64 head.rates=[5, 6]"},
        {"data: {file: d}\nattack: {step: [{kind: ifgsm, iterations: [5]}]}", "attack",
         "epsilon=8 random=false step.kind=ifgsm step.iterations=5 step.alpha=auto rule.kind=dgba"},
    };
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i) check_points(cases[i].text, NULL, cases[i].section, cases[i].points);
}

static void values_are_canonical(void **state) {
    (void)state;
    static const struct {
        const char *text, *section, *points;
    } cases[] = {
        {"data: {file: d}\nmodel: {width: [1e-1, 8/255, 0x2, 010e-1]}", "model",
         "width=0.1 layout=0 head.channels=64 head.rates=[6, 12] | "
         "width=0.03137254901960784 layout=0 head.channels=64 head.rates=[6, 12] | "
         "width=2 layout=0 head.channels=64 head.rates=[6, 12] | width=1 layout=0 head.channels=64 head.rates=[6, 12]"},
        {"data: {file: d}\nmodel: {layout: [010, \"0x0B\"]}", "model",
         "width=1 layout=10 head.channels=64 head.rates=[6, 12] | width=1 layout=11 head.channels=64 head.rates=[6, 12]"},
        {"data: {file: no}", "data", "file=no split=test"},
        {"data: {file: '010'}", "data", "file=010 split=test"},
        {"data: {file: 'null'}", "data", "file=null split=test"},
        {"data: {file: ''}", "data", "file= split=test"},
        {"data: {file: 'a=b: [c], #d'}", "data", "file=a=b: [c], #d split=test"},
        {"data: {file: d}\ntransfer: {task: [no, yes]}", "transfer", "task=false | task=true"},
        {"data: {file: d}\ntransfer: {task: ON}", "transfer", "task=true"},
        {"\xEF\xBB\xBF"
         "data:\r\n  file: d\r\n",
         "data", "file=d split=test"},
    };
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i) check_points(cases[i].text, NULL, cases[i].section, cases[i].points);
}

static void anchors_and_merge_keys(void **state) {
    (void)state;
    check_points("data: &d {file: x, split: train}\nmodel: {layout: &l [1, 2]}", NULL, "data", "file=x split=train");
    check_points("data: {file: x}\nattack: {step: [&s {kind: ifgsm, iterations: 3}, {<<: *s, alpha: 2}]}", NULL, "attack",
                 "epsilon=8 random=false step.kind=ifgsm step.iterations=3 step.alpha=auto rule.kind=dgba | "
                 "epsilon=8 random=false step.kind=ifgsm step.iterations=3 step.alpha=2 rule.kind=dgba");
}

static void absent_sections_have_one_point(void **state) {
    (void)state;
    check_points("data: {file: d}", NULL, "model", "width=1 layout=0 head.channels=64 head.rates=[6, 12]");
    // What has no default is left out, as nobody asked for the section.
    check_points("data: {file: d}", NULL, "train", "note= tasks=[]");
    check_points("data: {file: d}", NULL, "attack", "epsilon=8 random=false rule.kind=dgba");
    // An empty section is one whose keys are all commented out.
    check_points("data: {file: d}\nmodel:\n# layout: 3\n", NULL, "model",
                 "width=1 layout=0 head.channels=64 head.rates=[6, 12]");
    check_points("data: {file: d}\nmodel: {head: }\n", NULL, "model",
                 "width=1 layout=0 head.channels=64 head.rates=[6, 12]");
}

static void overrides(void **state) {
    (void)state;
    static const char *const several[] = {"attack.step=ifgsm", "attack.epsilon=[2,4]", "attack.rule=single:seg",
                                          "attack.epsilon=[16/2, 1e0]", NULL};
    check_points(
        "data: {file: d}", several, "attack",
        "epsilon=8 random=false step.kind=ifgsm step.iterations=10 step.alpha=auto rule.kind=single rule.task=seg | "
        "epsilon=1 random=false step.kind=ifgsm step.iterations=10 step.alpha=auto rule.kind=single rule.task=seg");
    static const char *const deep[] = {"model.head.channels=32", "model.head.rates=[1, 2]", NULL};
    check_points("data: {file: d}\nmodel: {head: {channels: [1, 2]}}", deep, "model",
                 "width=1 layout=0 head.channels=32 head.rates=[1, 2]");
    static const char *const inside[] = {"attack.step.iterations=7", NULL};
    check_points("data: {file: d}\nattack: {step: {kind: ifgsm}}", inside, "attack",
                 "epsilon=8 random=false step.kind=ifgsm step.iterations=7 step.alpha=auto rule.kind=dgba");
    static const char *const required[] = {"data={file: e, split: train}", NULL};
    check_points("", required, "data", "file=e split=train");
    static const char *const mended[] = {"attack.epsilon=3", NULL};
    check_points("data: {file: d}\nattack: {epsilon: abc, step: fgsm}", mended, "attack",
                 "epsilon=3 random=false step.kind=fgsm rule.kind=dgba");
    static const char *const text[] = {"data.file=a=b c", NULL};
    check_points("", text, "data", "file=a=b c split=test");
}

static void names_and_presence(void **state) {
    (void)state;
    dgba_config *config = NULL;
    dgba_text path = {0};
    static const struct {
        const char *file, *name;
    } cases[] = {{"a.b.yaml", "a.b"}, {"c.yml", "c"}, {"d.txt", "d.txt"}, {".yaml", ".yaml"}, {"e", "e"}};
    const char *const text = "data: {file: d} # as given\r\n", *const renamed[] = {"name=x y"};
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i) {
        path_of(&path, cases[i].file);
        CHECK_OK(load_bytes(&config, dgba_text_chars(&path), text, strlen(text), NULL, 0));
        assert_string_equal(dgba_config_name(config), cases[i].name);
        assert_string_equal(dgba_config_text(config), text);
        dgba_config_free(&config);
    }
    const char *const named = "name: 'n: 1'\ndata: {file: d}\ntrain: {iterations: 3}\ntransfer:\n";
    CHECK_OK(load_bytes(&config, dgba_text_chars(&path), named, strlen(named), NULL, 0));
    assert_string_equal(dgba_config_name(config), "n: 1");
    assert_true(dgba_config_has(config, "data"));
    assert_true(dgba_config_has(config, "train"));
    assert_true(dgba_config_has(config, "transfer"));
    assert_false(dgba_config_has(config, "model"));
    assert_false(dgba_config_has(config, "attack"));
    dgba_config_free(&config);
    dgba_config_free(&config);
    CHECK_OK(load_bytes(&config, dgba_text_chars(&path), named, strlen(named), renamed, 1));
    assert_string_equal(dgba_config_name(config), "x y");
    assert_string_equal(dgba_config_text(config), named);
    dgba_config_free(&config);
    dgba_text_free(&path);
}

static void equal_points_run_once(void **state) {
    (void)state;
    dgba_text path = {0}, log = {0}, expected = {0};
    char *lines = NULL;
    size_t bytes = 0;
    dgba_path_join(&log, check_folder("config-log"), "log.txt");
    path_of(&path, "t.yaml");
    dgba_log_set_level(DGBA_LOG_ERROR);
    CHECK_OK(dgba_log_open(dgba_text_chars(&log)));
    check_points(
        "data: {file: d}\nattack:\n  epsilon: [4, 2, 8/2, 2e0]\n"
        "  step: [{kind: ifgsm, iterations: [5, 6]}, fgsm, {kind: ifgsm, iterations: 6}]\n",
        NULL, "attack",
        "epsilon=4 random=false step.kind=ifgsm step.iterations=5 step.alpha=auto rule.kind=dgba | "
        "epsilon=4 random=false step.kind=ifgsm step.iterations=6 step.alpha=auto rule.kind=dgba | "
        "epsilon=4 random=false step.kind=fgsm rule.kind=dgba | "
        "epsilon=2 random=false step.kind=ifgsm step.iterations=5 step.alpha=auto rule.kind=dgba | "
        "epsilon=2 random=false step.kind=ifgsm step.iterations=6 step.alpha=auto rule.kind=dgba | "
        "epsilon=2 random=false step.kind=fgsm rule.kind=dgba");
    CHECK_OK(dgba_log_open(NULL));
    dgba_log_set_level(DGBA_LOG_INFO);
    CHECK_OK(dgba_file_read(&lines, &bytes, dgba_text_chars(&log)));
    dgba_text_add(&expected, "%s: attack: 10 of the points equal earlier ones and are left out", dgba_text_chars(&path));
    check_contains(lines, dgba_text_chars(&expected), __FILE__, __LINE__);
    dgba_free(lines);
    dgba_text_free(&expected);
    dgba_text_free(&log);
    dgba_text_free(&path);
}

/** "KEY: [0, 1, …]" as flow YAML. */
static void add_list(dgba_text *out, const char *key, int64_t count) {
    dgba_text_add(out, "%s: [", key);
    for (int64_t i = 1; i <= count; ++i) dgba_text_add(out, "%lld, ", (long long)i);
    dgba_text_add(out, "]");
}

static void many_points(void **state) {
    (void)state;
    dgba_config *config = NULL;
    dgba_text path = {0}, text = {0}, expected = {0};
    int64_t count = 0;
    path_of(&path, "t.yaml");
    dgba_text_add(&text, "data: {file: d}\nmodel: {");
    add_list(&text, "layout", 300);
    dgba_text_add(&text, ", head: {");
    add_list(&text, "channels", 200);
    dgba_text_add(&text, "}}\n");
    CHECK_OK(load_bytes(&config, dgba_text_chars(&path), text.chars, text.length, NULL, 0));
    const dgba_settings *points = dgba_config_points(config, "model", &count);
    assert_int_equal(count, 60000);
    assert_string_equal(dgba_settings_get(&points[12345], "layout"), "62");
    assert_string_equal(dgba_settings_get(&points[12345], "head.channels"), "146");
    dgba_config_free(&config);

    dgba_text_clear(&text);
    dgba_text_add(&text, "data: {file: d}\nmodel: {");
    add_list(&text, "layout", 2000);
    dgba_text_add(&text, ", head: {");
    add_list(&text, "channels", 1001);
    dgba_text_add(&text, "}}\n");
    CHECK_FAILS(DGBA_E_CONFIG, load_bytes(&config, dgba_text_chars(&path), text.chars, text.length, NULL, 0));
    dgba_text_add(&expected, "%s:2:1: model: the lists multiply to 2002000 points; at most 100000 are possible",
                  dgba_text_chars(&path));
    assert_string_equal(dgba_error(), dgba_text_chars(&expected));
    assert_null(config);
    dgba_text_free(&expected);
    dgba_text_free(&text);
    dgba_text_free(&path);
}

/** What is read quickly must not take hours or gigabytes to expand. */
static void limits_have_messages(void **state) {
    (void)state;
    dgba_config *config = NULL;
    dgba_text path = {0}, text = {0};
    path_of(&path, "t.yaml");
    dgba_text_add(&text, "data: {file: d}\nmodel: {");
    add_list(&text, "layout", 30000);
    dgba_text_add(&text, "}\n");
    CHECK_FAILS(DGBA_E_CONFIG, load_bytes(&config, dgba_text_chars(&path), text.chars, text.length, NULL, 0));
    CHECK_MESSAGE("t.yaml:1:1: more than 30000 values, repeats and defaults included");
    assert_null(config);

    dgba_text_clear(&text);
    dgba_text_add(&text, "data: {file: d}\nmodel: {");
    add_list(&text, "layout", 300);
    dgba_text_add(&text, ", head: {");
    add_list(&text, "channels", 300);
    dgba_text_add(&text, "},\n exclude: {");
    add_list(&text, "layout", 300);
    dgba_text_add(&text, ", head: {");
    add_list(&text, "channels", 4);
    dgba_text_add(&text, "}}}\n");
    CHECK_FAILS(DGBA_E_CONFIG, load_bytes(&config, dgba_text_chars(&path), text.chars, text.length, NULL, 0));
    CHECK_MESSAGE("t.yaml:3:11: exclude: more than 100000000 comparisons of points with what is left out");
    assert_null(config);
    dgba_text_free(&text);
    dgba_text_free(&path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(axes_multiply_in_the_tables_order),
        cmocka_unit_test(values_are_canonical),
        cmocka_unit_test(anchors_and_merge_keys),
        cmocka_unit_test(absent_sections_have_one_point),
        cmocka_unit_test(overrides),
        cmocka_unit_test(names_and_presence),
        cmocka_unit_test(equal_points_run_once),
        cmocka_unit_test(many_points),
        cmocka_unit_test(limits_have_messages),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
