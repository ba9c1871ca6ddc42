/** Data: our HDF5 data file, batches for the network, importers, synthetic scenes.
 *
 *  Data file: /images (N,H,W,3) 8-bit RGB · /tasks/<name> (N,H,W) or (N,H,W,L): 8-bit classes for segmentation (255 =
 *  ignore), float32 otherwise (NaN = not valid), with the attributes kind, classes, units, position · /splits/<name> image
 *  indices · /names · /class_names/<task> · /class_weights/<task> · root attributes format, format_version, name, source,
 * fingerprint.
 */
#ifndef DGBA_DATA_H
#define DGBA_DATA_H

#include "dgba/base.h"
#include "dgba/h5io.h"
#include "dgba/tensor.h"

enum { DGBA_DATA_NAME_BYTES = 64, DGBA_DATA_MOST_TASKS = 8, DGBA_DATA_MOST_CLASSES = 255, DGBA_DATA_IGNORE = 255 };

/** The mean of each channel that is subtracted from an image, in the network's order B, G, R. */
extern const float dgba_data_mean[3];

/** What a label is. Mirroring an image negates a normal's x, magnifying it divides depth. */
typedef struct dgba_data_task {
    char name[DGBA_DATA_NAME_BYTES]; // "segment_semantic"
    char kind[DGBA_DATA_NAME_BYTES]; // "segmentation": a kind of task, which says how it is trained and measured
    char unit[DGBA_DATA_NAME_BYTES];
    int64_t classes;                             // segmentation only
    int64_t channels;                            // L: 3 for normals, else 1
    float class_weights[DGBA_DATA_MOST_CLASSES]; // weighted segmentation only; else 0
} dgba_data_task;

typedef struct dgba_data_info {
    char name[DGBA_OPTION_TEXT_BYTES], source[DGBA_OPTION_TEXT_BYTES];
    char fingerprint[DGBA_HASH_TEXT_BYTES]; // hash of all content that reaches a network
    int64_t images, height, width;
    int64_t task_count;
    dgba_data_task tasks[DGBA_DATA_MOST_TASKS];
} dgba_data_info;

typedef struct dgba_data dgba_data;

/** Errors    DGBA_E_IO, DGBA_E_FORMAT: not a data file, a newer version, a dataset that does not fit the others */
dgba_status dgba_data_open(dgba_data **out, const char *path);
void dgba_data_close(dgba_data **data);
const dgba_data_info *dgba_data_about(const dgba_data *data);

/** Image indices of a split; borrowed.
 *  Errors    DGBA_E_FORMAT naming the splits there are */
dgba_status dgba_data_split(const int64_t **indices, int64_t *count, const dgba_data *data, const char *split);

/** Keeps only these tasks, in this order: everything below counts tasks so.
 *  Errors    DGBA_E_CONFIG naming an unknown or repeated task; the data is then untouched */
dgba_status dgba_data_select_tasks(dgba_data *data, const char *const *names, int64_t count);

/** Class names of a segmentation task, or an empty list.
 *  Owns      caller frees with dgba_names_free() */
dgba_status dgba_data_class_names(dgba_names *out, const dgba_data *data, int64_t task);

/** Raw content of one image: rgb (H,W,3), values[task] (H,W,L) with NaN = not valid (classes as floats). NULL members of
 *  `values` are skipped. */
dgba_status dgba_data_read(uint8_t *rgb, float *const *values, dgba_data *data, int64_t image);

/* ---- Batches ---- */

/** Labels of one task in a batch; owned by the batch. */
typedef struct dgba_batch_labels {
    float *values;  // (N,L,H,W); 0 where not valid
    uint8_t *valid; // (N,H,W)
    int64_t channels;
} dgba_batch_labels;

/** Images as the network sees them, (N,3,H,W): channels B, G, R, mean subtracted, not divided. */
typedef struct dgba_batch {
    dgba_shape shape; // n = samples loaded
    int64_t most;     // samples there is room for
    float *images;
    int64_t task_count;
    dgba_batch_labels labels[DGBA_DATA_MOST_TASKS];
    struct dgba_batch_work *work; // one image and its labels at file size
} dgba_batch;

/** Room for `most` samples of height × width with the labels of every task of `data`. */
dgba_status dgba_batch_create(dgba_batch *out, const dgba_data *data, int64_t most, int64_t height, int64_t width);
void dgba_batch_free(dgba_batch *batch);

/** Loads images for testing: resized to the batch's size (image bilinear with half-pixel centres, labels nearest) where
 *  that differs from the file's. */
dgba_status dgba_batch_load(dgba_batch *batch, dgba_data *data, const int64_t *images, int64_t count);

/** How training images are varied. */
typedef struct dgba_augment {
    double scale_low, scale_high; // random scale of the image, uniform
    bool mirror;                  // half of the images
    uint64_t seed;
    int64_t first_sample; // running number of the batch's first sample: names its random numbers
} dgba_augment;

/** Loads images for training: random scale (image bilinear, labels nearest; depth divided by the scale), mirror (normal x
 *  negated), centred padding where smaller than the batch's size (image with the mean, labels not valid), random crop.
 * Depends on (seed, sample number) only. */
dgba_status dgba_batch_load_augmented(dgba_batch *batch, dgba_data *data, const int64_t *images, int64_t count,
                                      const dgba_augment *augment);

/* ---- Writing ---- */

typedef struct dgba_data_writer dgba_data_writer;

/** Starts a data file beside `path`; nothing stands at `path` until the commit. `about`: everything but the fingerprint. */
dgba_status dgba_data_writer_create(dgba_data_writer **out, const char *path, const dgba_data_info *about);

/** Writes image number `image`: rgb (H,W,3), values[task] (H,W,L) with NaN = not valid; classes as floats.
 *  Errors    DGBA_E_USAGE unless images come as 0, 1, 2, …; DGBA_E_FORMAT, DGBA_E_NUMERIC: a class that does not exist, an
 *            infinite value */
dgba_status dgba_data_writer_put(dgba_data_writer *writer, int64_t image, const char *name, const uint8_t *rgb,
                                 const float *const *values);
dgba_status dgba_data_writer_split(dgba_data_writer *writer, const char *split, const int64_t *images, int64_t count);
dgba_status dgba_data_writer_class_names(dgba_data_writer *writer, int64_t task, const char *const *names, int64_t count);

/** Computes the fingerprint and puts the file in place. *writer becomes NULL. */
dgba_status dgba_data_writer_commit(dgba_data_writer **writer);

/** Gives up: nothing is left behind. NULL is allowed. */
void dgba_data_writer_abandon(dgba_data_writer **writer);

/* ---- Where data comes from ---- */

/** What importers can be told. An importer takes only the options it lists. */
typedef struct dgba_import {
    char train_list[DGBA_OPTION_TEXT_BYTES], test_list[DGBA_OPTION_TEXT_BYTES];
    char class_map[DGBA_OPTION_TEXT_BYTES], class_names[DGBA_OPTION_TEXT_BYTES], class_weights[DGBA_OPTION_TEXT_BYTES];
    char camera[DGBA_OPTION_TEXT_BYTES];
    int64_t classes, size;
    int64_t compat; // 1 = labels as the released code takes them
} dgba_import;

extern const dgba_option_table dgba_import_options;

typedef struct dgba_importer {
    const char *name, *help;
    const char *const *options; // names of those it takes, ended by NULL
    dgba_status (*run)(const char *source, const char *path, const dgba_import *options);
} dgba_importer;

/** All importers (see src/data/README.md for what each reads). */
const dgba_importer *const *dgba_data_importers(int64_t *count);

/** Makes a data file of a source. `options` NULL: the defaults.
 *  Errors    DGBA_E_USAGE for an unknown importer or an option it does not take, else naming the file and the reason; no
 *            data file is then left behind */
dgba_status dgba_data_import(const char *importer, const char *source, const char *path, const dgba_import *options);

typedef struct dgba_synth {
    int64_t train, test, height, width, seed;
} dgba_synth;

extern const dgba_option_table dgba_synth_options;

/** Renders labelled indoor scenes: classes, normals, depth, keypoints and edges, all exact.
 *  Errors    DGBA_E_IO, naming the file; nothing is then left behind */
dgba_status dgba_data_synth(const char *path, const dgba_synth *synth);

/** A PNG contact sheet: the first `count` images of a split (fewer if it has fewer), a row each: image and every label in
 *  colours, pixels that are not valid in dark grey. */
dgba_status dgba_data_contact_sheet(const char *png_path, dgba_data *data, const char *split, int64_t count);

#endif
