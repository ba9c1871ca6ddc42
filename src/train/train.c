#include "dgba/train.h"

#include "trainer.h"

dgba_status dgba_train_begin(dgba_train_state *out, const dgba_train_job *job) {
    *out = (dgba_train_state){.best_evaluation = -1, .floats = dgba_graph_parameter_floats(job->model->graph)};
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(DGBA_NEW(&out->parameters, out->floats));
    DGBA_TRY_OUT(DGBA_NEW(&out->adam.first, out->floats));
    DGBA_TRY_OUT(DGBA_NEW(&out->adam.second, out->floats));
    if (job->options->evaluate_every > 0) DGBA_TRY_OUT(DGBA_NEW(&out->best, out->floats));
    DGBA_TRY_OUT(log_create(&out->log, job));
    dgba_model_initialise(out->parameters, job->model, (uint64_t)job->options->seed);
out:
    if (status != DGBA_OK) dgba_train_state_free(out);
    return status;
}

void dgba_train_state_free(dgba_train_state *state) {
    dgba_free(state->parameters);
    dgba_free(state->adam.first);
    dgba_free(state->adam.second);
    dgba_free(state->best);
    log_free(&state->log);
    *state = (dgba_train_state){0};
}

float *dgba_train_kept(const dgba_train_state *state, const dgba_train *options) {
    return options->keep == DGBA_TRAIN_KEEP_BEST ? state->best : state->parameters;
}

static bool is_evaluation_due(const dgba_train *o, int64_t iteration) {
    return o->evaluate_every > 0 && (iteration % o->evaluate_every == 0 || iteration == o->iterations);
}

/** Whether the list has just those of the iterations from `first` to `last` that are due. */
static bool has_all_due(const int64_t *list, int64_t count, const dgba_train *o, int64_t first, int64_t last,
                        bool (*is_due)(const dgba_train *o, int64_t iteration)) {
    int64_t found = 0;
    for (int64_t i = first; i <= last; ++i)
        if (is_due(o, i) && (found == count || list[found++] != i)) return false;
    return found == count;
}

dgba_status dgba_train_check_state(const dgba_train_state *state, const dgba_train *options) {
    const dgba_train_log *log = &state->log;
    const int64_t done = state->iteration, best = state->best_evaluation, evaluations = log->evaluation_count;
    if (done < 1 || done > options->iterations || state->adam.step < 1)
        return dgba_fail(DGBA_E_FORMAT, "a training cannot have done %lld of %lld iterations in %lld steps",
                         (long long)done, (long long)options->iterations, (long long)state->adam.step);
    if (!has_all_due(log->iterations, log->count, options, 1, done, log_is_due) ||
        !has_all_due(log->evaluation_iterations, evaluations, options, 0, done, is_evaluation_due))
        return dgba_fail(DGBA_E_FORMAT, "the log is not that of %lld iterations", (long long)done);
    if (evaluations > 0 ? best < 0 || best >= evaluations : best != -1)
        return dgba_fail(DGBA_E_FORMAT, "the best evaluation, number %lld, is not one of %lld", (long long)best,
                         (long long)evaluations);
    return DGBA_OK;
}

static dgba_status run(trainer *t, double started) {
    const dgba_train_job *job = t->job;
    dgba_train_state *state = t->state;
    if (job->options->evaluate_every > 0 && state->log.evaluation_count == 0) DGBA_TRY(evaluator_run(&t->evaluator, state));
    while (state->iteration < job->options->iterations) {
        DGBA_TRY(trainer_iterate(t));
        state->iteration += 1;
        log_training(state, job);
        if (is_evaluation_due(job->options, state->iteration)) DGBA_TRY(evaluator_run(&t->evaluator, state));
        state->seconds = (double)dgba_crew_members(job->crew) * (dgba_clock_seconds() - started);
        if (job->after != NULL) DGBA_TRY(job->after(job->self, state));
    }
    return DGBA_OK;
}

dgba_status dgba_train_run(dgba_train_state *state, const dgba_train_job *job) {
    // As if the earlier parts had just ended.
    const double started = dgba_clock_seconds() - state->seconds / (double)dgba_crew_members(job->crew);
    trainer t = {0};
    DGBA_TRY(dgba_train_check(job->options, job->model->task_count));
    dgba_status status = dgba_crew_agree(job->crew, trainer_create(&t, job, state));
    if (status == DGBA_OK) status = run(&t, started);
    trainer_free(&t);
    return status;
}
