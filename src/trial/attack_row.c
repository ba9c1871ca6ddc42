#include <string.h>

#include "settings.h"

/** Adds "separator" "name=value" for every option of a kind that is not as by default; `left_out` has a column of its own.
 */
static dgba_status add_changed(dgba_text *out, const dgba_option_table *table, const dgba_settings *settings,
                               const char *prefix, const char *left_out) {
    dgba_text key = {0}, fallback = {0};
    dgba_status status = DGBA_OK;
    for (int64_t i = 0; i < table->count; ++i) {
        const dgba_option *option = &table->options[i];
        dgba_text_clear(&key);
        dgba_text_add(&key, "%s%s", prefix, option->name);
        const char *value = dgba_settings_get(settings, dgba_text_chars(&key));
        if (value == NULL || option->fallback == NULL || strcmp(option->name, left_out) == 0) continue;
        DGBA_TRY_OUT(dgba_option_canonical(&fallback, option, option->fallback));
        if (strcmp(value, dgba_text_chars(&fallback)) == 0) continue;
        dgba_text_add(out, "%s%s=%s", out->length > 0 ? ", " : "", option->name, value);
    }
out:
    dgba_text_free(&key);
    dgba_text_free(&fallback);
    return status;
}

/** "single:normal", "minmax", "minmax(beta=10)" */
static dgba_status set_rule(dgba_attack_row *row, const dgba_rule *rule, const dgba_settings *settings) {
    dgba_text name = {0}, changed = {0};
    const dgba_status status = add_changed(&changed, rule->kind->options, settings, "attack.rule.", "task");
    dgba_text_add(&name, "%s%s%s", rule->kind->name, rule->task[0] != '\0' ? ":" : "", rule->task);
    if (changed.length > 0) dgba_text_add(&name, "(%s)", dgba_text_chars(&changed));
    dgba_results_set_text(&row->rule, dgba_text_chars(&name));
    dgba_text_free(&name);
    dgba_text_free(&changed);
    return status;
}

static dgba_status set_options(dgba_attack_row *row, const dgba_attack *attack, const dgba_settings *settings) {
    dgba_text changed = {0};
    const dgba_status status = add_changed(&changed, attack->step.kind->options, settings, "attack.step.", "iterations");
    if (attack->pooled_loss) dgba_text_add(&changed, "%spooled_loss=true", changed.length > 0 ? ", " : "");
    dgba_results_set_text(&row->options, dgba_text_chars(&changed));
    dgba_text_free(&changed);
    return status;
}

dgba_status trial_describe_attack(dgba_attack_row *row, const dgba_settings *settings, const dgba_task *tasks,
                                  int64_t task_count) {
    dgba_attack attack;
    DGBA_TRY(trial_read_attack(&attack, settings, tasks, task_count));
    const dgba_step *step = &attack.step;
    DGBA_TRY(set_rule(row, &attack.rule, settings));
    DGBA_TRY(set_options(row, &attack, settings));
    dgba_results_set_text(&row->step, step->kind->name);
    dgba_results_set_text(&row->norm, step->norm == DGBA_NORM_L2 ? "l2" : "linf");
    row->iterations = step->iterations > 0 ? step->iterations : 1;
    row->restarts = step->restarts > 0 ? step->restarts : 1;
    row->alpha = step->kind->alpha(step, attack.epsilon);
    row->epsilon = attack.epsilon;
    row->seed = attack.seed;
    return DGBA_OK;
}
