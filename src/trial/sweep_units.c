/** The units of a sweep and what their ids depend on. */
#include <string.h>

#include "sweep.h"

static const char *const kind_names[DGBA_UNIT_KINDS] = {"train", "clean", "attack", "transfer"};

const char *dgba_unit_kind_name(dgba_unit_kind kind) { return kind_names[kind]; }

dgba_status sweep_add_unit(dgba_unit **out, dgba_sweep *sweep, dgba_unit_kind kind, int64_t needs) {
    DGBA_TRY(DGBA_GROW(&sweep->units, sweep->unit_count));
    *out = &sweep->units[sweep->unit_count++];
    **out = (dgba_unit){.kind = kind, .workers = 1, .attack = -1, .shard = -1, .needs = needs};
    return DGBA_OK;
}

void sweep_set_common(dgba_settings *settings, const dgba_sweep *sweep, dgba_unit_kind kind) {
    dgba_settings_format(settings, "format", "%d", DGBA_UNIT_FORMAT);
    dgba_settings_set(settings, "kind", kind_names[kind]);
    dgba_settings_set(settings, "data.fingerprint", sweep->data.fingerprint);
    dgba_settings_format(settings, "data.height", "%lld", (long long)sweep->input.h);
    dgba_settings_format(settings, "data.width", "%lld", (long long)sweep->input.w);
}

void sweep_set_id(dgba_unit *unit, const dgba_settings *settings) { dgba_hash_text(unit->id, dgba_config_id(settings)); }

static void set_attack(dgba_settings *settings, const dgba_sweep *sweep, int64_t number) {
    const dgba_step_kind *step = NULL;
    dgba_settings_add(settings, "", &sweep->attacks[number]);
    const dgba_status status = dgba_step_kind_find(&step, dgba_settings_get(settings, "attack.step.kind"));
    DGBA_ASSERT(status == DGBA_OK); // the sweep's attacks have been read
    // Such a step compares with the clean losses of all test images.
    if (step->scores_batch) dgba_settings_format(settings, "data.test_images", "%lld", (long long)sweep->image_count);
}

/** What the units of a model and attack share. */
static void set_shared(dgba_settings *settings, const dgba_sweep *sweep, const shard_work *work) {
    sweep_set_common(settings, sweep, work->kind);
    dgba_settings_set(settings, "model", sweep->units[work->model].id);
    dgba_settings_format(settings, "shard.most", "%lld", (long long)sweep->shard_images);
    if (sweep->released) dgba_settings_set(settings, "data.compat", "released");
    if (work->attack >= 0) set_attack(settings, sweep, work->attack);
}

/** Makes the settings those of the unit that begins with this shard; how many images it has. */
static int64_t set_shard(dgba_settings *settings, const dgba_sweep *sweep, int64_t shard, int64_t shards) {
    const int64_t first = shard * sweep->shard_images, left = sweep->image_count - first;
    const int64_t most = shards * sweep->shard_images, images = left < most ? left : most;
    dgba_settings_format(settings, "shard.first", "%lld", (long long)(sweep->first_image + first));
    dgba_settings_format(settings, "shard.images", "%lld", (long long)images);
    return images;
}

dgba_status sweep_add_shard_units(dgba_sweep *sweep, const shard_work *work) {
    dgba_settings settings = {0};
    dgba_status status = DGBA_OK;
    set_shared(&settings, sweep, work);
    for (int64_t shard = 0; shard < sweep->shard_count; shard += work->shards) {
        dgba_unit *unit = NULL;
        DGBA_TRY_OUT(sweep_add_unit(&unit, sweep, work->kind, work->model)); // training units come first, one per model
        unit->model = work->model;
        unit->attack = work->attack;
        unit->shard = shard;
        unit->macs = sweep->units[work->model].macs;
        unit->cost = work->macs * (double)set_shard(&settings, sweep, shard, work->shards);
        sweep_set_id(unit, &settings);
    }
out:
    dgba_settings_free(&settings);
    return status;
}

void dgba_unit_settings(dgba_settings *out, const dgba_sweep *sweep, const dgba_unit *unit) {
    *out = (dgba_settings){0};
    if (unit->kind == DGBA_UNIT_TRAIN) {
        dgba_settings_add(out, "", &sweep->models[unit->model]);
        return;
    }
    const int64_t shards = unit->kind == DGBA_UNIT_TRANSFER ? sweep->transfer_shards : 1;
    const shard_work work = {.kind = unit->kind, .model = unit->model, .attack = unit->attack};
    set_shared(out, sweep, &work);
    set_shard(out, sweep, unit->shard, shards);
}

void dgba_unit_target_id(char id[DGBA_HASH_TEXT_BYTES], const dgba_sweep *sweep, const dgba_unit *unit, int64_t target) {
    dgba_settings settings;
    dgba_unit_settings(&settings, sweep, unit);
    dgba_settings_set(&settings, "target", sweep->units[target].id);
    dgba_hash_text(id, dgba_config_id(&settings));
    dgba_settings_free(&settings);
}

void dgba_unit_describe(dgba_text *out, const dgba_sweep *sweep, const dgba_unit *unit) {
    const dgba_settings *model = &sweep->models[unit->model];
    dgba_text_clear(out);
    dgba_text_add(out, "%s layout %s seed %s", kind_names[unit->kind], dgba_settings_get(model, "model.layout"),
                  dgba_settings_get(model, "train.seed"));
    if (dgba_settings_get(model, "train.adversarial.epsilon") != NULL) dgba_text_add(out, " adversarial");
    if (unit->attack >= 0) {
        const dgba_settings *attack = &sweep->attacks[unit->attack];
        const char *task = dgba_settings_get(attack, "attack.rule.task");
        dgba_text_add(out, " %s %s%s%s epsilon %s", dgba_settings_get(attack, "attack.step.kind"),
                      dgba_settings_get(attack, "attack.rule.kind"), task != NULL ? ":" : "", task != NULL ? task : "",
                      dgba_settings_get(attack, "attack.epsilon"));
    }
    if (unit->shard >= 0) dgba_text_add(out, " shard %lld", (long long)unit->shard);
}
