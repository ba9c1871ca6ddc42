/** From the many labels of a data set to the few classes of a task. */
#ifndef DATA_CLASS_MAP_H
#define DATA_CLASS_MAP_H

#include "dgba/base.h"

typedef struct class_map {
    int64_t labels;   // numbered from 1; 0 = unlabelled
    int64_t *classes; // [1 + labels] class of each label from 0, −1 = none
} class_map;

/** Reads a CSV file with the header "name,class40,class13" (any columns classN) and a row per label, in their order: its
 *  name, its class from 1 in each column, 0 for none. The names must be those of `labels`, which stand in `labels_file`.
 *  Owns      caller frees with dgba_data_class_map_free(), also on error
 *  Errors    DGBA_E_IO, DGBA_E_FORMAT naming file and line */
dgba_status dgba_data_class_map_read(class_map *out, const char *path, int64_t classes, const dgba_names *labels,
                                     const char *labels_file);
void dgba_data_class_map_free(class_map *map);

/** The class of a label, NaN for none.
 *  Errors    DGBA_E_FORMAT for a label that has no row */
dgba_status dgba_data_class_map_look_up(float *out, const class_map *map, int64_t label);

#endif
