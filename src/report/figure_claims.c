/* Effects with their intervals. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "figures.h"
#include "svg.h"

/** Adds the verdict as a word with a sign before it. */
static void add_verdict(dgba_text *out, verdict v) {
    static const char *const signs[] = {
        [VERDICT_SUPPORTED] = "✓", [VERDICT_NOT_SUPPORTED] = "✗", [VERDICT_NOT_ENOUGH] = "?", [VERDICT_CONTROL] = "○"};
    static const char *const classes[] = {[VERDICT_SUPPORTED] = "yes",
                                          [VERDICT_NOT_SUPPORTED] = "no",
                                          [VERDICT_NOT_ENOUGH] = "unknown",
                                          [VERDICT_CONTROL] = "unknown"};
    dgba_text_add(out, "<span class=\"verdict %s\">%s %s</span>", classes[v], signs[v], verdict_words(v));
}

/** The interval of a finding on the scale low .. high, if it has one. */
static void add_interval(dgba_text *out, const finding *f, double low, double high) {
    const svg_plot p = {.left = 6, .top = 0, .width = 228, .height = 22, .x_low = low, .x_high = high, .y_high = 1};
    dgba_text label = {0};
    if (isnan(f->effect) || isnan(f->interval.low)) return;
    dgba_text_add(&label, "%.3g, 95 %% interval %.3g to %.3g", f->effect, f->interval.low, f->interval.high);
    svg_begin(out, 240, 22, label.chars);
    svg_line(out, "grid", p.left, 11, p.left + p.width, 11);
    svg_line(out, "axis", svg_x(&p, 0), 1, svg_x(&p, 0), 21);
    svg_line(out, "interval", svg_x(&p, f->interval.low), 11, svg_x(&p, f->interval.high), 11);
    svg_marker(out, 3, svg_x(&p, f->effect), 11);
    svg_end(out);
    dgba_text_free(&label);
}

static void add_numbers(dgba_text *out, const finding *f) {
    if (isnan(f->effect)) return;
    dgba_text_add(out, "<strong>");
    text_add_real(out, f->effect, 2);
    dgba_text_add(out, "</strong> %s", strcmp(f->unit, "%") == 0 ? "%" : "ρ");
    if (isnan(f->interval.low)) return;
    dgba_text_add(out, " [");
    text_add_real(out, f->interval.low, 2);
    dgba_text_add(out, ", ");
    text_add_real(out, f->interval.high, 2);
    dgba_text_add(out, "]");
}

static void add_finding(dgba_text *out, const finding *f, double low, double high) {
    dgba_text_add(out, "<li><span class=\"what\">");
    text_add_html(out, f->comparison);
    if (f->models[0] != '\0') dgba_text_add(out, ", ");
    text_add_html(out, f->models);
    dgba_text_add(out, "</span>");
    add_interval(out, f, low, high);
    dgba_text_add(out, "<span class=\"numbers\">");
    add_numbers(out, f);
    dgba_text_add(out, "%sn = %lld %s · %s</span></li>\n", isnan(f->effect) ? "" : " · ", (long long)f->n, f->units,
                  verdict_words(f->verdict));
}

static void add_claim(dgba_text *out, const finding *all, int64_t count, int64_t claim) {
    double low = 0, high = 0;
    for (int64_t i = 0; i < count; ++i) {
        if (all[i].claim != claim) continue;
        low = fmin(low, fmin(all[i].interval.low, all[i].effect));
        high = fmax(high, fmax(all[i].interval.high, all[i].effect));
    }
    if (high <= low) high = low + 1;
    dgba_text_add(out, "<article class=\"claim\"><h3>C%lld ", (long long)claim + 1);
    add_verdict(out, claim_verdict(all, count, claim));
    dgba_text_add(out, "</h3>\n<p>%s.</p>\n<ul>\n", claim_statements[claim]);
    for (int64_t i = 0; i < count; ++i)
        if (all[i].claim == claim) add_finding(out, &all[i], low, high);
    dgba_text_add(out, "</ul></article>\n");
}

void figure_claims(dgba_text *out, const grid *g) {
    finding *all = NULL;
    const int64_t count = claims_test(&all, g);
    dgba_text_add(out,
                  "<p class=\"note\">Diamond: the effect; bar: its interval; upright line: 0. Each claim has its own "
                  "scale.</p>\n<div class=\"claims\">\n");
    for (int64_t i = 0; i < CLAIM_COUNT; ++i) add_claim(out, all, count, i);
    dgba_text_add(out, "</div>\n");
    dgba_free(all);
}
