#include "scene.h"

/** A repeatable number 0..1 for a cell of the integer grid. */
static float cell(int i, int j, uint32_t seed) {
    uint32_t h = (uint32_t)i * 0x9e3779b1u ^ ((uint32_t)j + 0x7f4a7c15u) * 0x85ebca77u ^ seed * 0xc2b2ae3du;
    h = (h ^ h >> 15) * 0x2c1b3c6du;
    h = (h ^ h >> 12) * 0x297a2d39u;
    return (float)((h ^ h >> 15) >> 8) * 0x1p-24f;
}

/** Largest whole number not above x, quicker than floorf() where there is no rounding instruction. */
static int floor_of(float x) { return (int)x - (x < (float)(int)x); }

static float smooth(float t) { return t * t * (3 - 2 * t); }

/** Value noise: random numbers on the integer grid, smoothly interpolated; 0..1. */
static float noise(float u, float v, uint32_t seed) {
    const int i = floor_of(u), j = floor_of(v);
    const float a = smooth(u - (float)i), b = smooth(v - (float)j);
    const float low = cell(i, j, seed) + (cell(i + 1, j, seed) - cell(i, j, seed)) * a;
    const float high = cell(i, j + 1, seed) + (cell(i + 1, j + 1, seed) - cell(i, j + 1, seed)) * a;
    return low + (high - low) * b;
}

/** Noise whose cells fade to their mean where a pixel covers more than one of them. */
static float faded(float u, float v, uint32_t seed, float cells_per_pixel) {
    const float detail = 1.5f - cells_per_pixel;
    if (detail <= 0) return 0.5f;
    return 0.5f + (noise(u, v, seed) - 0.5f) * least(detail, 1);
}

static vec3 wood(const scene_material *m, float u, float v, float footprint) {
    const int plank = floor_of(v / m->period);
    const float shift = cell(plank, 0, m->seed);
    const float coarse = faded(u * 2.5f + shift * 57, v * 35, m->seed, 35 * footprint);
    const float grain = 0.65f * coarse + 0.35f * faded(u * 7, v * 130, m->seed + 1, 130 * footprint);
    const float inside = v / m->period - (float)plank;
    const float seam = inside < 0.004f / m->period ? 0.55f : 1;
    return scale(mix(m->base, m->other, grain), seam * (0.85f + 0.3f * shift));
}

static vec3 tiles(const scene_material *m, float u, float v) {
    const int i = floor_of(u / m->period), j = floor_of(v / m->period);
    const float joint = 0.006f / m->period;
    if (u / m->period - (float)i < joint || v / m->period - (float)j < joint)
        return scale(mix(m->base, m->other, 0.5f), 0.6f);
    return scale((i + j) & 1 ? m->base : m->other, 0.92f + 0.16f * cell(i, j, m->seed));
}

static vec3 stripes(const scene_material *m, float u, float v, float footprint) {
    const float phase = u / m->period - (float)floor_of(u / m->period);
    return scale(phase < 0.5f ? m->base : m->other, 0.94f + 0.12f * faded(u * 40, v * 40, m->seed, 40 * footprint));
}

static vec3 cloth(const scene_material *m, float u, float v, float footprint) {
    const float blotch = noise(u / m->period, v / m->period, m->seed);
    const float weave = faded(u * 90, v * 90, m->seed + 1, 90 * footprint);
    return mix(m->base, m->other, 0.6f * blotch + 0.4f * weave);
}

/** A colour of its own for each whole number: between the material's two, pushed towards random hues. */
static vec3 own_colour(const scene_material *m, int number) {
    const vec3 random = at(cell(number, 1, m->seed), cell(number, 2, m->seed), cell(number, 3, m->seed));
    return mix(mix(m->base, m->other, cell(number, 4, m->seed)), multiply(random, random), 0.6f);
}

static vec3 painting(const scene_material *m, float u, float v) {
    const float a = noise(u / m->period, v / m->period, m->seed);
    const float b = noise(u * 3 / m->period, v * 3 / m->period, m->seed + 1);
    return scale(own_colour(m, floor_of(5 * (0.75f * a + 0.25f * b))), 0.85f + 0.3f * b);
}

static vec3 books(const scene_material *m, float u, float v) {
    const float wide = u + 0.3f * m->period * noise(u / m->period * 0.7f, 0, m->seed); // spines of unequal width
    const int i = floor_of(wide / m->period);
    const float phase = wide / m->period - (float)i;
    const float band = cell(i, floor_of(v * 25), m->seed + 2) > 0.85f ? 1.5f : 1;
    return scale(own_colour(m, i), phase < 0.12f ? 0.25f : band);
}

static vec3 sky(const scene_material *m, float u, float v) {
    const float skyline = 0.1f + 0.7f * noise(u * 1.2f, 0, m->seed) + 0.15f * noise(u * 9, 0, m->seed);
    if (v > skyline) return mix(m->base, grey(1), clamp(1.6f * noise(u * 1.5f, v * 3, m->seed) - 0.6f, 0, 1));
    return scale(m->other, 0.6f + 0.8f * noise(u * 12, v * 12, m->seed));
}

static vec3 pattern(const scene_material *m, float u, float v, float footprint) {
    switch (m->texture) {
        case TEXTURE_WOOD: return wood(m, u, v, footprint);
        case TEXTURE_TILES: return tiles(m, u, v);
        case TEXTURE_STRIPES: return stripes(m, u, v, footprint);
        case TEXTURE_CLOTH: return cloth(m, u, v, footprint);
        case TEXTURE_PAINTING: return painting(m, u, v);
        case TEXTURE_BOOKS: return books(m, u, v);
        case TEXTURE_SKY: return sky(m, u, v);
        case TEXTURE_PLAIN: break;
    }
    return m->base;
}

vec3 dgba_scene_colour(const scene_material *m, float u, float v, float footprint) {
    const vec3 colour = m->turned ? pattern(m, v, u, footprint) : pattern(m, u, v, footprint);
    const bool fades = m->texture >= TEXTURE_WOOD && m->texture <= TEXTURE_CLOTH;
    if (!fades) return colour;
    const float detail = clamp(1.6f - 1.5f * footprint / m->period, 0.15f, 1);
    return mix(mix(m->base, m->other, 0.5f), colour, detail);
}
