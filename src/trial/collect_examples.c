#include <string.h>

#include "examples.h"

void collect_count_examples(dgba_results *r, const collection *from) {
    const dgba_sweep *sweep = from->sweep;
    const dgba_sweep_examples *e = &sweep->examples;
    if (e->images == 0) return;
    r->example_image_count = e->images;
    r->example_count = e->models * e->attack_count;
    r->answer_count = e->head.c;
    for (int64_t t = 0; t < r->task_count; ++t) r->class_count += e->class_names[t].count;
    r->row_count = sweep->input.h;
    r->column_count = sweep->input.w;
    r->color_count = 3;
    r->head_row_count = e->head.h;
    r->head_column_count = e->head.w;
}

/* ---- What the numbers are ---- */

static void name_answers(dgba_results *r, const collection *from) {
    static const char *const axes[] = {"x", "y", "z"};
    int64_t row = 0;
    for (int64_t t = 0; t < r->task_count; ++t) {
        const int64_t channels = from->tasks[t].kind->label_channels;
        const bool class = from->sweep->data.tasks[t].classes > 0;
        for (int64_t c = 0; c < channels; ++c, ++row) {
            r->answers[row].task = t;
            dgba_results_set_text(&r->answers[row].name, channels == 3 ? axes[c] : class ? "class" : "value");
            if (channels == 1 && !class) dgba_results_set_text(&r->answers[row].unit, from->sweep->data.tasks[t].unit);
        }
    }
}

static void name_classes(dgba_results *r, const dgba_sweep_examples *e) {
    int64_t row = 0;
    for (int64_t t = 0; t < r->task_count; ++t)
        for (int64_t c = 0; c < e->class_names[t].count; ++c, ++row) {
            r->classes[row].task = t;
            r->classes[row].number = c;
            dgba_results_set_text(&r->classes[row].name, e->class_names[t].items[c]);
        }
}

/* ---- Shards ---- */

/** Where the maps of a measurement go, from the first image on; the last two only for an attack. */
typedef struct destination {
    float *predictions;
    uint8_t *perturbations;
    double *largest;
} destination;

/** Nearest sampling from one resolution to another. */
static void resample(float *to, dgba_shape to_shape, const float *from, dgba_shape from_shape) {
    for (int64_t c = 0; c < to_shape.c; ++c)
        for (int64_t i = 0; i < to_shape.h; ++i)
            for (int64_t j = 0; j < to_shape.w; ++j) {
                const int64_t y = i * from_shape.h / to_shape.h, x = j * from_shape.w / to_shape.w;
                *to++ = from[(c * from_shape.h + y) * from_shape.w + x];
            }
}

static dgba_status add_maps(const destination *to, const dgba_example_maps *maps, const dgba_sweep *sweep, int64_t first) {
    const dgba_sweep_examples *e = &sweep->examples;
    const int64_t left = e->images - first, count = maps->image_count < left ? maps->image_count : left;
    const int64_t floats = dgba_shape_count(e->head), bytes = 3 * sweep->input.h * sweep->input.w;
    const bool attack = to->perturbations != NULL && maps->perturbations != NULL;
    if (maps->head.c != e->head.c || (attack && dgba_shape_count(maps->image) != bytes))
        return dgba_fail(DGBA_E_FORMAT, "the examples are not those of the sweep");
    for (int64_t i = 0; i < count; ++i)
        resample(to->predictions + (first + i) * floats, e->head, maps->predictions + i * dgba_shape_count(maps->head),
                 maps->head);
    if (!attack || count < 1) return DGBA_OK;
    memcpy(to->perturbations + first * bytes, maps->perturbations, (size_t)(count * bytes));
    memcpy(to->largest + first, maps->largest, (size_t)count * sizeof(double));
    return DGBA_OK;
}

/** Takes what the first shards of a measurement have kept. */
static dgba_status add_shards(const destination *to, const collection *from, int64_t model, int64_t attack) {
    const dgba_sweep *sweep = from->sweep;
    for (int64_t shard = 0; shard * sweep->shard_images < sweep->examples.images; ++shard) {
        const int64_t unit = dgba_sweep_shards(sweep, model, attack) + shard;
        dgba_example_maps maps = {0};
        dgba_h5 *file = NULL;
        DGBA_TRY(shards_open_record(&file, from, unit, sweep->units[unit].id));
        if (file == NULL) continue;
        dgba_status status = dgba_example_maps_read(&maps, file);
        if (status == DGBA_OK && maps.image_count > 0)
            status = dgba_context(add_maps(to, &maps, sweep, shard * sweep->shard_images), "%s", dgba_h5_name(file));
        dgba_example_maps_free(&maps);
        dgba_h5_close(&file);
        DGBA_TRY(status);
    }
    return DGBA_OK;
}

static dgba_status add_attacks(dgba_results *r, const collection *from, int64_t model) {
    const dgba_sweep_examples *e = &from->sweep->examples;
    const int64_t floats = e->images * dgba_shape_count(e->head), bytes = e->images * 3 * r->row_count * r->column_count;
    for (int64_t i = 0; i < e->attack_count; ++i) {
        const int64_t row = model * e->attack_count + i;
        const destination to = {r->example_adversarial + row * floats, r->example_perturbation + row * bytes,
                                r->example_largest + row * e->images};
        r->examples[row].attack = model * from->sweep->attack_count + e->attacks[i];
        DGBA_TRY(add_shards(&to, from, model, e->attacks[i]));
    }
    return DGBA_OK;
}

dgba_status collect_examples(dgba_results *r, const collection *from) {
    const dgba_sweep_examples *e = &from->sweep->examples;
    const int64_t pixels = e->images * r->row_count * r->column_count;
    if (e->images == 0) return DGBA_OK;
    name_answers(r, from);
    name_classes(r, e);
    memcpy(r->example_images, e->rgb, (size_t)(3 * pixels));
    memcpy(r->example_truth, e->truth, (size_t)(e->head.c * pixels) * sizeof *e->truth);
    for (int64_t m = 0; m < e->models; ++m) {
        const destination to = {.predictions = r->example_clean + m * e->images * dgba_shape_count(e->head)};
        DGBA_TRY(add_shards(&to, from, m, -1));
        DGBA_TRY(add_attacks(r, from, m));
    }
    return DGBA_OK;
}
