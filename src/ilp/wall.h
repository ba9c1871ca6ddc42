/** A wall round foreign code that prints, takes signals and calls abort(). */
#ifndef DGBA_ILP_WALL_H
#define DGBA_ILP_WALL_H

#include "dgba/base.h"

/** Runs work(self), one at a time in a process. Meanwhile the process has no standard output; afterwards that and the
 *  handlers of SIGINT and SIGABRT are as they were.
 *  If the work calls abort(), the call is left by a jump: *survived is false, what the work held is lost, and as nobody
 *  knows in which state it left its globals, no work is run again in this process: *survived is then false at once. An
 *  abort() of another thread ends the program as ever.
 *  Errors    DGBA_E_IO if the standard output cannot be kept clean */
dgba_status wall_run(bool *survived, void (*work)(void *self), void *self);

#endif
