#include "core.h"

#include <math.h>
#include <string.h>

#include "cbc.h"

dgba_status ilp_core_create(ilp_core *out, const ilp_program *p) {
    DGBA_TRY(DGBA_NEW(&out->values, p->n));
    return ilp_is_budgeted(p) ? DGBA_NEW(&out->pixels, p->pixels) : DGBA_OK;
}

void ilp_core_free(ilp_core *core) {
    dgba_free(core->values);
    dgba_free(core->pixels);
    *core = (ilp_core){0};
}

void ilp_core_open_all(ilp_core *core, const ilp_program *p) {
    memset(core->values, ILP_OPEN, (size_t)p->n);
    if (core->pixels != NULL) memset(core->pixels, ILP_PIXEL_OPEN, (size_t)p->pixels);
}

static ilp_pixel pixel_of(const ilp_core *core, const ilp_program *p, int64_t j) {
    return core->pixels == NULL ? ILP_PIXEL_IN : core->pixels[j % p->pixels];
}

static bool is_open(const ilp_core *core, const ilp_program *p, int64_t j) {
    return core->values[j] == ILP_OPEN && pixel_of(core, p, j) != ILP_PIXEL_OUT;
}

int64_t ilp_core_size(const ilp_core *core, const ilp_program *p) {
    int64_t size = 0;
    for (int64_t j = 0; j < p->n; ++j) size += is_open(core, p, j) || pixel_of(core, p, j) == ILP_PIXEL_OPEN;
    return size;
}

/* ---- The model for CBC. Rows: for maxmin one a task, then one a range, the budget, and two for each open variable of an
 * open pixel. Columns: open pixels, open variables, and for maxmin the least change. ---- */

typedef struct element {
    int row, column;
    double value;
} element;

typedef struct builder {
    const ilp_core *core;
    const ilp_program *p;
    double decided[DGBA_ILP_MOST_TASKS]; // r_t of what is decided
    double unit;                         // about one coefficient, in the program's units
    int columns, rows, elements;
    int range_row[DGBA_ILP_MOST_TASKS]; // of each task, or -1
    int budget_row;
    element *list;
    int *pixel_column; // [pixel], for open pixels; NULL without a budget
    int64_t *variable; // [column] its variable, or n + its pixel, or -1
    double *low, *high, *objective, *row_low, *row_high, *x;
    bool *whole;
    int *starts, *row_of; // the elements by column
    double *values;
} builder;

/** What a coefficient's worth of objective is to CBC, which looks for nothing that is not at least 1e-5 better. (Its
 *  parameter for that, "increment", makes it miss solutions.) */
#define COEFFICIENT_WORTH 1e3

static dgba_status allocate(builder *b) {
    const ilp_program *p = b->p;
    const bool budgeted = b->core->pixels != NULL;
    int64_t open = 0, tied = 0, pixels = 0;
    for (int64_t j = 0; j < p->n; ++j) {
        open += is_open(b->core, p, j);
        tied += is_open(b->core, p, j) && pixel_of(b->core, p, j) == ILP_PIXEL_OPEN;
    }
    for (int64_t i = 0; i < p->pixels && budgeted; ++i) pixels += b->core->pixels[i] == ILP_PIXEL_OPEN;
    const int64_t columns = open + pixels + p->maxmin, rows = 2 * p->row_count + budgeted + 2 * tied;
    const int64_t elements = columns * (2 * p->row_count + 1) + 4 * tied;
    DGBA_TRY(DGBA_NEW(&b->list, elements));
    DGBA_TRY(DGBA_NEW(&b->row_of, elements));
    DGBA_TRY(DGBA_NEW(&b->values, elements));
    DGBA_TRY(DGBA_NEW(&b->starts, columns + 2));
    DGBA_TRY(DGBA_NEW(&b->variable, columns));
    DGBA_TRY(DGBA_NEW(&b->low, columns));
    DGBA_TRY(DGBA_NEW(&b->high, columns));
    DGBA_TRY(DGBA_NEW(&b->objective, columns));
    DGBA_TRY(DGBA_NEW(&b->x, columns));
    DGBA_TRY(DGBA_NEW(&b->whole, columns));
    DGBA_TRY(DGBA_NEW(&b->row_low, rows));
    DGBA_TRY(DGBA_NEW(&b->row_high, rows));
    return budgeted ? DGBA_NEW(&b->pixel_column, p->pixels) : DGBA_OK;
}

static void destroy(builder *b) {
    dgba_free(b->list);
    dgba_free(b->row_of);
    dgba_free(b->values);
    dgba_free(b->starts);
    dgba_free(b->variable);
    dgba_free(b->low);
    dgba_free(b->high);
    dgba_free(b->objective);
    dgba_free(b->x);
    dgba_free(b->whole);
    dgba_free(b->row_low);
    dgba_free(b->row_high);
    dgba_free(b->pixel_column);
}

static void put(builder *b, int row, int column, double value) {
    if (value != 0) b->list[b->elements++] = (element){row, column, value};
}

/** Of a task's row; each is divided by its largest coefficient, which brings tiny ones above CBC's tolerances. */
static double factor(const ilp_row *row) { return row->largest > 0 ? 1 / row->largest : 1; }

/** A column of whole numbers with r_t = `changes` for each 1. */
static int add_column(builder *b, int64_t variable, double low, const double *changes) {
    const int column = b->columns++;
    b->variable[column] = variable;
    b->low[column] = low;
    b->high[column] = 1;
    b->whole[column] = true;
    for (int64_t t = 0; t < b->p->row_count; ++t) {
        const double value = changes[t] * factor(&b->p->rows[t]);
        if (b->p->maxmin) put(b, (int)t, column, value);
        if (b->range_row[t] >= 0) put(b, b->range_row[t], column, value);
    }
    if (!b->p->maxmin) b->objective[column] = COEFFICIENT_WORTH * ilp_objective(b->p, changes) / b->unit;
    return column;
}

static void add_coefficients(double *changes, const ilp_program *p, int64_t j, double value) {
    for (int64_t t = 0; t < p->row_count; ++t) changes[t] += p->rows[t].scale * (double)p->rows[t].coefficients[j] * value;
}

/** The decided channels of an open pixel come along with it. */
static void add_pixels(builder *b) {
    const ilp_program *p = b->p;
    for (int64_t i = 0; i < p->pixels && b->core->pixels != NULL; ++i) {
        double changes[DGBA_ILP_MOST_TASKS] = {0};
        if (b->core->pixels[i] != ILP_PIXEL_OPEN) continue;
        for (int64_t j = i; j < p->n; j += p->pixels)
            if (b->core->values[j] != ILP_OPEN) add_coefficients(changes, p, j, b->core->values[j]);
        b->pixel_column[i] = add_column(b, p->n + i, 0, changes);
        put(b, b->budget_row, b->pixel_column[i], 1);
    }
}

/** ±d_j ≤ x of its pixel */
static void tie(builder *b, int column, int pixel_column) {
    for (int sign = -1; sign <= 1; sign += 2, ++b->rows) {
        put(b, b->rows, column, sign);
        put(b, b->rows, pixel_column, 1);
        b->row_high[b->rows] = INFINITY;
    }
}

static void add_variables(builder *b) {
    const ilp_program *p = b->p;
    for (int64_t j = 0; j < p->n; ++j) {
        double changes[DGBA_ILP_MOST_TASKS] = {0};
        if (is_open(b->core, p, j)) {
            add_coefficients(changes, p, j, 1);
            const int column = add_column(b, j, -1, changes);
            if (pixel_of(b->core, p, j) == ILP_PIXEL_OPEN) tie(b, column, b->pixel_column[j % p->pixels]);
        } else if (pixel_of(b->core, p, j) == ILP_PIXEL_IN) {
            add_coefficients(b->decided, p, j, b->core->values[j]);
        }
    }
}

/** base + unit·z ≤ r_t */
static void add_least_change(builder *b) {
    const int column = b->columns++;
    b->variable[column] = -1;
    b->low[column] = -INFINITY;
    b->high[column] = INFINITY;
    b->objective[column] = COEFFICIENT_WORTH;
    for (int64_t t = 0; t < b->p->row_count; ++t) put(b, (int)t, column, -b->unit * factor(&b->p->rows[t]));
}

/** Numbers the rows; those that tie channels to pixels follow with their columns. */
static void begin(builder *b) {
    const ilp_program *p = b->p;
    double least = INFINITY, mean = 0;
    for (int64_t t = 0; t < p->row_count; ++t) {
        if (p->rows[t].largest > 0) least = fmin(least, p->rows[t].largest);
        mean += p->rows[t].largest / (double)p->row_count;
    }
    b->unit = p->maxmin ? least : mean;
    b->rows = p->maxmin ? (int)p->row_count : 0;
    for (int64_t t = 0; t < p->row_count; ++t) b->range_row[t] = ilp_has_range(&p->rows[t]) ? b->rows++ : -1;
    b->budget_row = b->core->pixels != NULL ? b->rows++ : -1;
}

static void limit_rows(builder *b) {
    const ilp_program *p = b->p;
    for (int64_t t = 0; t < p->row_count; ++t) {
        const ilp_row *row = &p->rows[t];
        if (p->maxmin) {
            b->row_low[t] = (b->core->base - b->decided[t]) * factor(row);
            b->row_high[t] = INFINITY;
        }
        if (b->range_row[t] < 0) continue;
        b->row_low[b->range_row[t]] = (row->low - b->decided[t]) * factor(row);
        b->row_high[b->range_row[t]] = (row->high - b->decided[t]) * factor(row);
    }
    if (b->budget_row < 0) return;
    int64_t in = 0;
    for (int64_t i = 0; i < p->pixels; ++i) in += b->core->pixels[i] == ILP_PIXEL_IN;
    b->row_low[b->budget_row] = -INFINITY;
    b->row_high[b->budget_row] = (double)(p->budget - in);
}

/** The elements by column, as CBC wants them (counting sort). */
static void sort_elements(builder *b) {
    for (int e = 0; e < b->elements; ++e) ++b->starts[b->list[e].column + 2];
    for (int i = 2; i <= b->columns + 1; ++i) b->starts[i] += b->starts[i - 1];
    for (int e = 0; e < b->elements; ++e) {
        const int place = b->starts[b->list[e].column + 1]++;
        b->row_of[place] = b->list[e].row;
        b->values[place] = b->list[e].value;
    }
}

static dgba_status build(builder *b) {
    DGBA_TRY(allocate(b));
    begin(b);
    add_pixels(b);
    add_variables(b);
    if (b->p->maxmin) add_least_change(b);
    limit_rows(b);
    sort_elements(b);
    return DGBA_OK;
}

/** The objective at CBC's 0, in the program's units. */
static double objective_at_zero(const builder *b) { return b->p->maxmin ? b->core->base : ilp_objective(b->p, b->decided); }

/** Takes CBC's values where they are better than what is there. */
static void take_solution(int8_t *d, ilp_found *out, const builder *b, int8_t *trial) {
    const ilp_program *p = b->p;
    double changes[DGBA_ILP_MOST_TASKS];
    for (int64_t j = 0; j < p->n; ++j) {
        const bool out_of_it = pixel_of(b->core, p, j) == ILP_PIXEL_OUT || b->core->values[j] == ILP_OPEN;
        trial[j] = out_of_it ? 0 : b->core->values[j];
    }
    for (int column = 0; column < b->columns; ++column) { // pixels come before their variables
        const int64_t j = b->variable[column];
        if (j >= p->n && b->x[column] < 0.5)
            for (int64_t k = j - p->n; k < p->n; k += p->pixels) trial[k] = 0;
        if (j >= 0 && j < p->n) trial[j] = (int8_t)b->x[column];
    }
    ilp_changes(changes, p, trial);
    const double objective = ilp_objective(p, changes);
    if (ilp_violation(p, changes) > 0 || (out->feasible && objective <= out->objective)) return;
    memcpy(d, trial, (size_t)p->n);
    out->feasible = true;
    out->objective = objective;
}

static void take_bound(ilp_found *out, const cbc_answer *answer, const builder *b) {
    if (answer->infeasible) {
        if (!out->feasible) out->infeasible = true;
        out->bound = out->feasible ? out->objective : -INFINITY;
        return;
    }
    const double bound = objective_at_zero(b) + b->unit / COEFFICIENT_WORTH * answer->bound;
    if (bound < out->bound) out->bound = bound;
    if (out->feasible && out->bound < out->objective) out->bound = out->objective;
}

dgba_status ilp_core_solve(int8_t *d, ilp_found *out, const ilp_core *core, const ilp_program *p) {
    builder b = {.core = core, .p = p};
    cbc_answer answer = {.bound = INFINITY};
    int8_t *trial = NULL;
    dgba_status status;
    DGBA_TRY_OUT(build(&b));
    DGBA_TRY_OUT(DGBA_NEW(&trial, p->n));
    const cbc_model model = {.columns = b.columns,
                             .rows = b.rows,
                             .starts = b.starts,
                             .row_of = b.row_of,
                             .values = b.values,
                             .low = b.low,
                             .high = b.high,
                             .objective = b.objective,
                             .whole = b.whole,
                             .row_low = b.row_low,
                             .row_high = b.row_high};
    // Counted from a base, CBC's objective says nothing about what is relative.
    const cbc_gap gap = {.absolute = isfinite(out->bound) ? p->gap / 2 * fabs(out->bound) / b.unit * COEFFICIENT_WORTH : 0,
                         .relative = core->base == 0 ? p->gap / 2 : 0};
    DGBA_TRY_OUT(cbc_solve(b.x, &answer, &model, ilp_seconds_left(p), gap));
    if (answer.found) take_solution(d, out, &b, trial);
    take_bound(out, &answer, &b);
    out->timed_out = ilp_seconds_left(p) <= 0;
out:
    dgba_free(trial);
    destroy(&b);
    return status;
}

dgba_status ilp_by_cbc(int8_t *d, ilp_found *out, const ilp_program *p) {
    ilp_core core = {0};
    dgba_status status;
    DGBA_TRY_OUT(ilp_core_create(&core, p));
    ilp_core_open_all(&core, p);
    out->core = p->n;
    DGBA_TRY_OUT(ilp_core_solve(d, out, &core, p));
out:
    ilp_core_free(&core);
    return status;
}
