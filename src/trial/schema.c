#include "settings.h"

enum { MOST_KINDS = 32 };
static const dgba_option_table *step_tables[MOST_KINDS], *rule_tables[MOST_KINDS];
static dgba_config_choice attack_choices[2];

static const dgba_config_section head = {.name = "head", .options = &dgba_head_options};
static const dgba_config_section adversarial = {.name = "adversarial",
                                                .options = &dgba_train_adversarial_options,
                                                .choices = attack_choices,
                                                .choice_count = DGBA_COUNT_OF(attack_choices)};
#define DATA_SECTION \
    { .name = "data", .required = true, .options = &trial_data_options }
#define ATTACK_SECTION                                                                 \
    {                                                                                  \
        .name = "attack", .options = &trial_attack_options, .choices = attack_choices, \
        .choice_count = DGBA_COUNT_OF(attack_choices)                                  \
    }

static const dgba_config_section sections[] = {
    DATA_SECTION,
    {.name = "model", .required = true, .options = &dgba_model_options, .children = &head, .child_count = 1},
    {.name = "train", .required = true, .options = &dgba_train_options, .children = &adversarial, .child_count = 1},
    ATTACK_SECTION,
    {.name = "transfer", .options = &trial_transfer_options},
    {.name = "examples", .options = &trial_example_options},
};
static const dgba_config_section attack_sections[] = {DATA_SECTION, ATTACK_SECTION};
static const dgba_config_schema schema = {sections, DGBA_COUNT_OF(sections)},
                                attack_schema = {attack_sections, DGBA_COUNT_OF(attack_sections)};

static int64_t list_steps(void) {
    int64_t count = 0;
    const dgba_step_kind *const *kinds = dgba_step_kinds(&count);
    DGBA_ASSERT(count <= MOST_KINDS);
    for (int64_t i = 0; i < count; ++i) step_tables[i] = kinds[i]->options;
    return count;
}

static int64_t list_rules(void) {
    int64_t count = 0;
    const dgba_rule_kind *const *kinds = dgba_rule_kinds(&count);
    DGBA_ASSERT(count <= MOST_KINDS);
    for (int64_t i = 0; i < count; ++i) rule_tables[i] = kinds[i]->options;
    return count;
}

static void fill_choices(void) {
    // The registries are tables of their modules, so that the choices cannot be constants here.
    attack_choices[0] = (dgba_config_choice){
        .key = "step", .help = "how images move", .fallback = "ifgsm", .kinds = step_tables, .count = list_steps()};
    attack_choices[1] = (dgba_config_choice){
        .key = "rule", .help = "how tasks are balanced", .fallback = "dgba", .kinds = rule_tables, .count = list_rules()};
}

const dgba_config_schema *dgba_trial_schema(void) {
    fill_choices();
    return &schema;
}

const dgba_config_schema *dgba_trial_attack_schema(void) {
    fill_choices();
    return &attack_schema;
}
