#include "dgba/tensor.h"

int64_t dgba_shape_count(dgba_shape shape) { return shape.n * shape.c * shape.h * shape.w; }

bool dgba_shape_equal(dgba_shape a, dgba_shape b) { return a.n == b.n && a.c == b.c && a.h == b.h && a.w == b.w; }
