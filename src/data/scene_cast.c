#include <float.h>

#include "scene.h"

/** Where a ray is inside a convex solid; it misses if enter > leave. */
typedef struct span {
    float enter, leave;
    vec3 normal; // at `enter`, in the solid's frame; of unit length for boxes only
} span;

static const span nowhere = {.enter = FLT_MAX, .leave = -FLT_MAX};

/** 1 / direction, finite also for a ray along an axis. */
static float inverse_of(float x) { return 1 / (fabsf(x) > 1e-9f ? x : 1e-9f); }
static vec3 inverses(vec3 v) { return at(inverse_of(v.x), inverse_of(v.y), inverse_of(v.z)); }

static span cross_box(vec3 low, vec3 high, vec3 origin, vec3 inverse) {
    const vec3 a = multiply(subtract(low, origin), inverse), b = multiply(subtract(high, origin), inverse);
    const vec3 near = smaller(a, b), far = larger(a, b);
    span found = {.enter = near.x, .leave = least(far.x, least(far.y, far.z))};
    found.normal = at(inverse.x > 0 ? -1.0f : 1.0f, 0, 0);
    if (near.y > found.enter) {
        found.enter = near.y;
        found.normal = at(0, inverse.y > 0 ? -1.0f : 1.0f, 0);
    }
    if (near.z > found.enter) {
        found.enter = near.z;
        found.normal = at(0, 0, inverse.z > 0 ? -1.0f : 1.0f);
    }
    return found;
}

/** Narrows the span in which a ray is inside a box to the one in which |M(origin + t·direction)| ≤ 1 for the round solid
 *  that fills the box: `mask` is 1 along the axes that the roundness takes part in. */
static span cross_round(const scene_part *part, vec3 mask, vec3 origin, vec3 direction, span box) {
    const vec3 middle = scale(add(part->low, part->high), 0.5f), half = scale(subtract(part->high, part->low), 0.5f);
    const vec3 shrink = at(mask.x / half.x, mask.y / half.y, mask.z / half.z);
    const vec3 o = multiply(subtract(origin, middle), shrink), d = multiply(direction, shrink);
    const float a = dot(d, d), b = dot(o, d), c = dot(o, o) - 1;
    if (a <= 0) return c <= 0 ? box : nowhere; // straight down a cylinder
    const float root = b * b - a * c;
    if (root <= 0) return nowhere;
    const float enter = (-b - sqrtf(root)) / a, leave = (-b + sqrtf(root)) / a;
    if (enter > box.enter || part->shape == SHAPE_ELLIPSOID) {
        box.enter = enter;
        box.normal = multiply(add(o, scale(d, enter)), shrink);
    }
    box.leave = least(box.leave, leave);
    return box;
}

static span cross_part(const scene_part *part, vec3 origin, vec3 direction, vec3 inverse) {
    const span box = cross_box(part->low, part->high, origin, inverse);
    if (part->shape == SHAPE_BOX || box.enter > box.leave) return box;
    const vec3 mask = part->shape == SHAPE_CYLINDER ? at(1, 1, 0) : at(1, 1, 1);
    return cross_round(part, mask, origin, direction, box);
}

void dgba_scene_bound(scene *s) {
    s->bounds = (scene_bounds){0};
    for (int i = 0; i < s->object_count; ++i) {
        const scene_object *object = &s->objects[i];
        vec3 low = grey(FLT_MAX), high = grey(-FLT_MAX);
        for (int corner = 0; corner < 8; ++corner) {
            const vec3 local = at(corner & 1 ? object->high.x : object->low.x, corner & 2 ? object->high.y : object->low.y,
                                  corner & 4 ? object->high.z : object->low.z);
            const vec3 world = add(object->frame.origin, turn_to_world(&object->frame, local));
            low = smaller(low, world);
            high = larger(high, world);
        }
        s->bounds.low_x[i] = low.x, s->bounds.low_y[i] = low.y, s->bounds.low_z[i] = low.z;
        s->bounds.high_x[i] = high.x, s->bounds.high_y[i] = high.y, s->bounds.high_z[i] = high.z;
    }
}

/** enter[i] = where the ray enters the bounds of object i (at least 0), FLT_MAX if it misses them. */
DGBA_VECTORIZE
static void enter_bounds(float *restrict enter, const scene_bounds *restrict bounds, int count, vec3 origin, vec3 inverse) {
    for (int i = 0; i < count; ++i) {
        const float ax = (bounds->low_x[i] - origin.x) * inverse.x, bx = (bounds->high_x[i] - origin.x) * inverse.x;
        const float ay = (bounds->low_y[i] - origin.y) * inverse.y, by = (bounds->high_y[i] - origin.y) * inverse.y;
        const float az = (bounds->low_z[i] - origin.z) * inverse.z, bz = (bounds->high_z[i] - origin.z) * inverse.z;
        const float near_x = ax < bx ? ax : bx, near_y = ay < by ? ay : by, near_z = az < bz ? az : bz;
        const float far_x = ax > bx ? ax : bx, far_y = ay > by ? ay : by, far_z = az > bz ? az : bz;
        const float near_xy = near_x > near_y ? near_x : near_y, far_xy = far_x < far_y ? far_x : far_y;
        const float near = near_xy > near_z ? near_xy : near_z, far = far_xy < far_z ? far_xy : far_z;
        const float from = near > 0 ? near : 0;
        enter[i] = from <= far ? from : FLT_MAX;
    }
}

/** The room seen from inside: the side by which the ray leaves. */
static scene_hit cast_to_room(const scene *s, const scene_ray *ray, vec3 inverse) {
    const vec3 to_low = multiply(subtract(grey(0), ray->origin), inverse);
    const vec3 to_high = multiply(subtract(s->size, ray->origin), inverse);
    const vec3 leave = larger(to_low, to_high);
    scene_hit hit = {.distance = least(leave.x, least(leave.y, leave.z)), .class = CLASS_WALL};
    if (hit.distance == leave.z) {
        const bool up = inverse.z > 0;
        hit.class = up ? CLASS_CEILING : CLASS_FLOOR;
        hit.material = up ? s->ceiling_material : s->floor_material;
        hit.normal = at(0, 0, up ? -1.0f : 1.0f);
    } else if (hit.distance == leave.x) {
        hit.material = s->wall_material[inverse.x > 0 ? 1 : 3];
        hit.normal = at(inverse.x > 0 ? -1.0f : 1.0f, 0, 0);
    } else {
        hit.material = s->wall_material[inverse.y > 0 ? 0 : 2];
        hit.normal = at(0, inverse.y > 0 ? -1.0f : 1.0f, 0);
    }
    hit.place = add(ray->origin, scale(ray->direction, hit.distance));
    hit.outward = hit.normal;
    if (hit.class == CLASS_WALL && hit.place.z < s->skirting) hit.material = s->skirting_material;
    return hit;
}

static void cast_to_object(scene_hit *hit, const scene *s, const scene_object *object, const scene_ray *ray) {
    const vec3 origin = turn_to_local(&object->frame, subtract(ray->origin, object->frame.origin));
    const vec3 direction = turn_to_local(&object->frame, ray->direction);
    const vec3 inverse = inverses(direction);
    const scene_part *nearest = NULL;
    span found = nowhere;
    for (int i = 0; i < object->part_count; ++i) {
        const scene_part *part = &s->parts[object->first_part + i];
        const span next = cross_part(part, origin, direction, inverse);
        if (next.enter > next.leave || next.enter <= 0 || next.enter >= hit->distance) continue;
        hit->distance = next.enter;
        nearest = part;
        found = next;
    }
    if (nearest == NULL) return;
    hit->class = nearest->class;
    hit->material = nearest->material;
    hit->outward = unit(found.normal);
    hit->normal = turn_to_world(&object->frame, hit->outward);
    hit->place = add(origin, scale(direction, hit->distance));
}

scene_hit dgba_scene_cast(const scene *s, scene_ray ray) {
    float enter[SCENE_MOST_OBJECTS];
    const vec3 inverse = inverses(ray.direction);
    scene_hit hit = cast_to_room(s, &ray, inverse);
    enter_bounds(enter, &s->bounds, s->object_count, ray.origin, inverse);
    for (int i = 0; i < s->object_count; ++i)
        if (enter[i] < hit.distance) cast_to_object(&hit, s, &s->objects[i], &ray);
    return hit;
}

static bool object_blocks(const scene *s, const scene_object *object, const scene_ray *ray) {
    const vec3 origin = turn_to_local(&object->frame, subtract(ray->origin, object->frame.origin));
    const vec3 direction = turn_to_local(&object->frame, ray->direction);
    const vec3 inverse = inverses(direction);
    for (int i = 0; i < object->part_count; ++i) {
        const span found = cross_part(&s->parts[object->first_part + i], origin, direction, inverse);
        if (found.enter <= found.leave && found.enter > 0 && found.enter < 1) return true;
    }
    return false;
}

bool dgba_scene_blocked(const scene *s, scene_ray ray, int except) {
    float enter[SCENE_MOST_OBJECTS];
    enter_bounds(enter, &s->bounds, s->object_count, ray.origin, inverses(ray.direction));
    for (int i = 0; i < s->object_count; ++i)
        if (enter[i] < 1 && i != except && object_blocks(s, &s->objects[i], &ray)) return true;
    return false;
}
