/** Steps against naive twins: one image, one oracle, nothing but the formulas in double. */
#include <math.h>
#include <string.h>

#include "support/near.h"
#include "support/quadratic.h"

enum { TASKS = 3, SAMPLES = 2, SIZE = 12, MOST_ITERATIONS = 64 };
static const dgba_shape shape = {SAMPLES, 3, 2, 2};
static const dgba_box narrow = {.low = {-3, -3, -3}, .high = {3, 3, 2.5F}},
                      wide = {.low = {-300, -300, -300}, .high = {300, 300, 300}};
static dgba_box box;
static double epsilon = 2;

static quadratic q;
static float x[SAMPLES * SIZE], adversarial[SAMPLES * SIZE];

static int set_up(void **state) {
    (void)state;
    box = narrow;
    quadratic_create(&q, TASKS, shape, 4);
    // Small and alike, so that losses differ along the way instead of exploding.
    for (int64_t i = 0; i < TASKS * q.rows * q.size; ++i) q.a[i] /= 4 * pow(8, (double)(i / (q.rows * q.size)));
    check_random(x, SAMPLES * SIZE, 9);
    for (int i = 0; i < SAMPLES * SIZE; ++i) x[i] = fminf(fmaxf(x[i], -3), 2.5F);
    return 0;
}

static int tear_down(void **state) {
    quadratic_free(&q);
    return check_no_leak(state);
}

static dgba_attack make_attack(const char *step, const char *rule) {
    dgba_attack attack = {.epsilon = epsilon, .box = box, .seed = 3};
    const dgba_step_kind *kind = NULL;
    const dgba_rule_kind *rule_kind = NULL;
    CHECK_OK(dgba_step_kind_find(&kind, step));
    CHECK_OK(dgba_rule_kind_find(&rule_kind, rule));
    dgba_option_defaults(&attack.step, kind->options);
    dgba_option_defaults(&attack.rule, rule_kind->options);
    attack.step.kind = kind;
    attack.rule.kind = rule_kind;
    return attack;
}

static void run(const dgba_attack *attack) {
    dgba_arena scratch = {0};
    dgba_attack_log log = {0};
    const dgba_oracle oracle = quadratic_oracle(&q);
    CHECK_OK(dgba_arena_create(&scratch, dgba_attack_scratch_bytes(attack, TASKS, shape)));
    CHECK_OK(dgba_attack_run(adversarial, &log, attack, &oracle, x, &scratch));
    dgba_arena_free(&scratch);
}

/* ---- What all twins use: DGBA on one image ---- */

typedef struct image {
    double v[SIZE];
} image;

static image image_at(const float *from) {
    image out;
    for (int j = 0; j < SIZE; ++j) out.v[j] = (double)from[j];
    return out;
}

static void gradient(image *u, const image *at, int64_t task, double weight) {
    float rounded[SIZE];
    for (int j = 0; j < SIZE; ++j) rounded[j] = (float)at->v[j];
    quadratic_add_gradient(u->v, &q, task, weight, rounded);
}

static double loss(const image *at, int64_t task) {
    float rounded[SIZE];
    for (int j = 0; j < SIZE; ++j) rounded[j] = (float)at->v[j];
    return quadratic_loss(&q, task, rounded);
}

static image direction(const image *at) {
    image u = {{0}};
    for (int64_t t = 0; t < TASKS; ++t) gradient(&u, at, t, 1 / loss(at, t));
    return u;
}

static double score(const image *at, const image *clean) {
    double sum = 0;
    for (int64_t t = 0; t < TASKS; ++t) sum += (loss(at, t) - loss(clean, t)) / loss(clean, t);
    return sum;
}

static double norm2(const double *v) {
    double sum = 0;
    for (int j = 0; j < SIZE; ++j) sum += v[j] * v[j];
    return sqrt(sum);
}

static image project(image at, const image *clean, bool l2) {
    image offset;
    for (int j = 0; j < SIZE; ++j) offset.v[j] = at.v[j] - clean->v[j];
    const double length = norm2(offset.v);
    for (int j = 0; j < SIZE; ++j) {
        if (l2 && length > epsilon) offset.v[j] *= epsilon / length;
        if (!l2) offset.v[j] = fmin(fmax(offset.v[j], -epsilon), epsilon);
        at.v[j] = fmin(fmax(clean->v[j] + offset.v[j], (double)box.low[j / 4]), (double)box.high[j / 4]);
    }
    return at;
}

static image move(image at, const image *u, const image *clean, double alpha, bool l2) {
    for (int j = 0; j < SIZE; ++j)
        at.v[j] += alpha * (l2 ? u->v[j] / norm2(u->v) : (double)((u->v[j] > 0) - (u->v[j] < 0)));
    return project(at, clean, l2);
}

/* ---- The twins ---- */

static image twin_ifgsm(image clean, const dgba_step *step, double alpha) {
    image at = clean;
    for (int k = 0; k < step->iterations; ++k) {
        const image u = direction(&at);
        at = move(at, &u, &clean, alpha, step->norm == DGBA_NORM_L2);
    }
    return at;
}

static image twin_mim(image clean, const dgba_step *step, double alpha) {
    image at = clean, m = {{0}};
    for (int k = 0; k < step->iterations; ++k) {
        const image u = direction(&at);
        double sum = 0;
        for (int j = 0; j < SIZE; ++j) sum += fabs(u.v[j]);
        for (int j = 0; j < SIZE; ++j) m.v[j] = step->momentum * m.v[j] + u.v[j] / sum;
        at = move(at, &m, &clean, alpha, step->norm == DGBA_NORM_L2);
    }
    return at;
}

/** The schedule and the two conditions of Croce and Hein; from the clean image. */
static image twin_apgd(image clean, const dgba_step *step, double unused) {
    (void)unused;
    const bool l2 = step->norm == DGBA_NORM_L2;
    const int n = (int)step->iterations;
    image at = clean, before = clean, best = clean;
    double eta = 2 * epsilon, scores[MOST_ITERATIONS + 1] = {score(&clean, &clean)}, best_score = scores[0];
    double best_at_check = best_score;
    int period = n * 22 / 100 > 1 ? n * 22 / 100 : 1, last = 0, reduced = 1;
    for (int k = 1; k <= n; ++k) {
        const image u = direction(&at), z = move(at, &u, &clean, eta, l2);
        const double a = k == 1 ? 1 : 0.75;
        image next;
        for (int j = 0; j < SIZE; ++j) next.v[j] = at.v[j] + a * (z.v[j] - at.v[j]) + (1 - a) * (at.v[j] - before.v[j]);
        before = at;
        at = project(next, &clean, l2);
        scores[k] = score(&at, &clean);
        if (scores[k] > best_score) best = at, best_score = scores[k];
        if (k - last < period) continue;
        int raised = 0;
        for (int i = last; i < k; ++i) raised += scores[i + 1] > scores[i];
        reduced = raised <= 0.75 * period || (!reduced && best_score <= best_at_check);
        best_at_check = best_score;
        if (reduced) eta /= 2, at = best;
        last = k;
        period -= n * 3 / 100 > 1 ? n * 3 / 100 : 1;
        if (period < (n * 6 / 100 > 1 ? n * 6 / 100 : 1)) period = n * 6 / 100 > 1 ? n * 6 / 100 : 1;
    }
    return best;
}

static image twin_saga(image clean, const dgba_step *step, double alpha) {
    image at = clean, a[TASKS];
    for (int t = 0; t < TASKS; ++t)
        for (int j = 0; j < SIZE; ++j) a[t].v[j] = 1;
    for (int k = 0; k < step->iterations; ++k) {
        image g[TASKS] = {0}, u = {{0}}, rise = {{0}};
        double weights[TASKS];
        for (int t = 0; t < TASKS; ++t) {
            weights[t] = 1 / loss(&at, t);
            gradient(&g[t], &at, t, weights[t]);
            for (int j = 0; j < SIZE; ++j) u.v[j] += a[t].v[j] * g[t].v[j];
        }
        const image trial = move(at, &u, &clean, alpha, false);
        for (int t = 0; t < TASKS; ++t) {
            if (!step->released) gradient(&rise, &trial, t, weights[t]);
            if (step->released && t == TASKS - 1) gradient(&rise, &trial, t, TASKS * weights[t]);
        }
        for (int j = 0; j < SIZE; ++j) {
            const double sech = 1 / cosh(fmin(fabs(50 * u.v[j]), 300));
            for (int t = 0; t < TASKS; ++t) a[t].v[j] -= 10 * -rise.v[j] * 50 * alpha * g[t].v[j] * sech * sech;
            u.v[j] = 0;
            for (int t = 0; t < TASKS; ++t) u.v[j] += a[t].v[j] * g[t].v[j];
        }
        at = move(at, &u, &clean, alpha, false);
    }
    return at;
}

static void compare(const dgba_attack *attack, image (*twin)(image clean, const dgba_step *step, double alpha)) {
    float expected[SAMPLES * SIZE];
    run(attack);
    for (int64_t n = 0; n < SAMPLES; ++n) {
        const image result = twin(image_at(x + n * SIZE), &attack->step, attack->step.kind->alpha(&attack->step, epsilon));
        for (int j = 0; j < SIZE; ++j) expected[n * SIZE + j] = (float)result.v[j];
    }
    CHECK_CLOSE(adversarial, expected, SAMPLES * SIZE, 0, 3e-5);
}

static void iterated_steps(void **state) {
    (void)state;
    for (int64_t norm = DGBA_NORM_LINF; norm <= DGBA_NORM_L2; ++norm) {
        dgba_attack attack = make_attack("ifgsm", "dgba");
        attack.step.norm = norm;
        compare(&attack, twin_ifgsm);
        attack.step.alpha = 0.9;
        compare(&attack, twin_ifgsm);
        attack = make_attack("mim", "dgba");
        attack.step.norm = norm;
        compare(&attack, twin_mim);
        attack.step.momentum = 0.3;
        compare(&attack, twin_mim);
    }
}

static void apgd(void **state) {
    (void)state;
    for (int64_t norm = DGBA_NORM_LINF; norm <= DGBA_NORM_L2; ++norm) {
        static const int64_t iterations[] = {1, 2, 5, 10, 20, 37, 50};
        dgba_attack attack = make_attack("apgd", "dgba");
        attack.step.norm = norm;
        attack.step.random_start = false;
        for (int64_t i = 0; i < DGBA_COUNT_OF(iterations); ++i) {
            attack.step.iterations = iterations[i];
            compare(&attack, twin_apgd);
        }
    }
}

/** Gradients as small as those of images in 0..255, where the weights learn, and a last task that opposes the first. */
static void make_conflict(void) {
    const int64_t size = q.rows * q.size;
    for (int64_t i = 0; i < TASKS * size; ++i) q.a[i] /= 128;
    for (int64_t i = 0; i < size; ++i) q.a[2 * size + i] = -0.8 * q.a[i];
    memcpy(q.b + 2 * q.rows, q.b, (size_t)q.rows * sizeof *q.b);
    epsilon = 60;
    box = wide;
}

static void saga(void **state) {
    float right[SAMPLES * SIZE];
    make_conflict();
    dgba_attack attack = make_attack("saga", "dgba");
    compare(&attack, twin_saga);
    memcpy(right, adversarial, sizeof right);
    attack.step.released = true;
    compare(&attack, twin_saga);
    assert_memory_not_equal(adversarial, right, sizeof right);
    attack = make_attack("ifgsm", "dgba");
    run(&attack);
    assert_memory_not_equal(adversarial, right, sizeof right);
    epsilon = 2;
    quadratic_free(&q);
    set_up(state);
}

/* ---- apgd_released: one search for the batch ---- */

typedef struct batch {
    image of[SAMPLES];
} batch;

static double batch_score(const batch *at, const double reference[TASKS]) {
    double sum = 0;
    for (int64_t t = 0; t < TASKS; ++t) {
        double mean = 0;
        for (int n = 0; n < SAMPLES; ++n) mean += loss(&at->of[n], t) / SAMPLES;
        sum += (mean - reference[t]) / reference[t];
    }
    return sum;
}

static batch released_step(const batch *at, const batch *before, const batch *clean, double eta, bool first) {
    batch next;
    for (int n = 0; n < SAMPLES; ++n) {
        const image *now = &at->of[n];
        const image u = direction(now);
        for (int j = 0; j < SIZE; ++j) {
            const double c = clean->of[n].v[j], sign = (double)((u.v[j] > 0) - (u.v[j] < 0));
            const double z = fmin(fmax(now->v[j] + eta * sign, c - epsilon), c + epsilon);
            next.of[n].v[j] = first ? now->v[j] + eta * sign
                                    : now->v[j] + 0.75 * (z - now->v[j]) + 0.25 * (now->v[j] - before->of[n].v[j]);
        }
        next.of[n] = project(next.of[n], &clean->of[n], false);
    }
    return next;
}

/** Every checkpoint list that is needed here, of N = 10 and 20. */
static bool is_checkpoint(int k, int iterations) {
    static const int lists[2][8] = {{3, 5, 6, 8, 9, 10, 10, 10}, {5, 9, 12, 15, 16, 18, 19, 20}};
    for (int i = 0; i < 8; ++i)
        if (lists[iterations == 20][i] == k) return true;
    return false;
}

static batch twin_released(const dgba_step *step, const double reference[TASKS]) {
    const int iterations = (int)step->iterations;
    batch clean, at, before, best;
    for (int n = 0; n < SAMPLES; ++n) clean.of[n] = image_at(x + n * SIZE);
    at = before = best = clean;
    double eta = epsilon / iterations, eta_at_check = eta, f = batch_score(&at, reference), f_at_check = f, best_f = f;
    int raised = 0, last = 0;
    for (int k = 0; k < iterations; ++k) {
        batch next = released_step(&at, &before, &clean, eta, k == 0);
        double f_next = batch_score(&next, reference);
        if (f_next >= best_f) best = next, best_f = f_next;
        if (k > 0 && is_checkpoint(k, iterations)) {
            const bool halve = raised <= 0.75 * (k - last) || (eta == eta_at_check && f == f_at_check);
            eta_at_check = eta;
            f_at_check = f;
            raised = 0;
            last = k;
            if (halve) eta /= 2;
            if (halve && step->restart_best) next = best, f_next = best_f;
        }
        raised += f_next > f;
        before = at;
        at = next;
        f = f_next;
    }
    return best;
}

static void apgd_released(void **state) {
    (void)state;
    static const double references[TASKS] = {1.5, 2.5, 1.25};
    for (int variant = 0; variant < 4; ++variant) {
        dgba_attack attack = make_attack("apgd_released", "dgba");
        attack.step.iterations = variant < 2 ? 10 : 20;
        attack.step.restart_best = variant % 2;
        attack.data_losses = references;
        run(&attack);
        const batch expected = twin_released(&attack.step, references);
        for (int i = 0; i < SAMPLES * SIZE; ++i)
            CHECK_NEAR((double)adversarial[i], expected.of[i / SIZE].v[i % SIZE], 3e-5);
    }
}

/* ---- Random starts ---- */

/** A step size of 0 shows the start. */
static void starts_are_in_the_ball_and_the_image_names_them(void **state) {
    (void)state;
    dgba_attack attack = make_attack("pgd", "dgba");
    attack.step.iterations = 1;
    attack.step.alpha = 0;
    attack.box = wide;
    float first[SAMPLES * SIZE];
    for (int64_t norm = DGBA_NORM_LINF; norm <= DGBA_NORM_L2; ++norm) {
        attack.step.norm = norm;
        attack.images = NULL;
        run(&attack);
        memcpy(first, adversarial, sizeof first);
        attack.images = (const int64_t[]){1, 0}; // now the second sample has the first one's numbers
        run(&attack);
        double moved = 0;
        for (int j = 0; j < SIZE; ++j) {
            const double offset = (double)first[j] - (double)x[j];
            moved += fabs(offset);
            CHECK_NEAR((double)adversarial[SIZE + j] - (double)x[SIZE + j], offset, 1e-6);
            assert_true(fabs(offset) <= epsilon);
        }
        assert_true(moved > 0.1 * epsilon);
        attack.seed += 1;
        run(&attack);
        assert_memory_not_equal(adversarial, first, sizeof first);
    }
}

static void restarts_never_hurt(void **state) {
    (void)state;
    static const char *const steps[] = {"pgd", "apgd"};
    for (int i = 0; i < 2; ++i) {
        double before[SAMPLES] = {-INFINITY, -INFINITY};
        dgba_attack attack = make_attack(steps[i], "dgba");
        attack.step.norm = DGBA_NORM_L2;
        attack.step.iterations = 3;
        for (attack.step.restarts = 1; attack.step.restarts < 6; ++attack.step.restarts) {
            run(&attack);
            for (int n = 0; n < SAMPLES; ++n) {
                const image clean = image_at(x + n * SIZE), at = image_at(adversarial + n * SIZE);
                assert_true(score(&at, &clean) >= before[n] - 1e-9);
                before[n] = score(&at, &clean);
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(iterated_steps),
        cmocka_unit_test(apgd),
        cmocka_unit_test(saga),
        cmocka_unit_test(apgd_released),
        cmocka_unit_test(restarts_never_hurt),
        cmocka_unit_test(starts_are_in_the_ball_and_the_image_names_them),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
