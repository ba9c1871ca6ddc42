#include "scene.h"

enum { CANDIDATES = 24, GRID_ROWS = 9, GRID_COLUMNS = 12 };

static float between(dgba_random *random, float low, float high) { return (float)dgba_random_between(random, low, high); }

/** Whether a point is within `margin` metre of an object's bounds. */
static bool in_object(const scene *s, vec3 point, float margin) {
    for (int i = 0; i < s->object_count; ++i) {
        const scene_object *object = &s->objects[i];
        const vec3 local = turn_to_local(&object->frame, subtract(point, object->frame.origin));
        const vec3 below = subtract(local, subtract(object->low, grey(margin)));
        const vec3 above = subtract(add(object->high, grey(margin)), local);
        if (least(below.x, least(below.y, below.z)) > 0 && least(above.x, least(above.y, above.z)) > 0) return true;
    }
    return false;
}

/** A camera that looks `yaw` round the vertical from the x axis, `pitch` above the horizon, tilted by `roll`. */
static scene_camera look(vec3 position, float yaw, float pitch, float roll) {
    const vec3 forward = at(cosf(pitch) * cosf(yaw), cosf(pitch) * sinf(yaw), sinf(pitch));
    const vec3 right = at(sinf(yaw), -cosf(yaw), 0), up = cross(right, forward);
    const float c = cosf(roll), s = sinf(roll);
    return (scene_camera){.position = position,
                          .forward = forward,
                          .right = add(scale(right, c), scale(up, s)),
                          .up = subtract(scale(up, c), scale(right, s))};
}

/** Where a person with a camera in the hand could stand. */
static vec3 random_stand(const scene *s, dgba_random *random) {
    const float wall = 0.25f;
    vec3 position = grey(0);
    for (int attempt = 0; attempt < 64; ++attempt) {
        position.x = between(random, wall, s->size.x - wall);
        position.y = between(random, wall, s->size.y - wall);
        position.z = between(random, 1, least(1.75f, s->size.z - 0.4f));
        if (!in_object(s, position, 0.2f)) break;
    }
    return position;
}

static scene_camera random_camera(const scene *s, dgba_random *random, float aspect) {
    const vec3 position = random_stand(s, random);
    const float yaw = between(random, 0, 6.2831853f), pitch = between(random, -0.6f, 0.12f);
    scene_camera camera = look(position, yaw, pitch, between(random, -0.05f, 0.05f));
    const float half_width = between(random, 0.5f, 0.75f); // 53 to 74 degrees across
    camera.right = scale(camera.right, half_width);
    camera.up = scale(camera.up, half_width / aspect);
    return camera;
}

/** How much there is to see: many classes, a wide view, nothing close. */
static float score(const scene *s, const scene_camera *camera) {
    bool seen[CLASS_COUNT] = {0};
    float depth = 0, close = 0;
    int furniture = 0;
    for (int row = 0; row < GRID_ROWS; ++row) {
        for (int column = 0; column < GRID_COLUMNS; ++column) {
            const float a = ((float)column + 0.5f) * 2 / GRID_COLUMNS - 1, b = 1 - ((float)row + 0.5f) * 2 / GRID_ROWS;
            const scene_hit hit = dgba_scene_cast(s, dgba_scene_camera_ray(camera, a, b));
            seen[hit.class] = true;
            furniture += hit.class > CLASS_CEILING;
            depth += least(hit.distance, 4);
            close += hit.distance < 0.8f;
        }
    }
    const float rays = GRID_ROWS * GRID_COLUMNS;
    float classes = 0;
    for (int i = 0; i < CLASS_COUNT; ++i) classes += seen[i];
    return classes + 1.5f * depth / rays - 25 * close / rays + 6 * least((float)furniture / rays, 0.6f);
}

void dgba_scene_place_camera(scene *s, dgba_random *random, double aspect) {
    float best = -HUGE_VALF;
    for (int i = 0; i < CANDIDATES; ++i) {
        const scene_camera candidate = random_camera(s, random, (float)aspect);
        const float points = score(s, &candidate);
        if (points <= best) continue;
        best = points;
        s->camera = candidate;
    }
}
