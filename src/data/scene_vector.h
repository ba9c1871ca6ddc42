/** Points, directions and colours: three floats and the arithmetic on them. */
#ifndef DGBA_DATA_SCENE_VECTOR_H
#define DGBA_DATA_SCENE_VECTOR_H

#include <math.h>

typedef struct vec3 {
    float x, y, z;
} vec3;

static inline vec3 at(float x, float y, float z) { return (vec3){x, y, z}; }
static inline vec3 grey(float value) { return (vec3){value, value, value}; }
static inline vec3 add(vec3 a, vec3 b) { return (vec3){a.x + b.x, a.y + b.y, a.z + b.z}; }
static inline vec3 subtract(vec3 a, vec3 b) { return (vec3){a.x - b.x, a.y - b.y, a.z - b.z}; }
static inline vec3 multiply(vec3 a, vec3 b) { return (vec3){a.x * b.x, a.y * b.y, a.z * b.z}; }
static inline vec3 scale(vec3 a, float s) { return (vec3){a.x * s, a.y * s, a.z * s}; }
static inline float dot(vec3 a, vec3 b) { return a.x * b.x + a.y * b.y + a.z * b.z; }

static inline vec3 cross(vec3 a, vec3 b) {
    return (vec3){a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

static inline vec3 unit(vec3 a) { return scale(a, 1 / sqrtf(dot(a, a))); }

static inline float least(float a, float b) { return a < b ? a : b; }
static inline float most(float a, float b) { return a > b ? a : b; }
static inline float clamp(float x, float low, float high) { return most(low, least(x, high)); }

/** a at t = 0, b at t = 1. */
static inline vec3 mix(vec3 a, vec3 b, float t) { return add(a, scale(subtract(b, a), t)); }

static inline vec3 smaller(vec3 a, vec3 b) { return (vec3){least(a.x, b.x), least(a.y, b.y), least(a.z, b.z)}; }
static inline vec3 larger(vec3 a, vec3 b) { return (vec3){most(a.x, b.x), most(a.y, b.y), most(a.z, b.z)}; }

#endif
