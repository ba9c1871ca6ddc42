#include <string.h>

#include "command.h"
#include "dgba/attack.h"
#include "dgba/task.h"

static void add_options(dgba_text *out, const dgba_option_table *options) {
    if (options == NULL || options->count == 0) return;
    dgba_text_add(out, "  options:\n");
    dgba_option_help(out, options);
}

static void list_steps(dgba_text *out) {
    int64_t count = 0;
    const dgba_step_kind *const *kinds = dgba_step_kinds(&count);
    for (int64_t i = 0; i < count; ++i) {
        dgba_text_add(out, "%s: %s\n  formula %s\n", kinds[i]->name, kinds[i]->help, kinds[i]->formula);
        add_options(out, kinds[i]->options);
    }
}

static void list_rules(dgba_text *out) {
    int64_t count = 0;
    const dgba_rule_kind *const *kinds = dgba_rule_kinds(&count);
    for (int64_t i = 0; i < count; ++i) {
        dgba_text_add(out, "%s: %s\n  direction %s\n  score %s\n  backward passes per iterate: %s\n", kinds[i]->name,
                      kinds[i]->help, kinds[i]->direction, kinds[i]->score,
                      kinds[i]->needs_task_gradients ? "one per task" : "1");
        add_options(out, kinds[i]->options);
    }
}

/** A table of steps by rules, and why the pairs that do not work do not. */
static void list_pairs(dgba_text *out) {
    int64_t steps = 0, rules = 0;
    const dgba_step_kind *const *step = dgba_step_kinds(&steps);
    const dgba_rule_kind *const *rule = dgba_rule_kinds(&rules);
    dgba_text refused = {0};
    dgba_text_add(out, "%-14s", "");
    for (int64_t r = 0; r < rules; ++r) dgba_text_add(out, " %8s", rule[r]->name);
    for (int64_t s = 0; s < steps; ++s) {
        dgba_text_add(out, "\n%-14s", step[s]->name);
        for (int64_t r = 0; r < rules; ++r) {
            const bool works = dgba_attack_pair(step[s], rule[r]) == DGBA_OK;
            dgba_text_add(out, " %8s", works ? "yes" : "no");
            if (!works) dgba_text_add(&refused, "%s\n", dgba_error());
        }
    }
    dgba_text_add(out, "\n%s%s", refused.length > 0 ? "\n" : "", dgba_text_chars(&refused));
    dgba_text_free(&refused);
}

static void list_tasks(dgba_text *out) {
    int64_t count = 0;
    const dgba_task_kind *const *kinds = dgba_task_kinds(&count);
    for (int64_t i = 0; i < count; ++i) {
        dgba_text_add(out, "%s: %s\n  loss %s\n  metrics", kinds[i]->name, kinds[i]->help, kinds[i]->loss_name);
        for (int64_t m = 0; m < kinds[i]->metric_count; ++m) {
            const dgba_metric_info *metric = &kinds[i]->metrics[m];
            dgba_text_add(out, "%s %s (%s%s%s)", m > 0 ? "," : "", metric->name, metric->unit,
                          metric->unit[0] != '\0' ? ", " : "",
                          metric->higher_is_better ? "higher is better" : "lower is better");
        }
        dgba_text_add(out, "\n");
    }
}

static dgba_status run(const dgba_command *command, int argc, char **argv) {
    static const struct {
        const char *name;
        void (*list)(dgba_text *out);
    } lists[] = {{"steps", list_steps}, {"rules", list_rules}, {"pairs", list_pairs}, {"tasks", list_tasks}};
    arguments given;
    DGBA_TRY(arguments_read(&given, NULL, command, argc, argv, 1, 1));
    for (int64_t i = 0; i < DGBA_COUNT_OF(lists); ++i) {
        if (strcmp(lists[i].name, given.words[0]) != 0) continue;
        dgba_text text = {0};
        lists[i].list(&text);
        const dgba_status status = print_text(&text);
        dgba_text_free(&text);
        return status;
    }
    return dgba_fail(DGBA_E_USAGE, "cannot list '%s'; try steps, rules, pairs or tasks", given.words[0]);
}

const dgba_command list_command = {
    .name = "list",
    .usage = "steps | rules | pairs | tasks",
    .help = "lists attack steps, balancing rules, which of them work together, or kinds of task",
    .run = run,
};
