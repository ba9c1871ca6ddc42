/** Numbers that tests and the generators of their golden values both compute (tests/golden/model/generate.py). */
#ifndef TESTS_SUPPORT_FILL_H
#define TESTS_SUPPORT_FILL_H

#include "dgba/graph.h"

/** Uniform numbers on [low, high) named by prefix + name and the salt. */
void fill(float *values, int64_t count, int salt, const char *prefix, const char *name, double low, double high);

/** A parameter's values, named by its name: weights that neither fade nor blow up signals, lively statistics. */
void fill_parameter(float *values, const dgba_parameter *p, int salt);

#endif
