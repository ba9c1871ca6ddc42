#include "dgba/h5io.h"
#include "dgba/train.h"
#include "support/check.h"

enum { COUNT = 37, STEPS = 20 };

/** Relative agreement: both sides compute in float32, in another order. */
static const double TOLERANCE = 2e-6;

static void twenty_steps_with_decaying_rate(void **state) {
    (void)state;
    dgba_h5 *file = NULL;
    float parameters[COUNT], gradients[STEPS][COUNT], after[STEPS][COUNT], first[COUNT] = {0}, second[COUNT] = {0};
    CHECK_OK(dgba_h5_open(&file, TEST_SOURCE_DIR "/golden/train/adam.h5"));
    CHECK_OK(dgba_h5_read(parameters, file, "/start", DGBA_H5_F32, COUNT));
    CHECK_OK(dgba_h5_read(gradients, file, "/gradients", DGBA_H5_F32, STEPS * COUNT));
    CHECK_OK(dgba_h5_read(after, file, "/after", DGBA_H5_F32, STEPS * COUNT));
    dgba_h5_close(&file);
    dgba_train options = {0};
    dgba_option_defaults(&options, &dgba_train_options);
    options.learning_rate = 1e-2;
    options.weight_decay = 1e-2;
    options.decay_every = 7;
    for (int64_t step = 0; step < STEPS; ++step) {
        dgba_adam_update(parameters, first, second, gradients[step], COUNT, step + 1, dgba_train_rate(&options, step),
                         &options);
        CHECK_CLOSE(parameters, after[step], COUNT, TOLERANCE, TOLERANCE);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(twenty_steps_with_decaying_rate)};
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
