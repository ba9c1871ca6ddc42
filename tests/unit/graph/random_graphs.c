/** Random graphs, run by a plan and node by node with memory of its own for every value: if two live buffers of the plan
 *  overlapped, or a gradient were lost or counted twice, the two would differ.
 *
 *  All parameters are small whole numbers or powers of two, so that evaluation is exact in float however the plan folds
 *  and fuses: no rectifier near zero can tip over. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dgba/graph.h"
#include "support/batchnorm.h"
#include "support/check.h"
#include "support/train_pass.h"

enum { MOST_NODES = 24, MOST_OUTPUTS = 5, CHANNELS = 3, GRAPHS = 500 };

typedef enum kind { CONV, NORM, RELU, POOL, DROPOUT, ADD, KINDS } kind;

static const dgba_batchnorm norm = {0x1p-10F, 0.1F};
static const dgba_run run = {.samples = 2, .seed = 11, .dropout_index = 5};

/** One node with memory of its own; item 0 is the input. */
typedef struct item {
    kind kind;
    int a, b;
    dgba_conv2d conv;
    bool depthwise;
    dgba_maxpool pool;
    dgba_shape shape;
    int64_t parameter; // index of its first
    bool hidden;       // a convolution before its batch normalisation, which nothing else may use
    bool has_gradient;
    float *y, *dy, *mean, *inv_std;
    int32_t *winner;
    uint8_t *kept;
} item;

typedef struct network {
    item items[MOST_NODES];
    int count;
    dgba_graph *graph;
    int outputs[MOST_OUTPUTS], output_count;
    float *parameters, *gradients, *seeds, *scratch;
} network;

static float *floats(int64_t count) {
    float *memory = NULL;
    CHECK_OK(DGBA_NEW(&memory, count));
    return memory;
}

/* ---- Making one ---- */

static item *append(network *net, kind k, int a, int b) {
    item *added = &net->items[net->count++];
    *added = (item){.kind = k, .a = a, .b = b, .shape = net->items[a].shape};
    dgba_graph_parameters(net->graph, &added->parameter);
    return added;
}

static int pick_node(const network *net, dgba_random *stream) {
    for (;;) {
        const int64_t node = dgba_random_below(stream, net->count);
        if (!net->items[node].hidden) return (int)node;
    }
}

static void append_conv(network *net, int a, dgba_random *stream) {
    item *added = append(net, CONV, a, 0);
    const int64_t kernel = 1 + 2 * dgba_random_below(stream, 2), dilation = 1 + dgba_random_below(stream, 2);
    const bool bias = dgba_random_below(stream, 2), depthwise = kernel == 3 && dgba_random_below(stream, 2);
    char name[32];
    dgba_node node = 0;
    added->depthwise = depthwise;
    added->conv = (dgba_conv2d){
        added->shape.c, 1 + dgba_random_below(stream, 4), kernel, 1 + dgba_random_below(stream, 2), dilation * (kernel / 2),
        dilation};
    if (depthwise) added->conv.out_channels = added->conv.in_channels;
    CHECK_OK(dgba_conv2d_output_shape(&added->shape, &added->conv, net->items[a].shape));
    snprintf(name, sizeof name, "conv%d", net->count - 1);
    dgba_status (*const build)(dgba_node *, dgba_graph *, dgba_node, dgba_conv2d, bool, const char *) =
        depthwise ? dgba_graph_depthwise : dgba_graph_conv2d;
    CHECK_OK(build(&node, net->graph, a, added->conv, bias, name));
    if (dgba_random_below(stream, 2) == 0) return;
    added->hidden = true;
    append(net, NORM, node, 0);
    CHECK_OK(dgba_graph_batchnorm(&node, net->graph, node, norm, "bn"));
}

static void append_pool(network *net, int a) {
    item *added = append(net, POOL, a, 0);
    dgba_node node = 0;
    added->pool = (dgba_maxpool){.kernel = 3, .stride = 1, .padding = 1};
    CHECK_OK(dgba_maxpool_output_shape(&added->shape, &added->pool, net->items[a].shape));
    CHECK_OK(dgba_graph_maxpool(&node, net->graph, a, added->pool));
}

static void append_add(network *net, int a, dgba_random *stream) {
    dgba_node node = 0;
    int b = pick_node(net, stream);
    if (!dgba_shape_equal(net->items[a].shape, net->items[b].shape)) b = a;
    append(net, ADD, a, b);
    CHECK_OK(dgba_graph_add(&node, net->graph, a, b));
}

static void append_random(network *net, dgba_random *stream) {
    const int a = pick_node(net, stream);
    dgba_node node = 0;
    switch ((kind)dgba_random_below(stream, KINDS)) {
        case RELU:
            append(net, RELU, a, 0);
            CHECK_OK(dgba_graph_relu(&node, net->graph, a));
            break;
        case DROPOUT:
            append(net, DROPOUT, a, 0);
            CHECK_OK(dgba_graph_dropout(&node, net->graph, a, 0.5F));
            break;
        case POOL: append_pool(net, a); break;
        case ADD: append_add(net, a, stream); break;
        default: append_conv(net, a, stream);
    }
}

/** Outputs are not dropout nodes: in evaluation mode these could be the same value as another output. */
static void choose_outputs(network *net, dgba_random *stream) {
    int64_t order[MOST_NODES];
    dgba_random_permutation(order, net->count, stream);
    for (int i = 0; i < net->count && net->output_count < MOST_OUTPUTS; ++i) {
        const item *candidate = &net->items[order[i]];
        if (order[i] == 0 || candidate->hidden || candidate->kind == DROPOUT) continue;
        CHECK_OK(dgba_graph_output(net->graph, (dgba_node)order[i]));
        net->outputs[net->output_count++] = (int)order[i];
    }
}

static void fill_parameters(network *net, dgba_random *stream) {
    int64_t count = 0;
    const dgba_parameter *list = dgba_graph_parameters(net->graph, &count);
    net->parameters = floats(dgba_graph_parameter_floats(net->graph));
    net->gradients = floats(dgba_graph_parameter_floats(net->graph));
    for (int64_t i = 0; i < count; ++i)
        for (int64_t k = 0; k < dgba_shape_count(list[i].shape); ++k) {
            float *p = &net->parameters[list[i].offset + k];
            const bool is_variance = list[i].role == DGBA_PARAMETER_RUNNING_VAR; // variance + epsilon is exactly 1
            *p = is_variance ? 1 - norm.epsilon : (float)dgba_random_below(stream, 3) - 1;
        }
}

static void make_memory(network *net, dgba_random *stream) {
    int64_t scratch = 1, all = 0;
    for (int i = 0; i < net->count; ++i) {
        item *it = &net->items[i];
        const int64_t count = dgba_shape_count(it->shape);
        it->y = floats(count);
        it->dy = floats(count);
        it->mean = floats(it->shape.c);
        it->inv_std = floats(it->shape.c);
        CHECK_OK(DGBA_NEW(&it->winner, count));
        CHECK_OK(DGBA_NEW(&it->kept, count));
        all += count;
        if (i == 0 || it->kind != CONV) continue;
        const dgba_shape x = net->items[it->a].shape;
        for (dgba_conv2d_direction d = 0; d < DGBA_CONV2D_DIRECTIONS; ++d) {
            const int64_t needed = it->depthwise ? dgba_depthwise_scratch(&it->conv, x)
                                                 : dgba_conv2d_scratch(DGBA_CONV2D_COLUMNS, &it->conv, x, d);
            if (needed > scratch) scratch = needed;
        }
    }
    net->scratch = floats(scratch);
    net->seeds = floats(all);
    for (int64_t i = 0; i < all; ++i) net->seeds[i] = (float)dgba_random_below(stream, 5) - 2;
}

static void make_network(network *net, uint64_t seed) {
    dgba_random stream = dgba_random_stream(seed, DGBA_RANDOM_TEST, 0);
    *net = (network){.count = 1};
    net->items[0].shape = (dgba_shape){run.samples, CHANNELS, 7, 6};
    CHECK_OK(dgba_graph_create(&net->graph, CHANNELS));
    const int64_t size = 3 + dgba_random_below(&stream, MOST_NODES - 5);
    while (net->count < size) append_random(net, &stream);
    choose_outputs(net, &stream);
    fill_parameters(net, &stream);
    make_memory(net, &stream);
    const int64_t count = dgba_shape_count(net->items[0].shape);
    for (int64_t i = 0; i < count; ++i) net->items[0].y[i] = (float)dgba_random_below(&stream, 5) - 2;
}

static void free_network(network *net) {
    for (int i = 0; i < net->count; ++i) {
        item *it = &net->items[i];
        void *const all[] = {it->y, it->dy, it->mean, it->inv_std, it->winner, it->kept};
        for (int k = 0; k < DGBA_COUNT_OF(all); ++k) dgba_free(all[k]);
    }
    dgba_free(net->parameters);
    dgba_free(net->gradients);
    dgba_free(net->seeds);
    dgba_free(net->scratch);
    dgba_graph_free(&net->graph);
}

/* ---- Node by node ---- */

static float *part(const network *net, float *array, const item *it, int which) {
    int64_t count = 0;
    const dgba_parameter *list = dgba_graph_parameters(net->graph, &count);
    return array + list[it->parameter + which].offset;
}

/** The bias of a convolution, if the parameter after its weight is one. */
static float *bias_part(const network *net, float *array, const item *it) {
    int64_t count = 0;
    const dgba_parameter *list = dgba_graph_parameters(net->graph, &count);
    const bool has = it->parameter + 1 < count && list[it->parameter + 1].role == DGBA_PARAMETER_BIAS;
    return has ? array + list[it->parameter + 1].offset : NULL;
}

/** y = scale·x + shift per channel; without shift for gradients. */
static void scale_channels(float *y, const float *x, const float *scale, const float *shift, dgba_shape shape) {
    const int64_t plane = shape.h * shape.w;
    for (int64_t i = 0; i < dgba_shape_count(shape); ++i) {
        const int64_t c = i / plane % shape.c;
        y[i] = scale[c] * x[i] + (shift != NULL ? shift[c] : 0);
    }
}

static void norm_forward(network *net, item *it, const float *x, bool trains) {
    float *p[4];
    for (int i = 0; i < 4; ++i) p[i] = part(net, net->parameters, it, i);
    if (trains) {
        batchnorm_forward(it->y, it->mean, it->inv_std, p[2], p[3], x, p[0], p[1], it->shape, norm);
    } else {
        dgba_batchnorm_fold(it->inv_std, it->mean, p[0], p[1], p[2], p[3], it->shape.c, norm);
        scale_channels(it->y, x, it->inv_std, it->mean, it->shape);
    }
}

/** Columns compute any convolution, and small whole numbers exactly. */
static dgba_conv2d_weights conv_weights(network *net, item *it) {
    return (dgba_conv2d_weights){DGBA_CONV2D_COLUMNS, part(net, net->parameters, it, 0)};
}

static void conv_forward(network *net, item *it) {
    const item *a = &net->items[it->a];
    const float *w = part(net, net->parameters, it, 0), *b = bias_part(net, net->parameters, it);
    if (it->depthwise)
        dgba_depthwise_forward(it->y, a->y, w, b, a->shape, &it->conv, false, net->scratch);
    else
        dgba_conv2d_forward(it->y, a->y, conv_weights(net, it), b, a->shape, &it->conv, false, net->scratch);
}

static void forward(network *net, bool trains) {
    for (int i = 1; i < net->count; ++i) {
        item *it = &net->items[i];
        const item *a = &net->items[it->a];
        const int64_t count = dgba_shape_count(it->shape);
        switch (it->kind) {
            case CONV: conv_forward(net, it); break;
            case NORM: norm_forward(net, it, a->y, trains); break;
            case RELU: dgba_relu_forward(it->y, a->y, count); break;
            case POOL: dgba_maxpool_forward(it->y, it->winner, a->y, a->shape, &it->pool); break;
            case ADD: dgba_add_forward(it->y, a->y, net->items[it->b].y, count, false); break;
            default:
                if (trains)
                    dgba_dropout_forward(
                        it->y, it->kept, a->y, count,
                        (dgba_dropout){0.5F, run.seed, run.dropout_index * (uint64_t)net->count + (uint64_t)i, 0});
                else
                    memcpy(it->y, a->y, (size_t)count * sizeof *it->y);
        }
    }
}

static void norm_backward(network *net, item *it, bool trains) {
    item *a = &net->items[it->a];
    if (trains)
        batchnorm_backward(a->dy, part(net, net->gradients, it, 0), part(net, net->gradients, it, 1), it->dy, a->y,
                           it->mean, it->inv_std, part(net, net->parameters, it, 0), it->shape, false);
    else
        scale_channels(a->dy, it->dy, it->inv_std, NULL, it->shape); // the only gradient of a hidden convolution
}

static void conv_backward(network *net, item *it) {
    item *a = &net->items[it->a];
    const float *w = part(net, net->parameters, it, 0);
    float *dw = part(net, net->gradients, it, 0), *db = bias_part(net, net->gradients, it);
    if (it->depthwise) {
        dgba_depthwise_backward_params(dw, db, it->dy, a->y, a->shape, &it->conv, net->scratch);
        dgba_depthwise_backward_input(a->dy, it->dy, w, a->shape, &it->conv, true, net->scratch);
    } else {
        dgba_conv2d_backward_params(dw, db, it->dy, a->y, DGBA_CONV2D_COLUMNS, a->shape, &it->conv, net->scratch);
        dgba_conv2d_backward_input(a->dy, it->dy, conv_weights(net, it), a->shape, &it->conv, true, net->scratch);
    }
}

/** Gradients start from 0 and everything adds. */
static void backward(network *net, bool trains) {
    for (int i = 0; i < net->count; ++i) dgba_fill(net->items[i].dy, 0, dgba_shape_count(net->items[i].shape));
    for (int o = 0; o < net->output_count; ++o) {
        item *it = &net->items[net->outputs[o]];
        dgba_axpy(it->dy, 1, net->seeds, dgba_shape_count(it->shape));
    }
    for (int i = net->count - 1; i > 0; --i) {
        item *it = &net->items[i], *a = &net->items[it->a];
        const int64_t count = dgba_shape_count(it->shape);
        switch (it->kind) {
            case CONV: conv_backward(net, it); break;
            case NORM: norm_backward(net, it, trains); break;
            case RELU: dgba_relu_backward(a->dy, it->dy, it->y, count, true); break;
            case POOL: dgba_maxpool_backward(a->dy, it->dy, it->winner, a->shape, &it->pool, true); break;
            case ADD:
                dgba_axpy(a->dy, 1, it->dy, count);
                dgba_axpy(net->items[it->b].dy, 1, it->dy, count);
                break;
            default:
                if (trains)
                    dgba_dropout_backward(a->dy, it->dy, it->kept, count, 0.5F, true);
                else
                    dgba_axpy(a->dy, 1, it->dy, count);
        }
    }
}

/* ---- Comparing ---- */

/** To within rounding, relative to the largest number. */
static void check_near(const float *found, const float *expected, int64_t count) {
    float largest = 0;
    for (int64_t i = 0; i < count; ++i) largest = fmaxf(largest, fabsf(expected[i]));
    CHECK_CLOSE(found, expected, count, 1e-5, 1e-5 * (double)largest);
}

static void check_outputs(network *net, dgba_plan *plan) {
    for (int o = 0; o < net->output_count; ++o) {
        const item *it = &net->items[net->outputs[o]];
        dgba_shape shape;
        const float *y = dgba_plan_output(plan, o, &shape);
        assert_true(dgba_shape_equal(shape, it->shape));
        check_near(y, it->y, dgba_shape_count(shape));
    }
}

static int64_t output_count(const network *net, int o) { return dgba_shape_count(net->items[net->outputs[o]].shape); }

static void write_seeds(network *net, dgba_plan *plan) {
    for (int o = 0; o < net->output_count; ++o)
        memcpy(dgba_plan_seed(plan, o), net->seeds, (size_t)output_count(net, o) * sizeof(float));
}

static dgba_plan *forward_both(network *net, dgba_purpose purpose) {
    dgba_plan *plan = NULL;
    CHECK_OK(dgba_plan_create(&plan, net->graph, net->items[0].shape, purpose));
    dgba_plan_bind(plan, net->parameters);
    dgba_plan_forward(plan, net->items[0].y, run);
    forward(net, false);
    check_outputs(net, plan);
    return plan;
}

static void check_attack(network *net) {
    dgba_plan *plan = forward_both(net, DGBA_PURPOSE_ATTACK);
    const int64_t count = dgba_shape_count(net->items[0].shape);
    float *dx = floats(count);
    backward(net, false);
    for (int pass = 0; pass < 2; ++pass) {
        write_seeds(net, plan);
        dgba_plan_backward_input(plan, dx);
        check_near(dx, net->items[0].dy, count);
        check_outputs(net, plan);
    }
    dgba_free(dx);
    dgba_plan_free(&plan);
}

static void check_train(network *net) {
    const int64_t count = dgba_graph_parameter_floats(net->graph);
    train_pass pass = {.graph = net->graph, .gradients = floats(count)};
    float *copy = floats(count); // training moves the running statistics
    memcpy(copy, net->parameters, (size_t)count * sizeof *copy);
    CHECK_OK(dgba_plan_create(&pass.plan, net->graph, net->items[0].shape, DGBA_PURPOSE_TRAIN));
    dgba_plan_bind(pass.plan, copy);
    for (int o = 0; o < net->output_count; ++o) {
        pass.outputs[o] = floats(output_count(net, o));
        pass.seeds[o] = net->seeds;
    }
    train_pass_run(&pass, net->items[0].y, run);
    forward(net, true);
    dgba_fill(net->gradients, 0, count);
    backward(net, true);
    assert_int_equal(pass.seeded, net->output_count);
    check_near(pass.gradients, net->gradients, count);
    for (int o = 0; o < net->output_count; ++o) {
        check_near(pass.outputs[o], net->items[net->outputs[o]].y, output_count(net, o));
        dgba_free(pass.outputs[o]);
    }
    dgba_free(copy);
    dgba_free(pass.gradients);
    dgba_plan_free(&pass.plan);
}

static void plans_compute_what_the_nodes_compute(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < GRAPHS; ++seed) {
        network net;
        make_network(&net, seed);
        if (net.output_count > 0) {
            dgba_plan *plan = forward_both(&net, DGBA_PURPOSE_EVALUATE);
            dgba_plan_free(&plan);
            check_attack(&net);
            check_train(&net);
        }
        free_network(&net);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(plans_compute_what_the_nodes_compute)};
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
