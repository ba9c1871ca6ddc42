/* What attacks do to a few images, and models make of them: ground truth, prediction before, predictions after. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "figures.h"
#include "picture.h"
#include "table.h"

enum { WIDEST = 160, MOST_CLASSES = 256 }; // a panel is shown about as wide; of larger images every n-th pixel is drawn

/** One image on one model, with what its panels have in common. */
typedef struct gallery {
    const grid *grid;
    const dgba_results *results;
    int64_t model, image;
    grid_method method;
    double epsilon;
    bool used[MOST_CLASSES]; // classes that some panel shows
} gallery;

/** Maps of all answers, (answer,height,width). */
typedef struct maps {
    const float *values; // NULL: not known
    int64_t height, width;
} maps;

/** The numbers of a task at a pixel. */
typedef struct answers {
    int64_t first, count;
    const char *name, *unit; // of the first
} answers;

static answers answers_of(const dgba_results *r, int64_t task) {
    answers a = {0};
    while (a.first < r->answer_count && r->answers[a.first].task != task) a.first += 1;
    while (a.first + a.count < r->answer_count && r->answers[a.first + a.count].task == task) a.count += 1;
    a.name = a.count > 0 ? r->answers[a.first].name : "";
    a.unit = a.count > 0 ? r->answers[a.first].unit : "";
    return a;
}

static bool are_classes(const answers *a) { return strcmp(a->name, "class") == 0; }
static bool are_values(const answers *a) { return a->count == 1 && !are_classes(a); }

/* ---- What there is ---- */

static bool is_known(const float *values, int64_t count) {
    for (int64_t i = 0; i < count; ++i)
        if (!isnan(values[i])) return true;
    return false;
}

static maps truth_of(const gallery *g) {
    const dgba_results *r = g->results;
    const int64_t count = r->answer_count * r->row_count * r->column_count;
    return (maps){r->example_truth + g->image * count, r->row_count, r->column_count};
}

static maps head_maps(const dgba_results *r, const float *all, int64_t row, int64_t image) {
    const int64_t count = r->answer_count * r->head_row_count * r->head_column_count;
    const float *values = all + (row * r->example_image_count + image) * count;
    return (maps){is_known(values, count) ? values : NULL, r->head_row_count, r->head_column_count};
}

static maps before_of(const gallery *g) { return head_maps(g->results, g->results->example_clean, g->model, g->image); }
static maps after_of(const gallery *g, int64_t example) {
    return head_maps(g->results, g->results->example_adversarial, example, g->image);
}

/** Whether the gallery has a row for an example. */
static bool is_shown(const gallery *g, int64_t example) {
    const int64_t attack = g->results->examples[example].attack;
    const dgba_attack_row *row = &g->results->attacks[attack];
    const grid_method method = grid_method_of(row);
    return row->model == g->model && g->grid->attack_shown[attack] && row->epsilon == g->epsilon &&
           strcmp(method.step, g->method.step) == 0 && strcmp(method.options, g->method.options) == 0 &&
           method.iterations == g->method.iterations && after_of(g, example).values != NULL;
}

static bool shows_anything(const gallery *g) {
    for (int64_t i = 0; i < g->results->example_count; ++i)
        if (is_shown(g, i)) return true;
    return false;
}

/* ---- Panels ---- */

/** Least and largest value that ground truth and clean prediction have; the predictions under attack are drawn on it. */
static bool find_range(double *low, double *high, const gallery *g, const answers *a) {
    const maps both[] = {truth_of(g), before_of(g)};
    *low = INFINITY;
    *high = -INFINITY;
    for (int i = 0; i < 2; ++i) {
        const int64_t pixels = both[i].height * both[i].width;
        for (int64_t p = 0; p < pixels && both[i].values != NULL; ++p) {
            *low = fmin(*low, (double)both[i].values[a->first * pixels + p]); // which passes NaN by
            *high = fmax(*high, (double)both[i].values[a->first * pixels + p]);
        }
    }
    return *low < *high;
}

static int64_t step_for(int64_t width) { return (width + WIDEST - 1) / WIDEST; }

/** The colour of a pixel whose answers are `stride` apart. */
static void color_answer(uint8_t rgb[3], gallery *g, const answers *a, const float *value, int64_t stride,
                         const double range[2]) {
    if (isnan(value[0])) {
        picture_missing_color(rgb);
    } else if (are_classes(a)) {
        const int64_t class = (int64_t)fmin(fmax((double)value[0], 0), MOST_CLASSES - 1);
        g->used[class] = true;
        picture_class_color(rgb, class);
    } else if (are_values(a)) {
        picture_value_color(rgb, ((double)value[0] - range[0]) / (range[1] - range[0]));
    } else {
        const float direction[3] = {value[0], value[stride], a->count > 2 ? value[2 * stride] : 0};
        picture_direction_color(rgb, direction);
    }
}

static void add_answer_panel(dgba_text *out, gallery *g, int64_t task, const maps *m, const char *alt) {
    const answers a = answers_of(g->results, task);
    const int64_t step = step_for(m->width), pixels = m->height * m->width;
    double range[2] = {0, 1};
    picture p;
    if (are_values(&a) && !find_range(&range[0], &range[1], g, &a)) range[1] = range[0] + 1;
    picture_create(&p, (m->height + step - 1) / step, (m->width + step - 1) / step);
    for (int64_t i = 0; i < p.height * p.width; ++i) {
        const int64_t place = i / p.width * step * m->width + i % p.width * step;
        color_answer(p.rgb + 3 * i, g, &a, m->values + a.first * pixels + place, pixels, range);
    }
    picture_add(out, &p, alt);
    dgba_free(p.rgb);
}

/** The clean image; with codes of a perturbation the adversarial one, or the perturbation itself. */
static void add_image_panel(dgba_text *out, const gallery *g, const uint8_t *codes, double gain, const char *alt) {
    const dgba_results *r = g->results;
    const int64_t step = step_for(r->column_count);
    const uint8_t *image = r->example_images + g->image * r->row_count * r->column_count * 3;
    picture p;
    picture_create(&p, (r->row_count + step - 1) / step, (r->column_count + step - 1) / step);
    for (int64_t i = 0; i < p.height * p.width * 3; ++i) {
        const int64_t y = i / 3 / p.width * step, x = i / 3 % p.width * step;
        const int64_t place = 3 * (y * r->column_count + x) + i % 3;
        const double change = codes != NULL ? gain * (codes[place] - 128.0) : 0;
        p.rgb[i] = (uint8_t)lround(fmin(fmax(image[place] + change, 0), 255));
        if (codes != NULL && isnan(gain)) p.rgb[i] = codes[place];
    }
    picture_add(out, &p, alt);
    dgba_free(p.rgb);
}

/* ---- Rows ---- */

static void add_task_cells(dgba_text *out, gallery *g, const maps *m, const char *what, const double *losses) {
    const dgba_results *r = g->results;
    for (int64_t t = 0; t < r->task_count; ++t) {
        dgba_text alt = {0};
        dgba_text_add(&alt, "%s, %s", what, r->tasks[t].name);
        dgba_text_add(out, "<td>");
        if (m->values != NULL) add_answer_panel(out, g, t, m, dgba_text_chars(&alt));
        if (losses != NULL && !isnan(losses[t * r->image_count + g->image]))
            dgba_text_add(out, "<small>loss %.3g</small>", losses[t * r->image_count + g->image]);
        dgba_text_add(out, "</td>");
        dgba_text_free(&alt);
    }
    dgba_text_add(out, "</tr>\n");
}

static void add_clean_rows(dgba_text *out, gallery *g) {
    const dgba_results *r = g->results;
    const maps truth = truth_of(g), before = before_of(g);
    dgba_text_add(out, "<tr><th scope=\"row\">ground truth</th><td></td><td></td>");
    add_task_cells(out, g, &truth, "ground truth", NULL);
    dgba_text_add(out, "<tr><th scope=\"row\">before<small>clean image</small></th><td></td><td>");
    add_image_panel(out, g, NULL, 0, "clean image");
    dgba_text_add(out, "</td>");
    add_task_cells(out, g, &before, "prediction before the attack",
                   r->clean_losses + g->model * r->task_count * r->image_count);
}

/** A rule's name, which may be broken after "single:" and between words. */
static void add_rule(dgba_text *out, const char *rule) {
    for (const char *part = rule; *part != '\0';) {
        const size_t length = strcspn(part, ":_"), bytes = length + (part[length] != '\0');
        dgba_text word = {0};
        dgba_text_add(&word, "%.*s", (int)bytes, part);
        text_add_html(out, dgba_text_chars(&word));
        dgba_text_add(out, "<wbr>");
        dgba_text_free(&word);
        part += bytes;
    }
}

static void add_attack_row(dgba_text *out, gallery *g, int64_t example) {
    const dgba_results *r = g->results;
    const dgba_attack_row *attack = &r->attacks[r->examples[example].attack];
    const int64_t place = example * r->example_image_count + g->image;
    const uint8_t *codes = r->example_perturbation + place * r->row_count * r->column_count * 3;
    const double largest = r->example_largest[place];
    const maps after = after_of(g, example);
    dgba_text what = {0};
    dgba_text_add(&what, "after %s", attack->rule);
    dgba_text_add(out, "<tr><th scope=\"row\">");
    add_rule(out, attack->rule);
    if (!isnan(attack->arp)) {
        dgba_text_add(out, "<small>ARP ");
        text_add_real(out, 100 * attack->arp, 1);
        dgba_text_add(out, " %%</small>");
    }
    dgba_text_add(out, "</th><td>");
    add_image_panel(out, g, codes, NAN, "perturbation, amplified");
    if (largest > 0) dgba_text_add(out, "<small>× %.3g</small>", 127 / largest);
    dgba_text_add(out, "</td><td>");
    add_image_panel(out, g, codes, largest / 127, "adversarial image");
    dgba_text_add(out, "</td>");
    add_task_cells(out, g, &after, dgba_text_chars(&what),
                   r->adversarial_losses + r->examples[example].attack * r->task_count * r->image_count);
    dgba_text_free(&what);
}

/* ---- One gallery ---- */

static void add_heading(dgba_text *out, const gallery *g) {
    const dgba_results *r = g->results;
    dgba_text_add(out, "<thead><tr><td></td><th scope=\"col\">perturbation</th><th scope=\"col\">image</th>");
    for (int64_t t = 0; t < r->task_count; ++t) {
        const answers a = answers_of(r, t);
        double low = 0, high = 0;
        dgba_text_add(out, "<th scope=\"col\">");
        text_add_html(out, r->tasks[t].name);
        if (are_values(&a) && find_range(&low, &high, g, &a))
            dgba_text_add(out, "<small>%.3g <span class=\"ramp\"></span> %.3g %s</small>", low, high, a.unit);
        dgba_text_add(out, "</th>");
    }
    dgba_text_add(out, "</tr></thead>\n");
}

static const char *class_name(const dgba_results *r, int64_t task, int64_t number) {
    for (int64_t i = 0; i < r->class_count; ++i)
        if (r->classes[i].task == task && r->classes[i].number == number) return r->classes[i].name;
    return NULL;
}

/** The classes that are seen, with the names of the first task that has classes. */
static void add_class_legend(dgba_text *out, const gallery *g) {
    const dgba_results *r = g->results;
    int64_t task = 0;
    while (task < r->task_count && strcmp(answers_of(r, task).name, "class") != 0) ++task;
    if (task == r->task_count) return;
    dgba_text_add(out, "<ul class=\"legend classes\">");
    for (int64_t c = 0; c < MOST_CLASSES; ++c) {
        uint8_t rgb[3];
        const char *name = class_name(r, task, c);
        if (!g->used[c]) continue;
        picture_class_color(rgb, c);
        dgba_text_add(out, "<li><span style=\"background:rgb(%d,%d,%d)\"></span>", rgb[0], rgb[1], rgb[2]);
        if (name != NULL)
            text_add_html(out, name);
        else
            dgba_text_add(out, "class %lld", (long long)c);
        dgba_text_add(out, "</li>\n");
    }
    dgba_text_add(out, "</ul>\n");
}

/** "layout 31, seed 0, image 7: ifgsm, 10 iterations, ε 8" */
static void add_title(dgba_text *out, const gallery *g) {
    const dgba_model_row *model = &g->results->models[g->model];
    dgba_text title = {0};
    dgba_text_add(&title, "layout %s, seed %lld, image %lld: ", g->grid->groups[g->grid->model_group[g->model]].label,
                  (long long)model->seed, (long long)g->results->images[g->image]);
    grid_add_method(&title, &g->method);
    dgba_text_add(&title, ", ε %g", g->epsilon);
    text_add_html(out, dgba_text_chars(&title));
    dgba_text_free(&title);
}

static void add_gallery(dgba_text *out, gallery *g, bool folded) {
    const dgba_results *r = g->results;
    dgba_text_add(out, folded ? "<details><summary>" : "<h3>");
    add_title(out, g);
    dgba_text_add(out, folded ? "</summary>\n" : "</h3>\n");
    dgba_text_add(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"pictures\">");
    dgba_text_add(out, "<table class=\"gallery\" style=\"--shape:%lld/%lld\">\n", (long long)r->column_count,
                  (long long)r->row_count);
    add_heading(out, g);
    dgba_text_add(out, "<tbody>\n");
    add_clean_rows(out, g);
    for (int64_t i = 0; i < r->example_count; ++i)
        if (is_shown(g, i)) add_attack_row(out, g, i);
    dgba_text_add(out, "</tbody></table></div>\n");
    add_class_legend(out, g);
    if (folded) dgba_text_add(out, "</details>\n");
}

/* ---- All ---- */

static gallery gallery_of(const grid *g, int64_t group, int64_t image) {
    const grid_setting setting = grid_reference(g);
    return (gallery){.grid = g,
                     .results = g->results,
                     .model = g->groups[group].first,
                     .image = image,
                     .method = g->methods[setting.method],
                     .epsilon = g->epsilons[setting.epsilon]};
}

/** The group of models with pictures that shares most (sign 1) or least (-1); -1 if there is none. */
static int64_t find_group(const grid *g, int64_t sign) {
    int64_t best = -1;
    for (int64_t i = 0; i < g->group_count; ++i) {
        const gallery own = gallery_of(g, i, 0);
        if (!g->groups[i].shown || !shows_anything(&own)) continue;
        const int64_t score = sign * g->results->models[own.model].sharing_score;
        if (best < 0 || score > sign * g->results->models[g->groups[best].first].sharing_score) best = i;
    }
    return best;
}

bool figure_has_examples(const grid *g) {
    return g->results->example_image_count > 0 && grid_reference(g).method >= 0 && find_group(g, 1) >= 0;
}

void figure_examples(dgba_text *out, const grid *g) {
    const int64_t groups[] = {find_group(g, 1), find_group(g, -1)};
    for (int i = 0; i < (groups[0] == groups[1] ? 1 : 2); ++i)
        for (int64_t image = 0; image < g->results->example_image_count; ++image) {
            gallery own = gallery_of(g, groups[i], image);
            add_gallery(out, &own, i > 0 || image > 0);
        }
}
