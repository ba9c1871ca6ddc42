#include "scene_builder.h"

#include <float.h>

/* ---- Drafts ---- */

static scene_object *drafted(const builder *b) { return &b->scene->objects[b->scene->object_count - 1]; }

void dgba_builder_begin(builder *b, scene_class class) {
    scene *s = b->scene;
    DGBA_ASSERT(s->object_count < SCENE_MOST_OBJECTS);
    s->objects[s->object_count++] =
        (scene_object){.frame = {.cosine = 1}, .low = grey(FLT_MAX), .high = grey(-FLT_MAX), .first_part = s->part_count};
    b->draft = (scene_draft){.class = class, .first_material = s->material_count};
}

void dgba_builder_part(builder *b, scene_shape shape, int material, vec3 low, vec3 high) {
    scene *s = b->scene;
    scene_object *object = drafted(b);
    DGBA_ASSERT(s->part_count < SCENE_MOST_PARTS);
    s->parts[s->part_count++] = (scene_part){shape, b->draft.class, material, low, high};
    object->part_count += 1;
    object->low = smaller(object->low, low);
    object->high = larger(object->high, high);
}

void dgba_builder_drop(builder *b) {
    b->scene->part_count = drafted(b)->first_part;
    b->scene->material_count = b->draft.first_material;
    b->scene->object_count -= 1;
}

/* ---- Places ---- */

/** Corner 0..3 of a volume's footprint. */
static vec3 corner_of(const scene_volume *v, int corner) {
    const vec3 local = at(corner & 1 ? v->high.x : v->low.x, corner & 2 ? v->high.y : v->low.y, 0);
    return add(v->frame.origin, turn_to_world(&v->frame, local));
}

/** Whether a side of a's footprint keeps it apart from b's. */
static bool side_between(const scene_volume *a, const scene_volume *b) {
    vec3 low = grey(FLT_MAX), high = grey(-FLT_MAX);
    for (int corner = 0; corner < 4; ++corner) {
        const vec3 local = turn_to_local(&a->frame, subtract(corner_of(b, corner), a->frame.origin));
        low = smaller(low, local);
        high = larger(high, local);
    }
    return low.x >= a->high.x || high.x <= a->low.x || low.y >= a->high.y || high.y <= a->low.y;
}

static bool overlap(const scene_volume *a, const scene_volume *b) {
    if (a->frame.origin.z + a->low.z >= b->frame.origin.z + b->high.z) return false;
    if (b->frame.origin.z + b->low.z >= a->frame.origin.z + a->high.z) return false;
    return !side_between(a, b) && !side_between(b, a);
}

static bool in_room(const scene *s, const scene_volume *v) {
    const float slack = 1e-3f;
    for (int corner = 0; corner < 4; ++corner) {
        const vec3 p = corner_of(v, corner);
        if (p.x < -slack || p.y < -slack || p.x > s->size.x + slack || p.y > s->size.y + slack) return false;
    }
    return v->frame.origin.z + v->low.z >= -slack && v->frame.origin.z + v->high.z <= s->size.z + slack;
}

/** The space the draft would take with this frame; `margin` metre less on all sides. */
static scene_volume volume_of(const builder *b, scene_frame frame, float margin) {
    const scene_object *object = drafted(b);
    scene_volume v = {frame, add(object->low, grey(margin)), subtract(object->high, grey(margin))};
    v.low.y -= b->draft.clearance;
    return v;
}

/** Whether the draft fits there; the space of object `host` may be shared (−1: none). */
static bool fits(const builder *b, scene_frame frame, int host) {
    const scene_volume whole = volume_of(b, frame, 0), inner = volume_of(b, frame, 0.005f);
    if (!in_room(b->scene, &whole)) return false;
    for (int i = 0; i < b->taken_count; ++i)
        if (i != host && overlap(&inner, &b->taken[i])) return false;
    return true;
}

static void light_up(builder *b) {
    scene *s = b->scene;
    const scene_object *object = drafted(b);
    if (!b->draft.lit || s->light_count == SCENE_MOST_LIGHTS) return;
    scene_light light = b->draft.light;
    light.centre = add(object->frame.origin, turn_to_world(&object->frame, light.centre));
    light.u = turn_to_world(&object->frame, light.u);
    light.v = turn_to_world(&object->frame, light.v);
    light.normal = turn_to_world(&object->frame, light.normal);
    light.object = s->object_count - 1;
    s->lights[s->light_count++] = light;
}

/** Leaves the draft there for good. Volume i belongs to object i. */
static void settle(builder *b, scene_frame frame, scene_volume volume) {
    drafted(b)->frame = frame;
    b->taken[b->taken_count++] = volume;
    DGBA_ASSERT(b->taken_count == b->scene->object_count);
    light_up(b);
}

static bool try_at(builder *b, scene_frame frame, int host) {
    if (!fits(b, frame, host)) return false;
    settle(b, frame, volume_of(b, frame, 0));
    return true;
}

/** Walls 0..3 stand at the high y, high x, low y and low x. */
static scene_frame frame_at_wall(const builder *b, int wall, float along, float height) {
    static const float cosines[] = {1, 0, -1, 0}, sines[] = {0, -1, 0, 1};
    const vec3 size = b->scene->size;
    const vec3 spots[] = {at(along, size.y, height), at(size.x, along, height), at(along, 0, height), at(0, along, height)};
    scene_frame frame = {spots[wall], cosines[wall], sines[wall]};
    const vec3 back = turn_to_world(&frame, at(0, drafted(b)->high.y, 0));
    frame.origin = subtract(frame.origin, back);
    return frame;
}

bool dgba_builder_at_wall(builder *b, float height) {
    const float half = 0.5f * (drafted(b)->high.x - drafted(b)->low.x);
    for (int attempt = 0; attempt < 24; ++attempt) {
        const int wall = below(b, 4);
        const float length = wall % 2 ? b->scene->size.y : b->scene->size.x;
        if (length < 2 * half) continue;
        float along = between(b, half, length - half);
        if (chance(b, 0.25f)) along = chance(b, 0.5f) ? half : length - half; // into the corner
        if (try_at(b, frame_at_wall(b, wall, along, height), -1)) return true;
    }
    dgba_builder_drop(b);
    return false;
}

bool dgba_builder_on_floor(builder *b) {
    for (int attempt = 0; attempt < 24; ++attempt) {
        const float angle = between(b, 0, 6.2831853f);
        const float x = between(b, 0, b->scene->size.x), y = between(b, 0, b->scene->size.y);
        if (try_at(b, (scene_frame){at(x, y, 0), cosf(angle), sinf(angle)}, -1)) return true;
    }
    dgba_builder_drop(b);
    return false;
}

void dgba_builder_spread(builder *b, float height) {
    const scene_object *object = drafted(b);
    const vec3 room = b->scene->size;
    scene_frame frame = {.origin.z = height, .cosine = 1};
    frame.origin.x = between(b, least(object->high.x, room.x / 2), most(room.x - object->high.x, room.x / 2));
    frame.origin.y = between(b, least(object->high.y, room.y / 2), most(room.y - object->high.y, room.y / 2));
    settle(b, frame, (scene_volume){.frame = frame}); // it takes no space
}

bool dgba_builder_beside(builder *b, int host, vec3 place, float cosine, float sine) {
    const scene_frame *to = &b->scene->objects[host].frame;
    const scene_frame frame = {add(to->origin, turn_to_world(to, place)), to->cosine * cosine - to->sine * sine,
                               to->sine * cosine + to->cosine * sine};
    if (try_at(b, frame, host)) return true;
    dgba_builder_drop(b);
    return false;
}
