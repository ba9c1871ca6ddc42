/** The shelf of the ranks of a node: a shared window with a table and equal blocks behind it.
 *
 *  Making a window is collective, and ranks load models when it suits them, so there is one window, made before the work
 *  starts, and the table in it says what is where. Its lock is a pthread mutex that works between processes: `take` is
 *  called by worker threads, which must not call MPI. A rank that dies with the lock held leaves the others waiting, but
 *  it also ends the job; one that hangs while it reads a model is waited for as long as reading may take. Pages that
 *  nobody touches cost no memory.
 */
#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>

#include "farm.h"

enum { MOST_BLOCKS = 64, PAGE_BYTES = 4096, CONTENT_BYTES = 64, SLOW_BYTES_PER_SECOND = 20000000 };

typedef enum entry_state { EMPTY, LOADING, READY } entry_state;

typedef struct entry {
    entry_state state;
    int64_t users, last_taken;
    char content[CONTENT_BYTES];
} entry;

/** At the start of the window. */
typedef struct table {
    pthread_mutex_t lock;
    pthread_cond_t changed; // a block was announced or put back
    int64_t takes;
    entry entries[MOST_BLOCKS];
} table;

/** What all ranks of the node know. */
typedef struct sizes {
    int64_t blocks, block_bytes;
} sizes;

typedef struct node_shelf {
    dgba_shelf interface;
    MPI_Comm node;
    MPI_Win window;
    sizes sizes;
    void *mapped; // the window once more, with huge pages; or NULL
    table *table;
} node_shelf;

static int64_t round_up(int64_t bytes) { return (bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES; }

static char *block_at(const node_shelf *s, int64_t i) {
    return (char *)s->table + round_up(sizeof(table)) + i * s->sizes.block_bytes;
}

static size_t window_bytes(const node_shelf *s) { return (size_t)(block_at(s, s->sizes.blocks) - (char *)s->table); }

static entry *entry_of(const node_shelf *s, const void *block) {
    for (int64_t i = 0; i < s->sizes.blocks; ++i)
        if (block_at(s, i) == block) return &s->table->entries[i];
    DGBA_ASSERT(!"a block of this shelf");
    return NULL;
}

/* ---- The interface ---- */

static entry *find(const node_shelf *s, const char *content) {
    for (int64_t i = 0; i < s->sizes.blocks; ++i) {
        entry *e = &s->table->entries[i];
        if (e->state != EMPTY && strcmp(e->content, content) == 0) return e;
    }
    return NULL;
}

/** A block that holds nothing, or else the one without users that was taken longest ago; NULL if all are in use. */
static entry *find_room(const node_shelf *s) {
    entry *best = NULL;
    for (int64_t i = 0; i < s->sizes.blocks; ++i) {
        entry *e = &s->table->entries[i];
        if (e->state == EMPTY) return e;
        if (e->users == 0 && (best == NULL || e->last_taken < best->last_taken)) best = e;
    }
    return best;
}

/** When a rank that reads so much should have done so, even from a slow disk; otherwise it hangs. */
static struct timespec when_read(size_t bytes) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += 1 + (time_t)(bytes / SLOW_BYTES_PER_SECOND);
    return t;
}

/** Waits until a block is filled or put back; false if that takes too long. */
static bool await(const node_shelf *s, const entry *e, size_t bytes) {
    const struct timespec deadline = when_read(bytes);
    const int64_t taken = e->last_taken; // by the rank that fills it
    bool waits = true;
    int error = 0;
    while (waits && error != ETIMEDOUT) {
        error = pthread_cond_timedwait(&s->table->changed, &s->table->lock, &deadline);
        waits = e->state == LOADING && e->last_taken == taken;
    }
    return !waits;
}

/** The content's entry once it is there, or NULL. What is read for too long is nobody's content any more. */
static entry *find_ready(const node_shelf *s, const char *content, size_t bytes) {
    entry *e = find(s, content);
    while (e != NULL && e->state == LOADING) {
        if (!await(s, e, bytes)) e->content[0] = '\0';
        e = find(s, content);
    }
    return e;
}

/** The content's entry, or one that is to be filled with it, or NULL. Called with the lock held. */
static entry *find_or_make(const node_shelf *s, const char *content, size_t bytes) {
    entry *e = find_ready(s, content, bytes);
    if (e != NULL) return e;
    e = find_room(s);
    if (e == NULL) return NULL;
    *e = (entry){.state = LOADING};
    memcpy(e->content, content, strlen(content) + 1);
    return e;
}

static void *take(void *self, bool *filled, const char *content, size_t bytes) {
    const node_shelf *s = self;
    if (bytes > (size_t)s->sizes.block_bytes || strlen(content) >= CONTENT_BYTES) return NULL;
    pthread_mutex_lock(&s->table->lock);
    entry *e = find_or_make(s, content, bytes);
    if (e != NULL) {
        *filled = e->state == READY;
        e->users += 1;
        e->last_taken = ++s->table->takes;
    }
    pthread_mutex_unlock(&s->table->lock);
    if (e == NULL) return NULL;
    void *block = block_at(s, e - s->table->entries);
    if (!*filled && s->mapped != NULL) dgba_make_huge(block, bytes);
    return block;
}

static void announce(void *self, const void *block) {
    const node_shelf *s = self;
    pthread_mutex_lock(&s->table->lock);
    entry_of(s, block)->state = READY;
    pthread_cond_broadcast(&s->table->changed);
    pthread_mutex_unlock(&s->table->lock);
}

static void put_back(void *self, const void *block) {
    const node_shelf *s = self;
    pthread_mutex_lock(&s->table->lock);
    entry *e = entry_of(s, block);
    e->users -= 1;
    if (e->state == LOADING) e->state = EMPTY;
    pthread_cond_broadcast(&s->table->changed);
    pthread_mutex_unlock(&s->table->lock);
}

/* ---- Opening and closing ---- */

static int64_t smallest(int64_t a, int64_t b) { return a < b ? a : b; }

/** No more blocks than the shared memory of this machine has room for; containers often have 64 MB of it. Asked for more,
 *  an MPI library may hang. */
static int64_t blocks_that_fit(int64_t blocks, int64_t block_bytes) {
    struct statvfs about;
    if (statvfs("/dev/shm", &about) != 0) return blocks;
    const int64_t room = (int64_t)(0.9 * (double)about.f_bavail * (double)about.f_frsize) - round_up(sizeof(table));
    return room <= 0 ? 0 : smallest(blocks, room / block_bytes);
}

/** Each rank holds one block at a time, so more blocks than ranks serve nobody. Rank 0 of the node decides. */
static void agree_on_sizes(node_shelf *s, int64_t blocks, int64_t bytes) {
    int ranks = 0;
    MPI_Comm_size(s->node, &ranks);
    s->sizes.block_bytes = round_up(bytes);
    if (ranks > 1 && bytes > 0)
        s->sizes.blocks = blocks_that_fit(smallest(smallest(blocks, ranks), MOST_BLOCKS), s->sizes.block_bytes);
    MPI_Bcast(&s->sizes, sizeof s->sizes, MPI_BYTE, 0, s->node);
}

static void prepare_table(table *t) {
    pthread_mutexattr_t lock;
    pthread_condattr_t condition;
    pthread_mutexattr_init(&lock);
    pthread_mutexattr_setpshared(&lock, PTHREAD_PROCESS_SHARED);
    pthread_condattr_init(&condition);
    pthread_condattr_setpshared(&condition, PTHREAD_PROCESS_SHARED);
    pthread_condattr_setclock(&condition, CLOCK_MONOTONIC);
    memset(t, 0, sizeof *t);
    pthread_mutex_init(&t->lock, &lock);
    pthread_cond_init(&t->changed, &condition);
    pthread_mutexattr_destroy(&lock);
    pthread_condattr_destroy(&condition);
}

/** All memory belongs to rank 0 of the node. False, on all its ranks, if there is none to be had. */
static bool open_window(node_shelf *s) {
    int rank = 0, unit = 0, mine = 0, all = 0;
    void *own = NULL;
    MPI_Aint bytes = 0;
    if (s->sizes.blocks == 0) return false;
    MPI_Comm_rank(s->node, &rank);
    if (rank == 0) bytes = (MPI_Aint)window_bytes(s);
    MPI_Comm_set_errhandler(s->node, MPI_ERRORS_RETURN);
    mine = MPI_Win_allocate_shared(bytes, 1, MPI_INFO_NULL, s->node, &own, &s->window) == MPI_SUCCESS;
    MPI_Comm_set_errhandler(s->node, MPI_ERRORS_ARE_FATAL);
    MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_MIN, s->node);
    if (!all) return false;
    MPI_Win_shared_query(s->window, 0, &bytes, &unit, &s->table);
    s->mapped = dgba_map_again(s->table, window_bytes(s));
    if (s->mapped != NULL) s->table = s->mapped;
    MPI_Win_lock_all(MPI_MODE_NOCHECK, s->window); // every access is by load and store
    if (rank == 0) prepare_table(s->table);
    MPI_Barrier(s->node);
    return true;
}

static void free_shelf(node_shelf *s) {
    MPI_Comm_free(&s->node);
    dgba_free(s);
}

dgba_status dgba_farm_open_shelf(dgba_shelf **out, int64_t blocks, int64_t bytes) {
    const MPI_Comm all = dgba_farm_communicator();
    node_shelf *s = NULL;
    *out = NULL;
    if (all == MPI_COMM_NULL) return DGBA_OK;
    const dgba_status status = dgba_farm_agree(DGBA_NEW(&s, 1));
    if (status != DGBA_OK) dgba_free(s);
    DGBA_TRY(status);
    int64_t wanted[] = {blocks, bytes};
    MPI_Bcast(wanted, DGBA_COUNT_OF(wanted), MPI_INT64_T, 0, all);
    MPI_Comm_split_type(all, MPI_COMM_TYPE_SHARED, dgba_farm_rank(), MPI_INFO_NULL, &s->node);
    agree_on_sizes(s, wanted[0], wanted[1]);
    if (!open_window(s)) {
        DGBA_DEBUG("ranks of this node do not share weights");
        free_shelf(s);
        return DGBA_OK;
    }
    s->interface = (dgba_shelf){.self = s, .take = take, .announce = announce, .put_back = put_back};
    *out = &s->interface;
    return DGBA_OK;
}

void dgba_farm_close_shelf(dgba_shelf **shelf) {
    if (*shelf == NULL) return;
    node_shelf *s = (*shelf)->self;
    if (s->mapped != NULL) dgba_unmap(s->mapped, window_bytes(s));
    MPI_Win_unlock_all(s->window);
    MPI_Win_free(&s->window); // waits for all ranks of the node
    free_shelf(s);
    *shelf = NULL;
}
