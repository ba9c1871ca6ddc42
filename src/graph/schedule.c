#include "plan.h"

// A forward pass runs all steps, and a backward pass to the input runs them all again, backwards. Training has its own
// order, which takes far less memory. What only some outputs need is computed behind what all of them need, and walked back
// at once, before the other outputs' turn: then its values are of no use any more. So the heads of a network follow one
// after the other, and so do whole networks that share nothing. The last output comes first, because then the gradients of
// what is shared are added in the order in which a single backward pass adds them.

/** Outputs that a step matters to; those beyond the last bit count as one. */
typedef uint64_t output_set;

enum { MOST_OUTPUTS = 64 };

typedef struct order {
    dgba_plan *plan;
    output_set *reach; // of each step
    int32_t now;
} order;

static void put_forward(order *o, int32_t i) {
    o->plan->steps[i].forward_time = o->now;
    o->plan->schedule[o->now++] = i;
}

static void put_backward(order *o, int32_t i) {
    o->plan->steps[i].backward_time = o->now;
    o->plan->schedule[o->now++] = ~i;
}

static output_set bit_of(int64_t output) { return (output_set)1 << (output < MOST_OUTPUTS ? output : MOST_OUTPUTS - 1); }

static output_set last_of(output_set set) { return (output_set)1 << (MOST_OUTPUTS - 1 - __builtin_clzll(set)); }

static bool is_single(output_set set) { return (set & (set - 1)) == 0; }

static bool is_inside(output_set part, output_set set) { return (part & ~set) == 0; }

static void find_reach(order *o, output_set *of_values) {
    const dgba_plan *plan = o->plan;
    for (int32_t i = plan->step_count - 1; i >= 0; --i) {
        const step *s = &plan->steps[i];
        const value *y = &plan->values[s->y];
        o->reach[i] = of_values[s->y] | (y->output != NONE ? bit_of(y->output) : 0);
        for (int k = 0; k < s->inputs; ++k) of_values[s->x[k]] |= o->reach[i];
    }
}

/** The outputs of `set` that `output` is bound to by steps that not all of the set need. */
static output_set bound_to(const order *o, output_set output, output_set set) {
    output_set found = output, before = 0;
    while (found != before) {
        before = found;
        for (int32_t i = 0; i < o->plan->step_count; ++i)
            if (o->reach[i] != set && is_inside(o->reach[i], set) && (o->reach[i] & found) != 0) found |= o->reach[i];
    }
    return found;
}

/** Whether a step is computed before the parts of the set have their turns. In a tangled set the parts are the single
 *  outputs, and all that several of them need is computed before. */
static bool is_common(output_set reach, output_set set, bool tangled) {
    return tangled ? is_inside(reach, set) && !is_single(reach) : reach == set;
}

/** All steps that matter to outputs of the set only. */
static void put_turn(order *o, output_set set) {
    const bool tangled = !is_single(set) && bound_to(o, last_of(set), set) == set;
    for (int32_t i = 0; i < o->plan->step_count; ++i)
        if (is_common(o->reach[i], set, tangled)) put_forward(o, i);
    for (output_set left = is_single(set) ? 0 : set; left != 0;) {
        const output_set last = last_of(left), part = tangled ? last : bound_to(o, last, set);
        put_turn(o, part);
        left &= ~part;
    }
    for (int32_t i = o->plan->step_count - 1; i >= 0; --i)
        if (is_common(o->reach[i], set, tangled)) put_backward(o, i);
}

static dgba_status put_turns(order *o) {
    output_set *of_values = NULL, all = 0;
    dgba_status status;
    for (int64_t t = 0; t < o->plan->graph->output_count; ++t) all |= bit_of(t);
    DGBA_TRY_OUT(DGBA_NEW(&o->reach, o->plan->step_count));
    DGBA_TRY_OUT(DGBA_NEW(&of_values, o->plan->value_count));
    find_reach(o, of_values);
    put_turn(o, all);
out:
    dgba_free(o->reach);
    dgba_free(of_values);
    return status;
}

dgba_status dgba_plan_order(dgba_plan *plan) {
    order o = {.plan = plan};
    DGBA_TRY(DGBA_NEW(&plan->schedule, 2 * plan->step_count));
    if (plan->purpose == DGBA_PURPOSE_TRAIN) return put_turns(&o);
    for (int32_t i = 0; i < plan->step_count; ++i) put_forward(&o, i);
    for (int32_t i = plan->step_count - 1; i >= 0; --i) put_backward(&o, i);
    return DGBA_OK;
}
