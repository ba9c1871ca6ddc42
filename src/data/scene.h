/** A synthetic indoor scene: what it is made of, how it is built, looked at and rendered.
 *
 *  World coordinates in metre: the room is [0, size.x] × [0, size.y] × [0, size.z], z up. An object is a group of convex
 *  parts with a frame of its own that is turned about the vertical only, so every part is axis-aligned where it is
 *  intersected. In its frame an object looks along −y, stands on z = 0 and has its back at the high y.
 */
#ifndef DGBA_DATA_SCENE_H
#define DGBA_DATA_SCENE_H

#include "dgba/base.h"
#include "scene_vector.h"

/** The classes of the segmentation label, in the order of their numbers. */
#define SCENE_CLASS_LIST(X)     \
    X(CLASS_WALL, "wall")       \
    X(CLASS_FLOOR, "floor")     \
    X(CLASS_CEILING, "ceiling") \
    X(CLASS_DOOR, "door")       \
    X(CLASS_WINDOW, "window")   \
    X(CLASS_CURTAIN, "curtain") \
    X(CLASS_PICTURE, "picture") \
    X(CLASS_TABLE, "table")     \
    X(CLASS_CHAIR, "chair")     \
    X(CLASS_BED, "bed")         \
    X(CLASS_SOFA, "sofa")       \
    X(CLASS_CABINET, "cabinet") \
    X(CLASS_SHELF, "shelf")     \
    X(CLASS_LAMP, "lamp")       \
    X(CLASS_BOX, "box")         \
    X(CLASS_MAT, "mat")

#define SCENE_CLASS_ENUM(number, name) number,
typedef enum scene_class { SCENE_CLASS_LIST(SCENE_CLASS_ENUM) CLASS_COUNT } scene_class;
#undef SCENE_CLASS_ENUM

/** The fullest room its builder can ask for has 60 objects, the richest of them 18 parts and 8 materials. */
enum { SCENE_MOST_OBJECTS = 64, SCENE_MOST_PARTS = 1200, SCENE_MOST_MATERIALS = 520, SCENE_MOST_LIGHTS = 4 };

/* ---- What a scene is made of ---- */

typedef enum scene_texture {
    TEXTURE_PLAIN,
    TEXTURE_WOOD,     // grain along u, in planks of width `period`
    TEXTURE_TILES,    // squares of side `period`, in a checker pattern where the colours differ
    TEXTURE_STRIPES,  // across u
    TEXTURE_CLOTH,    // blotches of size `period` with a weave
    TEXTURE_PAINTING, // large patches of several colours
    TEXTURE_BOOKS,    // spines of width `period`
    TEXTURE_SKY,      // what is seen through a window
} scene_texture;

typedef struct scene_material {
    scene_texture texture;
    bool turned;      // u and v change places
    vec3 base, other; // linear colours, 0..1
    float period;     // metre
    float gloss;      // strength of the highlight
    float glow;       // light of its own, in units of its colour
    uint32_t seed;
} scene_material;

typedef enum scene_shape { SHAPE_BOX, SHAPE_CYLINDER, SHAPE_ELLIPSOID } scene_shape; // cylinders stand upright

/** A convex solid that fills the box low..high of its object's frame. */
typedef struct scene_part {
    scene_shape shape;
    scene_class class;
    int material;
    vec3 low, high;
} scene_part;

typedef struct scene_frame {
    vec3 origin;
    float cosine, sine; // of the angle about the vertical
} scene_frame;

static inline vec3 turn_to_world(const scene_frame *frame, vec3 v) {
    return at(frame->cosine * v.x - frame->sine * v.y, frame->sine * v.x + frame->cosine * v.y, v.z);
}
static inline vec3 turn_to_local(const scene_frame *frame, vec3 v) {
    return at(frame->cosine * v.x + frame->sine * v.y, frame->cosine * v.y - frame->sine * v.x, v.z);
}

typedef struct scene_object {
    scene_frame frame;
    vec3 low, high; // bounds of its parts in the frame
    int first_part, part_count;
} scene_object;

/** A parallelogram of points that send light; `normal` 0 sends it in all directions. */
typedef struct scene_light {
    vec3 centre, u, v; // half sides
    vec3 normal;
    vec3 power;  // what a surface facing it receives near by
    float reach; // metre: distance at which half of it is left
    int object;  // casts no shadow in this light: the lamp or window itself
} scene_light;

/** The pixel at (a, b), each −1..1 to the right and upwards, looks along forward + a·right + b·up. */
typedef struct scene_camera {
    vec3 position, right, up, forward; // forward is a unit vector, right and up are scaled by the field of view
} scene_camera;

/** Bounds of all objects in world coordinates, one array per side, so that one ray meets many boxes at once. */
typedef struct scene_bounds {
    float low_x[SCENE_MOST_OBJECTS], low_y[SCENE_MOST_OBJECTS], low_z[SCENE_MOST_OBJECTS];
    float high_x[SCENE_MOST_OBJECTS], high_y[SCENE_MOST_OBJECTS], high_z[SCENE_MOST_OBJECTS];
} scene_bounds;

typedef struct scene {
    vec3 size;
    int wall_material[4], floor_material, ceiling_material, skirting_material;
    float skirting; // its height
    scene_object objects[SCENE_MOST_OBJECTS];
    scene_part parts[SCENE_MOST_PARTS];
    scene_material materials[SCENE_MOST_MATERIALS];
    scene_light lights[SCENE_MOST_LIGHTS];
    int object_count, part_count, material_count, light_count;
    vec3 ambient;
    scene_camera camera;
    float exposure;      // mean brightness aimed at, 0..1, linear
    float contrast;      // strength of the contrast curve, 0..1
    float noise;         // standard deviation in 8-bit steps
    scene_bounds bounds; // filled by dgba_scene_bound()
} scene;

/* ---- Building ---- */

/** Builds a room with furniture, lights and a camera for images of this width / height. */
void dgba_scene_build(scene *out, dgba_random *random, double aspect);

/** Puts the camera where much of the room is seen and nothing stands in its face. */
void dgba_scene_place_camera(scene *s, dgba_random *random, double aspect);

/* ---- Casting rays ---- */

typedef struct scene_ray {
    vec3 origin, direction;
} scene_ray;

typedef struct scene_hit {
    float distance;      // in units of the ray's direction
    vec3 normal;         // unit, world
    vec3 place, outward; // point and normal in the frame of the object, for textures
    scene_class class;
    int material;
} scene_hit;

static inline scene_ray dgba_scene_camera_ray(const scene_camera *camera, float a, float b) {
    return (scene_ray){camera->position, add(camera->forward, add(scale(camera->right, a), scale(camera->up, b)))};
}

/** Prepares casting; to be called when the objects are complete. */
void dgba_scene_bound(scene *s);

/** The first thing a ray meets. It starts inside the room, so it always meets something. */
scene_hit dgba_scene_cast(const scene *s, scene_ray ray);

/** Whether something other than object `except` stands between the ray's start and start + direction. */
bool dgba_scene_blocked(const scene *s, scene_ray ray, int except);

/* ---- Rendering ---- */

/** Colour of a material at texture coordinates in metre; details finer than `footprint` metre fade to their mean. */
vec3 dgba_scene_colour(const scene_material *material, float u, float v, float footprint);

/** Image and labels of one scene as the data file has them, (H,W,L). */
enum { TASK_SEGMENT, TASK_NORMAL, TASK_DEPTH, TASK_KEYPOINTS, TASK_EDGES, SCENE_TASKS };

typedef struct scene_image {
    int64_t height, width;
    uint8_t *rgb;
    float *labels[SCENE_TASKS];
    float *radiance; // linear colours before exposure
    float *work;     // for the filters
    scene *scene;
} scene_image;

dgba_status dgba_scene_image_create(scene_image *out, int64_t height, int64_t width);
void dgba_scene_image_free(scene_image *image);

/** Colours from image->scene: 2×2 rays a pixel, light, exposure, noise drawn from `random`. */
void dgba_scene_render(scene_image *image, dgba_random *random);

/** Class, normal and depth at the centre of every pixel. */
void dgba_scene_label(scene_image *image);

/** All of it: builds scene `index` of `seed`, renders it, labels it. */
void dgba_scene_sample(scene_image *image, uint64_t seed, int64_t index);

#endif
