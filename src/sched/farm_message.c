#include <math.h>
#include <string.h>

#include "farm.h"

enum { CHUNK = 64 << 20 }; // an int counts MPI's elements, and a chunk must not need much memory twice

struct header {
    int64_t unit, status, count, crew_count;
    double seconds;
};

static int chunk_at(size_t offset, size_t count) { return count - offset < CHUNK ? (int)(count - offset) : CHUNK; }

/** No rank can go on without a message it was promised, so running out of memory for one ends the program. */
static void *make_room(size_t bytes) {
    void *room = NULL;
    if (dgba_allocate(&room, (int64_t)bytes, 1) != DGBA_OK)
        dgba_panic(__FILE__, __LINE__, "out of memory for a message of %zu bytes", bytes);
    return room;
}

/* ---- Sending ---- */

/** What rank 0 has sent and nobody has taken yet. It must not wait for a rank that hangs. */
typedef struct letter {
    struct letter *next;
    MPI_Request request;
    char bytes[];
} letter;

static letter *outbox;

static void forget_what_is_taken(void) {
    for (letter **at = &outbox; *at != NULL;) {
        letter *l = *at;
        int taken = 0;
        MPI_Test(&l->request, &taken, MPI_STATUS_IGNORE);
        if (taken) {
            *at = l->next;
            dgba_free(l);
        } else {
            at = &l->next;
        }
    }
}

static void send_chunk(int rank, dgba_farm_tag tag, const void *bytes, int count) {
    if (dgba_farm_rank() > 0) {
        MPI_Send(bytes, count, MPI_BYTE, rank, tag, dgba_farm_communicator());
        return;
    }
    letter *l = make_room(sizeof *l + (size_t)count);
    memcpy(l->bytes, bytes, (size_t)count);
    MPI_Isend(l->bytes, count, MPI_BYTE, rank, tag, dgba_farm_communicator(), &l->request);
    l->next = outbox;
    outbox = l;
}

static void send_bytes(int rank, const void *bytes, size_t count) {
    for (size_t at = 0; at < count; at += CHUNK)
        send_chunk(rank, DGBA_FARM_BYTES, (const char *)bytes + at, chunk_at(at, count));
}

void dgba_farm_send(int rank, const dgba_farm_message *message) {
    const struct header header = {.unit = message->unit,
                                  .status = message->status,
                                  .count = (int64_t)message->count,
                                  .crew_count = message->crew_count,
                                  .seconds = message->seconds};
    send_chunk(rank, message->tag, &header, sizeof header);
    send_bytes(rank, message->bytes, message->count);
    send_bytes(rank, message->crew, (size_t)message->crew_count * sizeof *message->crew);
    forget_what_is_taken();
    while (message->tag == DGBA_FARM_EXIT && outbox != NULL && dgba_farm_hanging() == 0) forget_what_is_taken();
}

/* ---- Receiving ---- */

/** A message whose header has come and whose bytes have not: whoever sends them may hang, too. */
typedef struct parcel {
    struct parcel *next;
    dgba_farm_message message;
    int rank, request_count;
    MPI_Request requests[];
} parcel;

static parcel *inbox;

static void expect_bytes(parcel *p, char *bytes, size_t count) {
    for (size_t at = 0; at < count; at += CHUNK)
        MPI_Irecv(bytes + at, chunk_at(at, count), MPI_BYTE, p->rank, DGBA_FARM_BYTES, dgba_farm_communicator(),
                  &p->requests[p->request_count++]);
}

static void take_header(int rank, int tag) {
    struct header header;
    MPI_Recv(&header, sizeof header, MPI_BYTE, rank, tag, dgba_farm_communicator(), MPI_STATUS_IGNORE);
    const size_t count = (size_t)header.count, crew_bytes = (size_t)header.crew_count * sizeof(int64_t);
    parcel *p = make_room(sizeof *p + (count / CHUNK + crew_bytes / CHUNK + 2) * sizeof(MPI_Request));
    *p = (parcel){.next = inbox,
                  .rank = rank,
                  .message = {.tag = (dgba_farm_tag)tag,
                              .unit = header.unit,
                              .status = (dgba_status)header.status,
                              .seconds = header.seconds,
                              .bytes = make_room(count + 1),
                              .count = count,
                              .crew_count = header.crew_count}};
    inbox = p;
    if (crew_bytes > 0) p->message.crew = make_room(crew_bytes);
    expect_bytes(p, p->message.bytes, count);
    expect_bytes(p, (char *)p->message.crew, crew_bytes);
}

/** Takes a message out of the inbox if it is whole. */
static bool take_whole(dgba_farm_message *out, int *rank) {
    for (parcel **at = &inbox; *at != NULL; at = &(*at)->next) {
        parcel *p = *at;
        int whole = 0;
        MPI_Testall(p->request_count, p->requests, &whole, MPI_STATUSES_IGNORE);
        if (!whole) continue;
        *out = p->message;
        *rank = p->rank;
        *at = p->next;
        dgba_free(p);
        return true;
    }
    return false;
}

bool dgba_farm_receive(dgba_farm_message *out, int *rank) {
    if (dgba_farm_communicator() == MPI_COMM_NULL) return false;
    int arrived = 0;
    MPI_Status envelope;
    forget_what_is_taken();
    MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, dgba_farm_communicator(), &arrived, &envelope);
    if (arrived) take_header(envelope.MPI_SOURCE, envelope.MPI_TAG);
    return take_whole(out, rank);
}

void dgba_farm_message_free(dgba_farm_message *message) {
    dgba_free(message->bytes);
    dgba_free(message->crew);
    *message = (dgba_farm_message){0};
}

dgba_farm_message dgba_farm_status_message(dgba_farm_tag tag, dgba_status status) {
    dgba_farm_message message = {.tag = tag, .status = status};
    message.bytes = dgba_text_copy(status == DGBA_OK ? "" : dgba_error());
    message.count = strlen(message.bytes);
    return message;
}

double dgba_farm_next_pause(double pause) { return fmin(fmax(2 * pause, 50e-6), 1e-3); }

void dgba_farm_pause(double *pause) {
    *pause = dgba_farm_next_pause(*pause);
    dgba_clock_sleep(*pause);
}
