#include <signal.h>
#include <stddef.h>

#include "run.h"

static volatile sig_atomic_t asked;

static void ask(int number) {
    (void)number;
    asked = 1;
}

void stop_signals_install(int rank) {
    static const int numbers[] = {SIGINT, SIGTERM, SIGUSR1};
    struct sigaction action = {.sa_flags = SA_RESTART};
    action.sa_handler = rank == 0 ? ask : SIG_IGN;
    for (int64_t i = 0; i < DGBA_COUNT_OF(numbers); ++i) sigaction(numbers[i], &action, NULL);
}

bool stop_was_asked(void) { return asked != 0; }
