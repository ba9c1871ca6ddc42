/** What was measured, as text for people or as CSV. All times and multiply-accumulates are per image. */
#include <string.h>

#include "bench.h"
#include "dgba/tensor.h"

/* ---- Layers ---- */

static double giga_per_second(int64_t macs, double seconds) {
    return macs > 0 && seconds > 0 ? 2e-9 * (double)macs / seconds : 0;
}

static double seconds_of(const bench_layer *layer) { return layer->forward + layer->backward; }

/** Only multiply-accumulates and times are set. */
static bench_layer add_up(const bench_result *result) {
    bench_layer sum = {0};
    for (int64_t i = 0; i < result->layer_count; ++i) {
        sum.step.macs += result->layers[i].step.macs;
        sum.forward += result->layers[i].forward;
        sum.backward += result->layers[i].backward;
    }
    return sum;
}

static void print_operation(dgba_text *out, const dgba_plan_step *step) {
    dgba_text_add(out, "%s%s%s", step->operation, step->batchnorm ? "+batchnorm" : "", step->relu ? "+relu" : "");
}

/** One word if both directions have the same. */
static void print_algorithms(dgba_text *out, const dgba_plan_step *step) {
    const bool same = strcmp(step->forward_algorithm, step->backward_algorithm) == 0;
    dgba_text_add(out, "%s%s%s", step->forward_algorithm, same ? "" : "/", same ? "" : step->backward_algorithm);
}

static void print_layers_csv(dgba_text *out, const bench_result *result, double samples) {
    const bench_layer sum = add_up(result);
    dgba_text_add(out,
                  "index,operation,name,forward_algorithm,backward_algorithm,in_channels,in_height,in_width,out_channels,"
                  "out_height,out_width,kernel,"
                  "stride,dilation,macs,forward_ms,backward_ms,forward_gflops,backward_gflops,share\n");
    for (int64_t i = 0; i < result->layer_count; ++i) {
        const bench_layer *layer = &result->layers[i];
        const dgba_plan_step *s = &layer->step;
        dgba_text_add(out, "%lld,", (long long)i);
        print_operation(out, s);
        dgba_text_add(out, ",%s,%s,%s,%lld,%lld,%lld,%lld,%lld,%lld,%lld,%lld,%lld,%lld", s->name, s->forward_algorithm,
                      s->backward_algorithm, (long long)s->x.c, (long long)s->x.h, (long long)s->x.w, (long long)s->y.c,
                      (long long)s->y.h, (long long)s->y.w, (long long)s->conv.kernel, (long long)s->conv.stride,
                      (long long)s->conv.dilation, (long long)(s->macs / s->x.n));
        dgba_text_add(out, ",%.4f,%.4f,%.2f,%.2f,%.5f\n", 1e3 * layer->forward / samples, 1e3 * layer->backward / samples,
                      giga_per_second(s->macs, layer->forward), giga_per_second(s->macs, layer->backward),
                      seconds_of(layer) / seconds_of(&sum));
    }
}

static void print_layer_numbers(dgba_text *out, const bench_layer *layer, double samples, double all) {
    const int64_t macs = layer->step.macs;
    dgba_text_add(out, " %8.3f %9.2f %6.0f %9.2f %6.0f %6.1f\n", 1e-9 * (double)macs / samples,
                  1e3 * layer->forward / samples, giga_per_second(macs, layer->forward), 1e3 * layer->backward / samples,
                  giga_per_second(macs, layer->backward), 100 * seconds_of(layer) / all);
}

static void print_shape(dgba_text *out, int width, dgba_shape shape) {
    dgba_text text = {0};
    dgba_text_add(&text, "%lldx%lldx%lld", (long long)shape.c, (long long)shape.h, (long long)shape.w);
    dgba_text_add(out, " %-*s", width, dgba_text_chars(&text));
    dgba_text_free(&text);
}

static void print_layer_text(dgba_text *out, const bench_layer *layer, int64_t index, double samples, double all) {
    const dgba_plan_step *s = &layer->step;
    dgba_text operation = {0}, algorithms = {0}, window = {0};
    print_operation(&operation, s);
    print_algorithms(&algorithms, s);
    if (s->conv.kernel > 0)
        dgba_text_add(&window, "%lld/%lld/%lld", (long long)s->conv.kernel, (long long)s->conv.stride,
                      (long long)s->conv.dilation);
    dgba_text_add(out, "%4lld  %-21s %-33s %-17s", (long long)index, dgba_text_chars(&operation), s->name,
                  dgba_text_chars(&algorithms));
    print_shape(out, 13, s->x);
    print_shape(out, 13, s->y);
    dgba_text_add(out, " %-7s", dgba_text_chars(&window));
    print_layer_numbers(out, layer, samples, all);
    dgba_text_free(&operation);
    dgba_text_free(&algorithms);
    dgba_text_free(&window);
}

static void print_layers_text(dgba_text *out, const bench_result *result, double samples) {
    const bench_layer sum = add_up(result);
    dgba_text_add(out, "%4s  %-21s %-33s %-17s %-13s %-13s %-7s %8s %9s %6s %9s %6s %6s\n", "#", "operation", "name",
                  "algorithm", "input", "output", "k/s/d", "GMAC", "fwd ms", "GFLOP/s", "bwd ms", "GFLOP/s", "time %");
    for (int64_t i = 0; i < result->layer_count; ++i)
        print_layer_text(out, &result->layers[i], i, samples, seconds_of(&sum));
    dgba_text_add(out, "%-119s", "all");
    print_layer_numbers(out, &sum, samples, seconds_of(&sum));
    dgba_text_add(out,
                  "Algorithm: forward/backward if they differ. k/s/d: kernel, stride, dilation. Backward to the image. All "
                  "per image.\n");
}

/* ---- Single numbers ---- */

typedef struct printer {
    dgba_text *out;
    bool csv;
} printer;

static void print_word(const printer *p, const char *name, const char *value, const char *unit) {
    if (p->csv)
        dgba_text_add(p->out, "%s,%s,%s\n", name, value, unit);
    else
        dgba_text_add(p->out, "%-26s %14s%s%s\n", name, value, unit[0] != '\0' ? " " : "", unit);
}

static void print_number(const printer *p, const char *name, int decimals, double value, const char *unit) {
    dgba_text text = {0};
    dgba_text_add(&text, "%.*f", decimals, value);
    print_word(p, name, dgba_text_chars(&text), unit);
    dgba_text_free(&text);
}

static void print_bytes(const printer *p, const char *name, int64_t bytes) {
    print_number(p, name, 1, (double)bytes / (1 << 20), "MiB");
}

static void print_machine(const printer *p, const bench_options *options) {
    print_word(p, "blas_core", dgba_blas_core(), "");
    print_number(p, "blas_threads", 0, (double)options->threads, "");
}

static void print_subject(const printer *p, const bench_subject *subject) {
    int64_t macs = 0;
    const int64_t floats = dgba_graph_parameter_floats(subject->model.graph);
    if (dgba_graph_macs(&macs, subject->model.graph, subject->input) != DGBA_OK) dgba_error_clear(); // a plan was made
    print_number(p, "tasks", 0, (double)subject->model.task_count, "");
    print_number(p, "layout", 0, (double)subject->model.def.layout, "");
    print_number(p, "height", 0, (double)subject->input.h, "pixel");
    print_number(p, "width", 0, (double)subject->input.w, "pixel");
    print_number(p, "batch", 0, (double)subject->input.n, "image");
    print_number(p, "parameters", 0, (double)subject->model.parameter_count, "");
    print_number(p, "macs", 0, (double)macs / (double)subject->input.n, "per image");
    print_bytes(p, "parameter_bytes", floats * (int64_t)sizeof(float));
}

static void print_attack(const printer *p, const bench_result *r, double samples) {
    const double scale = 1e3 / samples;
    if (r->attack_plan_bytes == 0) return;
    print_number(p, "attack_forward_losses", 3, scale * r->attack_forward, "ms/image");
    print_number(p, "attack_backward", 3, scale * r->attack_backward, "ms/image");
    print_number(p, "attack_iteration", 3, scale * (r->attack_forward + r->attack_backward), "ms/image");
    print_number(p, "attack_task_backwards", 3, scale * r->attack_task_backwards, "ms/image");
    print_number(p, "attack_task_iteration", 3, scale * (r->attack_forward + r->attack_task_backwards), "ms/image");
    print_bytes(p, "attack_plan", r->attack_plan_bytes);
}

static void print_train(const printer *p, const bench_result *r, double samples) {
    const double scale = 1e3 / samples;
    if (r->train_plan_bytes == 0) return;
    print_number(p, "train_forward_losses", 3, scale * r->train_forward, "ms/image");
    print_number(p, "train_backward", 3, scale * r->train_backward, "ms/image");
    print_number(p, "train_update", 3, scale * r->train_update, "ms/image");
    print_number(p, "train_step", 3, scale * (r->train_forward + r->train_backward + r->train_update), "ms/image");
    print_bytes(p, "train_plan", r->train_plan_bytes);
}

void bench_print(dgba_text *out, const bench_options *options, const bench_subject *subject, const bench_result *result) {
    const printer p = {.out = out, .csv = options->format == BENCH_CSV};
    const double samples = (double)subject->input.n;
    if (result->layer_count > 0) {
        (p.csv ? print_layers_csv : print_layers_text)(out, result, samples);
        dgba_text_add(out, "\n");
    }
    if (p.csv) dgba_text_add(out, "quantity,value,unit\n");
    print_machine(&p, options);
    print_subject(&p, subject);
    print_attack(&p, result, samples);
    print_train(&p, result, samples);
    print_bytes(&p, "peak_memory", dgba_peak_resident_bytes());
}
