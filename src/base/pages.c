#define _GNU_SOURCE // mremap
#include "dgba/base/pages.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 // Linux 6.1; C libraries name it later
#endif

static size_t small_page(void) { return (size_t)sysconf(_SC_PAGESIZE); }

/** Bytes from the start of the page that holds it. */
static size_t within_page(const void *memory) { return (uintptr_t)memory % small_page(); }

/** Where `memory` lies in the file that is mapped there. */
static bool find_offset(uintptr_t *offset, const void *memory) {
    FILE *maps = fopen("/proc/self/maps", "r");
    if (maps == NULL) return false;
    const uintptr_t at = (uintptr_t)memory;
    char line[512];
    bool found = false;
    while (!found && fgets(line, sizeof line, maps) != NULL) {
        uintptr_t first = 0, end = 0;
        const int fields = sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %*s %" SCNxPTR, &first, &end, offset);
        found = fields == 3 && at >= first && at < end;
        if (found) *offset += at - first;
    }
    fclose(maps);
    return found;
}

/** Addresses that nothing else uses, the first at the same distance from a huge page as `offset`; or NULL. */
static char *reserve(size_t bytes, uintptr_t offset) {
    char *room = mmap(NULL, bytes + DGBA_HUGE_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED) return NULL;
    const size_t before = (offset - (uintptr_t)room) % DGBA_HUGE_PAGE;
    if (before > 0) munmap(room, before);
    munmap(room + before + bytes, DGBA_HUGE_PAGE - before);
    return room + before;
}

static size_t rounded_up(size_t bytes) { return (bytes + small_page() - 1) / small_page() * small_page(); }

void *dgba_map_again(void *memory, size_t bytes) {
    const size_t skipped = within_page(memory), length = rounded_up(skipped + bytes);
    char *from = (char *)memory - skipped;
    uintptr_t offset = 0;
    if (!find_offset(&offset, from)) return NULL;
    char *to = reserve(length, offset);
    if (to == NULL) return NULL;
    // Of a shared mapping, a length of 0 makes a second one.
    if (mremap(from, 0, length, MREMAP_MAYMOVE | MREMAP_FIXED, to) == MAP_FAILED) {
        munmap(to, length);
        return NULL;
    }
    return to + skipped;
}

void dgba_unmap(void *mapped, size_t bytes) {
    const size_t skipped = within_page(mapped);
    munmap((char *)mapped - skipped, rounded_up(skipped + bytes));
}

void dgba_make_huge(void *memory, size_t bytes) {
    // Only pages of which some part is there are put together.
    for (size_t i = 0; i < bytes; i += DGBA_HUGE_PAGE) {
        volatile char *byte = (char *)memory + i;
        *byte = *byte;
    }
    const size_t skipped = within_page(memory);
    (void)madvise((char *)memory - skipped, rounded_up(skipped + bytes), MADV_COLLAPSE); // a kernel may not have them
}
