/** Doubles that should be equal up to rounding. */
#ifndef TESTS_SUPPORT_NEAR_H
#define TESTS_SUPPORT_NEAR_H

#include "support/check.h"

/** |value − expected| ≤ tolerance; two NaN are equal. */
#define CHECK_NEAR(value, expected, tolerance) check_near((value), (expected), (tolerance), #value, __FILE__, __LINE__)

void check_near(double value, double expected, double tolerance, const char *name, const char *file, int line);

#endif
