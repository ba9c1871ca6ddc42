/** The schema of the results, made from the lists in dgba/store.h: what is allocated, written and read in loops. */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include "dgba/store.h"

enum { RESULTS_FORMAT_VERSION = 1 };
#define RESULTS_FORMAT "dgba-results"

typedef enum column_type { COLUMN_TEXT, COLUMN_INTEGER, COLUMN_REAL } column_type;

typedef struct column_about {
    const char *name;
    column_type type;
    size_t offset; // of the field in the row
    const char *unit, *description;
} column_about;

/** The axes of all datasets; each is a dimension scale "/<name>". */
typedef enum results_axis {
    AXIS_TASK,
    AXIS_METRIC,
    AXIS_MODEL,
    AXIS_ATTACK,
    AXIS_IMAGE,
    AXIS_SOURCE_MODEL,
    AXIS_TRANSFER_ATTACK,
    AXIS_TARGET_MODEL,
    AXIS_SOLVE,
    AXIS_ANSWER,
    AXIS_CLASS,
    AXIS_EXAMPLE,
    AXIS_EXAMPLE_IMAGE,
    AXIS_ROW,
    AXIS_COLUMN,
    AXIS_COLOR,
    AXIS_HEAD_ROW,
    AXIS_HEAD_COLUMN,
    AXIS_COUNT
} results_axis;

typedef struct axis_about {
    const char *scale; // path of the dimension scale
    size_t count;      // offset of the count in dgba_results
    const char *description;
} axis_about;
extern const axis_about results_axes[AXIS_COUNT];

enum { MOST_AXES = 5 };

/** A table: rows along one axis or several, one dataset per column. */
typedef struct table_about {
    const char *group;
    int axes;
    results_axis axis[MOST_AXES];
    size_t rows; // offset of the pointer to the rows in dgba_results
    size_t row_bytes;
    const column_about *columns;
    int64_t column_count;
} table_about;

enum {
    TABLE_TASK,
    TABLE_METRIC,
    TABLE_MODEL,
    TABLE_ATTACK,
    TABLE_TRANSFER,
    TABLE_SOLVE,
    TABLE_ANSWER,
    TABLE_CLASS,
    TABLE_EXAMPLE,
    TABLE_COUNT
};
extern const table_about results_tables[TABLE_COUNT];

dgba_status results_allocate_table(dgba_results *results, const table_about *table);
void results_free_table(dgba_results *results, const table_about *table);
dgba_status results_write_scale(dgba_h5 *file, const dgba_results *results, results_axis axis);
dgba_status results_write_table(dgba_h5 *file, const dgba_results *results, const table_about *table);
dgba_status results_read_count(dgba_results *results, dgba_h5 *file, results_axis axis);
dgba_status results_read_table(dgba_results *results, dgba_h5 *file, const table_about *table);

typedef enum array_type { ARRAY_F64, ARRAY_F32, ARRAY_U8 } array_type; // missing: NaN, NaN, 0

/** A field of numbers along several axes: doubles, unless it is to be looked at. */
typedef struct array_about {
    const char *path;
    size_t values; // offset of the pointer to the values in dgba_results
    int axes;
    results_axis axis[MOST_AXES];
    const char *unit, *description;
    array_type type;
} array_about;

enum { ARRAY_COUNT = 17 };
extern const array_about results_arrays[ARRAY_COUNT];
extern const dgba_h5_type results_h5_types[]; // [array_type]

enum { PROVENANCE_COUNT = sizeof(dgba_provenance) / sizeof(char *) };
extern const char *const results_provenance[PROVENANCE_COUNT]; // names of the fields, in order

int64_t results_axis_count(const dgba_results *results, results_axis axis);

/** Rows of a table; elements of an array. Errors    DGBA_E_MEMORY if they cannot be counted */
dgba_status results_table_count(int64_t *out, const dgba_results *results, const table_about *about);
dgba_status results_array_count(int64_t *out, const dgba_results *results, const array_about *about);

/** A field by its offset. */
#define FIELD(type, structure, offset) ((type *)((char *)(uintptr_t)(structure) + (offset)))

#endif
