/** What `dgba bench` measures, on what, and what came out. */
#ifndef DGBA_CLI_BENCH_H
#define DGBA_CLI_BENCH_H

#include "dgba/model.h"
#include "dgba/oracle.h"
#include "dgba/task.h"

typedef enum bench_tasks { BENCH_NYUV2, BENCH_TASKONOMY } bench_tasks;
typedef enum bench_what { BENCH_LAYERS, BENCH_ATTACK, BENCH_TRAIN, BENCH_ILP, BENCH_ALL } bench_what;
typedef enum bench_format { BENCH_TEXT, BENCH_CSV } bench_format;

typedef struct bench_options {
    dgba_model_def model;
    int64_t tasks, what, format;        // bench_tasks, bench_what, bench_format
    int64_t size, height, width_pixels; // of the images; 0 = size
    int64_t batch, repeat, threads, seed;
    char checkpoint[DGBA_OPTION_TEXT_BYTES], images[DGBA_OPTION_TEXT_BYTES], save[DGBA_OPTION_TEXT_BYTES];
} bench_options;

/** A model with weights, and a batch of labelled images. */
typedef struct bench_subject {
    dgba_model model;
    dgba_shelf_block weights;
    float *parameters; // in `weights`
    bool folded;       // they are, for attacks; not if they are saved or trained
    dgba_task tasks[DGBA_MOST_TASKS];
    dgba_shape input;
    float *images;                       // (N,3,H,W)
    float *values[DGBA_MOST_TASKS];      // (N,L,H,W) of each task
    uint8_t *valid[DGBA_MOST_TASKS];     // (N,H,W)
    dgba_labels labels[DGBA_MOST_TASKS]; // the two above
} bench_subject;

/** Makes or reads the model and the batch. `out` is zeroed by the caller, who frees it also on errors. */
dgba_status bench_subject_create(bench_subject *out, const bench_options *options);

/** Makes or reads the weights of the model; `shelf` of the node, if they are only read, or NULL. */
dgba_status bench_subject_load(bench_subject *subject, const bench_options *options, const dgba_shelf *shelf);
void bench_subject_free(bench_subject *subject);

/** Median seconds of one pass over the batch. */
typedef struct bench_layer {
    dgba_plan_step step;
    double forward, backward;
} bench_layer;

typedef struct bench_result {
    bench_layer *layers;
    int64_t layer_count;
    double attack_forward, attack_backward; // forward pass with losses, one weighted backward pass to the input
    double attack_task_backwards;           // one for each task
    double train_forward, train_backward, train_update;
    int64_t attack_plan_bytes, train_plan_bytes;
    double *losses;   // [task][sample] at the images
    float *direction; // of dgba at the images
} bench_result;

/* Measurements. `result` is zeroed by the caller, who frees it also on errors. Training changes the weights. */
dgba_status bench_layers(bench_result *result, const bench_subject *subject, int64_t repeat);
dgba_status bench_attack(bench_result *result, const bench_subject *subject, int64_t repeat);
dgba_status bench_train(bench_result *result, const bench_subject *subject, int64_t repeat);
void bench_result_free(bench_result *result);

/** Writes weights, images, labels, and what bench_attack() found to a file that bench_subject_create() reads. */
dgba_status bench_save(const char *path, const bench_subject *subject, const bench_result *result);

/** Solves integer programs of made-up gradients; prints a line for each, as text or CSV. Needs no model. */
dgba_status bench_ilp(const bench_options *options);

void bench_print(dgba_text *out, const bench_options *options, const bench_subject *subject, const bench_result *result);

#endif
