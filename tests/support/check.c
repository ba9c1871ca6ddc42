#include "support/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void check_status(dgba_status status, dgba_status expected, const char *call, const char *file, int line) {
    if (status == expected) return;
    print_error("%s:%d: %s gave '%s', expected '%s': %s\n", file, line, call, dgba_status_sentence(status),
                dgba_status_sentence(expected), dgba_error());
    fail();
}

void check_contains(const char *text, const char *part, const char *file, int line) {
    if (strstr(text, part) != NULL) return;
    print_error("%s:%d: '%s' does not contain '%s'\n", file, line, text, part);
    fail();
}

void check_close(const float *a, const float *b, int64_t count, double relative, double absolute, const char *name,
                 const char *file, int line) {
    int64_t worst = -1;
    double excess = 0;
    for (int64_t i = 0; i < count; ++i) {
        const double over = fabs((double)a[i] - (double)b[i]) - absolute - relative * fabs((double)b[i]);
        // Not "over <= 0", so that NaN counts as wrong.
        if (!(over <= excess)) {
            worst = i;
            excess = isnan(over) ? INFINITY : over;
        }
    }
    if (worst < 0) return;
    print_error("%s:%d: %s[%lld] is %.9g, expected %.9g\n", file, line, name, (long long)worst, (double)a[worst],
                (double)b[worst]);
    fail();
}

int check_no_leak(void **state) {
    (void)state;
    const int64_t live = dgba_live_allocations();
    if (live != 0) print_error("%lld allocations are left\n", (long long)live);
    return live == 0 ? 0 : -1;
}

/** All folders of this process are in one, removed at its end; a child that ends is not the end. */
static char folders[256];
static pid_t owner;

static void remove_folder(const char *path) {
    char command[600];
    snprintf(command, sizeof command, "rm -rf '%s'", path);
    if (system(command) != 0) print_error("cannot remove %s\n", path);
}

static void remove_folders(void) {
    if (getpid() == owner) remove_folder(folders);
}

const char *check_folder(const char *name) {
    static char path[512];
    const char *base = getenv("TMPDIR");
    if (owner == 0) {
        owner = getpid();
        snprintf(folders, sizeof folders, "%s/dgba-test-%d", base != NULL ? base : "/tmp", (int)owner);
        atexit(remove_folders);
    }
    snprintf(path, sizeof path, "%s/%s", folders, name);
    remove_folder(path);
    if (dgba_folder_create(path) != DGBA_OK) fail_msg("cannot make the folder %s", path);
    return path;
}

void check_random(float *x, int64_t count, uint64_t seed) {
    dgba_random stream = dgba_random_stream(seed, DGBA_RANDOM_TEST, 0);
    for (int64_t i = 0; i < count; ++i) x[i] = (float)dgba_random_normal(&stream);
}
