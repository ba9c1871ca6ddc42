#include <math.h>

#include "dgba/train.h"

#define OPTION(name, kind, fallback, low, high, help) \
    { #name, DGBA_OPTION_##kind, offsetof(dgba_train, name), fallback, low, high, NULL, help }

// Defaults are the paper's NYUv2 settings.
static const dgba_option options[] = {
    OPTION(iterations, INTEGER, "20000", 0, 1e9, "updates of the parameters; 0 keeps the initial weights"),
    OPTION(batch, INTEGER, "16", 1, 65536, "images per update"),
    OPTION(learning_rate, REAL, "1e-3", 0, HUGE_VAL, "Adam's rate at the start"),
    OPTION(decay, REAL, "0.5", 0, 1, "factor on the rate every `decay_every` iterations"),
    OPTION(decay_every, INTEGER, "4000", 1, 1e9, "iterations between two decays"),
    OPTION(beta1, REAL, "0.5", 0, 1, "Adam's decay of the first moment"),
    OPTION(beta2, REAL, "0.999", 0, 1, "Adam's decay of the second moment"),
    OPTION(weight_decay, REAL, "1e-4", 0, HUGE_VAL, "L2 penalty added to the gradient"),
    OPTION(crop_height, INTEGER, "0", 0, 65536, "height of the random crop in pixels; 0 = that of the test images"),
    OPTION(crop_width, INTEGER, "0", 0, 65536, "width of the random crop in pixels; 0 = that of the test images"),
    OPTION(scale_low, REAL, "0.5", 0.01, 100, "least random magnification"),
    OPTION(scale_high, REAL, "1.5", 0.01, 100, "largest random magnification"),
    OPTION(mirror, BOOL, "true", 0, 0, "mirror half of the images"),
    OPTION(seed, INTEGER, "0", 0, 0x1p53, "seed of initial weights, order, augmentation and dropout"),
};

const dgba_option_table dgba_train_options = {"train", "training", options, DGBA_COUNT_OF(options)};
