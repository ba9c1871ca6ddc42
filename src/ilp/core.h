/** A part of a program: what is not decided yet, the core. */
#ifndef DGBA_ILP_CORE_H
#define DGBA_ILP_CORE_H

#include "program.h"

typedef enum ilp_pixel { ILP_PIXEL_OUT, ILP_PIXEL_IN, ILP_PIXEL_OPEN } ilp_pixel;

/** Value of a variable that is not decided. */
enum { ILP_OPEN = 2 };

/** Decided variables have their value in `values`; in an open pixel that value holds if the pixel is changed. */
typedef struct ilp_core {
    int8_t *values;  // [n]
    uint8_t *pixels; // [pixel] ilp_pixel; NULL without a budget
    double base;     // an objective near the optimum, from which CBC counts
} ilp_core;

/** `out` is zeroed by the caller, who frees it also on errors. */
dgba_status ilp_core_create(ilp_core *out, const ilp_program *p);
void ilp_core_free(ilp_core *core);

/** Everything is open. */
void ilp_core_open_all(ilp_core *core, const ilp_program *p);

/** Open variables. */
int64_t ilp_core_size(const ilp_core *core, const ilp_program *p);

/** Solves the core by CBC. d and out->objective are those of a better solution if one is found; out->bound, of the program
 *  whose decided variables have those values, comes down if CBC proves one.
 *  Errors    DGBA_E_MEMORY */
dgba_status ilp_core_solve(int8_t *d, ilp_found *out, const ilp_core *core, const ilp_program *p);

#endif
