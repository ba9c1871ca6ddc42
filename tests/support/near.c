#include "support/near.h"

#include <math.h>

void check_near(double value, double expected, double tolerance, const char *name, const char *file, int line) {
    if (value == expected || fabs(value - expected) <= tolerance || (isnan(value) && isnan(expected))) return;
    print_error("%s:%d: %s is %.17g, expected %.17g\n", file, line, name, value, expected);
    fail();
}
