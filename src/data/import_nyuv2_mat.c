/** The labelled set of NYU Depth V2 as it is distributed: one MATLAB file (v7.3, which is HDF5).
 *
 *  MATLAB's arrays appear with their axes reversed: images (N,3,W,H) 8-bit, depths (N,W,H) in metres, labels (N,W,H) 0 =
 *  unlabelled, names a cell array of the labels' names from label 1. Images are numbered from 1.
 *  Source    Silberman, Hoiem, Kohli, Fergus, "Indoor Segmentation and Support Inference from RGBD Images", ECCV 2012
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "class_map.h"
#include "import.h"

enum { SEGMENT, NORMAL, DEPTH, TASKS };

/** Images that are read at a time: a chunk of the file's compressed arrays may reach over several. */
enum { BLOCK = 16 };

typedef struct mat_importer {
    dgba_h5 *file;
    dgba_names names; // of the images: their numbers as the lists write them
    data_splits splits;
    int64_t stored_images;
    import_camera camera;
    class_map map;
    int64_t block, block_images; // which images are at hand as they are stored
    uint8_t *rgb;
    float *depth;
    int32_t *labels;
    import_sink sink;
} mat_importer;

static dgba_status check_sizes(const mat_importer *import, const char *path, const int64_t *expected, int count) {
    int axes = 0;
    int64_t sizes[DGBA_H5_MOST_AXES];
    DGBA_TRY(dgba_h5_sizes(&axes, sizes, import->file, path));
    if (axes == count && memcmp(sizes, expected, (size_t)count * sizeof *sizes) == 0) return DGBA_OK;
    return dgba_fail(DGBA_E_FORMAT, "%s:%s: its sizes do not fit those of /images", dgba_h5_name(import->file), path);
}

static dgba_status open_file(mat_importer *import, const char *source) {
    int axes = 0;
    int64_t sizes[DGBA_H5_MOST_AXES];
    dgba_data_info *about = &import->sink.about;
    DGBA_TRY(dgba_h5_open(&import->file, source));
    DGBA_TRY(dgba_h5_sizes(&axes, sizes, import->file, "/images"));
    if (axes != 4 || sizes[1] != 3)
        return dgba_fail(DGBA_E_FORMAT, "%s:/images: not images of three channels, (N,3,W,H)", source);
    import->stored_images = sizes[0];
    about->width = sizes[2];
    about->height = sizes[3];
    const int64_t maps[] = {sizes[0], sizes[2], sizes[3]};
    DGBA_TRY(check_sizes(import, "/depths", maps, 3));
    return check_sizes(import, "/labels", maps, 3);
}

static dgba_status read_camera(import_camera *out, const char *text) {
    double *const values[] = {&out->fx, &out->fy, &out->cx, &out->cy};
    const char *place = text;
    for (int64_t i = 0; i < DGBA_COUNT_OF(values); ++i) {
        char *end = NULL;
        *values[i] = strtod(place, &end);
        const char after = i + 1 < DGBA_COUNT_OF(values) ? ',' : '\0';
        if (end == place || *end != after || !isfinite(*values[i]))
            return dgba_fail(DGBA_E_USAGE, "the camera '%s' is not four numbers fx,fy,cx,cy", text);
        place = end + 1;
    }
    if (out->fx > 0 && out->fy > 0) return DGBA_OK;
    return dgba_fail(DGBA_E_USAGE, "the camera's focal lengths must be positive, not %g and %g", out->fx, out->fy);
}

static dgba_status read_map(mat_importer *import, const dgba_import *options) {
    dgba_names labels = {0};
    if (options->class_map[0] == '\0')
        return dgba_fail(DGBA_E_USAGE, "say what the labels stand for: --class-map FILE, a CSV file name,class40,class13");
    DGBA_TRY(dgba_h5_read_cells(&labels, import->file, "/names"));
    const dgba_status status =
        dgba_data_class_map_read(&import->map, options->class_map, options->classes, &labels, dgba_h5_name(import->file));
    dgba_names_free(&labels);
    return status;
}

static void describe(dgba_data_info *about, int64_t images, int64_t classes) {
    static const dgba_data_task tasks[TASKS] = {
        [SEGMENT] = {.name = "segment_semantic", .kind = "segmentation", .unit = "class", .channels = 1},
        [NORMAL] = {.name = "normal", .kind = "normals", .unit = "unit vector", .channels = 3},
        [DEPTH] = {.name = "depth_zbuffer", .kind = "depth", .unit = "metre", .channels = 1}};
    about->images = images;
    about->task_count = TASKS;
    memcpy(about->tasks, tasks, sizeof tasks);
    about->tasks[SEGMENT].classes = classes;
    memcpy(about->name, "nyuv2", sizeof "nyuv2");
    static const char source[] = "NYU Depth V2, labelled set (Silberman et al., ECCV 2012)";
    memcpy(about->source, source, sizeof source);
}

static dgba_status prepare(mat_importer *import, const char *path, const dgba_import *options) {
    static const import_task class_numbers = {.add = -1, .scale = 1, .divide = 1, .ignore = 0};
    DGBA_TRY(read_camera(&import->camera, options->camera));
    DGBA_TRY(read_map(import, options));
    DGBA_TRY(dgba_data_list_optional(&import->names, &import->splits, options));
    describe(&import->sink.about, import->names.count, options->classes);
    const int64_t pixels = BLOCK * import->sink.about.height * import->sink.about.width;
    DGBA_TRY(DGBA_NEW(&import->rgb, 3 * pixels));
    DGBA_TRY(DGBA_NEW(&import->depth, pixels));
    DGBA_TRY(DGBA_NEW(&import->labels, pixels));
    DGBA_TRY(dgba_data_sink_open(&import->sink, path, &import->splits));
    return dgba_data_sink_class_names(&import->sink, SEGMENT, options->class_names, &class_numbers);
}

/** The row of an image in the file. */
static dgba_status find_row(int64_t *out, const mat_importer *import, const char *name) {
    int64_t number = 0;
    if (dgba_text_integer(&number, name) != DGBA_OK || number < 1 || number > import->stored_images)
        return dgba_fail(DGBA_E_FORMAT, "'%s' in the lists is not one of the %lld images of %s, numbered from 1", name,
                         (long long)import->stored_images, dgba_h5_name(import->file));
    *out = number - 1;
    return DGBA_OK;
}

/** Reads the block that holds a row, unless it is at hand. */
static dgba_status read_block(mat_importer *import, int64_t row) {
    const int64_t first = row / BLOCK * BLOCK, left = import->stored_images - first, count = left < BLOCK ? left : BLOCK;
    if (import->block == first && import->block_images > 0) return DGBA_OK;
    import->block_images = 0;
    DGBA_TRY(dgba_h5_read_rows(import->rgb, import->file, "/images", DGBA_H5_U8, first, count));
    DGBA_TRY(dgba_h5_read_rows(import->depth, import->file, "/depths", DGBA_H5_F32, first, count));
    DGBA_TRY(dgba_h5_read_rows(import->labels, import->file, "/labels", DGBA_H5_I32, first, count));
    import->block = first;
    import->block_images = count;
    return DGBA_OK;
}

/** Turns the columns of a row of the block into rows of pixels. */
static dgba_status transpose(mat_importer *import, int64_t row) {
    const int64_t height = import->sink.about.height, width = import->sink.about.width, pixels = height * width;
    const int64_t skip = (row - import->block) * pixels;
    const uint8_t *rgb = import->rgb + 3 * skip;
    const float *depths = import->depth + skip;
    const int32_t *labels = import->labels + skip;
    for (int64_t y = 0; y < height; ++y) {
        for (int64_t x = 0; x < width; ++x) {
            const int64_t from = x * height + y, to = y * width + x;
            const float depth = depths[from];
            for (int64_t c = 0; c < 3; ++c) import->sink.rgb[3 * to + c] = rgb[c * pixels + from];
            import->sink.values[DEPTH][to] = depth > 0 && isfinite(depth) ? depth : NAN;
            DGBA_TRY(dgba_data_class_map_look_up(&import->sink.values[SEGMENT][to], &import->map, labels[from]));
        }
    }
    return DGBA_OK;
}

static dgba_status import_image(mat_importer *import, int64_t image) {
    const char *name = import->names.items[image];
    const dgba_data_info *about = &import->sink.about;
    int64_t row = 0;
    DGBA_TRY(find_row(&row, import, name));
    DGBA_TRY(read_block(import, row));
    DGBA_TRY(dgba_context(transpose(import, row), "%s:/labels, image %s", dgba_h5_name(import->file), name));
    DGBA_TRY(dgba_data_normals_from_depth(import->sink.values[NORMAL], import->sink.values[DEPTH], about->height,
                                          about->width, &import->camera));
    return dgba_data_sink_put(&import->sink, image, name);
}

static void free_importer(mat_importer *import) {
    dgba_data_sink_free(&import->sink);
    dgba_free(import->labels);
    dgba_free(import->depth);
    dgba_free(import->rgb);
    dgba_data_class_map_free(&import->map);
    dgba_data_splits_free(&import->splits);
    dgba_names_free(&import->names);
    dgba_h5_close(&import->file);
}

static dgba_status run(const char *source, const char *path, const dgba_import *options) {
    mat_importer import = {0};
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(open_file(&import, source));
    DGBA_TRY_OUT(prepare(&import, path, options));
    for (int64_t i = 0; i < import.names.count; ++i) DGBA_TRY_OUT(import_image(&import, i));
    status = dgba_data_writer_commit(&import.sink.writer);
out:
    free_importer(&import);
    return status;
}

const dgba_importer dgba_data_nyuv2_mat_importer = {
    .name = "nyuv2-mat",
    .help = "the labelled MATLAB file of NYU Depth V2",
    .options = (const char *const[]){"train_list", "test_list", "class_map", "classes", "class_names", "camera", NULL},
    .run = run,
};
