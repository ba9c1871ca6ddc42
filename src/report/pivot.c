/* Any axes against any other. */
#include <math.h>
#include <string.h>

#include "filter.h"
#include "sections.h"

/** Rows or columns: each is known by one of its observations. */
typedef struct keys {
    axis_list axes;
    observation *items;
    int64_t count;
} keys;

typedef struct pivot {
    const dgba_results *results;
    const filter *asked;
    observations all;
    keys rows, columns;
    axis_list over;
    int64_t *row, *column;   // [observation] where it stands; -1 if it is not asked for
    int64_t *start, *sorted; // [cell + 1] where its observations begin in `sorted`
} pivot;

/* ---- Rows and columns ---- */

static bool same_key(const keys *k, const dgba_results *results, const observation *a, const observation *b) {
    for (int64_t i = 0; i < k->axes.count; ++i)
        if (!axis_same(k->axes.items[i], results, a, b)) return false;
    return true;
}

static int64_t find_key(const keys *k, const dgba_results *results, const observation *o) {
    for (int64_t i = 0; i < k->count; ++i)
        if (same_key(k, results, &k->items[i], o)) return i;
    return -1;
}

/** Numbers ascend, texts stand in their order of appearance among the keys. */
static double place_of(const keys *k, const dgba_results *results, const axis *a, int64_t key) {
    if (a->type != AXIS_TEXT) return axis_number(a, results, &k->items[key]);
    int64_t first = 0;
    while (!axis_same(a, results, &k->items[first], &k->items[key])) ++first;
    return (double)first;
}

/** Sorts by the first axis, then by the next one. */
static void sort_keys(keys *k, const dgba_results *results) {
    const int64_t axes = k->axes.count;
    double *places = NULL; // [key][axis]
    report_need(DGBA_NEW(&places, (k->count + 1) * (axes + 1)));
    for (int64_t i = 0; i < k->count; ++i)
        for (int64_t a = 0; a < axes; ++a) places[i * axes + a] = place_of(k, results, k->axes.items[a], i);
    double *moved = places + k->count * axes; // one more row, for the one that is inserted
    for (int64_t i = 1; i < k->count; ++i) {
        const observation item = k->items[i];
        memcpy(moved, &places[i * axes], (size_t)axes * sizeof *places);
        int64_t to = i;
        for (; to > 0; --to) {
            int64_t a = 0;
            while (a < axes && places[(to - 1) * axes + a] == moved[a]) ++a;
            if (a == axes || !(places[(to - 1) * axes + a] > moved[a])) break;
            memcpy(&places[to * axes], &places[(to - 1) * axes], (size_t)axes * sizeof *places);
            k->items[to] = k->items[to - 1];
        }
        memcpy(&places[to * axes], moved, (size_t)axes * sizeof *places);
        k->items[to] = item;
    }
    dgba_free(places);
}

static void build_keys(keys *k, int64_t *of, const pivot *p) {
    for (int64_t i = 0; i < p->all.count; ++i) {
        const observation *o = &p->all.items[i];
        if (!filter_admits(p->asked, p->results, o) || find_key(k, p->results, o) >= 0) continue;
        report_need(DGBA_GROW(&k->items, k->count));
        k->items[k->count++] = *o;
    }
    sort_keys(k, p->results);
    for (int64_t i = 0; i < p->all.count; ++i) {
        const observation *o = &p->all.items[i];
        of[i] = filter_admits(p->asked, p->results, o) ? find_key(k, p->results, o) : -1;
    }
}

static dgba_status refuse_axis(const pivot *p, const axis *refused) {
    int64_t axis_count = 0;
    const axis *axes = axes_all(&axis_count);
    dgba_text settings = {0};
    for (int64_t a = 0; a < axis_count; ++a)
        if (axis_is_setting(&axes[a]) && axis_applies(&axes[a], &p->all.items[0]))
            dgba_text_add(&settings, "%s%s", settings.length > 0 ? ", " : "", axes[a].name);
    const dgba_status status = dgba_fail(DGBA_E_USAGE, "the value '%s' has no axis '%s'; it has: %s", p->all.title,
                                         axis_short_name(refused), dgba_text_chars(&settings));
    dgba_text_free(&settings);
    return status;
}

static dgba_status check_axes(const pivot *p, const axis_list *list) {
    for (int64_t i = 0; i < list->count; ++i)
        if (p->all.count > 0 && !axis_applies(list->items[i], &p->all.items[0])) return refuse_axis(p, list->items[i]);
    return DGBA_OK;
}

/* ---- What may share a cell ---- */

/** Whether observations of one cell may differ in an axis. */
static bool may_differ(const pivot *p, const axis *a) {
    return !axis_is_setting(a) || axis_is_seed(a) || axis_list_has(&p->rows.axes, a) ||
           axis_list_has(&p->columns.axes, a) || axis_list_has(&p->over, a);
}

/** The observations of one cell, or those of them that have a value. */
typedef struct group {
    const int64_t *items;
    int64_t count;
} group;

static group group_of(const pivot *p, int64_t cell) {
    return (group){.items = p->sorted + p->start[cell], .count = p->start[cell + 1] - p->start[cell]};
}

static bool same_on(const pivot *p, const axis *a, int64_t i, int64_t j) {
    return axis_same(a, p->results, &p->all.items[i], &p->all.items[j]);
}

/** Adds " rule (total, dgba)" for an axis in which a cell is mixed. */
static void add_mixed(dgba_text *out, const pivot *p, const axis *a, group cell) {
    dgba_text place = {0}, places = {0};
    for (int64_t j = 0; j < cell.count; ++j) {
        bool seen = false;
        for (int64_t k = 0; k < j && !seen; ++k) seen = same_on(p, a, cell.items[k], cell.items[j]);
        if (seen) continue;
        axis_text(&place, a, p->results, &p->all.items[cell.items[j]]);
        dgba_text_add(&places, "%s%s", places.length > 0 ? ", " : "", dgba_text_chars(&place));
    }
    dgba_text_add(out, "%s%s (%s)", out->length > 0 ? ", " : "", axis_short_name(a), dgba_text_chars(&places));
    dgba_text_free(&place);
    dgba_text_free(&places);
}

static bool is_mixed(const pivot *p, const axis *a, group cell) {
    if (may_differ(p, a) || !axis_applies(a, &p->all.items[cell.items[0]])) return false;
    for (int64_t i = 1; i < cell.count; ++i)
        if (!same_on(p, a, cell.items[0], cell.items[i])) return true;
    return false;
}

static bool same_in_all_settings(const pivot *p, int64_t i, int64_t j) {
    int64_t axis_count = 0;
    const axis *axes = axes_all(&axis_count);
    for (int64_t a = 0; a < axis_count; ++a)
        if (axis_is_setting(&axes[a]) && !same_on(p, &axes[a], i, j)) return false;
    return true;
}

/** A cell must not mix anything but repeats and what is averaged over. */
static dgba_status check_cell(const pivot *p, group cell) {
    int64_t axis_count = 0;
    const axis *axes = axes_all(&axis_count);
    dgba_text mixed = {0};
    for (int64_t a = 0; a < axis_count; ++a)
        if (is_mixed(p, &axes[a], cell)) add_mixed(&mixed, p, &axes[a], cell);
    dgba_status status = DGBA_OK;
    if (mixed.length > 0)
        status =
            dgba_fail(DGBA_E_USAGE,
                      "a cell would mix %s: put each into --rows or --columns, fix it with --where, or average over it "
                      "with --over",
                      mixed.chars);
    for (int64_t i = 1; i < cell.count && status == DGBA_OK; ++i)
        for (int64_t j = 0; j < i && status == DGBA_OK; ++j)
            if (same_in_all_settings(p, cell.items[i], cell.items[j]))
                status = dgba_fail(DGBA_E_USAGE, "a cell would mix results that no axis tells apart");
    dgba_text_free(&mixed);
    return status;
}

/** What has no value spoils no mean; nor are all settings known of an attack that failed. */
static dgba_status check_cells(const pivot *p) {
    int64_t *present = NULL;
    dgba_status status = DGBA_OK;
    report_need(DGBA_NEW(&present, p->all.count));
    for (int64_t cell = 0; cell < p->rows.count * p->columns.count && status == DGBA_OK; ++cell) {
        group some = {.items = present};
        const group all = group_of(p, cell);
        for (int64_t i = 0; i < all.count; ++i)
            if (!isnan(p->all.items[all.items[i]].value)) present[some.count++] = all.items[i];
        if (some.count > 0) status = check_cell(p, some);
    }
    dgba_free(present);
    return status;
}

/** Sorts the observations by cell, in their order within a cell. */
static void build_cells(pivot *p) {
    const int64_t cells = p->rows.count * p->columns.count;
    int64_t *filled = NULL;
    report_need(DGBA_NEW(&p->start, cells + 1));
    report_need(DGBA_NEW(&p->sorted, p->all.count));
    report_need(DGBA_NEW(&filled, cells));
    for (int64_t i = 0; i < p->all.count; ++i)
        if (p->row[i] >= 0) p->start[p->row[i] * p->columns.count + p->column[i] + 1] += 1;
    for (int64_t i = 0; i < cells; ++i) p->start[i + 1] += p->start[i];
    for (int64_t i = 0; i < p->all.count; ++i) {
        const int64_t cell = p->row[i] * p->columns.count + p->column[i];
        if (p->row[i] >= 0) p->sorted[p->start[cell] + filled[cell]++] = i;
    }
    dgba_free(filled);
}

/* ---- The table ---- */

static statistic cell_of(const pivot *p, int64_t row, int64_t column) {
    statistic s = {0};
    const group cell = group_of(p, row * p->columns.count + column);
    for (int64_t i = 0; i < cell.count; ++i) statistic_add(&s, p->all.items[cell.items[i]].value);
    return s;
}

static int64_t most_in_a_cell(const pivot *p) {
    int64_t most = 0;
    for (int64_t i = 0; i < p->rows.count * p->columns.count; ++i)
        if (p->start[i + 1] - p->start[i] > most) most = p->start[i + 1] - p->start[i];
    return most;
}

/** The best end of a column, if it is the same for all in it. */
static table_best column_best(const pivot *p, int64_t column) {
    table_best best = TABLE_BEST_NONE;
    for (int64_t i = 0; i < p->all.count; ++i) {
        if (p->column[i] != column) continue;
        const table_best own = observation_best(&p->all, p->results, &p->all.items[i]);
        if (best != TABLE_BEST_NONE && own != best) return TABLE_BEST_NONE;
        best = own;
    }
    return best;
}

static void add_heading(table *t, const pivot *p) {
    dgba_text title = {0}, place = {0};
    for (int64_t a = 0; a < p->rows.axes.count; ++a) {
        const axis *row_axis = p->rows.axes.items[a];
        table_add_texts(t, row_axis->type == AXIS_TEXT ? TABLE_LEFT : TABLE_RIGHT, "%s", axis_short_name(row_axis));
    }
    t->key_columns = p->rows.axes.count;
    for (int64_t c = 0; c < p->columns.count; ++c) {
        dgba_text_clear(&title);
        for (int64_t a = 0; a < p->columns.axes.count; ++a) {
            const axis *column_axis = p->columns.axes.items[a];
            axis_text(&place, column_axis, p->results, &p->columns.items[c]);
            if (a > 0) dgba_text_add(&title, "\n");
            if (column_axis->type != AXIS_TEXT) dgba_text_add(&title, "%s ", axis_short_name(column_axis));
            dgba_text_add(&title, "%s", dgba_text_chars(&place));
        }
        if (p->columns.axes.count == 0) dgba_text_add(&title, "%s", p->all.title);
        table_add_numbers(t, p->all.decimals, p->all.unit, column_best(p, c), "%s", dgba_text_chars(&title));
    }
    dgba_text_free(&place);
    dgba_text_free(&title);
}

/** Attacks compete with each other: down the rows, or along them if rules are columns. */
static bool rows_compete(const pivot *p) {
    for (int64_t a = 0; a < p->rows.axes.count; ++a)
        if (strcmp(p->rows.axes.items[a]->name, "rule") == 0) return false;
    for (int64_t a = 0; a < p->columns.axes.count; ++a)
        if (strcmp(p->columns.axes.items[a]->name, "rule") == 0) return true;
    return false;
}

static void add_table(section *s, const pivot *p) {
    table *t = section_add_table(s);
    dgba_text place = {0};
    const int64_t expected = most_in_a_cell(p);
    add_heading(t, p);
    for (int64_t r = 0; r < p->rows.count; ++r) {
        for (int64_t a = 0; a < p->rows.axes.count; ++a) {
            axis_text(&place, p->rows.axes.items[a], p->results, &p->rows.items[r]);
            table_text(t, "%s", dgba_text_chars(&place));
        }
        for (int64_t c = 0; c < p->columns.count; ++c) {
            const statistic cell = cell_of(p, r, c);
            table_number(t, &cell, expected);
        }
    }
    if (rows_compete(p))
        table_mark_best_in_rows(t);
    else
        table_mark_best(t);
    dgba_text_free(&place);
}

static void add_axes(dgba_text *out, const char *before, const axis_list *list) {
    for (int64_t i = 0; i < list->count; ++i)
        dgba_text_add(out, "%s%s", i == 0 ? before : ", ", axis_short_name(list->items[i]));
}

static void describe(section *s, const pivot *p, const char *where) {
    dgba_text note = {0};
    if (p->all.meaning[0] != '\0') dgba_text_add(&note, "%s: %s. ", p->all.title, p->all.meaning);
    const int64_t most = most_in_a_cell(p);
    if (most > 1) {
        dgba_text_add(&note, "Mean ± standard deviation over seeds");
        add_axes(&note, " and ", &p->over);
        dgba_text_add(&note, ", n=%lld where nothing else is said. ", (long long)most);
    }
    if (where != NULL && where[0] != '\0') dgba_text_add(&note, "Only %s. ", where);
    dgba_text_add(&note, "Best: the %s%s.", p->all.of_models ? "best model" : "strongest attack",
                  rows_compete(p) ? " of each row" : " of each column");
    section_set_note(s, "%s", note.chars);
    dgba_text_free(&note);
}

static dgba_status build(pivot *p, const dgba_report_request *request) {
    DGBA_TRY(axis_list_read(&p->rows.axes, request->rows));
    DGBA_TRY(axis_list_read(&p->columns.axes, request->columns));
    DGBA_TRY(axis_list_read(&p->over, request->over));
    const char *value = request->value != NULL && request->value[0] != '\0' ? request->value : "arp";
    DGBA_TRY(observations_read(&p->all, p->results, value));
    DGBA_TRY(check_axes(p, &p->rows.axes));
    DGBA_TRY(check_axes(p, &p->columns.axes));
    report_need(DGBA_NEW(&p->row, p->all.count));
    report_need(DGBA_NEW(&p->column, p->all.count));
    build_keys(&p->rows, p->row, p);
    build_keys(&p->columns, p->column, p);
    build_cells(p);
    return check_cells(p);
}

dgba_status report_pivot(report *r, const grid *g, const filter *asked, const dgba_report_request *request) {
    pivot p = {.results = g->results, .asked = asked};
    const dgba_status status = build(&p, request);
    if (status == DGBA_OK) {
        dgba_text title = {0};
        dgba_text_add(&title, "%s", p.all.title);
        add_axes(&title, " by ", &p.rows.axes);
        add_axes(&title, p.rows.axes.count > 0 ? " and " : " by ", &p.columns.axes);
        section *s = report_add_section(r, "pivot", title.chars);
        dgba_text_free(&title);
        describe(s, &p, request->where);
        add_table(s, &p);
    }
    dgba_free(p.all.items);
    dgba_free(p.rows.items);
    dgba_free(p.columns.items);
    dgba_free(p.row);
    dgba_free(p.column);
    dgba_free(p.start);
    dgba_free(p.sorted);
    return status;
}
