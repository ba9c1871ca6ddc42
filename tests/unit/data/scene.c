/** Geometry of the synthetic scenes: rays against solids, labels against each other, rooms against common sense. */
#include "../../../src/data/scene.h"

#include <math.h>
#include <string.h>

#include "support/check.h"

enum { HEIGHT = 48, WIDTH = 64, PIXELS = HEIGHT * WIDTH };

/* ---- Rays ---- */

/** A room of 4 × 4 × 3 m with one object of one part, turned by an angle about the room's middle. */
static void one_solid(scene *s, scene_shape shape, float angle) {
    *s = (scene){.size = {4, 4, 3}, .object_count = 1, .part_count = 1};
    s->parts[0] = (scene_part){shape, CLASS_BOX, 7, at(-0.5f, -0.25f, 0), at(0.5f, 0.25f, 1)};
    s->objects[0] = (scene_object){{at(2, 2, 0), cosf(angle), sinf(angle)}, s->parts[0].low, s->parts[0].high, 0, 1};
    dgba_scene_bound(s);
}

static void check_hit(const scene *s, vec3 from, vec3 direction, float distance, vec3 normal, scene_class class) {
    const scene_hit hit = dgba_scene_cast(s, (scene_ray){from, direction});
    assert_int_equal(hit.class, class);
    assert_true(fabsf(hit.distance - distance) < 1e-5f);
    const vec3 error = subtract(hit.normal, normal);
    assert_true(dot(error, error) < 1e-10f);
}

static void rays_meet_boxes(void **state) {
    scene *s = *state;
    const float slant = sqrtf(0.5f);
    one_solid(s, SHAPE_BOX, 0);
    check_hit(s, at(2, 0.5f, 0.5f), at(0, 1, 0), 1.25f, at(0, -1, 0), CLASS_BOX);
    check_hit(s, at(0.5f, 2, 0.5f), at(2, 0, 0), 0.5f, at(-1, 0, 0), CLASS_BOX); // in units of the direction
    check_hit(s, at(2.4f, 2.1f, 2.5f), at(0, 0, -1), 1.5f, at(0, 0, 1), CLASS_BOX);
    check_hit(s, at(2.6f, 0.5f, 0.5f), at(0, 1, 0), 3.5f, at(0, -1, 0), CLASS_WALL); // past it
    check_hit(s, at(1, 1, 2), at(0, 0, 1), 1, at(0, 0, -1), CLASS_CEILING);
    one_solid(s, SHAPE_BOX, 1.57079633f); // a quarter turn swaps the sides
    check_hit(s, at(2, 0.5f, 0.5f), at(0, 1, 0), 1, at(0, -1, 0), CLASS_BOX);
    one_solid(s, SHAPE_BOX, 0.78539816f);
    check_hit(s, at(2.5f, 1.5f, 0.5f), at(-slant, slant, 0), slant - 0.25f, at(slant, -slant, 0), CLASS_BOX);
}

static void rays_meet_round_solids(void **state) {
    scene *s = *state;
    one_solid(s, SHAPE_ELLIPSOID, 0);
    check_hit(s, at(2, 0.5f, 0.5f), at(0, 1, 0), 1.25f, at(0, -1, 0), CLASS_BOX);
    // At x = 0.3, z = 0.2 from its centre: y = -0.25·sqrt(1 - 0.36 - 0.16), the normal is (x/a², y/b², z/c²) made unit.
    const float y = -0.25f * sqrtf(0.48f);
    check_hit(s, at(2.3f, 0.5f, 0.7f), at(0, 1, 0), 1.5f + y, unit(at(0.3f / 0.25f, y / 0.0625f, 0.2f / 0.25f)), CLASS_BOX);
    check_hit(s, at(2.45f, 0.5f, 0.95f), at(0, 1, 0), 3.5f, at(0, -1, 0), CLASS_WALL); // the bounding box's corner
    one_solid(s, SHAPE_CYLINDER, 0);
    check_hit(s, at(2.3f, 0.5f, 0.9f), at(0, 1, 0), 1.3f, unit(at(0.3f / 0.25f, -0.2f / 0.0625f, 0)), CLASS_BOX);
    check_hit(s, at(2.3f, 2.1f, 2.5f), at(0, 0, -1), 1.5f, at(0, 0, 1), CLASS_BOX); // its lid
    check_hit(s, at(2.45f, 2.2f, 2.5f), at(0, 0, -1), 2.5f, at(0, 0, 1), CLASS_FLOOR);
}

static void shadows_end_at_the_light(void **state) {
    scene *s = *state;
    one_solid(s, SHAPE_BOX, 0);
    const vec3 start = at(2, 0.5f, 0.5f);
    assert_true(dgba_scene_blocked(s, (scene_ray){start, at(0, 3, 0)}, -1));
    assert_false(dgba_scene_blocked(s, (scene_ray){start, at(0, 1.2f, 0)}, -1)); // the light stands before the box
    assert_false(dgba_scene_blocked(s, (scene_ray){start, at(0, -3, 0)}, -1));
    assert_false(dgba_scene_blocked(s, (scene_ray){start, at(0, 3, 0)}, 0)); // its own light
}

/* ---- Labels ---- */

typedef void (*scene_check)(const scene_image *image);

/** Builds and labels scenes without rendering their colours. */
static void for_scenes(int64_t count, int64_t height, int64_t width, scene_check check) {
    scene_image image;
    CHECK_OK(dgba_scene_image_create(&image, height, width));
    for (int64_t i = 0; i < count; ++i) {
        dgba_random random = dgba_random_stream(11, DGBA_RANDOM_SCENE, (uint64_t)i);
        dgba_scene_build(image.scene, &random, (double)width / (double)height);
        dgba_scene_label(&image);
        check(&image);
    }
    dgba_scene_image_free(&image);
}

/** The point that a pixel shows, in camera coordinates: x right, y up, z towards the viewer. */
static void back_project(double point[3], const scene_image *image, int64_t x, int64_t y) {
    const scene_camera *camera = &image->scene->camera;
    const double depth = image->labels[TASK_DEPTH][y * image->width + x];
    const double half_width = sqrt(dot(camera->right, camera->right)), half_height = sqrt(dot(camera->up, camera->up));
    point[0] = depth * half_width * (2 * ((double)x + 0.5) / (double)image->width - 1);
    point[1] = depth * half_height * (1 - 2 * ((double)y + 0.5) / (double)image->height);
    point[2] = -depth;
}

static const float *normal_at(const scene_image *image, int64_t x, int64_t y) {
    return image->labels[TASK_NORMAL] + 3 * (y * image->width + x);
}

static void check_normals(const scene_image *image) {
    for (int64_t i = 0; i < PIXELS; ++i) {
        const float *n = normal_at(image, i % WIDTH, i / WIDTH);
        double point[3], towards = 0;
        back_project(point, image, i % WIDTH, i / WIDTH);
        for (int k = 0; k < 3; ++k) towards -= n[k] * point[k];
        assert_true(fabs(n[0] * n[0] + n[1] * n[1] + n[2] * n[2] - 1) < 1e-4);
        assert_true(towards > -1e-4);
    }
}

static void normals_are_unit_and_face_the_camera(void **state) {
    (void)state;
    for_scenes(20, HEIGHT, WIDTH, check_normals);
}

/** Whether the pixel lies on one plane with its neighbours at ±step: along any line in the image of a plane, 1/depth is
 *  linear. */
static bool on_a_plane(const scene_image *image, int64_t pixel, int64_t step) {
    const float *depth = image->labels[TASK_DEPTH] + pixel;
    return fabs(1.0 / depth[-step] + 1.0 / depth[step] - 2.0 / depth[0]) < 1e-5 / depth[0];
}

/** Cosine between the normal label and the normal of the plane through the pixel's four neighbours; −2 if they are not
 *  on one plane with it. */
static double plane_agreement(const scene_image *image, int64_t x, int64_t y) {
    const int64_t pixel = y * image->width + x;
    if (!on_a_plane(image, pixel, 1) || !on_a_plane(image, pixel, image->width)) return -2;
    const float *n = normal_at(image, x, y);
    double left[3], right[3], above[3], below[3];
    back_project(left, image, x - 1, y);
    back_project(right, image, x + 1, y);
    back_project(above, image, x, y - 1);
    back_project(below, image, x, y + 1);
    for (int k = 0; k < 3; ++k) {
        right[k] -= left[k];
        above[k] -= below[k];
    }
    const double plane[3] = {right[1] * above[2] - right[2] * above[1], right[2] * above[0] - right[0] * above[2],
                             right[0] * above[1] - right[1] * above[0]};
    const double length = sqrt(plane[0] * plane[0] + plane[1] * plane[1] + plane[2] * plane[2]);
    return (plane[0] * n[0] + plane[1] * n[1] + plane[2] * n[2]) / length;
}

static int64_t plane_pixels, plane_agreeing;

static void count_planes(const scene_image *image) {
    for (int64_t y = 1; y < HEIGHT - 1; ++y) {
        for (int64_t x = 1; x < WIDTH - 1; ++x) {
            const double cosine = plane_agreement(image, x, y);
            plane_pixels += cosine > -2;
            plane_agreeing += cosine > cos(0.2 * 3.14159265 / 180);
        }
    }
}

/** Chance puts a few neighbours of a thin thing in line with it, so not quite all agree. */
static void normals_are_those_of_the_depth(void **state) {
    (void)state;
    plane_pixels = plane_agreeing = 0;
    for_scenes(20, HEIGHT, WIDTH, count_planes);
    assert_true(plane_pixels > 20 * PIXELS / 2);
    assert_true((double)plane_agreeing > 0.999 * (double)plane_pixels);
}

static void check_depth(const scene_image *image) {
    const float diagonal = sqrtf(dot(image->scene->size, image->scene->size));
    double mean = 0;
    for (int64_t i = 0; i < PIXELS; ++i) {
        const float depth = image->labels[TASK_DEPTH][i];
        assert_true(depth > 0.02f && depth < diagonal);
        mean += depth / PIXELS;
    }
    assert_true(mean > 0.8);
}

static void depths_stay_in_the_room(void **state) {
    (void)state;
    for_scenes(40, HEIGHT, WIDTH, check_depth);
}

static int64_t class_pixels[CLASS_COUNT];

static void count_classes(const scene_image *image) {
    for (int64_t i = 0; i < image->height * image->width; ++i) class_pixels[(int)image->labels[TASK_SEGMENT][i]] += 1;
}

static void classes_are_spread_as_in_rooms(void **state) {
    (void)state;
    memset(class_pixels, 0, sizeof class_pixels);
    for_scenes(200, 24, 32, count_classes);
    const double all = 200 * 24 * 32;
    for (int class = 0; class < CLASS_COUNT; ++class) {
        const double share = (double)class_pixels[class] / all;
        assert_true(share > 0.004 && share < (class == CLASS_WALL ? 0.5 : 0.2));
    }
    assert_true((double)class_pixels[CLASS_WALL] > 0.25 * all && (double)class_pixels[CLASS_FLOOR] > 0.08 * all);
}

/* ---- Rooms ---- */

static vec3 corner_in_world(const scene_object *object, int corner) {
    const vec3 local = at(corner & 1 ? object->high.x : object->low.x, corner & 2 ? object->high.y : object->low.y,
                          corner & 4 ? object->high.z : object->low.z);
    return add(object->frame.origin, turn_to_world(&object->frame, local));
}

static void check_room(const scene_image *image) {
    const scene *s = image->scene;
    assert_true(s->object_count >= 5 && s->light_count <= SCENE_MOST_LIGHTS);
    for (int i = 0; i < s->object_count; ++i) {
        const scene_object *object = &s->objects[i];
        const float slack =
            s->parts[object->first_part].class == CLASS_MAT ? 0.2f : 2e-3f; // mats may go under the skirting
        for (int corner = 0; corner < 8; ++corner) {
            const vec3 p = corner_in_world(object, corner), over = subtract(p, s->size);
            assert_true(least(p.x, least(p.y, p.z)) > -slack && most(over.x, most(over.y, over.z)) < slack);
        }
        const vec3 eye = turn_to_local(&object->frame, subtract(s->camera.position, object->frame.origin));
        const vec3 below = subtract(eye, object->low), above = subtract(object->high, eye);
        assert_true(least(least(below.x, above.x), least(least(below.y, above.y), least(below.z, above.z))) < 0);
    }
}

static void things_are_in_the_room_and_the_camera_not_in_them(void **state) {
    (void)state;
    for_scenes(200, 16, 16, check_room);
}

static int make_scene(void **state) { return DGBA_NEW((scene **)state, 1) == DGBA_OK ? 0 : -1; }
static int free_scene(void **state) {
    dgba_free(*state);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rays_meet_boxes, make_scene, free_scene),
        cmocka_unit_test_setup_teardown(rays_meet_round_solids, make_scene, free_scene),
        cmocka_unit_test_setup_teardown(shadows_end_at_the_light, make_scene, free_scene),
        cmocka_unit_test(normals_are_unit_and_face_the_camera),
        cmocka_unit_test(normals_are_those_of_the_depth),
        cmocka_unit_test(depths_stay_in_the_room),
        cmocka_unit_test(classes_are_spread_as_in_rooms),
        cmocka_unit_test(things_are_in_the_room_and_the_camera_not_in_them),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
