#include "scene_builder.h"

static int last_object(const builder *b) { return b->scene->object_count - 1; }

/* ---- The shell ---- */

static void build_shell(builder *b) {
    scene *s = b->scene;
    s->size = between_corners(b, at(2.7f, 2.7f, 2.3f), at(5.5f, 5.5f, 3));
    const int main = dgba_finish_wall(b), accent = chance(b, 0.35f) ? dgba_finish_wall(b) : main;
    for (int wall = 0; wall < 4; ++wall) s->wall_material[wall] = main;
    s->wall_material[below(b, 4)] = accent;
    s->floor_material = dgba_finish_floor(b);
    s->ceiling_material = chance(b, 0.85f) ? dgba_finish_white(b) : dgba_finish_paint(b);
    s->skirting_material = chance(b, 0.6f) ? dgba_finish_white(b) : dgba_finish_wood(b);
    s->skirting = chance(b, 0.75f) ? between(b, 0.05f, 0.14f) : 0;
}

/** Curtains hang on both sides of the window that was placed last. */
static void hang_curtains(builder *b, float sill) {
    const int window = last_object(b);
    const int cloth = dgba_finish_cloth(b);
    const vec3 low = b->scene->objects[window].low, high = b->scene->objects[window].high;
    const float bottom = chance(b, 0.6f) ? 0.03f : sill - 0.1f,
                top = least(sill + high.z + 0.15f, b->scene->size.z - 0.03f);
    for (int side = -1; side <= 1; side += 2) {
        dgba_fixture_curtain(b, cloth, top - bottom);
        dgba_builder_beside(b, window, at((float)side * (high.x - low.x) * 0.5f, 0, bottom - sill), 1, 0);
    }
}

static void place_openings(builder *b) {
    const int doors = chance(b, 0.85f) ? 1 : 0, windows = 1 + chance(b, 0.5f);
    if (chance(b, 0.35f)) {
        dgba_fixture_block(b, b->scene->wall_material[0]);
        dgba_builder_at_wall(b, 0);
    }
    for (int i = 0; i < doors; ++i) {
        dgba_fixture_door(b);
        dgba_builder_at_wall(b, 0);
    }
    for (int i = 0; i < windows; ++i) {
        const float sill = between(b, 0.5f, 1.05f);
        dgba_fixture_window(b);
        if (dgba_builder_at_wall(b, sill) && chance(b, 0.45f)) hang_curtains(b, sill);
    }
}

/* ---- Furniture ---- */

typedef enum theme { BEDROOM, LIVING, OFFICE, DINING, STORE, THEME_COUNT } theme;
typedef enum placement { AT_WALL, ON_FLOOR, EITHER } placement;

/** How likely each kind of room has a piece; a chance above 1 means that many, and perhaps one more. A new piece is a
 *  function of the catalogue and a row here. */
static const struct {
    void (*build)(builder *b);
    placement placement;
    float chance[THEME_COUNT];
} furniture[] = {
    //                                  bedroom living office dining store
    {dgba_furniture_bed, AT_WALL, {1.3f, 0.05f, 0.05f, 0.0f, 0.2f}},
    {dgba_furniture_sofa, EITHER, {0.1f, 1.5f, 0.25f, 0.2f, 0.1f}},
    {dgba_furniture_desk, AT_WALL, {0.4f, 0.2f, 1.6f, 0.1f, 0.3f}},
    {dgba_furniture_table, ON_FLOOR, {0.2f, 1.0f, 0.4f, 1.4f, 0.4f}},
    {dgba_furniture_wardrobe, AT_WALL, {0.9f, 0.15f, 0.4f, 0.3f, 0.8f}},
    {dgba_furniture_nightstand, AT_WALL, {1.2f, 0.2f, 0.2f, 0.1f, 0.2f}},
    {dgba_furniture_chest, AT_WALL, {0.8f, 0.9f, 0.6f, 1.2f, 0.7f}},
    {dgba_furniture_shelf, AT_WALL, {0.5f, 1.0f, 1.6f, 0.7f, 1.8f}},
    {dgba_furniture_armchair, EITHER, {0.3f, 1.1f, 0.2f, 0.2f, 0.1f}},
    {dgba_furniture_floor_lamp, AT_WALL, {0.6f, 1.0f, 0.6f, 0.5f, 0.2f}},
    {dgba_furniture_chair, EITHER, {0.7f, 0.6f, 1.0f, 0.9f, 0.8f}},
    {dgba_furniture_boxes, EITHER, {0.9f, 0.6f, 1.4f, 0.6f, 3.5f}},
};

/** Chairs round a table: towards its middle from a side, a little way under it. */
static void seat_people(builder *b, int table, int seats) {
    const scene_object *object = &b->scene->objects[table];
    for (int i = 0; i < seats; ++i) {
        const int side = i % 4;
        const float out = between(b, 0, 0.3f), w = object->high.x, d = object->high.y;
        const float along = between(b, -0.3f, 0.3f) * (side < 2 ? w : d);
        // A chair looks along its −y; sides are front, back, right, left of the table.
        const vec3 places[] = {at(along, -d - out, 0), at(along, d + out, 0), at(w + out, along, 0),
                               at(-w - out, along, 0)};
        static const float angles[] = {3.14159265f, 0, -1.57079633f, 1.57079633f};
        const float angle = angles[side] + between(b, -0.35f, 0.35f);
        dgba_furniture_chair(b);
        dgba_builder_beside(b, table, places[side], cosf(angle), sinf(angle));
    }
}

/** Lamps and boxes on top of a piece of furniture. */
static void put_on_top(builder *b, int host, float top) {
    const scene_object *object = &b->scene->objects[host];
    const int things = below(b, 4);
    for (int i = 0; i < things; ++i) {
        if (chance(b, 0.3f))
            dgba_fixture_table_lamp(b);
        else
            dgba_fixture_small_box(b);
        const float angle = between(b, -0.5f, 0.5f);
        const float x = 0.65f * between(b, object->low.x, object->high.x),
                    y = 0.6f * between(b, object->low.y, object->high.y);
        dgba_builder_beside(b, host, at(x, y, top), cosf(angle), sinf(angle));
    }
}

static void place_piece(builder *b, int kind) {
    furniture[kind].build(b);
    const scene_draft draft = b->draft;
    const bool at_wall = furniture[kind].placement == AT_WALL || (furniture[kind].placement == EITHER && chance(b, 0.6f));
    if (!(at_wall ? dgba_builder_at_wall(b, 0) : dgba_builder_on_floor(b))) return;
    const int placed = last_object(b);
    if (draft.top > 0) put_on_top(b, placed, draft.top);
    seat_people(b, placed, draft.seats);
}

static void place_furniture(builder *b, theme kind_of_room) {
    for (int kind = 0; kind < (int)DGBA_COUNT_OF(furniture); ++kind) {
        const float wanted = furniture[kind].chance[kind_of_room];
        for (int i = 0; (float)i < wanted; ++i)
            if (chance(b, wanted - (float)i)) place_piece(b, kind);
    }
}

static void place_decoration(builder *b) {
    const int pictures = 1 + below(b, 6), mats = below(b, 5) / 2;
    for (int i = 0; i < pictures; ++i) {
        dgba_fixture_picture(b);
        dgba_builder_at_wall(b, between(b, 1.1f, 1.5f));
    }
    if (chance(b, 0.3f)) {
        dgba_fixture_wall_shelf(b);
        dgba_builder_at_wall(b, between(b, 1.2f, 1.7f));
    }
    for (int i = 0; i < mats; ++i) {
        dgba_fixture_mat(b);
        dgba_builder_spread(b, 0);
    }
}

/* ---- Light ---- */

static void place_ceiling_lamps(builder *b) {
    const int lamps = 1 + chance(b, 0.25f);
    for (int i = 0; i < lamps; ++i) {
        dgba_fixture_ceiling_lamp(b);
        dgba_builder_spread(b, b->scene->size.z);
    }
}

static void set_ambient(builder *b) {
    scene *s = b->scene;
    vec3 sum = grey(0.25f);
    for (int i = 0; i < s->light_count; ++i) sum = add(sum, scale(s->lights[i].power, 0.5f * s->lights[i].reach));
    s->ambient = scale(sum, between(b, 0.05f, 0.16f));
    s->exposure = between(b, 0.14f, 0.4f);
    s->contrast = between(b, 0.3f, 1);
    s->noise = between(b, 0.5f, 3);
}

void dgba_scene_build(scene *out, dgba_random *random, double aspect) {
    builder b = {.scene = out, .random = random};
    out->object_count = out->part_count = out->material_count = out->light_count = 0;
    b.day = chance(&b, 0.75f);
    build_shell(&b);
    place_openings(&b);
    place_ceiling_lamps(&b);
    place_furniture(&b, (theme)below(&b, THEME_COUNT));
    place_decoration(&b);
    set_ambient(&b);
    dgba_scene_bound(out);
    dgba_scene_place_camera(out, random, aspect);
}
