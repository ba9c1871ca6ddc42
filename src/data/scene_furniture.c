/* The catalogue of what stands on the floor. Sizes are in metre, as furniture shops have them. */
#include "scene_builder.h"

/** Four legs under a rectangle of half sides w × d. */
static void legs(builder *b, int material, float w, float d, float height, float thickness) {
    const scene_shape shape = chance(b, 0.3f) ? SHAPE_CYLINDER : SHAPE_BOX;
    const float inset = between(b, 0, 0.04f);
    for (int leg = 0; leg < 4; ++leg) {
        const float x = leg & 1 ? w - inset - thickness : -w + inset, y = leg & 2 ? d - inset - thickness : -d + inset;
        dgba_builder_part(b, shape, material, at(x, y, 0), at(x + thickness, y + thickness, height));
    }
}

/** A column of drawers or doors, each with a handle, that fills the box low..high. */
static void fronts(builder *b, int material, int knob, vec3 low, vec3 high, int rows) {
    const float step = (high.z - low.z) / (float)rows, gap = 0.012f, middle = 0.5f * (low.x + high.x);
    for (int row = 0; row < rows; ++row) {
        const float bottom = low.z + (float)row * step + gap, top = bottom + step - 2 * gap;
        box(b, material, at(low.x + gap, low.y, bottom), at(high.x - gap, high.y, top));
        const float height = 0.5f * (bottom + top);
        box(b, knob, at(middle - 0.05f, low.y - 0.02f, height - 0.012f), at(middle + 0.05f, low.y, height + 0.012f));
    }
}

void dgba_furniture_table(builder *b) {
    dgba_builder_begin(b, CLASS_TABLE);
    const int wood = dgba_finish_furniture(b), under = chance(b, 0.6f) ? wood : dgba_finish_metal(b);
    const bool low = chance(b, 0.3f);
    const float height = low ? between(b, 0.35f, 0.5f) : between(b, 0.7f, 0.78f), board = between(b, 0.02f, 0.06f);
    b->draft.top = height;
    b->draft.seats = low ? 0 : 1 + below(b, 4);
    if (chance(b, 0.3f)) { // round
        const float radius = low ? between(b, 0.3f, 0.5f) : between(b, 0.45f, 0.65f);
        cylinder(b, wood, radius, height - board, height);
        cylinder(b, under, between(b, 0.04f, 0.08f), 0.03f, height - board);
        cylinder(b, under, 0.55f * radius, 0, 0.03f);
        return;
    }
    const float w = low ? between(b, 0.4f, 0.6f) : between(b, 0.5f, 0.95f), d = between(b, 0.3f, 0.48f);
    box(b, wood, at(-w, -d, height - board), at(w, d, height));
    legs(b, under, w, d, height - board, between(b, 0.04f, 0.09f));
    if (low && chance(b, 0.5f)) box(b, wood, at(-w + 0.06f, -d + 0.06f, 0.12f), at(w - 0.06f, d - 0.06f, 0.14f));
    if (!low && chance(b, 0.5f))
        box(b, under, at(-w + 0.08f, -d + 0.05f, height - board - 0.09f), at(w - 0.08f, d - 0.05f, height - board));
}

void dgba_furniture_desk(builder *b) {
    dgba_builder_begin(b, CLASS_TABLE);
    const int wood = dgba_finish_furniture(b), metal = dgba_finish_metal(b);
    const float w = between(b, 0.5f, 0.85f), d = between(b, 0.28f, 0.4f), height = between(b, 0.7f, 0.77f);
    b->draft.top = height;
    b->draft.seats = 1;
    box(b, wood, at(-w, -d, height - 0.035f), at(w, d, height));
    box(b, wood, at(-w, -d + 0.03f, 0), at(-w + 0.03f, d, height - 0.035f));
    box(b, wood, at(-w, d - 0.03f, 0.3f), at(w, d, height - 0.035f)); // modesty panel
    if (chance(b, 0.7f)) {
        const float left = w - between(b, 0.35f, 0.45f);
        box(b, wood, at(left, -d + 0.03f, 0.04f), at(w, d, height - 0.035f));
        fronts(b, wood, metal, at(left, -d + 0.01f, 0.05f), at(w, -d + 0.03f, height - 0.04f), 3);
    } else {
        box(b, wood, at(w - 0.03f, -d + 0.03f, 0), at(w, d, height - 0.035f));
    }
}

/** Bars or a board behind a seat, its back at y = d. */
static void chair_back(builder *b, int frame, int fill, float w, float d, float seat, float top) {
    box(b, frame, at(-w, d - 0.035f, seat), at(-w + 0.035f, d, top));
    box(b, frame, at(w - 0.035f, d - 0.035f, seat), at(w, d, top));
    box(b, frame, at(-w, d - 0.035f, top - 0.07f), at(w, d, top));
    if (chance(b, 0.5f)) {
        box(b, fill, at(-w + 0.03f, d - 0.03f, seat + between(b, 0.05f, 0.2f)), at(w - 0.03f, d - 0.005f, top - 0.03f));
        return;
    }
    for (int bar = -1; bar <= 1; ++bar) {
        const float x = (float)bar * 0.5f * w;
        box(b, frame, at(x - 0.015f, d - 0.03f, seat), at(x + 0.015f, d - 0.01f, top - 0.05f));
    }
}

static void office_chair(builder *b) {
    const int cover = dgba_finish_cloth(b), metal = dgba_finish_metal(b);
    const float w = between(b, 0.22f, 0.27f), seat = between(b, 0.43f, 0.52f), top = between(b, 0.85f, 1.15f);
    box(b, metal, at(-0.28f, -0.03f, 0.03f), at(0.28f, 0.03f, 0.08f));
    box(b, metal, at(-0.03f, -0.28f, 0.03f), at(0.03f, 0.28f, 0.08f));
    cylinder(b, metal, 0.03f, 0.05f, seat - 0.07f);
    box(b, cover, at(-w, -w, seat - 0.08f), at(w, w, seat));
    box(b, metal, at(-0.03f, w, seat - 0.06f), at(0.03f, w + 0.03f, seat + 0.2f));
    box(b, cover, at(-w + 0.02f, w - 0.03f, seat + 0.12f), at(w - 0.02f, w + 0.05f, top));
    if (chance(b, 0.6f))
        for (int side = -1; side <= 1; side += 2)
            box(b, metal, at((float)side * w - 0.025f, -0.12f, seat + 0.2f),
                at((float)side * w + 0.025f, 0.16f, seat + 0.24f));
}

void dgba_furniture_chair(builder *b) {
    dgba_builder_begin(b, CLASS_CHAIR);
    const float kind = between(b, 0, 1);
    if (kind < 0.3f) {
        office_chair(b);
        return;
    }
    const int frame = dgba_finish_furniture(b), fill = chance(b, 0.5f) ? dgba_finish_cloth(b) : frame;
    const float seat = between(b, 0.42f, 0.5f);
    if (kind < 0.4f) { // stool
        const float radius = between(b, 0.16f, 0.21f);
        cylinder(b, fill, radius, seat - 0.05f, seat);
        legs(b, frame, 0.8f * radius, 0.8f * radius, seat - 0.05f, 0.035f);
        return;
    }
    const float w = between(b, 0.19f, 0.25f), d = between(b, 0.2f, 0.25f);
    box(b, fill, at(-w, -d, seat - 0.05f), at(w, d, seat));
    legs(b, frame, w, d, seat - 0.05f, 0.035f);
    chair_back(b, frame, fill, w, d, seat, between(b, 0.8f, 1.05f));
}

static void pillow(builder *b, int cover, vec3 centre, vec3 half) {
    dgba_builder_part(b, SHAPE_ELLIPSOID, cover, subtract(centre, half), add(centre, half));
}

void dgba_furniture_bed(builder *b) {
    dgba_builder_begin(b, CLASS_BED);
    const bool wide = chance(b, 0.6f);
    const float w = wide ? between(b, 0.7f, 0.9f) : between(b, 0.45f, 0.55f), d = between(b, 0.95f, 1.05f);
    const float base = between(b, 0.2f, 0.35f), top = base + between(b, 0.15f, 0.25f), head = between(b, 0.8f, 1.25f);
    const int frame = dgba_finish_furniture(b), sheet = chance(b, 0.7f) ? dgba_finish_white(b) : dgba_finish_cloth(b);
    const int cover = dgba_finish_cloth(b), cases = chance(b, 0.5f) ? sheet : dgba_finish_cloth(b);
    box(b, frame, at(-w, -d, 0.08f), at(w, d, base));
    legs(b, frame, w, d, 0.08f, 0.07f);
    box(b, sheet, at(-w + 0.02f, -d + 0.02f, base), at(w - 0.02f, d - 0.02f, top));
    const float turned_back = between(b, -0.1f, 0.6f) * d;
    box(b, cover, at(-w - 0.02f, -d - 0.02f, base - between(b, 0, 0.15f)), at(w + 0.02f, turned_back, top + 0.03f));
    if (chance(b, 0.85f)) box(b, frame, at(-w - 0.03f, d, 0), at(w + 0.03f, d + 0.06f, head));
    if (chance(b, 0.3f))
        box(b, frame, at(-w - 0.03f, -d - 0.07f, 0), at(w + 0.03f, -d - 0.02f, top + between(b, 0.05f, 0.2f)));
    const float half = wide ? w * 0.42f : w * 0.7f, y = d - 0.27f;
    for (int side = wide ? -1 : 0; side <= 1; side += 2)
        pillow(b, cases, at(0.5f * w * (float)side, y, top + 0.08f), at(half, 0.21f, 0.11f));
    b->draft.clearance = 0.2f;
}

/** Sofa or armchair with this many seats of half width 0.3 .. 0.4. */
static void upholstered(builder *b, int seats) {
    const int cover = dgba_finish_cloth(b), cushion = chance(b, 0.4f) ? dgba_finish_cloth(b) : cover;
    const float one = between(b, 0.29f, 0.37f), w = one * (float)seats, d = between(b, 0.4f, 0.47f);
    const float arm = between(b, 0.12f, 0.22f), base = between(b, 0.22f, 0.3f), seat = base + between(b, 0.13f, 0.2f);
    const float back = between(b, 0.72f, 0.95f), front = -d + 0.02f, foot = between(b, 0.03f, 0.1f);
    const float arm_top = seat + between(b, 0.1f, 0.22f), behind = d - between(b, 0.16f, 0.26f);
    box(b, cover, at(-w - arm, -d, foot), at(w + arm, d, base));
    for (int side = -1; side <= 1; side += 2) {
        const float inner = (float)side * w, outer = (float)side * (w + arm);
        box(b, cover, at(least(inner, outer), -d, base), at(most(inner, outer), d, arm_top));
        box(b, cover, at(inner - 0.03f, -d + 0.05f, 0), at(inner + 0.03f, d - 0.05f, foot));
    }
    box(b, cover, at(-w, behind, base), at(w, d, back - 0.04f));
    for (int i = 0; i < seats; ++i) {
        const float left = -w + 2 * one * (float)i + 0.006f, right = left + 2 * one - 0.012f;
        box(b, cover, at(left, front, base), at(right, behind, seat));
        box(b, cover, at(left, behind - 0.1f, seat), at(right, behind + 0.05f, back));
        if (chance(b, 0.45f))
            pillow(b, cushion, at(between(b, left + 0.2f, right - 0.2f), behind - 0.2f, seat + 0.17f),
                   at(0.2f, 0.09f, 0.18f));
    }
    b->draft.clearance = 0.25f;
}

void dgba_furniture_sofa(builder *b) {
    dgba_builder_begin(b, CLASS_SOFA);
    upholstered(b, 2 + below(b, 2));
}

void dgba_furniture_armchair(builder *b) {
    dgba_builder_begin(b, CLASS_SOFA);
    upholstered(b, 1);
}

/** A box on a plinth with columns of drawers or doors. */
static void carcass(builder *b, vec3 low, vec3 high, int columns, int rows) {
    const int body = dgba_finish_furniture(b), front = chance(b, 0.7f) ? body : dgba_finish_furniture(b);
    const int knob = dgba_finish_metal(b);
    box(b, body, low, high);
    box(b, body, at(low.x + 0.03f, low.y + 0.05f, 0), at(high.x - 0.03f, high.y, low.z)); // plinth
    const float step = (high.x - low.x) / (float)columns;
    for (int column = 0; column < columns; ++column) {
        const float left = low.x + (float)column * step;
        fronts(b, front, knob, at(left, low.y - 0.02f, low.z), at(left + step, low.y, high.z - 0.02f), rows);
    }
    b->draft.clearance = 0.3f;
}

void dgba_furniture_wardrobe(builder *b) {
    dgba_builder_begin(b, CLASS_CABINET);
    const float w = between(b, 0.4f, 0.9f), d = between(b, 0.2f, 0.3f);
    carcass(b, at(-w, -d, 0.08f), at(w, d, between(b, 1.7f, 2.1f)), w > 0.65f ? 3 : 2, 1);
}

void dgba_furniture_chest(builder *b) {
    dgba_builder_begin(b, CLASS_CABINET);
    const float w = between(b, 0.35f, 0.8f), d = between(b, 0.2f, 0.28f), height = between(b, 0.6f, 1.15f);
    carcass(b, at(-w, -d, 0.06f), at(w, d, height), w > 0.55f ? 2 : 1, 2 + below(b, 3));
    b->draft.top = height;
}

void dgba_furniture_nightstand(builder *b) {
    dgba_builder_begin(b, CLASS_CABINET);
    const float w = between(b, 0.2f, 0.28f), height = between(b, 0.45f, 0.65f);
    carcass(b, at(-w, -0.2f, 0.06f), at(w, 0.2f, height), 1, 2);
    b->draft.top = height;
    b->draft.clearance = 0.1f;
}

/** Books, or a box or two, on a board of half width w between two heights. */
static void fill_shelf(builder *b, int books, float w, float d, float low, float high) {
    if (chance(b, 0.15f)) return;
    const float room = high - low, left = -w + between(b, 0, 0.5f) * w, right = w - between(b, 0, 0.3f) * w;
    const float height = low + room * between(b, 0.6f, 0.9f);
    if (chance(b, 0.8f)) {
        box(b, books, at(left, -d + between(b, 0.02f, 0.1f), low), at(right, d - 0.02f, height));
    } else {
        const int card = dgba_finish_cardboard(b);
        box(b, card, at(left, -d + 0.03f, low), at(left + 0.45f * (right - left), d - 0.03f, height));
    }
}

void dgba_furniture_shelf(builder *b) {
    dgba_builder_begin(b, CLASS_SHELF);
    const int wood = dgba_finish_furniture(b), books = dgba_finish_books(b), boards = 3 + below(b, 4);
    const float w = between(b, 0.3f, 0.65f), d = between(b, 0.12f, 0.18f), step = between(b, 0.28f, 0.36f), thick = 0.025f;
    const float height = step * (float)boards + thick;
    for (int side = -1; side <= 1; side += 2)
        box(b, wood, at((float)side * w - thick / 2, -d, 0), at((float)side * w + thick / 2, d, height));
    if (chance(b, 0.7f)) box(b, wood, at(-w, d - 0.01f, 0), at(w, d, height));
    for (int i = 0; i <= boards; ++i) {
        const float z = step * (float)i;
        box(b, wood, at(-w, -d, z), at(w, d, z + thick));
        if (i < boards) fill_shelf(b, books, w - thick, d, z + thick, z + step);
    }
    b->draft.clearance = 0.2f;
}

void dgba_furniture_floor_lamp(builder *b) {
    dgba_builder_begin(b, CLASS_LAMP);
    const bool lit = chance(b, b->day ? 0.3f : 0.85f);
    const int metal = dgba_finish_metal(b), shade = dgba_finish_shade(b, lit);
    const float height = between(b, 1.3f, 1.75f), radius = between(b, 0.14f, 0.24f), tall = between(b, 0.2f, 0.35f);
    cylinder(b, metal, between(b, 0.11f, 0.16f), 0, 0.03f);
    cylinder(b, metal, 0.018f, 0.03f, height - tall);
    cylinder(b, shade, radius, height - tall, height);
    b->draft.lit = lit;
    b->draft.light = (scene_light){.centre = at(0, 0, height - tall / 2),
                                   .u = at(0.1f, 0, 0),
                                   .v = at(0, 0.1f, 0),
                                   .power = scale(at(1, 0.78f, 0.52f), between(b, 1.2f, 3)),
                                   .reach = 0.8f};
}

void dgba_furniture_boxes(builder *b) {
    dgba_builder_begin(b, CLASS_BOX);
    const int stacked = chance(b, 0.35f) ? 2 : 1;
    float bottom = 0, w = between(b, 0.15f, 0.35f), d = between(b, 0.15f, 0.3f);
    for (int i = 0; i < stacked; ++i) {
        const int card = dgba_finish_cardboard(b);
        const float top = bottom + between(b, 0.15f, 0.45f), shift = between(b, -0.04f, 0.04f);
        box(b, card, at(-w + shift, -d, bottom), at(w + shift, d, top));
        if (chance(b, 0.5f)) { // a lid or a strip of tape
            const int strip = dgba_finish_cloth(b);
            box(b, strip, at(-0.03f + shift, -d - 0.002f, top - 0.1f), at(0.03f + shift, d + 0.002f, top + 0.002f));
        }
        bottom = top;
        w *= 0.85f;
        d *= 0.85f;
    }
}
