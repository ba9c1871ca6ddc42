/** Building a scene: drafts of objects, places for them, finishes to choose from, the catalogue. */
#ifndef DGBA_DATA_SCENE_BUILDER_H
#define DGBA_DATA_SCENE_BUILDER_H

#include "scene.h"

/** A box of space that is taken. */
typedef struct scene_volume {
    scene_frame frame;
    vec3 low, high;
} scene_volume;

/** The object being put together: the last one of the scene until it is placed or dropped. */
typedef struct scene_draft {
    scene_class class;
    int first_material;
    float clearance; // metre of free floor wanted in front
    float top;       // height at which things can be put on it; 0: nowhere
    int seats;       // chairs wanted at it
    bool lit;
    scene_light light; // in the object's frame, if lit
} scene_draft;

typedef struct builder {
    scene *scene;
    dgba_random *random;
    scene_draft draft;
    scene_volume taken[SCENE_MOST_OBJECTS];
    int taken_count;
    bool day;
} builder;

/* ---- Chance. A compiler may order the arguments of a call and the members of an initializer as it likes, so that no
 *      expression draws more than once: else the scenes would depend on the compiler. ---- */

static inline float between(builder *b, float low, float high) { return (float)dgba_random_between(b->random, low, high); }
static inline vec3 between_corners(builder *b, vec3 low, vec3 high) {
    const float x = between(b, low.x, high.x), y = between(b, low.y, high.y), z = between(b, low.z, high.z);
    return at(x, y, z);
}
static inline bool chance(builder *b, float probability) { return dgba_random_uniform(b->random) < probability; }
static inline int below(builder *b, int count) { return (int)dgba_random_below(b->random, count); }

/* ---- Drafts ---- */

/** Starts an object whose parts are of `class`. Finishes made from now on go with it if it is dropped. */
void dgba_builder_begin(builder *b, scene_class class);
void dgba_builder_part(builder *b, scene_shape shape, int material, vec3 low, vec3 high);
void dgba_builder_drop(builder *b);

static inline void box(builder *b, int material, vec3 low, vec3 high) {
    dgba_builder_part(b, SHAPE_BOX, material, low, high);
}

/** Round the frame's vertical axis. */
static inline void cylinder(builder *b, int material, float radius, float low, float high) {
    dgba_builder_part(b, SHAPE_CYLINDER, material, at(-radius, -radius, low), at(radius, radius, high));
}

/* ---- Places. The draft is left there for good; where there is no room, it is dropped and the answer is false. ---- */

/** With its back to a wall, its z = 0 at `height`. */
bool dgba_builder_at_wall(builder *b, float height);

/** Anywhere on the floor, turned at will. */
bool dgba_builder_on_floor(builder *b);

/** Flat on the floor or under the ceiling: takes no space, so there always is some. */
void dgba_builder_spread(builder *b, float height);

/** At this place and angle in the frame of object `host`, which may overlap it. */
bool dgba_builder_beside(builder *b, int host, vec3 place, float cosine, float sine);

/* ---- Finishes: each adds a material to the scene and returns its number. ---- */
int dgba_finish_wood(builder *b);      // of furniture: any wood, no planks
int dgba_finish_furniture(builder *b); // wood or paint
int dgba_finish_paint(builder *b);     // walls and the like
int dgba_finish_white(builder *b);     // nearly white
int dgba_finish_cloth(builder *b);     // plain, striped, checked, leather
int dgba_finish_metal(builder *b);
int dgba_finish_cardboard(builder *b);
int dgba_finish_wall(builder *b);
int dgba_finish_floor(builder *b);
int dgba_finish_mat(builder *b);
int dgba_finish_painting(builder *b);
int dgba_finish_books(builder *b);
int dgba_finish_sky(builder *b);
int dgba_finish_blind(builder *b);
int dgba_finish_shade(builder *b, bool lit); // of a lamp

/* ---- Catalogue. Each drafts one object. ---- */
void dgba_furniture_table(builder *b);
void dgba_furniture_desk(builder *b);
void dgba_furniture_chair(builder *b);
void dgba_furniture_bed(builder *b);
void dgba_furniture_sofa(builder *b);
void dgba_furniture_armchair(builder *b);
void dgba_furniture_wardrobe(builder *b);
void dgba_furniture_chest(builder *b);
void dgba_furniture_nightstand(builder *b);
void dgba_furniture_shelf(builder *b);
void dgba_furniture_floor_lamp(builder *b);
void dgba_furniture_boxes(builder *b);

void dgba_fixture_block(builder *b, int wall_material); // a chimney breast or a pillar
void dgba_fixture_door(builder *b);
void dgba_fixture_window(builder *b);
void dgba_fixture_curtain(builder *b, int cloth, float height);
void dgba_fixture_picture(builder *b);
void dgba_fixture_wall_shelf(builder *b);
void dgba_fixture_mat(builder *b);
void dgba_fixture_ceiling_lamp(builder *b);
void dgba_fixture_table_lamp(builder *b);
void dgba_fixture_small_box(builder *b);

#endif
