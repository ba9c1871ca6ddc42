/** The model and the batch that are measured: random ones, or those of a file. */
#include <math.h>
#include <string.h>

#include "bench.h"

#define GROUP     "/bench"
#define IMAGES    GROUP "/images"
#define LOSSES    GROUP "/losses"
#define DIRECTION GROUP "/direction"
#define LABELS    GROUP "/labels"

enum { IMAGE_CHANNELS = 3, PATH_BYTES = 128 };

/* ---- Tasks ---- */

typedef struct known_task {
    const char *name, *kind;
    int64_t classes;
} known_task;

static const known_task nyuv2[] = {
    {"segment_semantic", "segmentation", 40}, {"normal", "normals", 0}, {"depth_zbuffer", "depth", 0}};
static const known_task taskonomy[] = {{"segment_semantic", "segmentation", 17},
                                       {"normal", "normals", 0},
                                       {"depth_zbuffer", "depth", 0},
                                       {"keypoints2d", "pixel_l1", 0},
                                       {"edge_texture", "pixel_l1", 0}};

static dgba_status make_task(dgba_task *out, const known_task *known, int64_t classes) {
    *out = (dgba_task){.classes = classes};
    DGBA_TRY(dgba_text_fit(out->name, sizeof out->name, known->name));
    return dgba_task_kind_find(&out->kind, known->kind);
}

/** A checkpoint does not say of what kind its tasks are; their names do. */
static dgba_status recognise_task(dgba_task *out, const dgba_model_task *task, const char *file) {
    for (int64_t i = 0; i < DGBA_COUNT_OF(taskonomy); ++i)
        if (strcmp(taskonomy[i].name, task->name) == 0)
            return make_task(out, &taskonomy[i], taskonomy[i].classes > 0 ? task->channels : 0);
    return dgba_fail(DGBA_E_FORMAT, "%s: of what kind the task '%s' is, is not known", file, task->name);
}

/* ---- The model ---- */

/** √(2/fan-in) keeps the size of what passes through rectified layers. Images are about 64 in size and residual blocks add
 *  up, so the first layer and the last of each block get less: activations stay near 1 down to the predictions. */
static double deviation_of(const dgba_parameter *p) {
    const double deviation = sqrt(2 / (double)(p->shape.c * p->shape.h * p->shape.w));
    const char *part = strstr(p->name, ".conv2.weight");
    if (p->shape.c == IMAGE_CHANNELS) return deviation / 64;
    return part != NULL && strncmp(p->name, "trunk.", 6) == 0 ? deviation / 4 : deviation;
}

static void fill_uniform(float *values, int64_t count, double low, double high, dgba_random stream) {
    for (int64_t i = 0; i < count; ++i) values[i] = (float)dgba_random_between(&stream, low, high);
}

/** Biases and means stay 0. */
static void fill_parameters(float *parameters, const dgba_graph *graph, uint64_t seed) {
    int64_t count = 0;
    const dgba_parameter *list = dgba_graph_parameters(graph, &count);
    for (int64_t i = 0; i < count; ++i) {
        float *values = parameters + list[i].offset;
        const int64_t floats = dgba_shape_count(list[i].shape);
        if (list[i].role == DGBA_PARAMETER_GAMMA || list[i].role == DGBA_PARAMETER_RUNNING_VAR)
            dgba_fill(values, 1, floats);
        if (list[i].role != DGBA_PARAMETER_WEIGHT) continue;
        const double bound = sqrt(3.0) * deviation_of(&list[i]);
        fill_uniform(values, floats, -bound, bound, dgba_random_stream(seed, DGBA_RANDOM_WEIGHTS, (uint64_t)i));
    }
}

static dgba_status make_model(bench_subject *out, const bench_options *options) {
    const bool five = options->tasks == BENCH_TASKONOMY;
    const known_task *known = five ? taskonomy : nyuv2;
    const int64_t count = five ? DGBA_COUNT_OF(taskonomy) : DGBA_COUNT_OF(nyuv2);
    dgba_model_task heads[DGBA_MOST_TASKS];
    for (int64_t t = 0; t < count; ++t) {
        DGBA_TRY(make_task(&out->tasks[t], &known[t], known[t].classes));
        memcpy(heads[t].name, out->tasks[t].name, sizeof heads[t].name);
        heads[t].channels = dgba_task_prediction_channels(&out->tasks[t]);
    }
    return dgba_model_create(&out->model, &options->model, heads, count);
}

static dgba_status read_model(bench_subject *out, const char *path) {
    dgba_h5 *file = NULL;
    DGBA_TRY(dgba_h5_open(&file, path));
    dgba_status status = dgba_checkpoint_read_model(&out->model, file);
    for (int64_t t = 0; t < out->model.task_count && status == DGBA_OK; ++t)
        status = recognise_task(&out->tasks[t], &out->model.tasks[t], path);
    dgba_h5_close(&file);
    return status;
}

static dgba_status read_parameters(const bench_subject *subject, const char *path) {
    dgba_h5 *file = NULL;
    DGBA_TRY(dgba_h5_open(&file, path));
    const dgba_status status = dgba_checkpoint_read_parameters(subject->parameters, &subject->model, file);
    dgba_h5_close(&file);
    return status;
}

dgba_status bench_subject_load(bench_subject *subject, const bench_options *options, const dgba_shelf *shelf) {
    const dgba_graph *graph = subject->model.graph;
    DGBA_TRY(dgba_shelf_take(&subject->weights, shelf, "bench", dgba_graph_parameter_floats(graph), sizeof(float)));
    subject->parameters = subject->weights.memory;
    if (subject->weights.filled) return DGBA_OK;
    dgba_status status = DGBA_OK;
    if (options->checkpoint[0] != '\0')
        status = read_parameters(subject, options->checkpoint);
    else
        fill_parameters(subject->parameters, graph, (uint64_t)options->seed);
    if (status == DGBA_OK && subject->folded) dgba_graph_fold(graph, subject->parameters);
    if (status == DGBA_OK)
        dgba_shelf_announce(&subject->weights);
    else
        dgba_shelf_put_back(&subject->weights); // the next rank tries
    return status;
}

/* ---- The batch ---- */

static dgba_shape label_shape(const bench_subject *subject, int64_t task) {
    dgba_shape shape = subject->input;
    shape.c = subject->tasks[task].kind->label_channels;
    return shape;
}

static int64_t pixels_of(const bench_subject *subject) { return subject->input.n * subject->input.h * subject->input.w; }

static dgba_status allocate_batch(bench_subject *out) {
    DGBA_TRY(DGBA_NEW(&out->images, dgba_shape_count(out->input)));
    for (int64_t t = 0; t < out->model.task_count; ++t) {
        DGBA_TRY(DGBA_NEW(&out->values[t], dgba_shape_count(label_shape(out, t))));
        DGBA_TRY(DGBA_NEW(&out->valid[t], pixels_of(out)));
        out->labels[t] =
            (dgba_labels){.values = out->values[t], .valid = out->valid[t], .height = out->input.h, .width = out->input.w};
    }
    return DGBA_OK;
}

/** Classes, or numbers that do as depths, as directions and as strengths; one pixel in ten is not valid. */
static void fill_labels(bench_subject *out, int64_t task, dgba_random stream) {
    const int64_t classes = out->tasks[task].classes, count = dgba_shape_count(label_shape(out, task));
    for (int64_t i = 0; i < count; ++i)
        out->values[task][i] =
            classes > 0 ? (float)dgba_random_below(&stream, classes) : (float)dgba_random_between(&stream, 0.5, 5);
    for (int64_t i = 0; i < pixels_of(out); ++i) out->valid[task][i] = dgba_random_below(&stream, 10) > 0;
}

static dgba_status make_batch(bench_subject *out, const bench_options *options) {
    const uint64_t seed = (uint64_t)options->seed;
    out->input = (dgba_shape){options->batch > 0 ? options->batch : 1, IMAGE_CHANNELS,
                              options->height > 0 ? options->height : options->size,
                              options->width_pixels > 0 ? options->width_pixels : options->size};
    DGBA_TRY(allocate_batch(out));
    fill_uniform(out->images, dgba_shape_count(out->input), -128, 128, dgba_random_stream(seed, DGBA_RANDOM_SCENE, 0));
    for (int64_t t = 0; t < out->model.task_count; ++t)
        fill_labels(out, t, dgba_random_stream(seed, DGBA_RANDOM_SCENE, (uint64_t)t + 1));
    return DGBA_OK;
}

static dgba_status label_path(char path[PATH_BYTES], const dgba_task *task, const char *part) {
    dgba_text text = {0};
    dgba_text_add(&text, LABELS "/%s/%s", task->name, part);
    const dgba_status status = dgba_text_fit(path, PATH_BYTES, dgba_text_chars(&text));
    dgba_text_free(&text);
    return status;
}

static dgba_status read_input_shape(dgba_shape *out, dgba_h5 *file, int64_t batch) {
    int axes = 0;
    int64_t sizes[DGBA_H5_MOST_AXES];
    DGBA_TRY(dgba_h5_sizes(&axes, sizes, file, IMAGES));
    if (axes != 4 || sizes[1] != IMAGE_CHANNELS)
        return dgba_fail(DGBA_E_FORMAT, "%s: " IMAGES " is not an array (N,3,H,W)", dgba_h5_name(file));
    if (batch > sizes[0])
        return dgba_fail(DGBA_E_USAGE, "%s has %lld images; a batch of %lld is too large", dgba_h5_name(file),
                         (long long)sizes[0], (long long)batch);
    *out = (dgba_shape){batch > 0 ? batch : sizes[0], IMAGE_CHANNELS, sizes[2], sizes[3]};
    return DGBA_OK;
}

/** The array must hold what `shape` says of a sample, and at least its number of samples. */
static dgba_status read_samples(void *out, dgba_h5 *file, const char *path, dgba_h5_type type, dgba_shape shape) {
    int axes = 0;
    int64_t sizes[DGBA_H5_MOST_AXES], floats = 1;
    DGBA_TRY(dgba_h5_sizes(&axes, sizes, file, path));
    for (int i = 1; i < axes; ++i) floats *= sizes[i];
    if (floats != shape.c * shape.h * shape.w)
        return dgba_fail(DGBA_E_FORMAT, "%s: %s has %lld values per image; %lld are needed", dgba_h5_name(file), path,
                         (long long)floats, (long long)(shape.c * shape.h * shape.w));
    return dgba_h5_read_rows(out, file, path, type, 0, shape.n);
}

static dgba_status read_label(bench_subject *out, int64_t task, dgba_h5 *file) {
    char path[PATH_BYTES];
    dgba_shape shape = label_shape(out, task);
    DGBA_TRY(label_path(path, &out->tasks[task], "values"));
    DGBA_TRY(read_samples(out->values[task], file, path, DGBA_H5_F32, shape));
    DGBA_TRY(label_path(path, &out->tasks[task], "valid"));
    shape.c = 1;
    return read_samples(out->valid[task], file, path, DGBA_H5_U8, shape);
}

static dgba_status read_batch(bench_subject *out, const bench_options *options) {
    dgba_h5 *file = NULL;
    dgba_status status;
    DGBA_TRY(dgba_h5_open(&file, options->images));
    DGBA_TRY_OUT(read_input_shape(&out->input, file, options->batch));
    DGBA_TRY_OUT(allocate_batch(out));
    DGBA_TRY_OUT(read_samples(out->images, file, IMAGES, DGBA_H5_F32, out->input));
    for (int64_t t = 0; t < out->model.task_count; ++t) DGBA_TRY_OUT(read_label(out, t, file));
out:
    dgba_h5_close(&file);
    return status;
}

dgba_status bench_subject_create(bench_subject *out, const bench_options *options) {
    DGBA_TRY(options->checkpoint[0] != '\0' ? read_model(out, options->checkpoint) : make_model(out, options));
    return options->images[0] != '\0' ? read_batch(out, options) : make_batch(out, options);
}

void bench_subject_free(bench_subject *subject) {
    dgba_model_free(&subject->model);
    dgba_shelf_put_back(&subject->weights);
    dgba_free(subject->images);
    for (int64_t t = 0; t < DGBA_MOST_TASKS; ++t) {
        dgba_free(subject->values[t]);
        dgba_free(subject->valid[t]);
    }
    *subject = (bench_subject){0};
}

/* ---- Saving ---- */

static dgba_status write_samples(dgba_h5 *file, const char *path, dgba_h5_type type, dgba_shape shape,
                                 const void *content) {
    const dgba_h5_dataset dataset = {.path = path,
                                     .type = type,
                                     .axes = 4,
                                     .sizes = {shape.n, shape.c, shape.h, shape.w},
                                     .unit = "",
                                     .description = "image, channel, row, column"};
    return dgba_h5_write(file, &dataset, content);
}

static dgba_status write_label(dgba_h5 *file, const bench_subject *subject, int64_t task) {
    char path[PATH_BYTES];
    dgba_shape shape = label_shape(subject, task);
    DGBA_TRY(label_path(path, &subject->tasks[task], "values"));
    DGBA_TRY(write_samples(file, path, DGBA_H5_F32, shape, subject->values[task]));
    DGBA_TRY(label_path(path, &subject->tasks[task], "valid"));
    shape.c = 1;
    return write_samples(file, path, DGBA_H5_U8, shape, subject->valid[task]);
}

static dgba_status write_all(dgba_h5 *file, const bench_subject *subject, const bench_result *result) {
    const dgba_h5_dataset losses = {.path = LOSSES,
                                    .type = DGBA_H5_F64,
                                    .axes = 2,
                                    .sizes = {subject->model.task_count, subject->input.n},
                                    .unit = "",
                                    .description = "loss of each task, image"};
    DGBA_TRY(dgba_checkpoint_write(file, &subject->model, subject->parameters));
    DGBA_TRY(write_samples(file, IMAGES, DGBA_H5_F32, subject->input, subject->images));
    for (int64_t t = 0; t < subject->model.task_count; ++t) DGBA_TRY(write_label(file, subject, t));
    DGBA_TRY(dgba_h5_write(file, &losses, result->losses));
    return write_samples(file, DIRECTION, DGBA_H5_F32, subject->input, result->direction);
}

dgba_status bench_save(const char *path, const bench_subject *subject, const bench_result *result) {
    dgba_h5 *file = NULL;
    dgba_status status;
    DGBA_TRY(dgba_h5_create(&file, path));
    DGBA_TRY_OUT(write_all(file, subject, result));
    status = dgba_h5_commit(&file);
out:
    dgba_h5_close(&file);
    return status;
}
