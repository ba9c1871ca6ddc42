#include "claims.h"

#include <math.h>

#include "claims_evidence.h"
#include "sections.h"
#include "trend.h"

const char *const claim_statements[CLAIM_COUNT] = {
    "An attack on one task (single) hurts the other tasks of a model that shares parameters",
    "dgba hurts all tasks together more than single, total and sign_sum at the same budget",
    "More sharing: better clean accuracy, and more transfer of attacks between tasks",
};

const char *verdict_words(verdict v) {
    static const char *const words[] = {[VERDICT_SUPPORTED] = "supported",
                                        [VERDICT_NOT_SUPPORTED] = "not supported",
                                        [VERDICT_NOT_ENOUGH] = "not enough data",
                                        [VERDICT_CONTROL] = "control"};
    return words[v];
}

static verdict verdict_on(const finding *f) {
    if (f->n < BOOTSTRAP_LEAST_UNITS || isnan(f->effect) || isnan(f->interval.low)) return VERDICT_NOT_ENOUGH;
    return f->interval.low > 0 ? VERDICT_SUPPORTED : VERDICT_NOT_SUPPORTED;
}

typedef struct findings {
    finding *items;
    int64_t count;
} findings;

static finding *add(findings *all, finding f) {
    f.verdict = verdict_on(&f);
    report_need(DGBA_GROW(&all->items, all->count));
    all->items[all->count] = f;
    return &all->items[all->count++];
}

/* ---- Means ---- */

static double mean_of(const int64_t *units, int64_t n, void *data) {
    const double *values = data;
    double sum = 0;
    for (int64_t i = 0; i < n; ++i) sum += values[units[i]];
    return sum / (double)n;
}

static const char *const training_words[] = {
    [TRAINING_ANY] = "", [TRAINING_CLEAN] = "trained on clean images", [TRAINING_ADVERSARIAL] = "adversarial"};

/** One comparison of means. */
typedef struct comparison {
    int64_t claim;
    training training;
    const char *text, *units;
} comparison;

/** The mean over the units that have a value, and its interval. Frees the evidence. */
static finding *add_mean(findings *all, comparison c, evidence e) {
    statistic s = {0};
    for (int64_t i = 0; i < e.count; ++i) {
        if (isnan(e.values[i])) continue;
        e.values[s.count] = e.values[i];
        statistic_add(&s, e.values[i]);
    }
    finding f = {.claim = c.claim, .comparison = c.text, .unit = "%", .units = c.units, .n = s.count};
    f.models = training_words[c.training];
    f.effect = s.count > 0 ? s.mean : NAN;
    f.interval = bootstrap_interval(s.count, mean_of, e.values);
    dgba_free(e.values);
    return add(all, f);
}

static void test_c1(findings *all, const grid *g, training t) {
    const evidence_of sharing = {.training = t, .rule = "single", .others = true, .sharing = true};
    const evidence_of independent = {.training = t, .rule = "single", .others = true};
    const comparison loss = {0, t, "other tasks, models that share: relative rise of the loss", "images"};
    const comparison performance = {0, t, "other tasks, models that share: fall of performance", "models"};
    const comparison control = {0, t, "other tasks, independent models: relative rise of the loss", "images"};
    add_mean(all, loss, loss_rise(g, sharing));
    add_mean(all, performance, performance_fall(g, sharing));
    add_mean(all, control, loss_rise(g, independent))->verdict = VERDICT_CONTROL;
}

static void test_c2(findings *all, const grid *g, training t) {
    static const struct {
        const char *rule, *by_loss, *by_performance;
    } rivals[] = {
        {"single", "dgba − mean of single: relative rise of the loss, mean of all tasks", "dgba − mean of single: −ARP"},
        {"total", "dgba − total: relative rise of the loss, mean of all tasks", "dgba − total: −ARP"},
        {"sign_sum", "dgba − sign_sum: relative rise of the loss, mean of all tasks", "dgba − sign_sum: −ARP"},
    };
    for (int64_t i = 0; i < DGBA_COUNT_OF(rivals); ++i) {
        const evidence_of dgba = {.training = t, .rule = "dgba", .any = true, .with = rivals[i].rule};
        const evidence_of rival = {.training = t, .rule = rivals[i].rule, .any = true, .with = "dgba"};
        add_mean(all, (comparison){1, t, rivals[i].by_loss, "images"},
                 evidence_minus(loss_rise(g, dgba), loss_rise(g, rival)));
        add_mean(all, (comparison){1, t, rivals[i].by_performance, "models"},
                 evidence_minus(performance_fall(g, dgba), performance_fall(g, rival)));
    }
}

static void add_trend(findings *all, const grid *g, const char *text, group_value value) {
    for (int64_t kind = 0; kind < g->kind_count; ++kind) {
        const trend found = trend_of(g, kind, value);
        add(all, (finding){.claim = 2,
                           .comparison = text,
                           .models = kind_words(g, kind),
                           .unit = "Spearman ρ",
                           .units = "layouts",
                           .n = found.count,
                           .effect = found.rho,
                           .interval = found.interval});
    }
}

/* ---- All of them ---- */

static bool has_kind(const grid *g, bool adversarial) {
    for (int64_t i = 0; i < g->group_count; ++i)
        if (g->groups[i].shown && g->kinds[g->groups[i].kind].adversarial == adversarial) return true;
    return false;
}

int64_t claims_test(finding **out, const grid *g) {
    const bool both = has_kind(g, false) && has_kind(g, true);
    const training first = both ? TRAINING_CLEAN : TRAINING_ANY, last = both ? TRAINING_ADVERSARIAL : TRAINING_ANY;
    findings all = {0};
    for (training t = first; t <= last; ++t) test_c1(&all, g, t);
    for (training t = first; t <= last; ++t) test_c2(&all, g, t);
    add_trend(&all, g, "sharing score and clean ARP against the independent layout", trend_clean_arp);
    add_trend(&all, g, "sharing score and transfer between tasks", trend_transfer);
    *out = all.items;
    return all.count;
}

verdict claim_verdict(const finding *all, int64_t count, int64_t claim) {
    verdict v = VERDICT_NOT_ENOUGH;
    for (int64_t i = 0; i < count; ++i) {
        if (all[i].claim != claim) continue;
        if (all[i].verdict == VERDICT_NOT_SUPPORTED) return VERDICT_NOT_SUPPORTED;
        if (all[i].verdict == VERDICT_SUPPORTED) v = VERDICT_SUPPORTED;
    }
    return v;
}

static void add_verdicts(section *s, const finding *all, int64_t count) {
    table *t = section_add_table(s);
    table_set_title(t, "verdicts");
    t->key_columns = 1;
    table_add_texts(t, TABLE_LEFT, "claim");
    table_add_texts(t, TABLE_LEFT, "statement");
    table_add_texts(t, TABLE_LEFT, "verdict");
    for (int64_t i = 0; i < CLAIM_COUNT; ++i) {
        table_text(t, "C%lld", (long long)i + 1);
        table_text(t, "%s", claim_statements[i]);
        table_text(t, "%s", verdict_words(claim_verdict(all, count, i)));
    }
}

static void add_evidence(section *s, const finding *all, int64_t count) {
    table *t = section_add_table(s);
    table_set_title(t, "evidence");
    bool several = false;
    for (int64_t i = 0; i < count; ++i) several |= all[i].models[0] != '\0';
    t->key_columns = several ? 3 : 2;
    table_add_texts(t, TABLE_LEFT, "claim");
    table_add_texts(t, TABLE_LEFT, "comparison");
    if (several) table_add_texts(t, TABLE_LEFT, "models");
    table_add_numbers(t, 3, "", TABLE_BEST_NONE, "effect");
    table_add_numbers(t, 3, "", TABLE_BEST_NONE, "95 %%\nfrom");
    table_add_numbers(t, 3, "", TABLE_BEST_NONE, "interval\nto");
    table_add_texts(t, TABLE_LEFT, "unit");
    table_add_texts(t, TABLE_LEFT, "n");
    table_add_texts(t, TABLE_LEFT, "verdict");
    for (int64_t i = 0; i < count; ++i) {
        const finding *f = &all[i];
        table_text(t, "C%lld", (long long)f->claim + 1);
        table_text(t, "%s", f->comparison);
        if (several) table_text(t, "%s", f->models);
        table_value(t, f->effect);
        table_value(t, f->interval.low);
        table_value(t, f->interval.high);
        table_text(t, "%s", f->unit);
        table_text(t, "%lld %s", (long long)f->n, f->units);
        table_text(t, "%s", verdict_words(f->verdict));
    }
}

void report_claims(report *r, const grid *g) {
    finding *all = NULL;
    const int64_t count = claims_test(&all, g);
    const grid_setting setting = grid_reference(g);
    dgba_text attacks = {0};
    if (setting.epsilon >= 0)
        grid_add_setting(&attacks, g, setting);
    else
        dgba_text_add(&attacks, "none");
    section *s = report_add_section(r, "claims", "The claims of the paper on this run");
    section_set_note(
        s,
        "Attacks: %s. A claim says that its effects are positive. Rise of the loss: of each image, over the mean "
        "clean loss of the same model. Fall of performance, ARP: relative to the same model's clean value. "
        "Intervals: 95 %%, bootstrap (%d resamples) over the units under n, at least %d of them; other things "
        "(layouts, seeds, data) are held fixed. Supported: the interval lies above 0. A claim is supported if all "
        "its comparisons with enough data are.",
        attacks.chars, BOOTSTRAP_RESAMPLES, BOOTSTRAP_LEAST_UNITS);
    add_verdicts(s, all, count);
    add_evidence(s, all, count);
    dgba_text_free(&attacks);
    dgba_free(all);
}
