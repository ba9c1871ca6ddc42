#include <math.h>

#include "dgba/attack.h"

bool dgba_attack_is_checkpoint(int64_t k, int64_t iterations) {
    double before = 0, p = 0.22;
    if (k == 0) return true;
    while (p < 1) {
        if ((int64_t)ceil(p * (double)iterations) == k) return true;
        const double next = p + fmax(p - before - 0.03, 0.06);
        before = p;
        p = next;
    }
    return false;
}
