#include <math.h>

#include "dgba/train.h"

#define OPTION(name, kind, fallback, low, high, help) \
    { #name, DGBA_OPTION_##kind, offsetof(dgba_train, name), fallback, low, high, NULL, help }

static const char *const keep_words[] = {"last", "best", NULL};

// Defaults are the paper's NYUv2 settings.
static const dgba_option options[] = {
    OPTION(iterations, INTEGER, "20000", 0, 1e9, "updates of the parameters; 0 keeps the initial weights"),
    OPTION(batch, INTEGER, "16", 1, 65536, "images per update"),
    OPTION(
        group, INTEGER, "1", 1, 65536,
        "equal parts of a batch, which so many ranks can compute at once; the result depends on it, but not on the ranks"),
    OPTION(learning_rate, REAL, "1e-3", 0, HUGE_VAL, "Adam's rate at the start"),
    OPTION(decay, REAL, "0.5", 0, 1, "factor on the rate every `decay_every` iterations"),
    OPTION(decay_every, INTEGER, "4000", 1, 1e9, "iterations between two decays"),
    OPTION(beta1, REAL, "0.5", 0, 1, "Adam's decay of the first moment"),
    OPTION(beta2, REAL, "0.999", 0, 1, "Adam's decay of the second moment"),
    OPTION(weight_decay, REAL, "1e-4", 0, HUGE_VAL, "L2 penalty added to the gradient"),
    OPTION(clip_norm, REAL, "0", 0, HUGE_VAL, "longest gradient, by the norm over all parameters; 0 = not clipped"),
    OPTION(loss_weights, REALS, "[]", 0, HUGE_VAL, "factor of each task's loss, in the order of the tasks; [] = 1"),
    OPTION(crop_height, INTEGER, "0", 0, 65536, "height of the random crop in pixels; 0 = that of the test images"),
    OPTION(crop_width, INTEGER, "0", 0, 65536, "width of the random crop in pixels; 0 = that of the test images"),
    OPTION(scale_low, REAL, "0.5", 0.01, 100, "least random magnification"),
    OPTION(scale_high, REAL, "1.5", 0.01, 100, "largest random magnification"),
    OPTION(mirror, BOOL, "true", 0, 0, "mirror half of the images"),
    OPTION(log_every, INTEGER, "0", 0, 1e9, "iterations between two entries of training losses; 0 = a hundred in all"),
    OPTION(evaluate_every, INTEGER, "0", 0, 1e9, "iterations between two evaluations; 0 = none"),
    OPTION(evaluate_split, TEXT, "test", 0, 0, "split of the data file that evaluations look at"),
    OPTION(evaluate_images, INTEGER, "0", 0, 1e9, "its images used, from the first; 0 = all"),
    {"keep", DGBA_OPTION_CHOICE, offsetof(dgba_train, keep), "last", 0, 0, keep_words,
     "parameters the sweep goes on with: of the last iteration, or of the best evaluation (least mean over tasks of its "
     "loss by that at the first)"},
    OPTION(seed, INTEGER, "0", 0, 0x1p53, "seed of initial weights, order, augmentation and dropout"),
};

const dgba_option_table dgba_train_options = {"train", "training", options, DGBA_COUNT_OF(options)};

static const dgba_option adversarial_options[] = {
    {"epsilon", DGBA_OPTION_REAL, offsetof(dgba_train_adversarial, attack.epsilon), "0", 0, 1e6, NULL,
     "radius of the attack on each batch in input units, 0..255; 0 = clean training"},
    {"clean_step", DGBA_OPTION_BOOL, offsetof(dgba_train_adversarial, clean_step), "true", 0, 0, NULL,
     "an update on the images as they are before each on adversarial ones"},
};

const dgba_option_table dgba_train_adversarial_options = {"train.adversarial", "adversarial training", adversarial_options,
                                                          DGBA_COUNT_OF(adversarial_options)};

dgba_status dgba_train_check(const dgba_train *o, int64_t tasks) {
    if (o->batch % o->group != 0)
        return dgba_fail(DGBA_E_CONFIG, "group: a batch of %lld images has no %lld equal parts", (long long)o->batch,
                         (long long)o->group);
    if (o->scale_low > o->scale_high)
        return dgba_fail(DGBA_E_CONFIG, "scale_low %g exceeds scale_high %g", o->scale_low, o->scale_high);
    if (o->loss_weights.count > 0 && o->loss_weights.count != tasks)
        return dgba_fail(DGBA_E_CONFIG, "loss_weights has %lld numbers for %lld tasks", (long long)o->loss_weights.count,
                         (long long)tasks);
    if (o->keep == DGBA_TRAIN_KEEP_BEST && o->evaluate_every == 0)
        return dgba_fail(DGBA_E_CONFIG, "keep: the best parameters are known by evaluations; set evaluate_every");
    return DGBA_OK;
}

dgba_status dgba_train_check_adversarial(const dgba_train_adversarial *adversarial, const dgba_train *o) {
    const dgba_step_kind *step = adversarial->attack.step.kind;
    if (o->group == 1 || adversarial->attack.epsilon == 0 || !step->scores_batch) return DGBA_OK;
    return dgba_fail(DGBA_E_CONFIG, "step %s scores whole batches, which a group of %lld attacks in parts", step->name,
                     (long long)o->group);
}
