#include <string.h>

#include "command.h"
#include "dgba/tensor.h"
#include "run.h"

typedef struct plan_options {
    char output[DGBA_OPTION_TEXT_BYTES], ranks[DGBA_OPTION_TEXT_BYTES];
    double gmacs;
    bool list;
} plan_options;

static const dgba_option options[] = {
    {"output", DGBA_OPTION_TEXT, offsetof(plan_options, output), "", 0, 0, NULL,
     "run folder whose finished units count, and tell how long the others take (-o)"},
    {"ranks", DGBA_OPTION_TEXT, offsetof(plan_options, ranks), "1, 8, 64, 512, 4096", 0, 0, NULL,
     "number of ranks, or several, to predict time and efficiency for"},
    {"gmacs", DGBA_OPTION_REAL, offsetof(plan_options, gmacs), "0", 0, 1e6, NULL,
     "billions of multiply-accumulates a core does in a second; 0 = learned from the folder, else measured now"},
    {"list", DGBA_OPTION_BOOL, offsetof(plan_options, list), "false", 0, 0, NULL,
     "print every unit with its cost and whether it runs and why"},
};
static const dgba_option_table table = {"plan", "planning a sweep", options, DGBA_COUNT_OF(options)};

// What a unit costs the coordinator: taking the result, writing it to disk, handing out the next (tests/bench/README.md).
static const double COORDINATOR_SECONDS = 3e-3;

/** What the output is made from. */
typedef struct plan_context {
    const dgba_sweep *sweep;
    unit_list units;
    run_reasons reasons;
    const char *rate_source;
} plan_context;

/** "4096", or "1, 64, 4096". */
static dgba_status read_ranks(dgba_integers *out, const char *ranks) {
    static const dgba_option option = {"ranks", DGBA_OPTION_INTEGERS, 0, NULL, 1, 1000000, NULL, ""};
    dgba_text list = {0};
    dgba_text_add(&list, ranks[0] == '[' ? "%s" : "[%s]", ranks);
    const dgba_status status = dgba_option_read(out, &option, dgba_text_chars(&list));
    dgba_text_free(&list);
    return status == DGBA_OK ? DGBA_OK : DGBA_E_USAGE;
}

/* ---- How fast a core is ---- */

enum { SIDE = 512 };

/** Multiply-accumulates per second of a matrix product, the upper end of what a network reaches. */
static dgba_status measure_product(double *out) {
    float *numbers = NULL;
    DGBA_TRY(DGBA_NEW(&numbers, 3 * SIDE * SIDE));
    const dgba_matrix a = {.data = numbers, .stride = SIDE}, b = {.data = numbers + SIDE * SIDE, .stride = SIDE};
    double macs = -(double)SIDE * SIDE * SIDE, start = 0, seconds = 0; // the first product is not timed
    for (; seconds < 0.2; seconds = dgba_clock_thread_seconds() - start) {
        dgba_gemm(numbers + 2 * SIDE * SIDE, SIDE, 0, a, b, SIDE, SIDE, SIDE);
        macs += (double)SIDE * SIDE * SIDE;
        if (macs == 0) start = dgba_clock_thread_seconds();
    }
    *out = macs / seconds;
    dgba_free(numbers);
    return DGBA_OK;
}

static dgba_status choose_rates(plan_context *plan, const plan_options *chosen) {
    dgba_rates *rates = &plan->units.rates;
    bool learned = false;
    for (int k = 0; k < DGBA_UNIT_KINDS; ++k) learned = learned || rates->macs[k] > 0;
    if (chosen->gmacs > 0) {
        *rates = (dgba_rates){.assumed_macs_per_second = 1e9 * chosen->gmacs};
        plan->rate_source = "as given";
    } else if (learned) {
        plan->rate_source = "learned from finished units of the folder";
    } else {
        DGBA_TRY(measure_product(&rates->assumed_macs_per_second));
        plan->rate_source = "measured now, by a matrix product: finished units, or --gmacs, tell better";
    }
    units_estimate(&plan->units);
    return DGBA_OK;
}

/* ---- Output ---- */

static void add_head(dgba_text *out, const plan_context *plan) {
    const dgba_sweep *sweep = plan->sweep;
    dgba_text_add(out, "%s: %lld units: %lld models, %lld attacks on each, %lld test images in %lld shards\n\n",
                  dgba_config_name(sweep->config), (long long)sweep->unit_count, (long long)sweep->model_count,
                  (long long)sweep->attack_count, (long long)sweep->image_count, (long long)sweep->shard_count);
}

static void add_kind(dgba_text *out, const plan_context *plan, dgba_unit_kind kind) {
    int64_t count = 0, cached = 0;
    double macs = 0, seconds = 0, longest = 0;
    for (int64_t u = 0; u < plan->sweep->unit_count; ++u) {
        const dgba_unit *unit = &plan->sweep->units[u];
        const dgba_sched_unit *about = &plan->units.units[u];
        if (unit->kind != kind) continue;
        count += 1;
        cached += about->done_before;
        if (about->done_before || about->cost == 0) continue;
        macs += unit->cost;
        seconds += about->cost;
        if (about->cost > longest) longest = about->cost;
    }
    if (count == 0) return;
    dgba_text_add(out, "%-9s %9lld %9lld %9lld %12.4g %8.4g  ", dgba_unit_kind_name(kind), (long long)count,
                  (long long)cached, (long long)(count - cached), 1e-12 * macs,
                  1e-9 / dgba_rates_per_mac(&plan->units.rates, kind));
    add_duration(out, longest);
    dgba_text_add(out, ", ");
    add_duration(out, seconds);
    dgba_text_add(out, "\n");
}

static void add_kinds(dgba_text *out, const plan_context *plan) {
    dgba_text_add(out, "%-9s %9s %9s %9s %12s %8s  %s\n", "kind", "units", "cached", "to run", "TMAC", "GMAC/s",
                  "longest unit, all on one core");
    for (int k = 0; k < DGBA_UNIT_KINDS; ++k) add_kind(out, plan, (dgba_unit_kind)k);
    dgba_text_add(out, "GMAC/s of a core %s\n\n", plan->rate_source);
}

static void add_forecast(dgba_text *out, const dgba_sched_forecast *f) {
    dgba_text_add(out, "%7.1f %%  ", 100 * f->efficiency);
    add_duration(out, f->seconds);
}

/** Predictions for one number of ranks: as things are, and as if all models were trained. *limited is set if it is the
 *  longest chain that limits them. */
static dgba_status add_ranks(dgba_text *out, bool *limited, const plan_context *plan, const dgba_sched_unit *measuring,
                             int64_t ranks) {
    const dgba_sched_farm farm = {.workers = ranks, .overhead = COORDINATOR_SECONDS};
    dgba_sched_forecast all, measured;
    DGBA_TRY(dgba_sched_simulate(&all, plan->units.units, plan->sweep->unit_count, &farm));
    dgba_text_add(out, "%7lld  ", (long long)ranks);
    add_forecast(out, &all);
    if (measuring != NULL) {
        DGBA_TRY(dgba_sched_simulate(&measured, measuring, plan->sweep->unit_count, &farm));
        dgba_text_add(out, "; once all models are trained ");
        add_forecast(out, &measured);
    }
    // A chain that takes nearly as long as the run is what limits it, however many ranks there are.
    const bool is_limited = all.efficiency < 0.9 && all.chain > 0.9 * all.seconds;
    dgba_text_add(out, "%s\n", is_limited ? "  (1)" : "");
    *limited = *limited || is_limited;
    return DGBA_OK;
}

static bool has_trainings(const plan_context *plan) {
    for (int64_t m = 0; m < plan->sweep->model_count; ++m)
        if (!plan->units.units[m].done_before) return true;
    return false;
}

/** Units as they will be when all models are trained. */
static dgba_status copy_trained(dgba_sched_unit **out, const plan_context *plan) {
    const int64_t count = plan->sweep->unit_count;
    if (!has_trainings(plan)) return DGBA_OK;
    DGBA_TRY(DGBA_NEW(out, count));
    memcpy(*out, plan->units.units, (size_t)count * sizeof **out);
    for (int64_t m = 0; m < plan->sweep->model_count; ++m) (*out)[m].done_before = true;
    return DGBA_OK;
}

static dgba_status add_forecasts(dgba_text *out, const plan_context *plan, const dgba_integers *ranks) {
    dgba_sched_unit *measuring = NULL;
    dgba_sched_forecast alone;
    bool limited = false;
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(copy_trained(&measuring, plan));
    DGBA_TRY_OUT(dgba_sched_simulate(&alone, plan->units.units, plan->sweep->unit_count, &(dgba_sched_farm){.workers = 1}));
    if (alone.work == 0) goto out;
    dgba_text_add(out, "  ranks  efficiency and time\n");
    for (int64_t i = 0; i < ranks->count; ++i) DGBA_TRY_OUT(add_ranks(out, &limited, plan, measuring, ranks->values[i]));
    if (!limited) goto out;
    dgba_text_add(out, "(1) Limited by the longest chain of units that need one another: ");
    add_duration(out, alone.chain);
    dgba_text_add(out, ". More than %.0f ranks cannot be kept busy.\n", alone.work / alone.chain);
out:
    dgba_free(measuring);
    return status;
}

static void add_list(dgba_text *out, const plan_context *plan) {
    dgba_text words = {0};
    for (int64_t u = 0; u < plan->sweep->unit_count; ++u) {
        const dgba_unit *unit = &plan->sweep->units[u];
        dgba_unit_describe(&words, plan->sweep, unit);
        dgba_text_add(out, "%s  %10.4g GMAC  ", unit->id, 1e-9 * unit->cost);
        add_duration(out, plan->units.units[u].cost);
        dgba_text_add(out, "  %s: ", dgba_text_chars(&words));
        reasons_find(&words, &plan->reasons, u);
        dgba_text_add(out, "%s\n", dgba_text_chars(&words));
    }
    dgba_text_add(out, "\n");
    dgba_text_free(&words);
}

static dgba_status print_plan(plan_context *plan, const plan_options *chosen, const dgba_integers *ranks) {
    const char *folder = chosen->output[0] != '\0' ? chosen->output : NULL;
    dgba_text text = {0};
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(units_list(&plan->units, plan->sweep, folder));
    DGBA_TRY_OUT(choose_rates(plan, chosen));
    DGBA_TRY_OUT(reasons_read(&plan->reasons, &plan->units, folder, folder != NULL && dgba_store_is_locked(folder)));
    add_head(&text, plan);
    if (chosen->list) add_list(&text, plan);
    add_kinds(&text, plan);
    if (folder != NULL) {
        reasons_count(&text, &plan->reasons, "  ");
        reasons_compare(&text, plan->sweep->config, folder, "  changed: ");
        dgba_text_add(&text, "\n");
    }
    DGBA_TRY_OUT(add_forecasts(&text, plan, ranks));
    status = print_text(&text);
out:
    dgba_text_free(&text);
    reasons_free(&plan->reasons);
    units_free(&plan->units);
    return status;
}

static dgba_status run(const dgba_command *command, int argc, char **argv) {
    arguments given;
    plan_options chosen;
    dgba_integers ranks;
    dgba_config *config = NULL;
    dgba_sweep sweep = {0};
    plan_context plan = {.sweep = &sweep};
    dgba_status status = DGBA_OK;
    DGBA_TRY(arguments_read(&given, &chosen, command, argc, argv, 1, 1));
    DGBA_TRY(read_ranks(&ranks, chosen.ranks));
    dgba_blas_set_threads(1);
    DGBA_TRY_OUT(dgba_config_load(&config, given.words[0], given.overrides, given.override_count, dgba_trial_schema()));
    DGBA_TRY_OUT(dgba_context(dgba_sweep_create(&sweep, config), "%s", given.words[0]));
    status = print_plan(&plan, &chosen, &ranks);
out:
    dgba_sweep_free(&sweep);
    dgba_config_free(&config);
    return status;
}

const dgba_command plan_command = {
    .name = "plan",
    .usage = "CONFIG.yaml [-o DIR] [--ranks N] [--list] [--set section.key=value ...]",
    .help = "tells what a sweep would run, how long it would take on how many ranks, and how well it would use them",
    .details =
        "Nothing is run or written. Times come from a simulation of the scheduler itself, in which every unit takes\n"
        "what its multiply-accumulates take at the speed told in the output.\n",
    .options = &table,
    .run = run,
};
