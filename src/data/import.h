/** What the importers share: how stored numbers become labels, lists of images, where an image goes. */
#ifndef DATA_IMPORT_H
#define DATA_IMPORT_H

#include "data_file.h"
#include "dgba/yamldoc.h"
#include "image.h"

/** A pinhole camera: focal lengths and centre in pixels, pixels numbered from 0. */
typedef struct import_camera {
    double fx, fy, cx, cy;
} import_camera;

/** How a label is made: value = (stored + add) · scale / divide, then clip and map; or derived from another label. */
typedef struct import_task {
    data_kind kind;
    const char *folder; // NULL if derived
    int64_t from;       // derived from this task's depth
    import_camera camera;
    double add, scale, divide;
    bool clipped, mapped;
    double clip[2], map[2];
    int64_t ignore;      // the stored value that means not valid; -1 = none
    int64_t valid_below; // stored values from this one on are not valid; 0 = none
    bool bgr;
    const char *names;   // file with the names of the classes, or NULL
    const char *weights; // file with their weights, or NULL
} import_task;

/* ---- A folder described by dataset.yaml ---- */

/** Texts are borrowed from the document. */
typedef struct import_plan {
    dgba_yaml *document;
    dgba_data_info about; // number and size of the images are filled in later
    import_task tasks[DGBA_DATA_MOST_TASKS];
    const char *image_folder;
    bool image_bgr;
    const dgba_yaml_node *splits; // name: file
} import_plan;

/** Reads and checks folder/dataset.yaml.
 *  Owns      caller frees with dgba_data_plan_free(), also on error
 *  Errors    DGBA_E_IO, DGBA_E_CONFIG with file:line:column */
dgba_status dgba_data_plan_read(import_plan *out, const char *folder);
void dgba_data_plan_free(import_plan *plan);

/* ---- Lists ---- */

/** A split and the file that lists its images, a name a line. */
typedef struct import_split {
    const char *name, *path;
} import_split;

/** The images of all splits, sorted by name, and each split as numbers into them.
 *  Owns      caller frees with dgba_names_free() and dgba_data_splits_free(), also on error
 *  Errors    DGBA_E_IO, DGBA_E_FORMAT naming the split's file */
dgba_status dgba_data_list_images(dgba_names *names, data_splits *splits, const import_split *lists, int64_t count);

/** The same for what options tell: a list for training and one for testing.
 *  Errors    also DGBA_E_USAGE if one is not given */
dgba_status dgba_data_list_optional(dgba_names *names, data_splits *splits, const dgba_import *options);

/** All lines of a text file without blanks at their ends, empty ones too, so that an index is a line number.
 *  Owns      caller frees with dgba_names_free(), also on error
 *  Errors    DGBA_E_IO, DGBA_E_FORMAT naming the file */
dgba_status dgba_data_list_lines(dgba_names *out, const char *path);

/** Names of the classes from a file of lines "stored-value name"; those of stored values that are ignored are skipped.
 *  Owns      caller frees with dgba_names_free(), also on error
 *  Errors    DGBA_E_IO, DGBA_E_FORMAT naming the file */
dgba_status dgba_data_list_classes(dgba_names *out, const char *path, const import_task *task, int64_t classes);

/** Weights of the classes from a .npy file or a text file of one number a line.
 *  Errors    DGBA_E_IO, DGBA_E_FORMAT naming the file */
dgba_status dgba_data_list_weights(float weights[DGBA_DATA_MOST_CLASSES], const char *path, int64_t classes);

/* ---- Values ---- */

/** The class of a stored value.
 *  Errors    DGBA_E_FORMAT naming the value */
dgba_status dgba_data_decode_class(int64_t *out, int64_t stored, const import_task *task, int64_t classes);

/** Values (H,W,L) of a stored label, NaN = not valid.
 *  Errors    DGBA_E_FORMAT: wrong number of channels, a class that does not exist */
dgba_status dgba_data_decode_label(float *values, const data_image *stored, const import_task *task,
                                   const dgba_data_task *about);

/** Unit normals (H,W,3), x right, y up, z towards the viewer, from depth (H,W) along the optical axis; NaN where the depth
 *  of the pixel or of one of its eight neighbours is NaN, or where too few pixels lie on one surface. */
dgba_status dgba_data_normals_from_depth(float *normals, const float *depth, int64_t height, int64_t width,
                                         const import_camera *camera);

/* ---- Where it goes ---- */

/** One image and its labels, and the file they are written to. */
typedef struct import_sink {
    dgba_data_info about; // filled in before the sink is opened
    int64_t stored_height, stored_width;
    dgba_text first_path; // the picture that told these sizes
    uint8_t *rgb;
    float *values[DGBA_DATA_MOST_TASKS];
    dgba_data_writer *writer;
} import_sink;

/** Takes the sizes of a picture, which all other files must have; images are resized to `size` unless it is 0. */
dgba_status dgba_data_sink_measure(import_sink *sink, const char *path, int64_t size);

/** Starts the data file and writes its splits.
 *  Owns      caller frees the sink, also on error; a file that was not committed is then gone */
dgba_status dgba_data_sink_open(import_sink *sink, const char *path, const data_splits *splits);
void dgba_data_sink_free(import_sink *sink);

/** Writes the names of the classes of a task from a file; "" for none. */
dgba_status dgba_data_sink_class_names(import_sink *sink, int64_t task, const char *path, const import_task *rule);

/** Errors    DGBA_E_SHAPE naming both files if a file does not have the sizes of the first picture */
dgba_status dgba_data_sink_check_size(const import_sink *sink, const char *path, int64_t height, int64_t width);

/** Reads the picture or a stored label of the image at hand. */
dgba_status dgba_data_sink_picture(import_sink *sink, const char *path, bool bgr);
dgba_status dgba_data_sink_label(import_sink *sink, int64_t task, const char *path, const import_task *rule);

/** Writes the image at hand. */
dgba_status dgba_data_sink_put(import_sink *sink, int64_t image, const char *name);

/* ---- The importers: a row here and in the table of import.c for each ---- */

extern const dgba_importer dgba_data_folder_importer, dgba_data_nyuv2_mat_importer, dgba_data_adashare_importer,
    dgba_data_taskonomy_importer;

#endif
