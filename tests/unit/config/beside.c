/** What stands beside the axes: zip, exclude, repeat, include. */
#include "schema.h"

static const dgba_option noise_options[] = {
    {"level", DGBA_OPTION_REAL, 0, "1", 0, 99, NULL, "strength"},
    {"seed", DGBA_OPTION_INTEGER, 0, "0", 0, HUGE_VAL, NULL, "of the noise"},
};
static const dgba_option_table noise_table = {"noise", "noise", noise_options, DGBA_COUNT_OF(noise_options)};
static const dgba_config_section beside_sections[] = {
    {.name = "model", .options = &model_table, .children = &head_section, .child_count = 1},
    {.name = "attack", .options = &attack_table, .choices = attack_choices, .choice_count = 2},
    {.name = "noise", .options = &noise_table},
};
static const dgba_config_schema beside = {beside_sections, DGBA_COUNT_OF(beside_sections)};

static void write_file(const char *name, const char *text) {
    dgba_text path = {0};
    CHECK_OK(dgba_file_write(path_of(&path, name), text, strlen(text)));
    dgba_text_free(&path);
}

static dgba_status load_text(dgba_config **out, const char *text, const char *override) {
    dgba_text path = {0};
    write_file("t.yaml", text);
    const dgba_status status = dgba_config_load(out, path_of(&path, "t.yaml"), &override, override != NULL, &beside);
    dgba_text_free(&path);
    return status;
}

/** The same points come from `text` and from what it resolves to. */
static void check_points(const char *text, const char *override, const char *section, const char *expected) {
    dgba_config *config = NULL, *again = NULL;
    dgba_text points = {0};
    CHECK_OK(load_text(&config, text, override));
    points_text(&points, config, section);
    assert_string_equal(dgba_text_chars(&points), expected);
    CHECK_OK(load_text(&again, dgba_config_resolved(config), NULL));
    points_text(&points, again, section);
    assert_string_equal(dgba_text_chars(&points), expected);
    assert_string_equal(dgba_config_resolved(again), dgba_config_resolved(config));
    dgba_config_free(&config);
    dgba_config_free(&again);
    dgba_text_free(&points);
}

static void check_refused(const char *text, const char *message) {
    dgba_config *config = NULL;
    dgba_text path = {0}, expected = {0};
    CHECK_FAILS(DGBA_E_CONFIG, load_text(&config, text, NULL));
    dgba_text_add(&expected, "%s:%s", path_of(&path, "t.yaml"), message);
    assert_string_equal(dgba_error(), dgba_text_chars(&expected));
    dgba_text_free(&path);
    dgba_text_free(&expected);
}

static void zipped_axes_advance_together(void **state) {
    (void)state;
    check_points("noise: {level: [1, 2, 3], seed: [7, 8, 9], zip: [level, seed]}", NULL, "noise",
                 "level=1 seed=7 | level=2 seed=8 | level=3 seed=9");
    // The first of the table leads, wherever the group names it; what is not zipped multiplies.
    check_points("attack: {zip: [rule, epsilon], epsilon: [2, 4], random: [no, yes], step: fgsm, rule: [dgba, single]}",
                 NULL, "attack",
                 "epsilon=2 random=false step.kind=fgsm rule.kind=dgba | "
                 "epsilon=2 random=true step.kind=fgsm rule.kind=dgba | "
                 "epsilon=4 random=false step.kind=fgsm rule.kind=single rule.task=all | "
                 "epsilon=4 random=true step.kind=fgsm rule.kind=single rule.task=all");
    // Axes within an entry count as values of their axis; two groups.
    check_points(
        "attack: {zip: [[epsilon, step], [random, rule]], epsilon: [1, 2], random: [no, yes],\n"
        "         step: {kind: ifgsm, iterations: [5, 6]}, rule: [dgba, 'single:a']}",
        NULL, "attack",
        "epsilon=1 random=false step.kind=ifgsm step.iterations=5 step.alpha=auto rule.kind=dgba | "
        "epsilon=1 random=true step.kind=ifgsm step.iterations=5 step.alpha=auto rule.kind=single rule.task=a | "
        "epsilon=2 random=false step.kind=ifgsm step.iterations=6 step.alpha=auto rule.kind=dgba | "
        "epsilon=2 random=true step.kind=ifgsm step.iterations=6 step.alpha=auto rule.kind=single rule.task=a");
    // A section inside is an axis, and has a zip of its own.
    check_points(
        "model: {width: [1, 2], head: {channels: [8, 9], rates: [[1], [2]], zip: [channels, rates]}, zip: [head, width]}",
        NULL, "model", "width=1 layout=0 head.channels=8 head.rates=[1] | width=2 layout=0 head.channels=9 head.rates=[2]");
}

static void repeats_count_seeds_on(void **state) {
    (void)state;
    check_points("noise: {repeat: 3}", NULL, "noise", "level=1 seed=0 | level=1 seed=1 | level=1 seed=2");
    check_points("noise: {seed: [5, 10], repeat: 2, level: [1, 2]}", NULL, "noise",
                 "level=1 seed=5 | level=1 seed=6 | level=1 seed=10 | level=1 seed=11 | "
                 "level=2 seed=5 | level=2 seed=6 | level=2 seed=10 | level=2 seed=11");
    check_points("noise: {seed: 5, repeat: 1e0}", NULL, "noise", "level=1 seed=5");
    check_points("noise: {seed: 5}", "noise.repeat=2", "noise", "level=1 seed=5 | level=1 seed=6");
}

static void excluded_points_are_left_out(void **state) {
    (void)state;
    check_points("attack: {epsilon: [2, 4], step: fgsm, rule: [dgba, single], exclude: [{epsilon: 8/2, rule: single}]}",
                 NULL, "attack",
                 "epsilon=2 random=false step.kind=fgsm rule.kind=dgba | "
                 "epsilon=2 random=false step.kind=fgsm rule.kind=single rule.task=all | "
                 "epsilon=4 random=false step.kind=fgsm rule.kind=dgba");
    // One map instead of a list; a list of values means any of them; options of a kind.
    check_points(
        "attack: {epsilon: [1, 2, 4], step: [fgsm, {kind: ifgsm, iterations: [3, 4]}],\n"
        "         exclude: {epsilon: [1, 4.0], step: [fgsm, {kind: ifgsm, iterations: 0x4}]}}",
        NULL, "attack",
        "epsilon=1 random=false step.kind=ifgsm step.iterations=3 step.alpha=auto rule.kind=dgba | "
        "epsilon=2 random=false step.kind=fgsm rule.kind=dgba | "
        "epsilon=2 random=false step.kind=ifgsm step.iterations=3 step.alpha=auto rule.kind=dgba | "
        "epsilon=2 random=false step.kind=ifgsm step.iterations=4 step.alpha=auto rule.kind=dgba | "
        "epsilon=4 random=false step.kind=ifgsm step.iterations=3 step.alpha=auto rule.kind=dgba");
    check_points(
        "model: {width: [1, 2], head: {channels: [8, 9]}, exclude: {head: {channels: 9}, width: 2}}", NULL, "model",
        "width=1 layout=0 head.channels=8 head.rates=[6, 12] | width=1 layout=0 head.channels=9 head.rates=[6, 12] | "
        "width=2 layout=0 head.channels=8 head.rates=[6, 12]");
    // An exclusion that leaves nothing out is told in a warning only: --set may have narrowed an axis.
    check_points("noise: {level: [1, 2], exclude: [{level: 3}]}", NULL, "noise", "level=1 seed=0 | level=2 seed=0");
}

static void beside_errors_have_places(void **state) {
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"noise: {zip: [level, sed]}", "1:22: zip: noise has no key 'sed' (did you mean 'seed'?)"},
        {"noise: {zip: [level, level]}", "1:22: zip: 'level' is named twice"},
        {"attack: {step: fgsm, zip: [[epsilon, random], [rule, epsilon]]}", "1:54: zip: 'epsilon' is named twice"},
        {"noise: {zip: [level]}", "1:14: zip: expected a list of at least two keys"},
        {"noise: {zip: level}", "1:14: zip: expected a list of at least two keys"},
        {"noise: {zip: []}", "1:14: zip: expected a list of at least two keys"},
        {"noise: {zip: [level, {}]}", "1:22: zip: expected a single value, not a map"},
        {"noise: {level: [1, 2], zip: [level, seed]}", "1:37: zip: 'level' has 2 values and 'seed' has 1"},
        {"noise: {repeat: 0}", "1:17: repeat: expected a whole number from 1 to 10000, not '0'"},
        {"noise: {seed: [1, 2, 3], repeat: 4000}", "1:34: repeat: 3 seeds, 4000 times, are more than 10000"},
        {"noise: {repeat: [1, 2]}", "1:17: repeat: expected a single value, not a list"},
        {"attack: {step: fgsm, repeat: 2}", "1:22: unknown key 'repeat' in attack"},
        {"model: {head: {exclude: []}}", "1:16: unknown key 'exclude' in model.head"},
        {"noise: {exclude: 3}", "1:18: exclude: expected keys and values that the left-out points have"},
        {"noise: {exclude: [{}]}", "1:19: exclude: expected keys and values that the left-out points have"},
        {"noise: {exclude: [{levle: 3}]}", "1:20: unknown key 'levle' in noise (did you mean 'level'?)"},
        {"noise: {exclude: [{level: x}]}", "1:27: level: 'x' is not a number"},
        {"noise: {exclude: [{zip: [a, b]}]}", "1:20: unknown key 'zip' in noise"},
        {"attack: {step: fgsm, exclude: [{rule: {iterations: 3}}]}", "1:39: key 'kind' is missing in rule"},
        {"noise: {level: [1, 2],\n exclude: [{level: 1}, {seed: 0}]}", "2:24: exclude: nothing is left of the sweep"},
    };
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i) check_refused(cases[i].text, cases[i].message);
}

/** A fragment counts as if its keys stood in the file, unless they do. */
static void fragments_add_what_is_missing(void **state) {
    (void)state;
    dgba_config *config = NULL;
    dgba_text points = {0};
    write_file("small.yaml", "name: small\nmodel: {width: 1/4, head: {channels: 8, rates: [1]}}\nnoise: {seed: [1, 2]}");
    write_file("wide.yaml", "include: small.yaml\nmodel: {width: 3}\nattack: {step: {kind: ifgsm, iterations: 3}}");
    check_points("include: small.yaml\nmodel: {layout: [0, 1], head: {channels: 9}}", NULL, "model",
                 "width=0.25 layout=0 head.channels=9 head.rates=[1] | width=0.25 layout=1 head.channels=9 head.rates=[1]");
    // Of several the last counts most, and a value is taken whole: this step is not mixed with the other's iterations.
    check_points("include: [wide.yaml, small.yaml]", NULL, "model", "width=0.25 layout=0 head.channels=8 head.rates=[1]");
    check_points("include: [small.yaml, wide.yaml]\nmodel:\n", NULL, "model",
                 "width=3 layout=0 head.channels=8 head.rates=[1]");
    check_points("include: wide.yaml\nattack: {step: {kind: ifgsm}}", NULL, "attack",
                 "epsilon=8 random=false step.kind=ifgsm step.iterations=10 step.alpha=auto rule.kind=dgba");
    check_points("include: wide.yaml", "attack.step.iterations=4", "attack",
                 "epsilon=8 random=false step.kind=ifgsm step.iterations=4 step.alpha=auto rule.kind=dgba");
    // The name is the file's own, and --set counts most.
    CHECK_OK(load_text(&config, "include: wide.yaml", "model.width=2"));
    assert_string_equal(dgba_config_name(config), "t");
    points_text(&points, config, "model");
    assert_string_equal(dgba_text_chars(&points), "width=2 layout=0 head.channels=8 head.rates=[1]");
    dgba_config_free(&config);
    dgba_text_free(&points);
}

static void fragments_of_other_folders(void **state) {
    (void)state;
    dgba_text folder = {0};
    CHECK_OK(dgba_folder_create(path_of(&folder, "parts/models")));
    write_file("parts/all.yaml", "include: models/tiny.yaml");
    write_file("parts/models/tiny.yaml", "include: ../../base.yaml\nmodel: {width: 0.5}");
    write_file("base.yaml", "noise: {level: 5}");
    check_points("include: parts/all.yaml", NULL, "model", "width=0.5 layout=0 head.channels=64 head.rates=[6, 12]");
    check_points("include: [parts/all.yaml, base.yaml]", NULL, "noise", "level=5 seed=0");
    dgba_text_free(&folder);
}

static void fragment_errors_have_places(void **state) {
    (void)state;
    dgba_text here = {0}, expected = {0};
    dgba_config *config = NULL;
    path_of(&here, "");
    const char *folder = dgba_text_chars(&here); // ends with '/'
    static const struct {
        const char *fragment, *text, *message; // %s is the folder
    } cases[] = {
        {"", "\ninclude: no.yaml", "%st.yaml:2:10: include: there is no file %sno.yaml"},
        {"", "include: {a: b}", "%st.yaml:1:10: include: expected the path of a file, or a list of paths"},
        {"", "include: [[f.yaml]]", "%st.yaml:1:11: include: expected the path of a file, or a list of paths"},
        {"", "include:", "%st.yaml:1:9: include: expected the path of a file, or a list of paths"},
        {"include: t.yaml", "include: f.yaml",
         "%sf.yaml:1:10: include: %st.yaml includes itself, directly or through others"},
        {"include: ./f.yaml", "include: f.yaml",
         "%sf.yaml:1:10: include: %s./f.yaml includes itself, directly or through others"},
        {"- a", "include: f.yaml", "%sf.yaml:1:1: expected sections such as 'model:'"},
        {"model: {width: 1, width: 2}", "include: f.yaml", "%sf.yaml:1:19: duplicate key 'width' (first at 1:9)"},
        {"\nmodel: {widht: 1}", "include: f.yaml\nmodel: {layout: 1}",
         "%sf.yaml:2:9: unknown key 'widht' in model (did you mean 'width'?)"},
        {"\nmodle: {}", "include: f.yaml",
         "%sf.yaml:2:1: unknown key 'modle' in the configuration (did you mean 'model'?)"},
        {"noise: {\n  level: 100}", "include: f.yaml", "%sf.yaml:2:10: level is 100; it must be between 0 and 99"},
    };
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i) {
        write_file("f.yaml", cases[i].fragment);
        CHECK_FAILS(DGBA_E_CONFIG, load_text(&config, cases[i].text, NULL));
        dgba_text_clear(&expected);
        for (const char *c = cases[i].message; *c != '\0'; ++c) {
            const bool is_folder = c[0] == '%' && c[1] == 's';
            dgba_text_add(&expected, is_folder ? "%s" : "%.1s", is_folder ? folder : c);
            c += is_folder;
        }
        assert_string_equal(dgba_error(), dgba_text_chars(&expected));
    }
    CHECK_FAILS(DGBA_E_CONFIG, load_text(&config, "noise:", "include=f.yaml"));
    assert_string_equal(dgba_error(), "--set include: only a file can name files that it includes");
    dgba_text_free(&here);
    dgba_text_free(&expected);
}

/** Whatever spells the same points gives the same ids. */
static void ids_do_not_depend_on_the_spelling(void **state) {
    (void)state;
    write_file("part.yaml", "noise: {level: 2/1}");
    static const char *const spellings[] = {
        "noise: {level: 2, seed: [3, 4]}",
        "noise: {seed: 3, repeat: 2, level: 2.0}",
        "include: part.yaml\nnoise: {seed: [3, 4, 5], exclude: {seed: 5}}",
        "noise: {level: [2, 2e0], seed: [0x3, 4], zip: [seed, level]}",
    };
    for (int64_t i = 0; i < DGBA_COUNT_OF(spellings); ++i) {
        static dgba_hash first[2];
        dgba_config *config = NULL;
        int64_t count = 0;
        CHECK_OK(load_text(&config, spellings[i], NULL));
        const dgba_settings *points = dgba_config_points(config, "noise", &count);
        assert_int_equal(count, 2);
        for (int64_t p = 0; p < 2; ++p) {
            if (i == 0) first[p] = dgba_config_id(&points[p]);
            assert_true(dgba_hash_equal(first[p], dgba_config_id(&points[p])));
        }
        dgba_config_free(&config);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zipped_axes_advance_together),  cmocka_unit_test(repeats_count_seeds_on),
        cmocka_unit_test(excluded_points_are_left_out),  cmocka_unit_test(beside_errors_have_places),
        cmocka_unit_test(fragments_add_what_is_missing), cmocka_unit_test(fragments_of_other_folders),
        cmocka_unit_test(fragment_errors_have_places),   cmocka_unit_test(ids_do_not_depend_on_the_spelling),
    };
    (void)schema;
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
