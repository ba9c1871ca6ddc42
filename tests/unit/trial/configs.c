/** The configurations that come with the program are valid; their data need not be there. */
#include <string.h>

#include "dgba/trial.h"
#include "support/check.h"

static int64_t load_all(const char *folder, const char *name) {
    dgba_names files = {0};
    dgba_text path = {0};
    int64_t loaded = 0;
    CHECK_OK(dgba_folder_list(&files, folder));
    for (int64_t i = 0; i < files.count; ++i) {
        dgba_config *config = NULL;
        dgba_path_join(&path, folder, files.items[i]);
        if (name != NULL) dgba_text_add(&path, "/%s", name);
        if (strstr(dgba_text_chars(&path), ".yaml") == NULL || !dgba_file_exists(dgba_text_chars(&path))) continue;
        CHECK_OK(dgba_config_load(&config, dgba_text_chars(&path), NULL, 0, dgba_trial_schema()));
        int64_t models = 0, attacks = 0;
        dgba_config_points(config, "model", &models);
        dgba_config_points(config, "attack", &attacks);
        assert_true(models > 0 && attacks > 0);
        dgba_config_free(&config);
        loaded += 1;
    }
    dgba_names_free(&files);
    dgba_text_free(&path);
    return loaded;
}

static void reusable_configurations(void **state) {
    (void)state;
    assert_true(load_all(TEST_SOURCE_DIR "/../configs", NULL) >= 1);
}

static void experiments(void **state) {
    (void)state;
    assert_true(load_all(TEST_SOURCE_DIR "/../experiments", "experiment.yaml") >= 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(reusable_configurations), cmocka_unit_test(experiments)};
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
