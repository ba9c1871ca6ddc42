// Trainings in groups: the same bits whoever computes which part of a batch, and one part's numbers up to rounding.
#include <math.h>
#include <stdio.h>

#include "dgba/h5io.h"
#include "support/check.h"
#include "support/crew.h"
#include "support/training.h"

/** How much groups differ from one part: losses of the first iteration, relative; its gradient, relative to the largest of
 *  a parameter; losses of the tenth iteration, at a tiny rate: where rounding moves an element across the rectifier's
 * corner, gradients jump, and trainings part. */
static const double FIRST_LOSSES = 2e-6, FIRST_GRADIENT = 2e-5, LATER_LOSSES = 1e-5;

/** Trainings of a crew's members, each with a data file of its own. */
typedef struct shared {
    dgba_train_state states[CREW_MOST];
    dgba_data *data[CREW_MOST];
    dgba_status status[CREW_MOST];
} shared;

static void train_as_member(int64_t member, const dgba_crew *crew, void *context) {
    shared *s = context;
    dgba_train_job job = fixture.job;
    job.crew = crew;
    job.data = s->data[member];
    s->status[member] = dgba_train_begin(&s->states[member], &job);
    if (s->status[member] == DGBA_OK) s->status[member] = dgba_train_run(&s->states[member], &job);
}

/** Trains by a crew; the state of its first member, after a look at the others'. */
static dgba_train_state train_by(int64_t members) {
    shared s = {0};
    for (int64_t m = 0; m < members; ++m) CHECK_OK(dgba_data_open(&s.data[m], fixture.path));
    crew_run(members, train_as_member, &s);
    for (int64_t m = 0; m < members; ++m) {
        CHECK_OK(s.status[m]);
        dgba_data_close(&s.data[m]);
        if (m == 0) continue;
        training_check_same(&s.states[0], &s.states[m]);
        dgba_train_state_free(&s.states[m]);
    }
    return s.states[0];
}

/** The largest difference of two arrays, relative to the largest number. */
static double difference(const float *a, const float *b, int64_t count) {
    double worst = 0, largest = 0;
    for (int64_t i = 0; i < count; ++i) {
        worst = fmax(worst, fabs((double)a[i] - (double)b[i]));
        largest = fmax(largest, fabs((double)b[i]));
    }
    return worst / largest;
}

static void all_that_a_group_exchanges(void) {
    fixture.options.batch = 8;
    fixture.options.iterations = 3;
    fixture.options.evaluate_every = 2;
    fixture.options.log_every = 1;
    fixture.options.clip_norm = 1;
}

/** A group of k gives the same bits for any crew whose size divides k, adversarial training included. */
static void a_group_does_not_depend_on_its_crew(void **state) {
    (void)state;
    if (!dgba_h5_is_threadsafe()) skip(); // the members read data
    all_that_a_group_exchanges();
    training_attack_batches();
    for (fixture.options.group = 2; fixture.options.group <= 4; fixture.options.group += 2) {
        dgba_train_state alone = training_run();
        for (int64_t members = 1; members <= fixture.options.group; members *= 2) {
            dgba_train_state together = train_by(members);
            training_check_same(&alone, &together);
            dgba_train_state_free(&together);
        }
        dgba_train_state_free(&alone);
    }
}

/** The largest relative difference of the losses in an entry of two logs. */
static double losses_differ(const dgba_train_log *a, const dgba_train_log *b, int64_t entry) {
    double worst = 0;
    for (int64_t i = entry * TRAINING_TASKS; i < (entry + 1) * TRAINING_TASKS; ++i)
        worst = fmax(worst, fabs(a->losses[i] / b->losses[i] - 1));
    return worst;
}

/** A group computes what one part does, up to rounding: all statistics are those of the whole batch. */
static void groups_differ_by_rounding_only(void **state) {
    (void)state;
    static const int64_t lengths[] = {1, 10};
    all_that_a_group_exchanges();
    fixture.options.learning_rate = 1e-7;
    for (int64_t l = 0; l < DGBA_COUNT_OF(lengths); ++l) {
        fixture.options.iterations = lengths[l];
        fixture.options.group = 1;
        dgba_train_state one = training_run();
        for (fixture.options.group = 2; fixture.options.group <= 8; fixture.options.group *= 2) {
            dgba_train_state several = training_run();
            const double losses = losses_differ(&several.log, &one.log, lengths[l] - 1);
            const double gradient = difference(several.adam.first, one.adam.first, one.floats);
            printf("group of %lld, iteration %lld: losses differ by %.1g, the gradient by %.1g\n",
                   (long long)fixture.options.group, (long long)lengths[l], losses, gradient);
            assert_true(losses < (l == 0 ? FIRST_LOSSES : LATER_LOSSES) && (l > 0 || gradient < FIRST_GRADIENT));
            dgba_train_state_free(&several);
        }
        dgba_train_state_free(&one);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_group_does_not_depend_on_its_crew, training_reset),
        cmocka_unit_test_setup(groups_differ_by_rounding_only, training_reset),
    };
    return cmocka_run_group_tests(tests, training_make, training_unmake);
}
