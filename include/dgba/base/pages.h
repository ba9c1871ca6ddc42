/** Huge pages for memory that processes share. Where a mapping begins decides whether it can have them, and libraries that
 *  make shared memory do not care; small pages cost a tenth of the time of an attack that reads its weights from them. All
 *  of this only makes memory faster, so nothing here fails. */
#ifndef DGBA_BASE_PAGES_H
#define DGBA_BASE_PAGES_H

#include <stddef.h>

enum { DGBA_HUGE_PAGE = 2 << 20 };

/** Maps shared memory a second time, where huge pages fit.
 *  Owns      caller unmaps it with dgba_unmap(); the first mapping stays as it is
 *  Errors    NULL, if this system cannot */
void *dgba_map_again(void *memory, size_t bytes);
void dgba_unmap(void *mapped, size_t bytes);

/** Puts huge pages under what dgba_map_again() gave, or part of it, as far as there are any. Other processes may have it
 *  mapped, but must not write to it meanwhile; the content stays. */
void dgba_make_huge(void *memory, size_t bytes);

#endif
