/* Colours below are chosen as people see them and squared to linear light; the renderer takes the square root. Their
 * ranges overlap between classes on purpose: a colour alone does not tell a table from a door. */
#include "scene_builder.h"

static int add_material(builder *b, scene_material material) {
    scene *s = b->scene;
    DGBA_ASSERT(s->material_count < SCENE_MOST_MATERIALS);
    material.base = multiply(material.base, material.base);
    material.other = multiply(material.other, material.other);
    material.seed = dgba_random_bits(b->random);
    if (material.period <= 0) material.period = 1;
    s->materials[s->material_count] = material;
    return s->material_count++;
}

/** A colour between two of hue (0..1 round the circle from red), saturation, value. */
static vec3 hsv(builder *b, vec3 low, vec3 high) {
    const vec3 drawn = between_corners(b, low, high);
    const float hue = 6 * drawn.x, saturation = drawn.y, value = drawn.z;
    const vec3 wheel =
        at(clamp(fabsf(hue - 3) - 1, 0, 1), clamp(2 - fabsf(hue - 2), 0, 1), clamp(2 - fabsf(hue - 4), 0, 1));
    return scale(mix(grey(1), wheel, saturation), value);
}

static vec3 darker(builder *b, vec3 colour, float least_factor, float most_factor) {
    return scale(colour, between(b, least_factor, most_factor));
}

static vec3 wood_colour(builder *b) {
    static const vec3 woods[] = {{.82f, .68f, .48f}, {.68f, .48f, .30f}, {.60f, .36f, .20f}, {.46f, .29f, .18f},
                                 {.38f, .19f, .13f}, {.24f, .17f, .13f}, {.80f, .74f, .66f}};
    const vec3 one = woods[below(b, DGBA_COUNT_OF(woods))], two = woods[below(b, DGBA_COUNT_OF(woods))];
    const vec3 mixed = mix(one, two, between(b, 0, 0.4f));
    return scale(mixed, between(b, 0.85f, 1.1f));
}

static vec3 paint_colour(builder *b) {
    const float kind = between(b, 0, 1);
    if (kind < 0.45f) return hsv(b, at(0.05f, 0, 0.75f), at(0.17f, 0.18f, 0.97f)); // cream
    if (kind < 0.65f) return grey(between(b, 0.45f, 0.9f));
    if (kind < 0.92f) return hsv(b, at(0, 0.1f, 0.6f), at(1, 0.35f, 0.9f));
    return hsv(b, at(0, 0.4f, 0.35f), at(1, 0.75f, 0.65f));
}

static vec3 cloth_colour(builder *b) {
    const float kind = between(b, 0, 1);
    if (kind < 0.3f) return hsv(b, at(0.04f, 0.1f, 0.3f), at(0.14f, 0.45f, 0.85f)); // beige, brown
    if (kind < 0.5f) return grey(between(b, 0.12f, 0.9f));
    return hsv(b, at(0, 0.25f, 0.2f), at(1, 0.8f, 0.85f));
}

static scene_material wood_of(builder *b, float plank) {
    scene_material m = {.texture = TEXTURE_WOOD, .base = wood_colour(b), .period = plank};
    m.other = darker(b, m.base, 0.6f, 0.85f);
    m.turned = chance(b, 0.5f);
    m.gloss = between(b, 0, 0.25f);
    return m;
}

int dgba_finish_wood(builder *b) { return add_material(b, wood_of(b, between(b, 0.3f, 0.8f))); }

int dgba_finish_paint(builder *b) {
    scene_material m = {.texture = TEXTURE_CLOTH, .base = paint_colour(b)};
    m.other = darker(b, m.base, 0.9f, 0.98f);
    m.period = between(b, 0.3f, 1);
    return add_material(b, m);
}

/** One colour all over. */
static int plain(builder *b, vec3 colour, float least_gloss, float most_gloss) {
    return add_material(b, (scene_material){.base = colour, .gloss = between(b, least_gloss, most_gloss)});
}

int dgba_finish_white(builder *b) {
    const vec3 colour = hsv(b, at(0.05f, 0, 0.85f), at(0.17f, 0.08f, 0.98f));
    return plain(b, colour, 0, 0.15f);
}

int dgba_finish_furniture(builder *b) {
    const float kind = between(b, 0, 1);
    if (kind < 0.6f) return dgba_finish_wood(b);
    if (kind < 0.78f) return dgba_finish_white(b);
    if (kind < 0.92f) return dgba_finish_paint(b);
    const vec3 dark = grey(between(b, 0.1f, 0.25f));
    return plain(b, dark, 0, 0.4f);
}

int dgba_finish_cloth(builder *b) {
    const vec3 colour = cloth_colour(b), second = chance(b, 0.5f) ? cloth_colour(b) : scale(colour, 0.7f);
    const float kind = between(b, 0, 1);
    if (kind < 0.1f) return plain(b, scale(colour, 0.8f), 0.2f, 0.5f); // leather
    scene_material m = {.base = colour, .other = second, .turned = chance(b, 0.5f)};
    if (kind < 0.26f) {
        m.texture = TEXTURE_STRIPES;
        m.period = between(b, 0.08f, 0.25f);
    } else if (kind < 0.4f) {
        m.texture = TEXTURE_TILES;
        m.period = between(b, 0.08f, 0.2f);
    } else {
        m.texture = TEXTURE_CLOTH;
        m.other = darker(b, colour, 0.7f, 0.9f);
        m.period = 0.15f;
    }
    return add_material(b, m);
}

int dgba_finish_metal(builder *b) {
    const vec3 colour = chance(b, 0.3f) ? at(0.75f, 0.62f, 0.35f) : grey(between(b, 0.15f, 0.8f));
    return plain(b, colour, 0.4f, 0.9f);
}

int dgba_finish_cardboard(builder *b) {
    const float kind = between(b, 0, 1);
    if (kind < 0.2f) return dgba_finish_furniture(b);
    if (kind < 0.4f) return plain(b, cloth_colour(b), 0, 0.3f);
    const vec3 brown = darker(b, at(0.72f, 0.56f, 0.38f), 0.8f, 1.15f);
    return add_material(
        b, (scene_material){.texture = TEXTURE_CLOTH, .base = brown, .other = scale(brown, 0.9f), .period = 0.3f});
}

int dgba_finish_wall(builder *b) {
    const float kind = between(b, 0, 1);
    if (kind < 0.7f) return dgba_finish_paint(b);
    scene_material m = {.base = paint_colour(b)};
    if (kind < 0.85f) {
        m.texture = TEXTURE_STRIPES;
        m.other = darker(b, m.base, 0.75f, 0.95f);
        m.period = between(b, 0.12f, 0.5f);
    } else if (kind < 0.93f) { // patterned wallpaper
        m.texture = TEXTURE_CLOTH;
        m.other = mix(m.base, paint_colour(b), 0.6f);
        m.period = between(b, 0.06f, 0.25f);
    } else { // panelled
        m = wood_of(b, between(b, 0.1f, 0.25f));
        m.turned = true;
    }
    return add_material(b, m);
}

static int carpet(builder *b) {
    scene_material m = {.texture = TEXTURE_CLOTH};
    m.base = chance(b, 0.7f) ? hsv(b, at(0.05f, 0.1f, 0.35f), at(0.14f, 0.4f, 0.8f)) : cloth_colour(b);
    m.other = darker(b, m.base, 0.75f, 0.92f);
    m.period = between(b, 0.1f, 0.4f);
    return add_material(b, m);
}

static int tiling(builder *b) {
    scene_material m = {.texture = TEXTURE_TILES};
    m.base = chance(b, 0.5f) ? grey(between(b, 0.4f, 0.9f)) : paint_colour(b);
    m.other = chance(b, 0.35f) ? grey(between(b, 0.15f, 0.5f)) : scale(m.base, 0.96f);
    m.period = between(b, 0.25f, 0.6f);
    m.gloss = between(b, 0, 0.4f);
    return add_material(b, m);
}

int dgba_finish_floor(builder *b) {
    const float kind = between(b, 0, 1);
    if (kind < 0.45f) return add_material(b, wood_of(b, between(b, 0.08f, 0.2f)));
    return kind < 0.75f ? carpet(b) : tiling(b);
}

int dgba_finish_mat(builder *b) {
    static const scene_texture patterns[] = {TEXTURE_CLOTH, TEXTURE_CLOTH, TEXTURE_STRIPES, TEXTURE_TILES,
                                             TEXTURE_PAINTING};
    scene_material m = {.texture = patterns[below(b, DGBA_COUNT_OF(patterns))]};
    m.turned = chance(b, 0.5f);
    m.base = cloth_colour(b);
    m.other = cloth_colour(b);
    m.period = between(b, 0.15f, 0.4f);
    return add_material(b, m);
}

int dgba_finish_painting(builder *b) {
    scene_material m = {.texture = TEXTURE_PAINTING, .base = cloth_colour(b)};
    m.other = paint_colour(b);
    m.period = between(b, 0.15f, 0.6f);
    m.gloss = between(b, 0, 0.3f);
    return add_material(b, m);
}

int dgba_finish_books(builder *b) {
    scene_material m = {.texture = TEXTURE_BOOKS, .base = cloth_colour(b)};
    m.other = cloth_colour(b);
    m.period = between(b, 0.03f, 0.06f);
    return add_material(b, m);
}

int dgba_finish_sky(builder *b) {
    scene_material m = {.texture = TEXTURE_SKY, .gloss = 0.5f};
    m.base = hsv(b, at(0.52f, 0.05f, 1), at(0.62f, 0.4f, 1));
    m.other = hsv(b, at(0.1f, 0.1f, 0.3f), at(0.4f, 0.5f, 0.7f)); // trees and houses
    m.glow = b->day ? between(b, 1, 3) : 0.03f;
    return add_material(b, m);
}

int dgba_finish_blind(builder *b) {
    scene_material m = {.texture = TEXTURE_STRIPES, .turned = true, .base = paint_colour(b)};
    m.other = scale(m.base, 0.75f);
    m.period = between(b, 0.05f, 0.1f);
    m.glow = b->day ? between(b, 0.3f, 0.9f) : 0;
    return add_material(b, m);
}

int dgba_finish_shade(builder *b, bool lit) {
    scene_material m = {0};
    m.base = chance(b, 0.7f) ? hsv(b, at(0.06f, 0.05f, 0.8f), at(0.14f, 0.35f, 1)) : cloth_colour(b);
    m.glow = lit ? between(b, 0.8f, 2.5f) : 0;
    return add_material(b, m);
}
