/** When apgd_released looks at its progress. */
#ifndef ATTACK_CHECKPOINTS_H
#define ATTACK_CHECKPOINTS_H

#include <stdbool.h>
#include <stdint.h>

/** Whether iteration k of N is one of ⌈p_j N⌉, p = 0, .22, then p_{j+1} = p_j + max(p_j − p_{j−1} − .03, .06) while < 1;
 * all in double precision as written, so that .70 · 10 gives 8. Source    Croce and Hein, ICML 2020 */
bool dgba_is_checkpoint(int64_t k, int64_t iterations);

#endif
