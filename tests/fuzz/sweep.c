#include "sweep.h"

#include <string.h>

#include "fuzz.h"

enum { MOST_MODELS = 8, MOST_ATTACKS = 32 };

static int64_t count_points(const dgba_config *config, const char *section) {
    int64_t count = 0;
    dgba_config_points(config, section, &count);
    return count;
}

static void check_same_points(const dgba_config *config, const dgba_config *again) {
    const dgba_config_schema *schema = dgba_trial_schema();
    for (int64_t s = 0; s < schema->count; ++s) {
        const char *section = schema->sections[s].name;
        int64_t count = 0, count_again = 0;
        const dgba_settings *points = dgba_config_points(config, section, &count);
        const dgba_settings *points_again = dgba_config_points(again, section, &count_again);
        FUZZ_CHECK(count >= 1 && count == count_again);
        for (int64_t i = 0; i < count; i += 1 + count / 16)
            FUZZ_CHECK(dgba_hash_equal(dgba_config_id(&points[i]), dgba_config_id(&points_again[i])));
    }
}

static void check_round_trip(const dgba_config *config, const char *name) {
    dgba_config *again = NULL;
    dgba_text differences = {0};
    FUZZ_OK(dgba_config_read(&again, dgba_config_resolved(config), name, NULL, 0, dgba_trial_schema()));
    FUZZ_CHECK(strcmp(dgba_config_resolved(config), dgba_config_resolved(again)) == 0);
    FUZZ_CHECK(strcmp(dgba_config_name(config), dgba_config_name(again)) == 0);
    check_same_points(config, again);
    dgba_config_differences(&differences, config, again, dgba_trial_schema());
    FUZZ_CHECK(differences.length == 0);
    dgba_text_free(&differences);
    dgba_config_free(&again);
}

static void check_units(const dgba_sweep *sweep) {
    for (int64_t u = 0; u < sweep->unit_count; u += 1 + sweep->unit_count / 16) {
        char *message = NULL;
        size_t count = 0;
        dgba_settings settings = {0}, parsed = {0};
        dgba_text description = {0};
        char id[DGBA_HASH_TEXT_BYTES];
        dgba_unit_settings(&settings, sweep, &sweep->units[u]);
        dgba_hash_text(id, dgba_config_id(&settings));
        FUZZ_CHECK(strcmp(id, sweep->units[u].id) == 0);
        FUZZ_OK(dgba_unit_message(&message, &count, sweep, &sweep->units[u], fuzz_path("run")));
        FUZZ_OK(dgba_settings_parse(&parsed, message));
        FUZZ_CHECK(parsed.count > settings.count);
        dgba_unit_describe(&description, sweep, &sweep->units[u]);
        dgba_text_free(&description);
        dgba_settings_free(&parsed);
        dgba_settings_free(&settings);
        dgba_free(message);
    }
}

/** The same configuration on the sample data. */
static void check_sweep(const dgba_config *config, const char *name) {
    const fuzz_sample sample = fuzz_sample_data();
    dgba_config *here = NULL;
    dgba_sweep sweep;
    dgba_text file = {0};
    dgba_text_add(&file, "data.file=%s", fuzz_file(0, sample.bytes, sample.count));
    const char *const overrides[] = {dgba_text_chars(&file)};
    FUZZ_OK(dgba_config_read(&here, dgba_config_resolved(config), name, overrides, 1, dgba_trial_schema()));
    if (dgba_sweep_create(&sweep, here) == DGBA_OK) {
        check_units(&sweep);
        dgba_sweep_free(&sweep);
    } else {
        fuzz_refused();
    }
    dgba_config_free(&here);
    dgba_text_free(&file);
}

void fuzz_check_config(const dgba_config *config, const char *name) {
    check_round_trip(config, name);
    if (count_points(config, "model") * count_points(config, "train") <= MOST_MODELS &&
        count_points(config, "attack") <= MOST_ATTACKS)
        check_sweep(config, name);
}
