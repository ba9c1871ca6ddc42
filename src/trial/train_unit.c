#include "train_file.h"
#include "worker.h"

/** A training unit under way: what dgba_train_run() asks and tells. */
typedef struct training {
    dgba_worker *worker;
    const unit_message *message;
    const char *side_file; // holds the state of a training that was stopped or killed
    double next_save;      // clock seconds
    dgba_model model;
    dgba_train options;
    dgba_train_adversarial adversarial;
    dgba_train_job job;
    dgba_train_state state;
} training;

static bool is_first(const training *t) { return dgba_crew_member(t->job.crew) == 0; }

/* ---- Saving ---- */

/** Without its side file a training goes on all the same; what is lost, if it is stopped, is time. */
static void save(training *t) {
    if (train_file_save(t->side_file, &t->state, &t->job, t->message) != DGBA_OK)
        DGBA_WARNING("the training cannot be saved: %s", dgba_error());
    t->next_save = dgba_clock_seconds() + t->worker->watch.save_seconds;
}

/** Saves now and then, and when the run is stopped. The members of a crew stop after the same iteration, and have the same
 *  state, which the first of them saves. */
static dgba_status after_iteration(void *self, const dgba_train_state *state) {
    training *t = self;
    const dgba_worker_watch *watch = &t->worker->watch;
    const long long done = state->iteration, all = t->options.iterations;
    if (done == all) return DGBA_OK;
    const bool stop = dgba_crew_any(t->job.crew, watch->should_stop != NULL && watch->should_stop());
    if (is_first(t) && (stop || dgba_clock_seconds() >= t->next_save)) save(t);
    return stop ? dgba_fail(DGBA_E_STOPPED, "stopped after iteration %lld of %lld", done, all) : DGBA_OK;
}

/* ---- The unit ---- */

static dgba_train_images limited(const int64_t *items, int64_t count, int64_t limit) {
    return (dgba_train_images){.items = items, .count = limit > 0 && limit < count ? limit : count};
}

static dgba_status read_images(training *t) {
    dgba_train_job *job = &t->job;
    const dgba_settings *message = &t->message->all;
    const int64_t *items = NULL;
    int64_t count = 0, limit = 0;
    DGBA_TRY(dgba_data_split(&items, &count, job->data, "train"));
    DGBA_TRY(trial_read_integer(&limit, message, "data.train_images"));
    DGBA_TRY(trial_read_integer(&job->height, message, "data.height"));
    DGBA_TRY(trial_read_integer(&job->width, message, "data.width"));
    job->images = limited(items, count, limit);
    if (t->options.evaluate_every == 0) return DGBA_OK;
    DGBA_TRY(dgba_data_split(&items, &count, job->data, t->options.evaluate_split));
    job->evaluated = limited(items, count, t->options.evaluate_images);
    return DGBA_OK;
}

static dgba_status prepare(training *t) {
    dgba_worker *w = t->worker;
    const dgba_settings *message = &t->message->all;
    DGBA_TRY(trial_read_train(&t->options, &t->adversarial, message, w->tasks, w->task_count));
    DGBA_TRY(trial_read_text(&t->side_file, message, "@side.file"));
    DGBA_TRY(trial_create_model(&t->model, message, dgba_data_about(w->data)));
    t->job = (dgba_train_job){.model = &t->model,
                              .tasks = w->tasks,
                              .options = &t->options,
                              .adversarial = &t->adversarial,
                              .data = w->data,
                              .crew = w->crew,
                              .after = after_iteration,
                              .self = t};
    return read_images(t);
}

/** Begins, or goes on from what was saved. */
static dgba_status start(training *t, bool *resumed) {
    DGBA_TRY(prepare(t));
    DGBA_TRY(dgba_train_begin(&t->state, &t->job));
    return train_file_resume(resumed, &t->state, &t->job, t->side_file, t->message->id);
}

/** Members on different machines could have found different side files. */
static dgba_status check_same_start(const training *t) {
    int64_t *iterations = NULL;
    const int64_t members = dgba_crew_members(t->job.crew), own = t->state.iteration;
    bool same = true;
    DGBA_TRY(dgba_crew_agree(t->job.crew, DGBA_NEW(&iterations, members)));
    dgba_crew_gather(t->job.crew, iterations, &own, sizeof own);
    for (int64_t m = 0; m < members; ++m) same = same && iterations[m] == iterations[0];
    dgba_free(iterations);
    return same ? DGBA_OK : dgba_fail(DGBA_E_IO, "%s: the ranks of the group read different states", t->side_file);
}

static dgba_status train(training *t) {
    bool resumed = false;
    DGBA_TRY(dgba_crew_agree(t->worker->crew, start(t, &resumed)));
    DGBA_TRY(check_same_start(t));
    if (resumed && is_first(t))
        DGBA_INFO("layout %lld seed %lld: goes on after iteration %lld", (long long)t->model.def.layout,
                  (long long)t->options.seed, (long long)t->state.iteration);
    t->next_save = dgba_clock_seconds() + t->worker->watch.save_seconds;
    DGBA_TRY(dgba_train_run(&t->state, &t->job));
    worker_note_plan(t->worker, t->state.plan_bytes);
    return DGBA_OK;
}

/* ---- The model's file ---- */

/** With evaluations there are two sets of parameters, of the last iteration and of the best evaluation. The model's are
 *  those that the options want; the others stand beside them. */
static dgba_status write_other_parameters(dgba_h5 *file, const training *t) {
    const dgba_train_state *s = &t->state;
    if (s->best == NULL) return DGBA_OK;
    const bool keeps_best = t->options.keep == DGBA_TRAIN_KEEP_BEST;
    DGBA_TRY(dgba_h5_set_text(file, "/train", "keep", keeps_best ? "best" : "last"));
    DGBA_TRY(dgba_h5_set_integer(file, "/train", "best_iteration", s->log.evaluation_iterations[s->best_evaluation]));
    return dgba_checkpoint_write_parameters(file, keeps_best ? "/train/last" : "/train/best", &t->model,
                                            keeps_best ? s->parameters : s->best);
}

static dgba_status write_model(char **bytes, size_t *count, const training *t) {
    dgba_h5 *file = NULL;
    dgba_status status = DGBA_OK;
    DGBA_TRY(dgba_h5_create_in_memory(&file));
    DGBA_TRY_OUT(dgba_checkpoint_write(file, &t->model, dgba_train_kept(&t->state, &t->options)));
    DGBA_TRY_OUT(train_file_write_unit(file, t->message));
    DGBA_TRY_OUT(train_file_write_log(file, &t->state, &t->job));
    DGBA_TRY_OUT(write_other_parameters(file, t));
    status = dgba_h5_to_bytes(bytes, count, &file);
out:
    dgba_h5_close(&file);
    return status;
}

dgba_status worker_run_train(char **result, size_t *count, dgba_worker *w, const unit_message *message) {
    training t = {.worker = w, .message = message};
    dgba_status status = train(&t);
    if (status == DGBA_OK && is_first(&t)) status = write_model(result, count, &t);
    dgba_train_state_free(&t.state);
    dgba_model_free(&t.model);
    return status;
}
