/** Plans in parts: they compute what one plan does with the whole batch, and it does not matter who computes which part. */
#include <string.h>

#include "dgba/graph.h"
#include "support/check.h"
#include "support/crew.h"
#include "support/train_pass.h"

enum { SAMPLES = 8, CHANNELS = 3, SIZE = 9, IMAGE = CHANNELS * SIZE * SIZE, OUTPUT = 5 * SIZE * SIZE, MOST_FLOATS = 4096 };

static const dgba_batchnorm norm = {1e-5F, 0.1F};
static const dgba_run run = {.samples = SAMPLES, .seed = 3, .dropout_index = 7};

// Values are about 1; rounding differs where algorithms are chosen for other sizes.
static const double TOLERANCE = 2e-5;

static dgba_graph *graph;
static float images[SAMPLES * IMAGE], seeds[SAMPLES * OUTPUT];
static int64_t floats;

/** What the whole batch gives. */
typedef struct result {
    float outputs[SAMPLES * OUTPUT], gradients[MOST_FLOATS], parameters[MOST_FLOATS];
} result;

/** Both convolutions, batch normalisation of an input that wants no gradient and of one that does, dropout. */
static int make(void **state) {
    (void)state;
    dgba_node x = 0, y = 0;
    CHECK_OK(dgba_graph_create(&graph, CHANNELS));
    CHECK_OK(dgba_graph_batchnorm(&x, graph, 0, norm, "first"));
    CHECK_OK(dgba_graph_conv2d(&x, graph, x, (dgba_conv2d){CHANNELS, 5, 3, 1, 1, 1}, true, "conv"));
    CHECK_OK(dgba_graph_batchnorm(&x, graph, x, norm, "second"));
    CHECK_OK(dgba_graph_relu(&x, graph, x));
    CHECK_OK(dgba_graph_depthwise(&y, graph, x, (dgba_conv2d){5, 5, 3, 1, 1, 1}, true, "depthwise"));
    CHECK_OK(dgba_graph_add(&x, graph, x, y));
    CHECK_OK(dgba_graph_dropout(&x, graph, x, 0.4F));
    CHECK_OK(dgba_graph_conv2d(&x, graph, x, (dgba_conv2d){5, 5, 1, 1, 0, 1}, false, "last"));
    CHECK_OK(dgba_graph_output(graph, x));
    check_random(images, SAMPLES * IMAGE, 1);
    check_random(seeds, SAMPLES * OUTPUT, 2);
    floats = dgba_graph_parameter_floats(graph);
    assert_true(floats <= MOST_FLOATS);
    return 0;
}

static int unmake(void **state) {
    dgba_graph_free(&graph);
    return check_no_leak(state);
}

static void set_parameters(float *parameters) {
    int64_t count = 0;
    const dgba_parameter *list = dgba_graph_parameters(graph, &count);
    for (int64_t i = 0; i < count; ++i) {
        float *p = parameters + list[i].offset;
        check_random(p, dgba_shape_count(list[i].shape), (uint64_t)i);
        for (int64_t k = 0; k < dgba_shape_count(list[i].shape); ++k) p[k] = 0.5F + 0.2F * p[k];
    }
}

/** A batch in parts as one of the members computes it; the results of each member. */
typedef struct job {
    int64_t parts;
    result *results;
} job;

static void compute(int64_t member, const dgba_crew *crew, void *context) {
    const job *j = context;
    result *out = &j->results[member];
    const int64_t part = SAMPLES / j->parts, own = j->parts / dgba_crew_members(crew), first = member * own * part;
    dgba_plan *plan = NULL;
    memset(out, 0, sizeof *out);
    set_parameters(out->parameters);
    CHECK_OK(dgba_plan_create_in_parts(&plan, graph, (dgba_shape){part, CHANNELS, SIZE, SIZE}, j->parts, crew));
    dgba_plan_bind(plan, out->parameters);
    train_pass pass = {.plan = plan,
                       .graph = graph,
                       .parts = own,
                       .seeds = {seeds + first * OUTPUT},
                       .outputs = {out->outputs + first * OUTPUT},
                       .gradients = out->gradients};
    train_pass_run(&pass, images + first * IMAGE, (dgba_run){part, run.seed, run.dropout_index});
    dgba_plan_free(&plan);
}

/** Computes a batch; outputs of the members side by side, of gradients and parameters each has all. */
static result compute_by(int64_t parts, int64_t members) {
    static result results[CREW_MOST];
    job j = {parts, results};
    crew_run(members, compute, &j);
    for (int64_t m = 1; m < members; ++m) {
        const int64_t first = m * (SAMPLES / members) * OUTPUT;
        memcpy(results[0].outputs + first, results[m].outputs + first,
               (size_t)(SAMPLES / members) * OUTPUT * sizeof(float));
        assert_memory_equal(results[0].gradients, results[m].gradients, sizeof results[0].gradients);
        assert_memory_equal(results[0].parameters, results[m].parameters, sizeof results[0].parameters);
    }
    return results[0];
}

static void parts_make_the_whole(void **state) {
    (void)state;
    static result whole, cut;
    whole = compute_by(1, 1);
    for (int64_t parts = 2; parts <= SAMPLES; parts *= 2) {
        cut = compute_by(parts, 1);
        CHECK_CLOSE(cut.outputs, whole.outputs, SAMPLES * OUTPUT, TOLERANCE, TOLERANCE);
        CHECK_CLOSE(cut.parameters, whole.parameters, floats, TOLERANCE, TOLERANCE); // the running statistics have moved
        CHECK_CLOSE(cut.gradients, whole.gradients, floats, TOLERANCE, 20 * TOLERANCE);
    }
}

static void any_crew_gives_the_same_bits(void **state) {
    (void)state;
    static result alone, together;
    for (int64_t parts = 2; parts <= SAMPLES; parts *= 2) {
        alone = compute_by(parts, 1);
        for (int64_t members = 2; members <= parts; members *= 2) {
            together = compute_by(parts, members);
            assert_memory_equal(&alone, &together, sizeof alone);
        }
    }
}

/** One value a channel is too few for a batch, but not for a part. */
static void a_part_may_be_one_value(void **state) {
    (void)state;
    dgba_graph *tiny = NULL;
    dgba_plan *plan = NULL;
    dgba_node x = 0;
    CHECK_OK(dgba_graph_create(&tiny, 2));
    CHECK_OK(dgba_graph_batchnorm(&x, tiny, 0, norm, "bn"));
    CHECK_OK(dgba_graph_output(tiny, x));
    CHECK_FAILS(DGBA_E_SHAPE, dgba_plan_create_in_parts(&plan, tiny, (dgba_shape){1, 2, 1, 1}, 1, NULL));
    CHECK_MESSAGE("training needs more than one value per channel");
    CHECK_OK(dgba_plan_create_in_parts(&plan, tiny, (dgba_shape){1, 2, 1, 1}, 2, NULL));
    dgba_plan_free(&plan);
    dgba_graph_free(&tiny);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_make_the_whole),
        cmocka_unit_test(any_crew_gives_the_same_bits),
        cmocka_unit_test(a_part_may_be_one_value),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
