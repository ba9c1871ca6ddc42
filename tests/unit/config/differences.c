/** What is told of two configurations. */
#include "schema.h"

static void check_told(const char *former, const char *now, const char *expected) {
    dgba_config *configs[2] = {NULL, NULL};
    const char *const texts[] = {former, now};
    dgba_text path = {0}, told = {0};
    for (int i = 0; i < 2; ++i)
        CHECK_OK(load_bytes(&configs[i], path_of(&path, "t.yaml"), texts[i], strlen(texts[i]), NULL, 0));
    dgba_config_differences(&told, configs[0], configs[1], &schema);
    assert_string_equal(dgba_text_chars(&told), expected);
    for (int i = 0; i < 2; ++i) dgba_config_free(&configs[i]);
    dgba_text_free(&told);
    dgba_text_free(&path);
}

static void keys_that_differ_are_told(void **state) {
    (void)state;
    check_told("data: {file: d}", "name: other\ndata: {file: d, split: test} # the default", "");
    check_told("data: {file: d}\nmodel: {width: 1/2, layout: [0, 1]}",
               "data: {file: e}\nmodel: {width: 0.5, layout: [1, 0, 7]}",
               "data.file: d -> e\nmodel.layout: 0, 1 -> 1, 0, 7\n");
    check_told("data: {file: d}\nattack: {step: fgsm}",
               "data: {file: d}\nattack: {step: [fgsm, ifgsm], rule: 'single:seg'}",
               "attack.step.kind: fgsm -> fgsm, ifgsm\nattack.rule.kind: dgba -> single\n"
               "attack.rule.task: none -> seg\n"
               "attack.step.iterations: none -> 10\nattack.step.alpha: none -> auto\n");
    check_told("data: {file: d}\ntransfer: {task: yes}",
               "data: {file: d}\nmodel:", "model: not given -> given\ntransfer: given -> not given\n");
    check_told("data: {file: d}\nmodel: {width: [1, 2], layout: [0, 1]}",
               "data: {file: d}\nmodel: {width: [1, 2], layout: [0, 1], zip: [width, layout]}",
               "model: other combinations of the same values (4 points -> 2)\n");
    check_told("data: {file: d}\ntrain: {iterations: 1, note: ''}", "data: {file: d}\ntrain: {iterations: 1, note: x}",
               "train.note: '' -> x\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(keys_that_differ_are_told)};
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
