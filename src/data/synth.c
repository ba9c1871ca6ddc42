#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "dgba/data.h"
#include "scene.h"

#define FIELD(name) offsetof(dgba_synth, name)
static const dgba_option options[] = {
    {"train", DGBA_OPTION_INTEGER, FIELD(train), "640", 1, 1000000, NULL, "scenes to train on"},
    {"test", DGBA_OPTION_INTEGER, FIELD(test), "160", 1, 1000000, NULL, "scenes to test on"},
    {"height", DGBA_OPTION_INTEGER, FIELD(height), "96", 16, 1024, NULL, "of the images, in pixels"},
    {"width", DGBA_OPTION_INTEGER, FIELD(width), "128", 16, 1024, NULL, "of the images, in pixels"},
    {"seed", DGBA_OPTION_INTEGER, FIELD(seed), "0", 0, 0x1p53, NULL, "of the scenes' random numbers"},
};
#undef FIELD

const dgba_option_table dgba_synth_options = {"synthetic scenes", "Rendered indoor scenes with exact labels", options,
                                              DGBA_COUNT_OF(options)};

#define CLASS_NAME(number, name) name,
static const char *const class_names[] = {SCENE_CLASS_LIST(CLASS_NAME)};
#undef CLASS_NAME

/** In the order of the labels of a scene_image. */
static const dgba_data_task tasks[SCENE_TASKS] = {
    [TASK_SEGMENT] = {"segment_semantic", "segmentation", "class", CLASS_COUNT, 1},
    [TASK_NORMAL] = {"normal", "normals", "unit vector", 0, 3},
    [TASK_DEPTH] = {"depth_zbuffer", "depth", "metre", 0, 1},
    [TASK_KEYPOINTS] = {"keypoints2d", "pixel_l1", "0..0.005 as -1..1", 0, 1},
    [TASK_EDGES] = {"edge_texture", "pixel_l1", "0..0.08 as -1..1", 0, 1},
};

static dgba_data_info info_of(const dgba_synth *synth) {
    dgba_data_info info = {
        .images = synth->train + synth->test, .height = synth->height, .width = synth->width, .task_count = SCENE_TASKS};
    snprintf(info.name, sizeof info.name, "synthetic-rooms-%lldx%lld", (long long)synth->height, (long long)synth->width);
    snprintf(info.source, sizeof info.source, "dgba data synth, seed %lld", (long long)synth->seed);
    memcpy(info.tasks, tasks, sizeof tasks);
    return info;
}

/** The option table checks what users give; this holds for callers of the library too. */
static dgba_status check_sizes(const dgba_synth *synth) {
    const int64_t values[] = {synth->train, synth->test, synth->height, synth->width, synth->seed};
    for (int64_t i = 0; i < DGBA_COUNT_OF(values); ++i) {
        const double value = (double)values[i];
        if (value < options[i].low || value > options[i].high)
            return dgba_fail(DGBA_E_CONFIG, "%s is %lld; it must be between %.0f and %.0f", options[i].name,
                             (long long)values[i], options[i].low, options[i].high);
    }
    return DGBA_OK;
}

static dgba_status put_scenes(dgba_data_writer *writer, scene_image *image, const dgba_synth *synth) {
    for (int64_t i = 0; i < synth->train + synth->test; ++i) {
        char name[32];
        snprintf(name, sizeof name, "scene-%06lld", (long long)i);
        dgba_scene_sample(image, (uint64_t)synth->seed, i);
        DGBA_TRY(dgba_data_writer_put(writer, i, name, image->rgb, (const float *const *)image->labels));
    }
    return DGBA_OK;
}

/** The first scenes are for training, the rest for testing. */
static dgba_status put_splits(dgba_data_writer *writer, const dgba_synth *synth) {
    const int64_t count = synth->train + synth->test;
    int64_t *indices = NULL;
    DGBA_TRY(DGBA_NEW(&indices, count));
    for (int64_t i = 0; i < count; ++i) indices[i] = i;
    dgba_status status = dgba_data_writer_split(writer, "train", indices, synth->train);
    if (status == DGBA_OK) status = dgba_data_writer_split(writer, "test", indices + synth->train, synth->test);
    dgba_free(indices);
    return status;
}

dgba_status dgba_data_synth(const char *path, const dgba_synth *synth) {
    DGBA_TRY(check_sizes(synth));
    const dgba_data_info info = info_of(synth);
    const double start = dgba_clock_seconds();
    dgba_data_writer *writer = NULL;
    scene_image image = {0};
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(dgba_scene_image_create(&image, synth->height, synth->width));
    DGBA_TRY_OUT(dgba_data_writer_create(&writer, path, &info));
    DGBA_TRY_OUT(put_scenes(writer, &image, synth));
    DGBA_TRY_OUT(put_splits(writer, synth));
    DGBA_TRY_OUT(dgba_data_writer_class_names(writer, TASK_SEGMENT, class_names, CLASS_COUNT));
    DGBA_TRY_OUT(dgba_data_writer_commit(&writer));
    DGBA_INFO("%s: %lld scenes rendered in %.1f s", path, (long long)info.images, dgba_clock_seconds() - start);
out:
    dgba_data_writer_abandon(&writer);
    dgba_scene_image_free(&image);
    return status;
}
