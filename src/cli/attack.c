#include "attack.h"

#include <string.h>

#include "command.h"
#include "dgba/tensor.h"
#include "run.h"

enum { SHORTHANDS = 7 };

typedef struct attack_options {
    char values[SHORTHANDS][DGBA_OPTION_TEXT_BYTES]; // as given, or ""
    char images[DGBA_OPTION_TEXT_BYTES];
    int64_t threads;
} attack_options;

#define SHORTHAND(number, name, help) \
    { name, DGBA_OPTION_TEXT, offsetof(attack_options, values[number]), "", 0, 0, NULL, help }

/** The keys that the first options are short for. */
static const char *const keys[SHORTHANDS] = {"attack.step",           "attack.rule",      "attack.epsilon", "attack.seed",
                                             "data.first_test_image", "data.test_images", "data.shard"};
static const dgba_option options[] = {
    SHORTHAND(0, "step", "attack.step: ifgsm, '{kind: apgd, iterations: 20}', ...; ifgsm if empty"),
    SHORTHAND(1, "rule", "attack.rule: dgba, single:normal, '{kind: minmax, beta: 10}', ...; dgba if empty"),
    SHORTHAND(2, "epsilon", "attack.epsilon: radius of the ball in input units, 0..255"),
    SHORTHAND(3, "seed", "attack.seed: seed of random starts"),
    SHORTHAND(4, "first", "data.first_test_image: first of the test images used, counted from 0"),
    SHORTHAND(5, "count", "data.test_images: test images used; 0 or empty = all that follow"),
    SHORTHAND(6, "batch", "data.shard: images attacked at a time"),
    {"images", DGBA_OPTION_TEXT, offsetof(attack_options, images), "", 0, 0, NULL,
     "file to write: images and losses before and after (-i)"},
    {"threads", DGBA_OPTION_INTEGER, offsetof(attack_options, threads), "1", 1, 1024, NULL, "threads of OpenBLAS"},
};
static const dgba_option_table table = {"attack", "an attack on one model", options, DGBA_COUNT_OF(options)};

/* ---- The configuration that the options are short for ---- */

static bool is_word(const char *value) { return strpbrk(value, "{[:") == NULL; }

/** "attack.step.kind=apgd" rather than "attack.step=apgd", so that --set attack.step.iterations=20 can follow. */
static void add_shorthand(dgba_text *out, int64_t number, const char *value) {
    const bool has_kind = number < 2;
    dgba_text_add(out, "%s%s=%s", keys[number], has_kind && is_word(value) ? ".kind" : "", value);
}

static dgba_status check_epsilon(const attack_options *chosen, const arguments *given) {
    bool found = chosen->values[2][0] != '\0';
    for (int64_t i = 0; i < given->override_count; ++i) found |= strncmp(given->overrides[i], "attack.epsilon=", 15) == 0;
    return found ? DGBA_OK : dgba_fail(DGBA_E_USAGE, "say how far images may be moved: --epsilon E");
}

static dgba_status read_config(dgba_config **out, const attack_options *chosen, const arguments *given) {
    dgba_text texts[SHORTHANDS + 1] = {0};
    const char *overrides[DGBA_COUNT_OF(texts) + MOST_OVERRIDES];
    int64_t count = 0;
    DGBA_TRY(check_epsilon(chosen, given));
    dgba_text_add(&texts[SHORTHANDS], "data.file=");
    dgba_text_add_json(&texts[SHORTHANDS], given->words[1]);
    overrides[count++] = dgba_text_chars(&texts[SHORTHANDS]);
    for (int64_t i = 0; i < SHORTHANDS; ++i) {
        if (chosen->values[i][0] == '\0') continue;
        add_shorthand(&texts[i], i, chosen->values[i]);
        overrides[count++] = dgba_text_chars(&texts[i]);
    }
    for (int64_t i = 0; i < given->override_count; ++i) overrides[count++] = given->overrides[i];
    const dgba_status status =
        dgba_config_read(out, "name: attack\n", "the command line", overrides, count, dgba_trial_attack_schema());
    for (int64_t i = 0; i < DGBA_COUNT_OF(texts); ++i) dgba_text_free(&texts[i]);
    return status;
}

/* ---- The attack: the units of a sweep, one after the other ---- */

typedef struct job {
    dgba_sweep sweep;
    dgba_worker *worker;
    dgba_unit_result *results; // [unit]
    dgba_h5 *file;             // NULL: no images wanted
} job;

static dgba_status run_unit(job *j, int64_t unit) {
    char *message = NULL;
    size_t count = 0;
    dgba_unit_result *result = &j->results[unit];
    DGBA_TRY(dgba_unit_message(&message, &count, &j->sweep, &j->sweep.units[unit], ""));
    const dgba_status status = dgba_worker_run(&result->bytes, &result->count, j->worker, message, count, NULL);
    dgba_free(message);
    return status;
}

static dgba_status run_units(job *j) {
    const int64_t clean = dgba_sweep_shards(&j->sweep, 0, -1), attacked = dgba_sweep_shards(&j->sweep, 0, 0);
    for (int64_t shard = 0; shard < j->sweep.shard_count; ++shard) {
        DGBA_TRY(run_unit(j, clean + shard));
        DGBA_TRY(run_unit(j, attacked + shard));
        const dgba_attacked images = dgba_worker_attacked(j->worker);
        if (j->file != NULL) DGBA_TRY(attack_file_add(j->file, &images, shard * j->sweep.shard_images));
    }
    return DGBA_OK;
}

static dgba_status start(job *j, const dgba_config *config, const arguments *given, const attack_options *chosen) {
    DGBA_TRY(dgba_sweep_create_for_model(&j->sweep, config, given->words[0]));
    DGBA_TRY(dgba_worker_create(&j->worker, NULL));
    DGBA_TRY(DGBA_NEW(&j->results, j->sweep.unit_count));
    return chosen->images[0] != '\0' ? attack_file_create(&j->file, chosen->images, &j->sweep) : DGBA_OK;
}

static void end(job *j) {
    dgba_h5_close(&j->file);
    for (int64_t u = 0; j->results != NULL && u < j->sweep.unit_count; ++u) dgba_free(j->results[u].bytes);
    dgba_free(j->results);
    dgba_worker_free(&j->worker);
    dgba_sweep_free(&j->sweep);
}

static dgba_status tell(job *j, const char *command_line, const char *started) {
    dgba_task tasks[DGBA_MOST_TASKS];
    dgba_results results = {0};
    dgba_text text = {0};
    dgba_status status = DGBA_OK;
    DGBA_TRY(dgba_sweep_tasks(tasks, &j->sweep));
    DGBA_TRY(dgba_sweep_collect_results(&results, &j->sweep, j->results));
    run_fill_provenance(&results.run, &j->sweep);
    dgba_results_set_text(&results.run.config, command_line);
    dgba_results_set_text(&results.run.started, started);
    if (j->file != NULL) DGBA_TRY_OUT(attack_file_finish(&j->file, &results));
    attack_print(&text, &results, tasks);
    status = print_text(&text);
out:
    dgba_text_free(&text);
    dgba_results_free(&results);
    return status;
}

static dgba_status attack(const arguments *given, const attack_options *chosen, const char *command_line) {
    job j = {0};
    dgba_config *config = NULL;
    char started[32];
    dgba_status status = DGBA_OK;
    dgba_clock_timestamp(started, sizeof started);
    dgba_blas_set_threads((int)chosen->threads);
    DGBA_TRY_OUT(dgba_blas_check());
    DGBA_TRY_OUT(read_config(&config, chosen, given));
    DGBA_TRY_OUT(start(&j, config, given, chosen));
    DGBA_TRY_OUT(run_units(&j));
    status = tell(&j, command_line, started);
out:
    end(&j);
    dgba_config_free(&config);
    return status;
}

/** A file that is read must not be replaced by the one that is written. */
static dgba_status check_output(const arguments *given, const attack_options *chosen) {
    for (int64_t i = 0; i < given->word_count; ++i)
        if (strcmp(given->words[i], chosen->images) == 0)
            return dgba_fail(DGBA_E_USAGE, "--images would replace %s", chosen->images);
    return DGBA_OK;
}

static dgba_status run(const dgba_command *command, int argc, char **argv) {
    arguments given;
    attack_options chosen;
    dgba_text line = {0};
    DGBA_TRY(arguments_read(&given, &chosen, command, argc, argv, 2, 2));
    DGBA_TRY(check_output(&given, &chosen));
    dgba_text_add(&line, "dgba attack");
    for (int i = 0; i < argc; ++i) dgba_text_add(&line, " %s", argv[i]);
    const dgba_status status = attack(&given, &chosen, dgba_text_chars(&line));
    dgba_text_free(&line);
    return status;
}

const dgba_command attack_command = {
    .name = "attack",
    .usage = "MODEL.h5 DATA.h5 --epsilon E [--step STEP] [--rule RULE] [--images FILE.h5] [--set section.key=value ...]",
    .help = "attacks one model, without a sweep, and saves the images",
    .details =
        "MODEL.h5 is a checkpoint, such as models/ID.h5 of a run folder. Images have the size it was trained with, unless\n"
        "--set data.height=... and data.width=... say otherwise. Most options are short for keys of a sweep's sections\n"
        "data and attack (see dgba run --help, dgba list steps, dgba list rules), and --set reaches the others:\n"
        "--step pgd --set attack.step.restarts=3 --set attack.step.norm=l2.\n"
        "\n"
        "The losses are those of a sweep with as many images to a batch, bit for bit. FILE.h5 is a results file of one\n"
        "model and one attack, which dgba report and h5py read, and has the images beside: /images/clean and\n"
        "/images/adversarial, float32, axes image, channel, row, column, as the network sees them: channels B, G, R, the\n"
        "mean of each channel subtracted, not divided; /images/channel_mean is what was subtracted. /image has their\n"
        "places in the data file, /losses/clean and /losses/adversarial [0, task, image] their losses.\n",
    .options = &table,
    .run = run,
};
