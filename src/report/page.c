#include "page.h"

#include <string.h>

#include "figures.h"
#include "print.h"

/* ---- Overview ---- */

/** A large number and what it counts. `text` is freed. */
static void add_fact(dgba_text *out, const char *what, dgba_text *text) {
    dgba_text_add(out, "<div><dt>%s</dt><dd>", what);
    text_add_html(out, dgba_text_chars(text));
    dgba_text_add(out, "</dd></div>\n");
    dgba_text_free(text);
}

static void add_count(dgba_text *out, const char *what, int64_t count, int64_t of) {
    dgba_text text = {0};
    dgba_text_add(&text, "%lld", (long long)count);
    if (count < of) dgba_text_add(&text, " of %lld", (long long)of);
    add_fact(out, what, &text);
}

/** The rule with the lowest ARP at the reference setting, mean over the layouts of the first kind. */
static void add_strongest(dgba_text *out, const grid *g) {
    const grid_setting setting = grid_reference(g);
    double lowest = 0;
    int64_t best = -1;
    for (int64_t r = 0; r < g->rule_count && setting.epsilon >= 0; ++r) {
        const statistic s = kind_arp_of(g, 0, setting, r);
        if (s.count == 0 || s.mean >= lowest) continue;
        lowest = s.mean;
        best = r;
    }
    if (best < 0) return;
    dgba_text what = {0}, value = {0};
    dgba_text_add(&what, "strongest, ");
    grid_add_setting(&what, g, setting);
    if (g->kind_count > 1) dgba_text_add(&what, ", %s", kind_words(g, 0));
    dgba_text_add(&what, ": ARP");
    dgba_text_add(&value, "%s ", g->rules[best]);
    text_add_real(&value, lowest, 1);
    dgba_text_add(&value, " %%");
    add_fact(out, what.chars, &value);
    dgba_text_free(&what);
}

static int64_t count_layouts(const dgba_results *results) {
    int64_t count = 0;
    for (int64_t i = 0; i < results->model_count; ++i) {
        int64_t first = 0;
        while (results->models[first].layout != results->models[i].layout) ++first;
        count += first == i;
    }
    return count;
}

static void add_overview(dgba_text *out, const grid *g) {
    const dgba_results *results = g->results;
    int64_t models = 0, attacks = 0;
    for (int64_t i = 0; i < results->model_count; ++i) models += strcmp(results->models[i].status, "ok") == 0;
    for (int64_t i = 0; i < results->attack_count; ++i) attacks += strcmp(results->attacks[i].status, "ok") == 0;
    dgba_text_add(out, "<dl class=\"facts\">\n");
    add_count(out, "layouts", count_layouts(results), 0);
    add_count(out, "models", models, results->model_count);
    add_count(out, "tasks", results->task_count, 0);
    add_count(out, "attacks", attacks, results->attack_count);
    add_count(out, "test images", results->image_count, 0);
    add_strongest(out, g);
    dgba_text_add(out, "</dl>\n");
}

/** What is known, but for whole configurations. */
static void add_origin(dgba_text *out, const char *name, const char *value, const char *help) {
    if (value[0] == '\0' || strchr(value, '\n') != NULL) return;
    dgba_text_add(out, "<div><dt>");
    for (const char *c = name; *c != '\0'; ++c) dgba_text_add(out, "%c", *c == '_' ? ' ' : *c);
    dgba_text_add(out, "</dt><dd>");
    text_add_html(out, value);
    dgba_text_add(out, " <small>%s</small></dd></div>\n", help);
}

static void add_provenance(dgba_text *out, const dgba_provenance *run) {
    dgba_text hash = {0};
    text_config_hash(&hash, run);
    dgba_text_add(out, "<section id=\"provenance\"><h2>Where this comes from</h2>\n<dl class=\"provenance\">\n");
    add_origin(out, "configuration", dgba_text_chars(&hash), "hash of the configuration with all defaults");
#define ADD_ORIGIN(name, help) add_origin(out, #name, run->name, help);
    DGBA_PROVENANCE_LIST(ADD_ORIGIN)
#undef ADD_ORIGIN
    dgba_text_add(out, "</dl>\n");
    dgba_text_free(&hash);
    if (run->config[0] != '\0') {
        dgba_text_add(out, "<details><summary>The configuration as given</summary><pre tabindex=\"0\">");
        for (const char *line = run->config; *line != '\0';) { // line ends stay line ends within <pre>
            const size_t bytes = strcspn(line, "\n");
            dgba_text part = {0};
            dgba_text_add(&part, "%.*s", (int)bytes, line);
            text_add_html(out, dgba_text_chars(&part));
            dgba_text_add(out, "\n");
            dgba_text_free(&part);
            line += bytes + (line[bytes] == '\n');
        }
        dgba_text_add(out, "</pre></details>\n");
    }
    dgba_text_add(out, "</section>\n");
}

/* ---- Sections ---- */

static void add_figures(dgba_text *out, const section *s, const grid *g) {
    if (strcmp(s->name, "strength") == 0) figure_curves(out, g);
    if (strcmp(s->name, "transfer") == 0) figure_transfer(out, g);
    if (strcmp(s->name, "models") == 0) figure_models(out, g);
    if (strcmp(s->name, "drops") == 0) figure_drops(out, g);
    if (strcmp(s->name, "training") == 0) figure_training(out, g);
    if (strcmp(s->name, "sharing") == 0) figure_sharing(out, g);
    if (strcmp(s->name, "claims") == 0) figure_claims(out, g);
    if (strcmp(s->name, "cost") == 0 && s->table_count > 1) figure_cost(out, &s->tables[1]);
}

enum { LONG_TABLE = 16 };

/** What figures show, and what is long, is folded away. */
static void add_tables(dgba_text *out, const section *s, bool has_figures) {
    const bool folded = s->table_count > 1 ? has_figures : table_rows(&s->tables[0]) > LONG_TABLE;
    if (folded) {
        dgba_text_add(out, "<details><summary>%s", s->table_count > 1 ? "Tables" : "Table");
        if (s->table_count > 1) dgba_text_add(out, " (%lld)", (long long)s->table_count);
        dgba_text_add(out, "</summary>\n");
    }
    for (int64_t i = 0; i < s->table_count; ++i) {
        if (s->tables[i].title != NULL) {
            dgba_text_add(out, "<h3>");
            text_add_html(out, s->tables[i].title);
            dgba_text_add(out, "</h3>\n");
        }
        report_print_html_table(out, &s->tables[i]);
    }
    if (folded) dgba_text_add(out, "</details>\n");
}

static void add_section(dgba_text *out, const section *s, const grid *g) {
    dgba_text_add(out, "<section id=\"%s\"><h2>", s->name);
    text_add_html(out, s->title);
    dgba_text_add(out, "</h2>\n");
    if (s->note != NULL) {
        dgba_text_add(out, "<p class=\"note\">");
        text_add_html(out, s->note);
        dgba_text_add(out, "</p>\n");
    }
    const size_t before = out->length;
    add_figures(out, s, g);
    add_tables(out, s, out->length > before);
    dgba_text_add(out, "</section>\n");
}

/** Pictures are no table, so they are no section of the report. */
static void add_examples(dgba_text *out, const grid *g) {
    dgba_text_add(
        out,
        "<section id=\"examples\"><h2>What the attacks look like</h2>\n"
        "<p class=\"note\">First test images. The perturbation is amplified around grey; each loss is of this image. "
        "Predictions are at the resolution of the head; dark grey: no valid label. Values outside the scale of a "
        "column are drawn as its ends. Normals: (n + 1) / 2 as red, green, blue.</p>\n");
    figure_examples(out, g);
    dgba_text_add(out, "</section>\n");
}

/** What a reader wants to know first stands first; what is not named here follows. */
static const char *const order[] = {"claims", "strength", "training", "transfer", "models", "sharing", "clean", "drops"};

static int64_t place_of(const section *s) {
    int64_t place = 0;
    while (place < DGBA_COUNT_OF(order) && strcmp(order[place], s->name) != 0) ++place;
    return place;
}

static void add_sections(dgba_text *out, const report *r, const grid *g, bool links) {
    for (int64_t place = 0; place <= DGBA_COUNT_OF(order); ++place) {
        for (int64_t i = 0; i < r->section_count; ++i) {
            const section *s = &r->sections[i];
            if (place_of(s) != place || !section_has_tables(s)) continue;
            if (links)
                dgba_text_add(out, "<a href=\"#%s\">%s</a>\n", s->name, s->name);
            else
                add_section(out, s, g);
        }
    }
}

void report_print_page(dgba_text *out, const report *r, const grid *g) {
    dgba_text_add(out,
                  "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n<title>");
    text_add_html(out, r->run->name);
    dgba_text_add(out, " · dgba</title>\n<style>\n%s</style></head>\n<body>\n<header>\n<p class=\"kicker\">", page_style);
    dgba_text_add(out, "Adversarial attacks on multi-task models</p>\n<h1>");
    text_add_html(out, r->run->name);
    dgba_text_add(out, "</h1>\n<p class=\"note\">");
    dgba_text origin = {0};
    text_add_provenance(&origin, r);
    text_add_html(out, dgba_text_chars(&origin));
    dgba_text_free(&origin);
    dgba_text_add(out, "</p>\n</header>\n");
    dgba_text_add(out, "<nav aria-label=\"Sections\">\n");
    if (figure_has_examples(g)) dgba_text_add(out, "<a href=\"#examples\">examples</a>\n");
    add_sections(out, r, g, true);
    dgba_text_add(out, "<a href=\"#provenance\">provenance</a>\n</nav>\n<main>\n");
    add_overview(out, g);
    if (figure_has_examples(g)) add_examples(out, g);
    add_sections(out, r, g, false);
    add_provenance(out, r->run);
    dgba_text_add(out, "</main>\n<script>\n%s</script>\n</body></html>\n", page_script);
}
