/** A crew of threads of this process. */
#ifndef TESTS_SUPPORT_CREW_H
#define TESTS_SUPPORT_CREW_H

#include "dgba/base.h"

enum { CREW_MOST = 8 };

/** Runs work(member, crew, context) for all members at once; a crew of one is NULL. */
void crew_run(int64_t members, void (*work)(int64_t member, const dgba_crew *crew, void *context), void *context);

#endif
