#include <math.h>
#include <string.h>

#include "support/check.h"

typedef struct definition {
    int64_t iterations, mode;
    double alpha;
    bool fast;
    char name[DGBA_OPTION_TEXT_BYTES];
    dgba_integers rates;
    dgba_words tasks, floor;
    dgba_reals weights;
} definition;

static const char *const modes[] = {"slow", "quick", NULL};
static const dgba_option options[] = {
    {"iterations", DGBA_OPTION_INTEGER, offsetof(definition, iterations), "10", 1, 1000, NULL, "how often"},
    {"alpha", DGBA_OPTION_REAL, offsetof(definition, alpha), "auto", 0, HUGE_VAL, NULL, "step size"},
    {"fast", DGBA_OPTION_BOOL, offsetof(definition, fast), "no", 0, 0, NULL, "whether"},
    {"mode", DGBA_OPTION_CHOICE, offsetof(definition, mode), "slow", 0, 0, modes, "which way"},
    {"name", DGBA_OPTION_TEXT, offsetof(definition, name), NULL, 0, 0, NULL, "what"},
    {"rates", DGBA_OPTION_INTEGERS, offsetof(definition, rates), "[6, 12]", 1, 99, NULL, "list"},
    {"tasks", DGBA_OPTION_WORDS, offsetof(definition, tasks), "[]", 0, 0, NULL, "words"},
    {"floor", DGBA_OPTION_AMOUNTS, offsetof(definition, floor), "[]", 0, 0, NULL, "amounts"},
    {"weights", DGBA_OPTION_REALS, offsetof(definition, weights), "[]", 0, 100, NULL, "numbers"},
};
static const dgba_option_table table = {"test", "options of a test", options, DGBA_COUNT_OF(options)};

static void defaults_and_values(void **state) {
    (void)state;
    definition d = {0};
    dgba_option_defaults(&d, &table);
    assert_int_equal(d.iterations, 10);
    assert_true(isnan(d.alpha));
    assert_int_equal(d.rates.count, 2);
    CHECK_OK(dgba_option_set(&d, &table, "iterations", "2e1"));
    assert_int_equal(d.iterations, 20);
    CHECK_OK(dgba_option_set(&d, &table, "mode", "quick"));
    assert_int_equal(d.mode, 1);
    CHECK_OK(dgba_option_set(&d, &table, "rates", "[1,2, 3]"));
    assert_int_equal(d.rates.values[2], 3);
    CHECK_OK(dgba_option_set(&d, &table, "weights", "[1/4,2e1]"));
    assert_int_equal(d.weights.count, 2);
    assert_true(d.weights.values[0] == 0.25 && d.weights.values[1] == 20);
}

static void bad_values_leave_the_field(void **state) {
    (void)state;
    definition d = {.iterations = 5};
    CHECK_FAILS(DGBA_E_CONFIG, dgba_option_set(&d, &table, "iterations", "0"));
    CHECK_MESSAGE("between 1 and 1000");
    CHECK_FAILS(DGBA_E_CONFIG, dgba_option_set(&d, &table, "iteratoins", "3"));
    CHECK_MESSAGE("did you mean 'iterations'?");
    CHECK_FAILS(DGBA_E_CONFIG, dgba_option_set(&d, &table, "mode", "qick"));
    CHECK_MESSAGE("did you mean 'quick'?");
    CHECK_FAILS(DGBA_E_CONFIG, dgba_option_set(&d, &table, "iterations", "auto"));
    assert_int_equal(d.iterations, 5);
    CHECK_FAILS(DGBA_E_CONFIG, dgba_option_set(&d, &table, "weights", "[1, -2]"));
    CHECK_MESSAGE("weights is -2; it must be between 0 and 100");
    CHECK_FAILS(DGBA_E_CONFIG, dgba_option_set(&d, &table, "weights", "[1, 2, 3, 4, 5, 6, 7, 8, 9]"));
    CHECK_MESSAGE("more than 8 items");
    assert_int_equal(d.weights.count, 0);
}

static void canonical_text_ignores_spelling(void **state) {
    (void)state;
    static const struct {
        const char *name, *given, *canonical;
    } cases[] = {{"iterations", "1e2", "100"},
                 {"alpha", "8/4", "2"},
                 {"alpha", "auto", "auto"},
                 {"fast", "YES", "true"},
                 {"rates", "[6,12 , 0x12]", "[6, 12, 18]"},
                 {"mode", "quick", "quick"},
                 {"tasks", "[ a,b ]", "[a, b]"},
                 {"tasks", "[]", "[]"},
                 {"floor", "[a=1e-1,b=4/2]", "[a=0.1, b=2]"},
                 {"weights", "[0.50, 1e-3,2]", "[0.5, 0.001, 2]"},
                 {"weights", "[]", "[]"}};
    dgba_text text = {0};
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i) {
        const dgba_option *option = NULL;
        CHECK_OK(dgba_option_find(&option, &table, cases[i].name));
        CHECK_OK(dgba_option_canonical(&text, option, cases[i].given));
        assert_string_equal(dgba_text_chars(&text), cases[i].canonical);
    }
    dgba_text_free(&text);
}

static void settings_round_trip(void **state) {
    (void)state;
    dgba_settings settings = {0}, again = {0};
    dgba_settings_set(&settings, "step.name", "a=b c");
    dgba_settings_set(&settings, "step.iterations", "3");
    dgba_settings_set(&settings, "step.iterations", "4");
    dgba_settings_set(&settings, "step.inner.other", "ignored");
    dgba_text text = {0};
    dgba_settings_print(&text, &settings);
    CHECK_OK(dgba_settings_parse(&again, dgba_text_chars(&text)));
    assert_int_equal(again.count, 3);
    assert_string_equal(dgba_settings_get(&again, "step.name"), "a=b c");
    definition d = {0};
    CHECK_OK(dgba_settings_read(&d, &table, &again, "step."));
    assert_int_equal(d.iterations, 4);
    assert_string_equal(d.name, "a=b c");
    dgba_settings_free(&again);
    CHECK_FAILS(DGBA_E_CONFIG, dgba_settings_read(&d, &table, &again, "step."));
    CHECK_MESSAGE("'name' is missing");
    CHECK_FAILS(DGBA_E_FORMAT, dgba_settings_parse(&again, "no equals sign\n"));
    dgba_text_free(&text);
    dgba_settings_free(&settings);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_and_values),
        cmocka_unit_test(bad_values_leave_the_field),
        cmocka_unit_test(canonical_text_ignores_spelling),
        cmocka_unit_test(settings_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
