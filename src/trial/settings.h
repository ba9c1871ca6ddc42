/** Definitions that a unit's settings are read into. */
#ifndef DGBA_TRIAL_SETTINGS_H
#define DGBA_TRIAL_SETTINGS_H

#include "dgba/trial.h"

typedef struct data_settings {
    char file[DGBA_OPTION_TEXT_BYTES];
    dgba_words tasks;
    int64_t height, width;
    int64_t train_images, first_test_image, test_images, shard;
    int64_t compat; // 1 = released
} data_settings;

/** Which transfers are measured. */
typedef struct transfer_settings {
    bool task, model;
    dgba_words step, rule, epsilon; // of the transferred attacks; none = all
} transfer_settings;

/** What is kept to look at. */
typedef struct example_settings {
    int64_t images;
} example_settings;

extern const dgba_option_table trial_data_options, trial_attack_options, trial_transfer_options, trial_example_options;

/** The model of settings "model.…" for the tasks of `data`. */
dgba_status trial_create_model(dgba_model *out, const dgba_settings *settings, const dgba_data_info *data);

/** Opens a data file with the chosen tasks only, in the chosen order; all if none are chosen. */
dgba_status trial_open_data(dgba_data **out, const char *file, const dgba_words *tasks);

/** Step, rule and epsilon among settings "attack.…"; `tasks` give the number of an attacked task. What no option says is
 * left out. Errors    DGBA_E_CONFIG, also for a step that does not work with the rule */
dgba_status trial_read_attack(dgba_attack *out, const dgba_settings *settings, const dgba_task *tasks, int64_t task_count);

/** Settings "train.…", with those of adversarial training.
 *  Errors    DGBA_E_CONFIG, also for options that do not go together */
dgba_status trial_read_train(dgba_train *out, dgba_train_adversarial *adversarial, const dgba_settings *settings,
                             const dgba_task *tasks, int64_t task_count);

/** The columns of an attack that its settings say. */
dgba_status trial_describe_attack(dgba_attack_row *row, const dgba_settings *settings, const dgba_task *tasks,
                                  int64_t task_count);

/** Path of a finished model into `out` (cleared first). */
void trial_model_path(dgba_text *out, const dgba_sweep *sweep, const char *folder, const char *id);

/** Valid input values: 0..255 per channel with the mean subtracted. */
dgba_box trial_image_box(void);

/** The tasks of data; `released`: measured as the released code does. */
dgba_status trial_read_tasks(dgba_task *out, const dgba_data_info *data, bool released);

/** An integer setting that must be there. */
dgba_status trial_read_integer(int64_t *out, const dgba_settings *settings, const char *key);

/** A text setting that must be there; borrowed. */
dgba_status trial_read_text(const char **out, const dgba_settings *settings, const char *key);

#endif
