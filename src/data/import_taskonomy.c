/** Taskonomy: a folder per domain, files point_N_view_M_domain_X.png, five tasks with TreeMTL's encodings.
 *
 *  The lists name an image as point_0_view_1, or as building/point_0_view_1 where files lie in a folder per building,
 *  inside the domains' folders or round them. Images are resized by nearest pixel.
 *  Source    Zamir et al., "Taskonomy: Disentangling Task Transfer Learning", CVPR 2018
 */
#include <math.h>
#include <string.h>

#include "import.h"

enum { SEGMENT, NORMAL, DEPTH, KEYPOINTS, EDGES, TASKS, CLASSES = 17 };

/** In files' names, and the folders they may lie in. */
typedef struct domain_names {
    const char *tag, *folders[2];
} domain_names;

static const domain_names picture = {"rgb", {"rgb", NULL}};

static const struct {
    domain_names domain;
    import_task rule;
    dgba_data_task about;
} tasks[TASKS] = {
    [SEGMENT] =
        {{"segmentsemantic", {"segment_semantic", "segmentsemantic"}},
         {.kind = DATA_SEGMENTATION, .add = -1, .scale = 1, .divide = 1},
         {.name = "segment_semantic", .kind = "weighted_segmentation", .unit = "class", .classes = CLASSES, .channels = 1}},
    [NORMAL] = {{"normal", {"normal", NULL}},
                {.kind = DATA_NORMALS, .add = -127.5, .scale = 1, .divide = 127.5, .ignore = -1},
                {.name = "normal", .kind = "cosine_normals", .unit = "unit vector", .channels = 3}},
    [DEPTH] = {{"depth_zbuffer", {"depth_zbuffer", NULL}},
               {.kind = DATA_LOG_DEPTH, .scale = 1, .divide = 1, .ignore = -1, .valid_below = 64500},
               {.name = "depth_zbuffer", .kind = "log_depth", .unit = "log2(1 + d)/16", .channels = 1}},
    [KEYPOINTS] = {{"keypoints2d", {"keypoints2d", NULL}},
                   {.kind = DATA_PIXEL_L1,
                    .scale = 1,
                    .divide = 65536,
                    .clipped = true,
                    .clip = {0, 0.005},
                    .mapped = true,
                    .map = {-1, 1},
                    .ignore = -1},
                   {.name = "keypoints2d", .kind = "pixel_l1", .unit = "0..0.005 as -1..1", .channels = 1}},
    [EDGES] = {{"edge_texture", {"edge_texture", NULL}},
               {.kind = DATA_PIXEL_L1,
                .scale = 1,
                .divide = 65536,
                .clipped = true,
                .clip = {0, 0.08},
                .mapped = true,
                .map = {-1, 1},
                .ignore = -1},
               {.name = "edge_texture", .kind = "pixel_l1", .unit = "0..0.08 as -1..1", .channels = 1}},
};

typedef struct taskonomy {
    const char *source;
    bool released;
    dgba_names names;
    data_splits splits;
    dgba_text path; // the file at hand
    import_sink sink;
} taskonomy;

/** Puts source/folder/name_domain_tag.png into import->path, or source/building/folder/… if that exists instead. */
static bool find_in_folder(taskonomy *import, const char *folder, const char *name, const char *tag) {
    const char *slash = strrchr(name, '/');
    dgba_text_clear(&import->path);
    dgba_text_add(&import->path, "%s/%s/%s_domain_%s.png", import->source, folder, name, tag);
    if (slash == NULL || dgba_file_exists(dgba_text_chars(&import->path)))
        return dgba_file_exists(dgba_text_chars(&import->path));
    dgba_text_clear(&import->path);
    dgba_text_add(&import->path, "%s/%.*s/%s/%s_domain_%s.png", import->source, (int)(slash - name), name, folder,
                  slash + 1, tag);
    return dgba_file_exists(dgba_text_chars(&import->path));
}

static dgba_status find_file(const char **path, taskonomy *import, const char *name, const domain_names *domain) {
    for (int64_t i = 0; i < DGBA_COUNT_OF(domain->folders); ++i) {
        if (domain->folders[i] == NULL || !find_in_folder(import, domain->folders[i], name, domain->tag)) continue;
        *path = dgba_text_chars(&import->path);
        return DGBA_OK;
    }
    return dgba_fail(DGBA_E_IO, "%s: there is no file %s_domain_%s.png in its folder %s", import->source, name, domain->tag,
                     domain->folders[0]);
}

static dgba_status describe(taskonomy *import, const dgba_import *options) {
    dgba_data_info *about = &import->sink.about;
    memcpy(about->name, "taskonomy", sizeof "taskonomy");
    about->images = import->names.count;
    about->task_count = TASKS;
    for (int64_t t = 0; t < TASKS; ++t) about->tasks[t] = tasks[t].about;
    float *weights = about->tasks[SEGMENT].class_weights;
    if (options->class_weights[0] != '\0') return dgba_data_list_weights(weights, options->class_weights, CLASSES);
    DGBA_WARNING("no --class-weights are given: all classes weigh the same");
    for (int64_t c = 0; c < CLASSES; ++c) weights[c] = 1;
    return DGBA_OK;
}

/** Where the depth is not valid, nothing was scanned, so the normal is not valid either. Class 0 of the file means that
 *  nothing is known, which the released code trains as the first class, the background. */
static void apply_masks(taskonomy *import) {
    float *const *values = import->sink.values;
    const int64_t pixels = import->sink.about.height * import->sink.about.width;
    for (int64_t i = 0; i < pixels; ++i) {
        if (isnan(values[DEPTH][i]))
            for (int64_t c = 0; c < 3; ++c) values[NORMAL][3 * i + c] = NAN;
        if (import->released && isnan(values[SEGMENT][i])) values[SEGMENT][i] = 0;
    }
}

static dgba_status import_image(taskonomy *import, int64_t image) {
    const char *name = import->names.items[image], *path = NULL;
    DGBA_TRY(find_file(&path, import, name, &picture));
    DGBA_TRY(dgba_data_sink_picture(&import->sink, path, false));
    for (int64_t t = 0; t < TASKS; ++t) {
        DGBA_TRY(find_file(&path, import, name, &tasks[t].domain));
        DGBA_TRY(dgba_data_sink_label(&import->sink, t, path, &tasks[t].rule));
    }
    apply_masks(import);
    return dgba_data_sink_put(&import->sink, image, name);
}

static dgba_status prepare(taskonomy *import, const char *path, const dgba_import *options) {
    const char *first = NULL;
    DGBA_TRY(dgba_data_list_optional(&import->names, &import->splits, options));
    DGBA_TRY(describe(import, options));
    DGBA_TRY(find_file(&first, import, import->names.items[0], &picture));
    DGBA_TRY(dgba_data_sink_measure(&import->sink, first, options->size));
    DGBA_TRY(dgba_data_sink_open(&import->sink, path, &import->splits));
    return dgba_data_sink_class_names(&import->sink, SEGMENT, options->class_names, &tasks[SEGMENT].rule);
}

static dgba_status run(const char *source, const char *path, const dgba_import *options) {
    taskonomy import = {.source = source, .released = options->compat == 1};
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(prepare(&import, path, options));
    for (int64_t i = 0; i < import.names.count; ++i) DGBA_TRY_OUT(import_image(&import, i));
    status = dgba_data_writer_commit(&import.sink.writer);
out:
    dgba_data_sink_free(&import.sink);
    dgba_text_free(&import.path);
    dgba_data_splits_free(&import.splits);
    dgba_names_free(&import.names);
    return status;
}

const dgba_importer dgba_data_taskonomy_importer = {
    .name = "taskonomy",
    .help = "Taskonomy's folders rgb, segment_semantic, normal, depth_zbuffer, keypoints2d, edge_texture",
    .options = (const char *const[]){"train_list", "test_list", "class_names", "class_weights", "size", "compat", NULL},
    .run = run,
};
