/** A folder of aligned images, as its dataset.yaml describes it. */
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
    int64_t ignore; // the stored value that means not valid; -1 = none
    bool bgr;
    const char *names; // file with the names of the classes, or NULL
} import_task;

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

/** The images of all splits, sorted by name, and each split as numbers into them.
 *  Owns      caller frees with dgba_names_free() and dgba_data_splits_free(), also on error
 *  Errors    DGBA_E_IO, DGBA_E_FORMAT naming the split's file */
dgba_status dgba_data_list_images(dgba_names *names, data_splits *splits, const import_plan *plan, const char *folder);

/** Names of the classes from a file of lines "stored-value name"; those of stored values that are ignored are skipped.
 *  Owns      caller frees with dgba_names_free(), also on error
 *  Errors    DGBA_E_IO, DGBA_E_FORMAT naming the file */
dgba_status dgba_data_list_classes(dgba_names *out, const char *path, const import_task *task, int64_t classes);

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

#endif
