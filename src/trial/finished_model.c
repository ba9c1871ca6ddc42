#include "finished_model.h"

/** What a run writes beside the model. */
static dgba_status read_unit(finished_model *out, dgba_h5 *file) {
    dgba_text text = {0};
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(dgba_h5_get_text(&text, file, "/", "id"));
    DGBA_TRY_OUT(dgba_text_fit(out->id, sizeof out->id, dgba_text_chars(&text)));
    DGBA_TRY_OUT(dgba_h5_get_text(&text, file, "/", "settings"));
    DGBA_TRY_OUT(dgba_settings_parse(&out->settings, dgba_text_chars(&text)));
out:
    dgba_text_free(&text);
    return status;
}

static void set_rates(dgba_settings *settings, const dgba_integers *rates) {
    dgba_text list = {0};
    for (int64_t i = 0; i < rates->count; ++i)
        dgba_text_add(&list, "%s%lld", i > 0 ? ", " : "[", (long long)rates->values[i]);
    dgba_text_add(&list, "]");
    dgba_settings_set(settings, "model.head.rates", dgba_text_chars(&list));
    dgba_text_free(&list);
}

/** The settings of a model that no run made: how it was trained is not known. */
static dgba_status describe_model(finished_model *out, const dgba_model *model, const char *path) {
    const dgba_model_def *def = &model->def;
    const dgba_option *backbone = NULL;
    char *bytes = NULL;
    size_t count = 0;
    DGBA_TRY(dgba_file_read(&bytes, &count, path));
    dgba_hash_text(out->id, dgba_hash_bytes(bytes, count));
    dgba_free(bytes);
    DGBA_TRY(dgba_option_find(&backbone, &dgba_model_options, "backbone"));
    dgba_settings *s = &out->settings;
    dgba_settings_set(s, "model.backbone", backbone->choices[def->backbone]);
    dgba_settings_format(s, "model.width", "%.17g", def->width);
    dgba_settings_format(s, "model.layout", "%lld", (long long)def->layout);
    dgba_settings_format(s, "model.head.channels", "%lld", (long long)def->head_channels);
    set_rates(s, &def->head_rates);
    dgba_settings_format(s, "model.head.dropout", "%.17g", def->head_dropout);
    dgba_settings_set(s, "train.iterations", "0");
    return DGBA_OK;
}

static dgba_status read_tasks(dgba_words *out, const dgba_model *model, const char *path) {
    if (model->task_count > DGBA_WORDS_MOST)
        return dgba_fail(DGBA_E_FORMAT, "%s: %lld tasks; attacks are possible on %d", path, (long long)model->task_count,
                         DGBA_WORDS_MOST);
    for (int64_t t = 0; t < model->task_count; ++t)
        DGBA_TRY(dgba_context(dgba_text_fit(out->items[out->count++], DGBA_WORD_BYTES, model->tasks[t].name), "%s", path));
    return DGBA_OK;
}

dgba_status finished_model_read(finished_model *out, const char *path) {
    *out = (finished_model){0};
    dgba_h5 *file = NULL;
    dgba_model model = {0};
    dgba_status status = DGBA_OK;
    DGBA_TRY(dgba_h5_open(&file, path));
    if (!dgba_h5_has(file, "/model")) {
        status = dgba_fail(DGBA_E_FORMAT, "%s: not a checkpoint: it has no model", path);
        goto out;
    }
    DGBA_TRY_OUT(dgba_checkpoint_read_model(&model, file));
    DGBA_TRY_OUT(read_tasks(&out->tasks, &model, path));
    if (dgba_h5_has(file, "/train"))
        status = read_unit(out, file);
    else
        status = describe_model(out, &model, path);
out:
    dgba_model_free(&model);
    dgba_h5_close(&file);
    return status;
}

void finished_model_free(finished_model *model) { dgba_settings_free(&model->settings); }
