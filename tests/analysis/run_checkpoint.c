/** Runs the model of a checkpoint on /check/image of its file and compares with /check/prediction0, 1, …
 *  Usage: run_checkpoint FILE.h5. Exit code 0 if all agree to within 1e-4 of the largest number. */
#include <math.h>
#include <stdio.h>

#include "dgba/model.h"

typedef struct run {
    dgba_h5 *file;
    dgba_model model;
    dgba_plan *plan;
    float *parameters, *image;
} run;

static dgba_status load(run *r, const char *path) {
    int axes = 0;
    int64_t s[DGBA_H5_MOST_AXES] = {0};
    DGBA_TRY(dgba_h5_open(&r->file, path));
    DGBA_TRY(dgba_checkpoint_read(&r->model, &r->parameters, r->file));
    DGBA_TRY(dgba_h5_sizes(&axes, s, r->file, "/check/image"));
    const dgba_shape shape = {s[0], s[1], s[2], s[3]};
    DGBA_TRY(DGBA_NEW(&r->image, dgba_shape_count(shape)));
    DGBA_TRY(dgba_h5_read(r->image, r->file, "/check/image", DGBA_H5_F32, dgba_shape_count(shape)));
    DGBA_TRY(dgba_plan_create(&r->plan, r->model.graph, shape, DGBA_PURPOSE_EVALUATE));
    dgba_plan_bind(r->plan, r->parameters);
    dgba_plan_forward(r->plan, r->image, (dgba_run){.samples = shape.n});
    return DGBA_OK;
}

static dgba_status compare(const run *r, int64_t task) {
    char path[64];
    dgba_shape shape;
    float *expected = NULL;
    dgba_status status;
    float largest = 0, error = 0;
    const float *found = dgba_plan_output(r->plan, task, &shape);
    const int64_t count = dgba_shape_count(shape);
    snprintf(path, sizeof path, "/check/prediction%lld", (long long)task);
    DGBA_TRY_OUT(DGBA_NEW(&expected, count));
    DGBA_TRY_OUT(dgba_h5_read(expected, r->file, path, DGBA_H5_F32, count));
    for (int64_t i = 0; i < count; ++i) {
        largest = fmaxf(largest, fabsf(expected[i]));
        error = fmaxf(error, fabsf(found[i] - expected[i]));
    }
    printf("%s: error %.2g of the largest %.3g\n", r->model.tasks[task].name, (double)(error / largest), (double)largest);
    if (!(error <= 1e-4F * largest)) status = dgba_fail(DGBA_E_NUMERIC, "%s is not what was expected", path);
out:
    dgba_free(expected);
    return status;
}

int main(int argc, char **argv) {
    run r = {0};
    if (argc != 2) return 2;
    dgba_status status = load(&r, argv[1]);
    for (int64_t t = 0; t < r.model.task_count && status == DGBA_OK; ++t) status = compare(&r, t);
    if (status != DGBA_OK) fprintf(stderr, "%s\n", dgba_error());
    dgba_plan_free(&r.plan);
    dgba_model_free(&r.model);
    dgba_h5_close(&r.file);
    dgba_free(r.parameters);
    dgba_free(r.image);
    return status != DGBA_OK;
}
