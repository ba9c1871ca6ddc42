#include "label_filters.h"
#include "scene.h"

dgba_status dgba_scene_image_create(scene_image *out, int64_t height, int64_t width) {
    const int64_t pixels = height * width;
    *out = (scene_image){.height = height, .width = width};
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(DGBA_NEW(&out->rgb, 3 * pixels));
    for (int task = 0; task < SCENE_TASKS; ++task)
        DGBA_TRY_OUT(DGBA_NEW(&out->labels[task], (task == TASK_NORMAL ? 3 : 1) * pixels));
    DGBA_TRY_OUT(DGBA_NEW(&out->radiance, 3 * pixels));
    DGBA_TRY_OUT(DGBA_NEW(&out->work, (DGBA_FILTER_PLANES + 1) * pixels));
    DGBA_TRY_OUT(DGBA_NEW(&out->scene, 1));
out:
    if (status != DGBA_OK) dgba_scene_image_free(out);
    return status;
}

void dgba_scene_image_free(scene_image *image) {
    dgba_free(image->rgb);
    for (int task = 0; task < SCENE_TASKS; ++task) dgba_free(image->labels[task]);
    dgba_free(image->radiance);
    dgba_free(image->work);
    dgba_free(image->scene);
    *image = (scene_image){0};
}

/* ---- Light ---- */

/** How much of the ambient light reaches a point: less near the edges of the room. */
static float openness(const scene *s, vec3 point, vec3 normal) {
    const vec3 low = scale(point, 3), high = scale(subtract(s->size, point), 3); // distances in units of 1/3 m
    const float x = (1 - fabsf(normal.x)) * (1 / (1 + low.x * low.x) + 1 / (1 + high.x * high.x));
    const float y = (1 - fabsf(normal.y)) * (1 / (1 + low.y * low.y) + 1 / (1 + high.y * high.y));
    const float z = (1 - fabsf(normal.z)) * (1 / (1 + low.z * low.z) + 1 / (1 + high.z * high.z));
    return 1 - 0.3f * least(x + y + z, 2);
}

/** What is lit and from where it is seen. */
typedef struct surface {
    vec3 point, normal, to_eye;
    float gloss;
} surface;

/** (n·h)^32 of Blinn's highlight. */
static float highlight(const surface *at_surface, vec3 to_light) {
    const vec3 half = unit(add(at_surface->to_eye, to_light));
    float power = most(dot(at_surface->normal, half), 0);
    for (int i = 0; i < 5; ++i) power *= power;
    return power;
}

/** Light that a surface receives from the point (u, v), each −1..1, of a light, as diffuse colour and highlight. */
static void receive(vec3 *diffuse, vec3 *shine, const scene *s, const scene_light *light, const surface *seen, float u,
                    float v) {
    const vec3 source = add(light->centre, add(scale(light->u, u), scale(light->v, v)));
    const vec3 path = subtract(source, seen->point);
    const float square = dot(path, path), distance = sqrtf(square);
    const float cosine = dot(path, seen->normal) / distance;
    if (cosine <= 0) return;
    const bool directed = dot(light->normal, light->normal) > 0;
    const float sent = directed ? -dot(path, light->normal) / distance : 1;
    if (sent <= 0 || dgba_scene_blocked(s, (scene_ray){seen->point, path}, light->object)) return;
    const float reach = light->reach * light->reach;
    const vec3 received = scale(light->power, sent * reach / (reach + square));
    *diffuse = add(*diffuse, scale(received, cosine));
    if (seen->gloss > 0) *shine = add(*shine, scale(received, seen->gloss * highlight(seen, scale(path, 1 / distance))));
}

/** Texture coordinates: the place along the two axes that span the face, v upwards on upright ones. */
static vec3 texture_colour(const scene_material *m, const scene_hit *hit, float footprint) {
    const float x = fabsf(hit->outward.x), y = fabsf(hit->outward.y), z = fabsf(hit->outward.z);
    if (z >= x && z >= y) return dgba_scene_colour(m, hit->place.x, hit->place.y, footprint);
    return dgba_scene_colour(m, x >= y ? hit->place.y : hit->place.x, hit->place.z, footprint);
}

/** One of the rays of a pixel. */
typedef struct sample {
    scene_ray ray;
    float width; // of the pixel, at distance 1
    int quarter; // 0..3: asks the middle of this quarter of each light, so that a pixel's rays ask all of it
} sample;

/** Linear colour seen along a ray. */
static vec3 trace(const scene *s, const sample *eye) {
    const scene_ray ray = eye->ray;
    const scene_hit hit = dgba_scene_cast(s, ray);
    const scene_material *m = &s->materials[hit.material];
    const vec3 to_eye = unit(scale(ray.direction, -1));
    const float slant = most(dot(to_eye, hit.normal), 0.15f);
    const vec3 albedo = texture_colour(m, &hit, eye->width * hit.distance / slant);
    const vec3 point = add(ray.origin, scale(ray.direction, hit.distance));
    // Shadow rays start a little above the surface, or its own rounding would shade it.
    const surface seen = {add(point, scale(hit.normal, 1e-3f)), hit.normal, to_eye, m->gloss};
    vec3 diffuse = scale(s->ambient, openness(s, point, hit.normal) * (0.8f + 0.2f * hit.normal.z)), shine = grey(0);
    const float u = eye->quarter & 1 ? 0.5f : -0.5f, v = eye->quarter & 2 ? 0.5f : -0.5f;
    for (int i = 0; i < s->light_count; ++i) receive(&diffuse, &shine, s, &s->lights[i], &seen, u, v);
    return add(multiply(albedo, add(diffuse, grey(m->glow))), shine);
}

/* ---- The image ---- */

static scene_ray pixel_ray(const scene_image *image, float x, float y) {
    return dgba_scene_camera_ray(&image->scene->camera, 2 * x / (float)image->width - 1, 1 - 2 * y / (float)image->height);
}

/** Mean of 2×2 rays. */
static vec3 trace_pixel(const scene_image *image, int64_t x, int64_t y) {
    const vec3 right = image->scene->camera.right;
    sample eye = {.width = 2 * sqrtf(dot(right, right)) / (float)image->width};
    vec3 sum = grey(0);
    for (eye.quarter = 0; eye.quarter < 4; ++eye.quarter) {
        const float a = eye.quarter & 1 ? 0.75f : 0.25f, b = eye.quarter & 2 ? 0.75f : 0.25f;
        eye.ray = pixel_ray(image, (float)x + a, (float)y + b);
        sum = add(sum, trace(image->scene, &eye));
    }
    return scale(sum, 0.25f);
}

/** About standard normal: the sum of four random bytes. */
static float noise_of(uint32_t bits) {
    const float sum = (float)((bits & 255) + (bits >> 8 & 255) + (bits >> 16 & 255) + (bits >> 24));
    return (sum - 510) / 147.8f;
}

/** Exposure: the mean brightness comes to what the scene asks for, bright light saturates softly; then gamma 2, contrast
 *  and noise. */
static void expose(scene_image *image, dgba_random *random) {
    const scene *s = image->scene;
    const int64_t count = 3 * image->height * image->width;
    double sum = 0;
    for (int64_t i = 0; i < count; ++i) sum += image->radiance[i];
    const float gain = s->exposure * (float)count / (float)(sum + 1e-9), white = 1.5f;
    for (int64_t i = 0; i < count; ++i) {
        const float x = gain * image->radiance[i], film = x * (1 + x / (white * white)) / (1 + 0.6f * x);
        const float tone = least(sqrtf(film), 1), curved = tone * tone * (3 - 2 * tone);
        const float value = 255 * (tone + s->contrast * (curved - tone)) + s->noise * noise_of(dgba_random_bits(random));
        image->rgb[i] = (uint8_t)(clamp(value, 0, 255) + 0.5f);
    }
}

void dgba_scene_render(scene_image *image, dgba_random *random) {
    for (int64_t y = 0; y < image->height; ++y) {
        for (int64_t x = 0; x < image->width; ++x) {
            const vec3 colour = trace_pixel(image, x, y);
            float *out = image->radiance + 3 * (y * image->width + x);
            out[0] = colour.x;
            out[1] = colour.y;
            out[2] = colour.z;
        }
    }
    expose(image, random);
}

/* ---- The labels ---- */

/** Class, normal and depth of the pixel in column x and row y. */
static void label_pixel(const scene_image *image, int64_t x, int64_t y) {
    const scene_camera *camera = &image->scene->camera;
    const scene_hit hit = dgba_scene_cast(image->scene, pixel_ray(image, (float)x + 0.5f, (float)y + 0.5f));
    const int64_t pixel = y * image->width + x;
    float *normal = image->labels[TASK_NORMAL] + 3 * pixel;
    image->labels[TASK_SEGMENT][pixel] = (float)hit.class;
    image->labels[TASK_DEPTH][pixel] = hit.distance; // the ray advances 1 along the optical axis
    normal[0] = dot(hit.normal, unit(camera->right));
    normal[1] = dot(hit.normal, unit(camera->up));
    normal[2] = -dot(hit.normal, camera->forward);
}

void dgba_scene_label(scene_image *image) {
    for (int64_t y = 0; y < image->height; ++y)
        for (int64_t x = 0; x < image->width; ++x) label_pixel(image, x, y);
}

void dgba_scene_sample(scene_image *image, uint64_t seed, int64_t index) {
    const int64_t pixels = image->height * image->width;
    float *grey_image = image->work, *work = image->work + pixels;
    dgba_random random = dgba_random_stream(seed, DGBA_RANDOM_SCENE, (uint64_t)index);
    dgba_scene_build(image->scene, &random, (double)image->width / (double)image->height);
    dgba_scene_render(image, &random);
    dgba_scene_label(image);
    dgba_filter_grey(grey_image, image->rgb, pixels);
    dgba_filter_edges(image->labels[TASK_EDGES], grey_image, image->height, image->width, work);
    dgba_filter_keypoints(image->labels[TASK_KEYPOINTS], grey_image, image->height, image->width, work);
    dgba_filter_encode(image->labels[TASK_EDGES], pixels, 0.08f);
    dgba_filter_encode(image->labels[TASK_KEYPOINTS], pixels, 0.005f);
}
