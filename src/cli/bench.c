#include "bench.h"

#include <stdio.h>

#include "command.h"
#include "dgba/sched.h"
#include "dgba/tensor.h"

static const char *const task_words[] = {[BENCH_NYUV2] = "nyuv2", [BENCH_TASKONOMY] = "taskonomy", NULL};
static const char *const what_words[] = {[BENCH_LAYERS] = "layers", [BENCH_ATTACK] = "attack", [BENCH_TRAIN] = "train",
                                         [BENCH_ILP] = "ilp",       [BENCH_ALL] = "all",       NULL};
static const char *const format_words[] = {[BENCH_TEXT] = "text", [BENCH_CSV] = "csv", NULL};

#define OPTION(name, kind, fallback, low, high, choices, help) \
    { #name, DGBA_OPTION_##kind, offsetof(bench_options, name), fallback, low, high, choices, help }

enum { OWN_OPTIONS = 13, MOST_OPTIONS = 24, NAME_BYTES = 32 };

/** The command's own options, then those of the model and, with "head_" before their names, of the heads. */
static dgba_option options[MOST_OPTIONS] = {
    OPTION(what, CHOICE, "all", 0, 0, what_words, "what to measure"),
    OPTION(format, CHOICE, "text", 0, 0, format_words, "format"),
    OPTION(tasks, CHOICE, "nyuv2", 0, 0, task_words, "three tasks of NYUv2 or five of Taskonomy"),
    OPTION(size, INTEGER, "0", 0, 65536, NULL, "height and width of the images in pixels; 0 = 161, for ilp 321"),
    OPTION(height, INTEGER, "0", 0, 65536, NULL, "height of the images in pixels; 0 = size"),
    OPTION(width_pixels, INTEGER, "0", 0, 65536, NULL, "width of the images in pixels; 0 = size"),
    OPTION(batch, INTEGER, "0", 0, 65536, NULL, "images per pass; 0 = all of --images, otherwise 1"),
    OPTION(repeat, INTEGER, "3", 1, 1000, NULL, "timed passes, after one that is not; medians are told"),
    OPTION(threads, INTEGER, "1", 1, 1024, NULL, "threads of OpenBLAS"),
    OPTION(seed, INTEGER, "0", 0, 0x1p53, NULL, "seed of weights, images and labels"),
    OPTION(checkpoint, TEXT, "", 0, 0, NULL, "model and weights to use; instead of random ones"),
    OPTION(images, TEXT, "", 0, 0, NULL, "images and labels to use, from a file made by --save; instead of random ones"),
    OPTION(save, TEXT, "", 0, 0, NULL, "file for weights, images, labels, losses and direction of dgba"),
};
static dgba_option_table table = {"bench", "speed and memory", options, OWN_OPTIONS};

static void add_options(const dgba_option_table *added, const char *prefix, char names[][NAME_BYTES]) {
    for (int64_t i = 0; i < added->count; ++i) {
        DGBA_ASSERT(table.count < MOST_OPTIONS);
        dgba_option *option = &options[table.count++];
        *option = added->options[i];
        snprintf(names[i], NAME_BYTES, "%s%s", prefix, option->name);
        option->name = names[i];
        option->offset += offsetof(bench_options, model);
    }
}

static void add_model_options(void) {
    static char model_names[MOST_OPTIONS][NAME_BYTES], head_names[MOST_OPTIONS][NAME_BYTES];
    if (table.count > OWN_OPTIONS) return;
    add_options(&dgba_model_options, "", model_names);
    add_options(&dgba_head_options, "head_", head_names);
}

static bool measures(const bench_options *chosen, bench_what what) {
    return chosen->what == BENCH_ALL || chosen->what == (int64_t)what;
}

static dgba_status measure(bench_result *result, const bench_subject *subject, const bench_options *chosen) {
    if (measures(chosen, BENCH_LAYERS)) DGBA_TRY(bench_layers(result, subject, chosen->repeat));
    if (measures(chosen, BENCH_ATTACK)) DGBA_TRY(bench_attack(result, subject, chosen->repeat));
    if (chosen->save[0] != '\0') DGBA_TRY(bench_save(chosen->save, subject, result));
    if (measures(chosen, BENCH_TRAIN)) DGBA_TRY(bench_train(result, subject, chosen->repeat));
    return DGBA_OK;
}

/** Ranks share the weights unless they train. */
static dgba_status prepare(bench_subject *subject, dgba_shelf **shelf, const bench_options *chosen) {
    dgba_blas_set_threads((int)chosen->threads);
    dgba_status status = dgba_blas_check();
    if (status == DGBA_OK) status = bench_subject_create(subject, chosen);
    DGBA_TRY(dgba_farm_agree(status));
    const int64_t bytes = dgba_graph_parameter_floats(subject->model.graph) * (int64_t)sizeof(float);
    if (!measures(chosen, BENCH_TRAIN)) {
        subject->folded = chosen->save[0] == '\0';
        DGBA_TRY(dgba_farm_open_shelf(shelf, 1, bytes));
    }
    return dgba_farm_agree(bench_subject_load(subject, chosen, *shelf));
}

static dgba_status bench(const bench_options *chosen) {
    bench_subject subject = {0};
    dgba_shelf *shelf = NULL;
    bench_result result = {0};
    dgba_text text = {0};
    dgba_status status;
    DGBA_TRY_OUT(prepare(&subject, &shelf, chosen));
    DGBA_TRY_OUT(measure(&result, &subject, chosen));
    bench_print(&text, chosen, &subject, &result);
    status = print_text(&text);
out:
    dgba_text_free(&text);
    bench_result_free(&result);
    bench_subject_free(&subject);
    dgba_farm_close_shelf(&shelf);
    return status;
}

static dgba_status run(const dgba_command *command, int argc, char **argv) {
    arguments given;
    bench_options chosen;
    add_model_options();
    DGBA_TRY(arguments_read(&given, &chosen, command, argc, argv, 0, 0));
    if (chosen.size == 0) chosen.size = chosen.what == BENCH_ILP ? 321 : 161;
    if (chosen.save[0] != '\0' && !measures(&chosen, BENCH_ATTACK))
        return dgba_fail(DGBA_E_USAGE, "--save writes what the attack found: add --what attack");
    if (chosen.what == BENCH_ILP) return bench_ilp(&chosen);
    DGBA_TRY(dgba_farm_start(false));
    const dgba_status status = bench(&chosen);
    dgba_farm_end();
    return status;
}

static void more_help(dgba_text *out) {
    (void)out;
    add_model_options();
}

const dgba_command bench_command = {
    .name = "bench",
    .usage = "[--what layers|attack|train|ilp|all] [--size PIXELS] [--batch N] [--layout L] ...",
    .help = "measures this machine: each layer, an attack's iteration, a training step, memory",
    .details =
        "Random weights and images will do, as the time does not depend on them. Everything is told per image.\n"
        "An attack's iteration is one forward pass, the losses, and one weighted backward pass to the image; rules\n"
        "that need the gradient of every task walk back once per task. GFLOP/s count two operations per\n"
        "multiply-accumulate of the plain algorithm, so a cleverer one can exceed the machine's peak.\n"
        "Under mpirun every rank measures and prints, all at the same time; they share the weights unless they train.\n"
        "ilp, which is not in all, solves integer programs of made-up gradients; the shortest time of the repetitions.\n",
    .options = &table,
    .more_help = more_help,
    .run = run,
};
