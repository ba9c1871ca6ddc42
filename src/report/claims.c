#include "claims.h"

#include <math.h>

#include "claims_evidence.h"
#include "sections.h"

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
    if (f->n < CLAIM_LEAST_UNITS || isnan(f->effect) || isnan(f->interval.low)) return VERDICT_NOT_ENOUGH;
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

/** The mean over the units that have a value, and its interval. Frees the evidence. */
static finding *add_mean(findings *all, int64_t claim, const char *comparison, const char *units, evidence e) {
    statistic s = {0};
    for (int64_t i = 0; i < e.count; ++i) {
        if (isnan(e.values[i])) continue;
        e.values[s.count] = e.values[i];
        statistic_add(&s, e.values[i]);
    }
    finding f = {.claim = claim, .comparison = comparison, .unit = "%", .units = units, .n = s.count};
    f.effect = s.count > 0 ? s.mean : NAN;
    f.interval = bootstrap_interval(s.count, mean_of, e.values);
    dgba_free(e.values);
    return add(all, f);
}

static void test_c1(findings *all, const grid *g) {
    const evidence_of sharing = {.rule = "single", .others = true, .sharing = true};
    const evidence_of independent = {.rule = "single", .others = true};
    add_mean(all, 0, "other tasks, models that share: relative rise of the loss", "images", loss_rise(g, sharing));
    add_mean(all, 0, "other tasks, models that share: fall of performance", "models", performance_fall(g, sharing));
    add_mean(all, 0, "other tasks, independent models: relative rise of the loss", "images", loss_rise(g, independent))
        ->verdict = VERDICT_CONTROL;
}

static void test_c2(findings *all, const grid *g) {
    static const struct {
        const char *rule, *by_loss, *by_performance;
    } rivals[] = {
        {"single", "dgba − mean of single: relative rise of the loss, mean of all tasks", "dgba − mean of single: −ARP"},
        {"total", "dgba − total: relative rise of the loss, mean of all tasks", "dgba − total: −ARP"},
        {"sign_sum", "dgba − sign_sum: relative rise of the loss, mean of all tasks", "dgba − sign_sum: −ARP"},
    };
    for (int64_t i = 0; i < DGBA_COUNT_OF(rivals); ++i) {
        const evidence_of dgba = {.rule = "dgba", .any = true, .with = rivals[i].rule};
        const evidence_of rival = {.rule = rivals[i].rule, .any = true, .with = "dgba"};
        add_mean(all, 1, rivals[i].by_loss, "images", evidence_minus(loss_rise(g, dgba), loss_rise(g, rival)));
        add_mean(all, 1, rivals[i].by_performance, "models",
                 evidence_minus(performance_fall(g, dgba), performance_fall(g, rival)));
    }
}

/* ---- Rank correlations over layouts ---- */

typedef struct pairs {
    double *x, *y, *scratch; // scratch: 4 n
    int64_t count;
} pairs;

static double correlation_of(const int64_t *units, int64_t n, void *data) {
    const pairs *p = data;
    for (int64_t i = 0; i < n; ++i) {
        p->scratch[i] = p->x[units[i]];
        p->scratch[n + i] = p->y[units[i]];
    }
    return spearman(p->scratch, p->scratch + n, n, p->scratch + 2 * n);
}

static void add_correlation(findings *all, const grid *g, const char *comparison, bool of_transfer) {
    pairs p = {0};
    report_need(DGBA_NEW(&p.x, g->group_count));
    report_need(DGBA_NEW(&p.y, g->group_count));
    report_need(DGBA_NEW(&p.scratch, 4 * g->group_count));
    const grid_setting setting = grid_reference(g);
    for (int64_t i = 0; i < g->group_count; ++i) {
        statistic s = {0};
        if (!of_transfer)
            s = clean_arp_of(g, i);
        else if (setting.epsilon >= 0)
            s = group_transfer(g, i, setting);
        if (s.count == 0) continue;
        p.x[p.count] = (double)g->results->models[g->groups[i].first].sharing_score;
        p.y[p.count++] = s.mean;
    }
    finding f = {.claim = 2, .comparison = comparison, .unit = "Spearman ρ", .units = "layouts", .n = p.count};
    f.effect = spearman(p.x, p.y, p.count, p.scratch);
    f.interval = bootstrap_interval(p.count, correlation_of, &p);
    add(all, f);
    dgba_free(p.x);
    dgba_free(p.y);
    dgba_free(p.scratch);
}

/* ---- All of them ---- */

int64_t claims_test(finding **out, const grid *g) {
    findings all = {0};
    test_c1(&all, g);
    test_c2(&all, g);
    add_correlation(&all, g, "sharing score and clean ARP against the independent layout", false);
    add_correlation(&all, g, "sharing score and transfer between tasks", true);
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
    t->key_columns = 2;
    table_add_texts(t, TABLE_LEFT, "claim");
    table_add_texts(t, TABLE_LEFT, "comparison");
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
        attacks.chars, BOOTSTRAP_RESAMPLES, CLAIM_LEAST_UNITS);
    add_verdicts(s, all, count);
    add_evidence(s, all, count);
    dgba_text_free(&attacks);
    dgba_free(all);
}
