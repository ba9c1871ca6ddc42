/** What the reader and the writer of a data file agree on. */
#ifndef DATA_DATA_FILE_H
#define DATA_DATA_FILE_H

#include "dgba/data.h"

#define DATA_FORMAT "dgba-data"

enum { DATA_FORMAT_VERSION = 1, DATA_MOST_SIDE = 16384 };

/** What a label means to geometry and storage; kinds of tasks that differ only in how they are measured are one. */
typedef enum data_kind {
    DATA_SEGMENTATION,
    DATA_NORMALS,
    DATA_RAW_NORMALS,
    DATA_DEPTH,
    DATA_LOG_DEPTH,
    DATA_PIXEL_L1,
    DATA_KIND_COUNT
} data_kind;

typedef struct data_split {
    char *name;
    int64_t *images;
    int64_t count;
} data_split;

typedef struct data_splits {
    data_split *items;
    int64_t count;
} data_splits;

/** Adds a split with room for `count` images; its name is copied.
 *  Owns      the list keeps it; *out is borrowed until the next call */
dgba_status dgba_data_splits_add(data_split **out, data_splits *splits, const char *name, int64_t count);
void dgba_data_splits_free(data_splits *splits);

/** Errors    DGBA_E_FORMAT naming the kinds there are */
dgba_status dgba_data_kind_read(data_kind *out, const char *name);

/** The kind of a task that dgba_data_info_check() has seen. */
data_kind dgba_data_kind_of(const dgba_data_task *task);

/** Whether its classes have weights. */
bool dgba_data_is_weighted(const dgba_data_task *task);

/** A name that can stand in a path inside the file: letters, digits, _ . -
 *  Errors    DGBA_E_FORMAT, naming `what` it is */
dgba_status dgba_data_name_check(const char *name, const char *what);

/** Errors    DGBA_E_FORMAT if sizes or tasks are not possible */
dgba_status dgba_data_info_check(const dgba_data_info *about);

/** The dataset of a task; `dataset->path` is borrowed from `path`, which is cleared first. */
void dgba_data_task_dataset(dgba_h5_dataset *dataset, dgba_text *path, const dgba_data_info *about, int64_t task);

/** The dataset of its class weights, likewise. */
void dgba_data_weights_dataset(dgba_h5_dataset *dataset, dgba_text *path, const dgba_data_task *task);

#endif
