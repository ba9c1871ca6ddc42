#include <math.h>
#include <string.h>

#include "farm.h"

enum { CHUNK = 64 << 20 }; // an int counts MPI's elements, and a chunk must not need much memory twice

struct header {
    int64_t unit, status, count, crew_count;
    double seconds;
};

static int chunk_at(size_t offset, size_t count) { return count - offset < CHUNK ? (int)(count - offset) : CHUNK; }

static void send_bytes(int rank, const void *bytes, size_t count) {
    for (size_t at = 0; at < count; at += CHUNK)
        MPI_Send((const char *)bytes + at, chunk_at(at, count), MPI_BYTE, rank, DGBA_FARM_BYTES, dgba_farm_communicator());
}

void dgba_farm_send(int rank, const dgba_farm_message *message) {
    const struct header header = {.unit = message->unit,
                                  .status = message->status,
                                  .count = (int64_t)message->count,
                                  .crew_count = message->crew_count,
                                  .seconds = message->seconds};
    MPI_Send(&header, sizeof header, MPI_BYTE, rank, message->tag, dgba_farm_communicator());
    send_bytes(rank, message->bytes, message->count);
    send_bytes(rank, message->crew, (size_t)message->crew_count * sizeof *message->crew);
}

/** No rank can go on without a message it was promised, so running out of memory for one ends the program. */
static void *receive_bytes(int rank, size_t count) {
    char *bytes = NULL;
    if (dgba_allocate((void **)&bytes, (int64_t)count + 1, 1) != DGBA_OK)
        dgba_panic(__FILE__, __LINE__, "out of memory for a message of %zu bytes", count);
    for (size_t at = 0; at < count; at += CHUNK)
        MPI_Recv(bytes + at, chunk_at(at, count), MPI_BYTE, rank, DGBA_FARM_BYTES, dgba_farm_communicator(),
                 MPI_STATUS_IGNORE);
    return bytes;
}

bool dgba_farm_receive(dgba_farm_message *out, int *rank) {
    MPI_Comm communicator = dgba_farm_communicator();
    if (communicator == MPI_COMM_NULL) return false;
    int arrived = 0;
    MPI_Status envelope;
    MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, communicator, &arrived, &envelope);
    if (!arrived) return false;
    struct header header;
    *rank = envelope.MPI_SOURCE;
    MPI_Recv(&header, sizeof header, MPI_BYTE, *rank, envelope.MPI_TAG, communicator, MPI_STATUS_IGNORE);
    *out = (dgba_farm_message){.tag = (dgba_farm_tag)envelope.MPI_TAG,
                               .unit = header.unit,
                               .status = (dgba_status)header.status,
                               .seconds = header.seconds,
                               .bytes = receive_bytes(*rank, (size_t)header.count),
                               .count = (size_t)header.count,
                               .crew_count = header.crew_count};
    if (out->crew_count > 0) out->crew = receive_bytes(*rank, (size_t)out->crew_count * sizeof *out->crew);
    return true;
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
