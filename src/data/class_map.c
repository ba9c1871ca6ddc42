#include "class_map.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "import.h"

enum { MOST_COLUMNS = 8 };

/** Cuts a line at its last `count` − 1 commas, since a name may hold some; returns whether there are as many. */
static bool cut(char *fields[MOST_COLUMNS], char *line, int64_t count) {
    for (int64_t i = count - 1; i > 0; --i) {
        char *comma = strrchr(line, ',');
        if (comma == NULL) return false;
        *comma = '\0';
        fields[i] = comma + 1;
    }
    fields[0] = line;
    return true;
}

/** Finds the column of the task among those of the header; `columns` becomes their number. */
static dgba_status read_header(int64_t *column, int64_t *columns, char *line, int64_t classes) {
    char wanted[32], *fields[MOST_COLUMNS];
    snprintf(wanted, sizeof wanted, "class%lld", (long long)classes);
    *columns = 1;
    for (const char *c = line; *c != '\0'; ++c) *columns += *c == ',';
    *column = 0;
    if (*columns <= MOST_COLUMNS && cut(fields, line, *columns) && strcmp(fields[0], "name") == 0)
        for (int64_t i = 1; i < *columns; ++i)
            if (strcmp(fields[i], wanted) == 0) *column = i;
    if (*column > 0) return DGBA_OK;
    return dgba_fail(DGBA_E_FORMAT, "the header must be 'name' and columns such as '%s'", wanted);
}

static dgba_status read_row(class_map *map, char *line, int64_t columns, int64_t column, int64_t classes,
                            const dgba_names *labels) {
    char *fields[MOST_COLUMNS];
    int64_t class = 0;
    if (map->labels == labels->count)
        return dgba_fail(DGBA_E_FORMAT, "a row too many: there are %lld labels", (long long)labels->count);
    const char *expected = labels->items[map->labels];
    if (!cut(fields, line, columns))
        return dgba_fail(DGBA_E_FORMAT, "'%s' does not have %lld columns", line, (long long)columns);
    if (strcmp(fields[0], expected) != 0)
        return dgba_fail(DGBA_E_FORMAT, "label %lld is called '%s' here, but '%s' where it is used",
                         (long long)map->labels + 1, fields[0], expected);
    if (dgba_text_integer(&class, fields[column]) != DGBA_OK || class < 0 || class > classes)
        return dgba_fail(DGBA_E_FORMAT, "'%s' is not one of the classes 1..%lld or 0 for none", fields[column],
                         (long long)classes);
    map->classes[++map->labels] = class - 1;
    return DGBA_OK;
}

static dgba_status read_rows(class_map *map, const dgba_names *lines, const char *path, int64_t classes,
                             const dgba_names *labels) {
    int64_t column = 0, columns = 0;
    if (lines->count == 0) return dgba_fail(DGBA_E_FORMAT, "%s: empty", path);
    DGBA_TRY(dgba_context(read_header(&column, &columns, lines->items[0], classes), "%s:1", path));
    for (int64_t i = 1; i < lines->count; ++i)
        if (lines->items[i][0] != '\0')
            DGBA_TRY(dgba_context(read_row(map, lines->items[i], columns, column, classes, labels), "%s:%lld", path,
                                  (long long)i + 1));
    return DGBA_OK;
}

dgba_status dgba_data_class_map_read(class_map *out, const char *path, int64_t classes, const dgba_names *labels,
                                     const char *labels_file) {
    *out = (class_map){0};
    dgba_names lines = {0};
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(DGBA_NEW(&out->classes, 1 + labels->count));
    out->classes[0] = -1;
    DGBA_TRY_OUT(dgba_data_list_lines(&lines, path));
    DGBA_TRY_OUT(read_rows(out, &lines, path, classes, labels));
    if (out->labels != labels->count)
        status = dgba_fail(DGBA_E_FORMAT, "%s: %lld rows for the %lld labels of %s", path, (long long)out->labels,
                           (long long)labels->count, labels_file);
out:
    dgba_names_free(&lines);
    return status;
}

void dgba_data_class_map_free(class_map *map) {
    dgba_free(map->classes);
    *map = (class_map){0};
}

dgba_status dgba_data_class_map_look_up(float *out, const class_map *map, int64_t label) {
    if (label < 0 || label > map->labels)
        return dgba_fail(DGBA_E_FORMAT, "label %lld; there are %lld", (long long)label, (long long)map->labels);
    *out = map->classes[label] < 0 ? NAN : (float)map->classes[label];
    return DGBA_OK;
}
