/** Inside of the farm.
 *
 *  The protocol. Rank 0 coordinates; worker w is rank w, and worker 0 is a second thread of rank 0. A message is a header
 *  and then, if it has bytes, these in chunks; the receiver of a header takes the bytes at once.
 *
 *    UNIT    coordinator -> idle worker   unit, input, crew      answered by one RESULT
 *    RESULT  worker -> coordinator        unit, status, seconds, result (or the message of the failure)
 *    STOP    coordinator -> workers >= 1  the run is being stopped;     never answered
 *    EXIT    coordinator -> every worker  status of the run and its message; never answered
 *    BYTES   a chunk of what a header announced
 *
 *  Why it ends. A unit that is handed out is answered when `work` returns, and is handed out once, so the number of units
 *  that wait or run falls with every answer, and falls to the running ones after a stop. When nothing runs and nothing
 *  more will, every UNIT has been answered and every RESULT taken, so no message is under way; the EXITs sent then are
 *  the last messages of this run, and messages between two ranks keep their order, so they cannot meet the next run's. A
 * STOP is sent once, before the EXITs; a worker takes it in the midst of its work or when it waits.
 *
 *  Units with a crew. Each of its workers gets the UNIT and answers; the unit has ended when all have. All of them are idle
 *  when it is handed out, so that none waits for another that runs something else. Among themselves they exchange messages
 *  of their own (farm_crew.c).
 *
 *  Where `work` does not return, the time limit of a unit answers in its place, and the worker counts as hanging: it is
 *  sent nothing more, and a RESULT of it that comes after all is dropped. Rank 0 never waits for what it sends to be taken,
 *  nor for the bytes of a header, so wherever a rank hangs the others go on; except those that share its unit, wait for it,
 *  and count as hanging, too. A farm whose workers all hang is over. Workers that hang at the end leave their EXIT unread,
 *  so such a farm is the last one (dgba_farm_hanging).
 */
#ifndef DGBA_SCHED_FARM_H
#define DGBA_SCHED_FARM_H

#include <mpi.h>
#include <pthread.h>

#include "dgba/sched.h"

typedef enum dgba_farm_tag {
    DGBA_FARM_UNIT,
    DGBA_FARM_RESULT,
    DGBA_FARM_STOP,
    DGBA_FARM_EXIT,
    DGBA_FARM_BYTES
} dgba_farm_tag;

/** What travels between coordinator and workers, through MPI or to the thread next door. */
typedef struct dgba_farm_message {
    dgba_farm_tag tag;
    int64_t unit;
    dgba_status status;
    double seconds;
    char *bytes; // owned by whoever has the message; received ones end with a 0 that `count` does not count
    size_t count;
    int64_t *crew; // the workers of a unit that several share, owned likewise; otherwise NULL
    int64_t crew_count;
} dgba_farm_message;

/* ---- farm_start.c ---- */

/** The farm's own communicator; MPI_COMM_NULL if MPI was not started. */
MPI_Comm dgba_farm_communicator(void);

/** That of crews; MPI_COMM_NULL if there can be none. */
MPI_Comm dgba_farm_crew_communicator(void);

/* ---- farm_message.c ---- */

/** On rank 0 the message may still be on its way afterwards; an EXIT is taken unless a rank hangs.
 *  Owns      keeps nothing */
void dgba_farm_send(int rank, const dgba_farm_message *message);

/** Receives a message if one has arrived as a whole.
 *  Owns      caller frees *out */
bool dgba_farm_receive(dgba_farm_message *out, int *rank);
void dgba_farm_message_free(dgba_farm_message *message);

/** A message that carries a status and, for a failure, this thread's error message.
 *  Owns      caller frees it */
dgba_farm_message dgba_farm_status_message(dgba_farm_tag tag, dgba_status status);

/** Seconds until the next look at the messages, after a pause of so many: from 50 µs, after 0, to 1 ms. So an answer comes
 *  quickly when much happens, and waiting costs next to nothing when little does. */
double dgba_farm_next_pause(double pause);

/** Makes that pause: sleeps, and *pause is its length. */
void dgba_farm_pause(double *pause);

/* ---- farm_crew.c ---- */

typedef struct dgba_farm_crew {
    dgba_crew interface;
    const int64_t *workers; // of each member
    MPI_Request *requests;
} dgba_farm_crew;

/** This rank's place among the workers of a unit; NULL for one worker. The struct stays where it is, and `workers` is
 *  borrowed, until it is closed. */
const dgba_crew *dgba_farm_crew_open(dgba_farm_crew *out, const int64_t *workers, int64_t count);
void dgba_farm_crew_close(dgba_farm_crew *crew);

/* ---- farm_worker.c ---- */

/** Runs a unit and frees its message.
 *  Owns      caller frees the answer */
dgba_farm_message dgba_farm_answer(const dgba_farm *farm, dgba_farm_message *unit);

/** What dgba_farm_is_stopping() says on this rank, unless a STOP has arrived since. */
void dgba_farm_set_stopping(bool stopping);

/** The life of a worker of its own rank: answers units until EXIT, whose status it returns. */
dgba_status dgba_farm_serve(const dgba_farm *farm);

/* ---- farm_thread.c ---- */

/** Worker 0: a thread, and a letter box for one message. */
typedef struct dgba_farm_thread {
    const dgba_farm *farm;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t posted, answered;
    bool has_unit, has_result, leaving;
    dgba_farm_message message;
} dgba_farm_thread;

/** Owns      caller ends the thread with dgba_farm_thread_join(); one that hangs keeps the struct for good
 *  Errors    DGBA_E_MEMORY */
dgba_status dgba_farm_thread_start(dgba_farm_thread **out, const dgba_farm *farm);

/** Hands over a unit; takes what it owns. The thread must be idle. */
void dgba_farm_thread_send(dgba_farm_thread *worker, const dgba_farm_message *unit);

/** Sleeps for some time, but not longer than until there is a result. */
void dgba_farm_thread_wait(dgba_farm_thread *worker, double seconds);

/** Takes the result if there is one.
 *  Owns      caller frees *out */
bool dgba_farm_thread_receive(dgba_farm_message *out, dgba_farm_thread *worker);

/** Ends the thread, which must be idle. */
void dgba_farm_thread_join(dgba_farm_thread **worker);

#endif
