/* The catalogue of what hangs on walls and ceilings, lies on the floor or stands on other furniture. */
#include "scene_builder.h"

/** Four bars round the rectangle [−w, w] × [low, high] on a wall, standing out from `depth` before it. */
static void rim(builder *b, int material, float w, float low, float high, float thickness, float depth) {
    box(b, material, at(-w, -depth, low), at(-w + thickness, 0, high));
    box(b, material, at(w - thickness, -depth, low), at(w, 0, high));
    box(b, material, at(-w, -depth, low), at(w, 0, low + thickness));
    box(b, material, at(-w, -depth, high - thickness), at(w, 0, high));
}

void dgba_fixture_block(builder *b, int wall_material) {
    dgba_builder_begin(b, CLASS_WALL);
    const float w = between(b, 0.2f, 0.8f), d = between(b, 0.15f, 0.6f);
    box(b, wall_material, at(-w, -d, 0), at(w, 0, b->scene->size.z));
}

void dgba_fixture_door(builder *b) {
    dgba_builder_begin(b, CLASS_DOOR);
    const int leaf = dgba_finish_furniture(b), frame = chance(b, 0.5f) ? leaf : dgba_finish_white(b);
    const int metal = dgba_finish_metal(b);
    const float w = between(b, 0.38f, 0.48f), height = between(b, 1.95f, 2.1f), edge = 0.07f;
    const float side = chance(b, 0.5f) ? 1 : -1;
    box(b, leaf, at(-w, -0.02f, 0), at(w, 0, height));
    box(b, frame, at(-w - edge, -0.05f, 0), at(-w, 0, height + edge));
    box(b, frame, at(w, -0.05f, 0), at(w + edge, 0, height + edge));
    box(b, frame, at(-w, -0.05f, height), at(w, 0, height + edge));
    const int rows = below(b, 4);
    for (int row = 0; row < rows; ++row) { // panels
        const float step = (height - 0.2f) / (float)rows, low = 0.12f + step * (float)row, high = low + step - 0.1f;
        box(b, leaf, at(-w + 0.1f, -0.035f, low), at(-0.04f, 0, high));
        box(b, leaf, at(0.04f, -0.035f, low), at(w - 0.1f, 0, high));
    }
    const float knob = side * (w - 0.06f);
    box(b, metal, at(knob - 0.06f, -0.08f, 0.99f), at(knob + 0.02f, -0.05f, 1.02f));
    b->draft.clearance = 0.75f;
}

void dgba_fixture_window(builder *b) {
    dgba_builder_begin(b, CLASS_WINDOW);
    const float w = between(b, 0.35f, 0.9f), height = between(b, 0.8f, 1.4f), edge = between(b, 0.04f, 0.08f);
    const int frame = chance(b, 0.7f) ? dgba_finish_white(b) : dgba_finish_wood(b);
    const bool blind = chance(b, 0.25f);
    const int pane = blind ? dgba_finish_blind(b) : dgba_finish_sky(b);
    box(b, pane, at(-w, -0.01f, 0), at(w, 0, height));
    rim(b, frame, w, 0, height, edge, 0.04f);
    box(b, frame, at(-w - 0.04f, -0.1f, -0.03f), at(w + 0.04f, 0, 0)); // sill
    if (!blind && chance(b, 0.7f)) box(b, frame, at(-0.03f, -0.03f, 0), at(0.03f, 0, height));
    if (!blind && chance(b, 0.5f)) {
        const float bar = height * between(b, 0.45f, 0.7f);
        box(b, frame, at(-w, -0.03f, bar - 0.02f), at(w, 0, bar + 0.02f));
    }
    b->draft.lit = b->day;
    b->draft.light = (scene_light){.centre = at(0, -0.06f, height / 2),
                                   .u = at(w, 0, 0),
                                   .v = at(0, 0, height / 2),
                                   .normal = at(0, -1, 0),
                                   .power = scale(at(0.85f, 0.93f, 1), (blind ? 0.5f : 1) * between(b, 2.5f, 6)),
                                   .reach = sqrtf(2 * w * height / 3.14159f)};
}

void dgba_fixture_curtain(builder *b, int cloth, float height) {
    dgba_builder_begin(b, CLASS_CURTAIN);
    const int folds = 3 + below(b, 4);
    const float fold = between(b, 0.05f, 0.08f), half = fold * (float)folds * 0.5f;
    for (int i = 0; i < folds; ++i) { // each fold a little over the next one
        const float x = -half + fold * (float)i, out = between(b, 0.02f, 0.05f);
        dgba_builder_part(b, SHAPE_CYLINDER, cloth, at(x - 0.01f, -0.09f - out, 0),
                          at(x + fold + 0.01f, -0.06f + out, height));
    }
    box(b, cloth, at(-half, -0.08f, 0), at(half, -0.05f, height));
}

void dgba_fixture_picture(builder *b) {
    dgba_builder_begin(b, CLASS_PICTURE);
    const bool board = chance(b, 0.2f);
    const float w = board ? between(b, 0.45f, 0.9f) : between(b, 0.15f, 0.5f);
    const float height = board ? between(b, 0.6f, 0.9f) : w * between(b, 0.9f, 2.4f), edge = between(b, 0.015f, 0.06f);
    const int frame = chance(b, 0.5f) ? dgba_finish_furniture(b) : dgba_finish_metal(b);
    const int face = board ? dgba_finish_white(b) : dgba_finish_painting(b);
    box(b, face, at(-w, -0.015f, 0), at(w, 0, height));
    rim(b, frame, w, 0, height, edge, 0.03f);
    if (!board && chance(b, 0.4f)) { // a mount round the painting
        const int mount = dgba_finish_white(b);
        rim(b, mount, w - edge, edge, height - edge, 0.25f * w, 0.018f);
    }
}

void dgba_fixture_wall_shelf(builder *b) {
    dgba_builder_begin(b, CLASS_SHELF);
    const int wood = dgba_finish_furniture(b), books = dgba_finish_books(b);
    const float w = between(b, 0.3f, 0.7f);
    box(b, wood, at(-w, -0.22f, 0), at(w, 0, 0.03f));
    const float left = -w * between(b, 0.3f, 1), right = w * between(b, 0.1f, 0.9f), top = between(b, 0.2f, 0.3f);
    box(b, books, at(left, -0.2f, 0.03f), at(right, -0.02f, top));
}

void dgba_fixture_mat(builder *b) {
    dgba_builder_begin(b, CLASS_MAT);
    const int cloth = dgba_finish_mat(b);
    const float w = between(b, 0.5f, 1.3f), d = between(b, 0.4f, 1);
    if (chance(b, 0.25f)) {
        cylinder(b, cloth, w, 0, 0.012f);
        return;
    }
    box(b, cloth, at(-w, -d, 0), at(w, d, 0.012f));
    if (chance(b, 0.4f)) { // a border
        const int border = dgba_finish_cloth(b);
        box(b, border, at(-w - 0.08f, -d - 0.08f, 0), at(w + 0.08f, d + 0.08f, 0.009f));
    }
}

void dgba_fixture_ceiling_lamp(builder *b) {
    dgba_builder_begin(b, CLASS_LAMP);
    const bool lit = chance(b, b->day ? 0.5f : 0.95f);
    const int shade = dgba_finish_shade(b, lit), metal = dgba_finish_metal(b);
    const float radius = between(b, 0.12f, 0.28f), drop = chance(b, 0.5f) ? between(b, 0.2f, 0.6f) : 0;
    const float tall = radius * between(b, 0.5f, 1.4f);
    if (drop > 0) cylinder(b, metal, 0.012f, -drop, 0);
    dgba_builder_part(b, chance(b, 0.5f) ? SHAPE_CYLINDER : SHAPE_ELLIPSOID, shade, at(-radius, -radius, -drop - tall),
                      at(radius, radius, -drop));
    const vec3 colour = between_corners(b, at(1, 0.75f, 0.5f), at(1, 0.95f, 0.9f));
    const float strength = between(b, 2, 4);
    b->draft.lit = lit;
    b->draft.light = (scene_light){.centre = at(0, 0, -drop - tall),
                                   .u = at(radius, 0, 0),
                                   .v = at(0, radius, 0),
                                   .power = scale(colour, strength),
                                   .reach = 1.3f};
}

void dgba_fixture_table_lamp(builder *b) {
    dgba_builder_begin(b, CLASS_LAMP);
    const bool lit = chance(b, b->day ? 0.35f : 0.8f);
    const int foot = chance(b, 0.5f) ? dgba_finish_metal(b) : dgba_finish_paint(b), shade = dgba_finish_shade(b, lit);
    const float height = between(b, 0.35f, 0.6f), radius = between(b, 0.1f, 0.17f), tall = between(b, 0.15f, 0.22f);
    const float belly = between(b, 0.03f, 0.08f);
    dgba_builder_part(b, SHAPE_ELLIPSOID, foot, at(-belly, -belly, 0), at(belly, belly, height - tall + 0.02f));
    cylinder(b, foot, 0.07f, 0, 0.015f);
    cylinder(b, shade, radius, height - tall, height);
    b->draft.lit = lit;
    b->draft.light = (scene_light){.centre = at(0, 0, height - tall / 2),
                                   .u = at(0.06f, 0, 0),
                                   .v = at(0, 0.06f, 0),
                                   .power = scale(at(1, 0.76f, 0.48f), between(b, 1, 2.5f)),
                                   .reach = 0.6f};
}

void dgba_fixture_small_box(builder *b) {
    dgba_builder_begin(b, CLASS_BOX);
    const int card = dgba_finish_cardboard(b);
    const float w = between(b, 0.06f, 0.18f), d = between(b, 0.05f, 0.12f);
    box(b, card, at(-w, -d, 0), at(w, d, between(b, 0.05f, 0.25f)));
}
