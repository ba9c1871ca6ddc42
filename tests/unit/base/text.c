#include <math.h>
#include <string.h>

#include "support/check.h"

static void numbers_as_researchers_write_them(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double value;
    } good[] = {{"3", 3},    {"-2.5", -2.5}, {"1e-3", 0.001}, {"8/255", 8.0 / 255},
                {"16/2", 8}, {"0x10", 16},   {".5", 0.5},     {"010", 10}};
    for (int64_t i = 0; i < DGBA_COUNT_OF(good); ++i) {
        double value = 0;
        CHECK_OK(dgba_text_real(&value, good[i].text));
        assert_true(value == good[i].value);
    }
    static const char *const bad[] = {"", "a", "1e", "1/0", "1 2", "nan", "inf", "--1", "1/", "0x"};
    for (int64_t i = 0; i < DGBA_COUNT_OF(bad); ++i) {
        double value = 77;
        CHECK_FAILS(DGBA_E_USAGE, dgba_text_real(&value, bad[i]));
        assert_true(value == 77);
    }
}

static void whole_numbers(void **state) {
    (void)state;
    int64_t value = 0;
    CHECK_OK(dgba_text_integer(&value, "1e3"));
    assert_int_equal(value, 1000);
    CHECK_OK(dgba_text_integer(&value, "010"));
    assert_int_equal(value, 10);
    CHECK_FAILS(DGBA_E_USAGE, dgba_text_integer(&value, "1.5"));
    CHECK_FAILS(DGBA_E_USAGE, dgba_text_integer(&value, "1e30"));
    CHECK_MESSAGE("too large");
}

static void reals_print_shortest(void **state) {
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {{0.1, "0.1"}, {8, "8"}, {1e-3, "0.001"}, {1.0 / 3, "0.3333333333333333"}};
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i) {
        dgba_text text = {0};
        dgba_text_add_real(&text, cases[i].value);
        assert_string_equal(dgba_text_chars(&text), cases[i].text);
        dgba_text_free(&text);
    }
}

static void nearest_word(void **state) {
    (void)state;
    static const char *const known[] = {"epsilon", "rule", "step"};
    assert_string_equal(dgba_text_nearest("epsilson", known, 3), "epsilon");
    assert_string_equal(dgba_text_nearest("setp", known, 3), "step");
    assert_null(dgba_text_nearest("zebra", known, 3));
}

static void json_is_escaped(void **state) {
    (void)state;
    dgba_text text = {0};
    dgba_text_add_json(&text, "a\"b\\c\nd");
    assert_string_equal(dgba_text_chars(&text), "\"a\\\"b\\\\c\\u000ad\"");
    dgba_text_free(&text);
}

static void messages_gain_context(void **state) {
    (void)state;
    CHECK_FAILS(DGBA_E_IO, dgba_fail(DGBA_E_IO, "cannot read"));
    CHECK_FAILS(DGBA_E_IO, dgba_context(DGBA_E_IO, "file %d", 7));
    assert_string_equal(dgba_error(), "file 7: cannot read");
    CHECK_OK(dgba_context(DGBA_OK, "never"));
    assert_string_equal(dgba_error(), "file 7: cannot read");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_as_researchers_write_them),
        cmocka_unit_test(whole_numbers),
        cmocka_unit_test(reals_print_shortest),
        cmocka_unit_test(nearest_word),
        cmocka_unit_test(json_is_escaped),
        cmocka_unit_test(messages_gain_context),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
