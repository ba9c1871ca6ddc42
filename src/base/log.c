#include "dgba/base/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dgba/base/clock.h"

static struct {
    pthread_mutex_t lock;
    int rank;
    dgba_log_level level;
    FILE *file;
    void (*before_print)(void);
} logger = {.lock = PTHREAD_MUTEX_INITIALIZER, .rank = -1, .level = DGBA_LOG_INFO};

static const char *const level_names[] = {"debug: ", "", "warning: ", "error: "};

void dgba_log_set_rank(int rank) { logger.rank = rank; }

void dgba_log_set_level(dgba_log_level level) { logger.level = level; }

void dgba_log_before_print(void (*hook)(void)) { logger.before_print = hook; }

dgba_status dgba_log_open(const char *path) {
    if (logger.file != NULL) fclose(logger.file);
    logger.file = NULL;
    if (path == NULL) return DGBA_OK;
    logger.file = fopen(path, "a");
    if (logger.file == NULL) return dgba_fail(DGBA_E_IO, "%s: cannot open the log file: %s", path, strerror(errno));
    return DGBA_OK;
}

static void print_line(dgba_log_level level, const char *text) {
    if (logger.before_print != NULL) logger.before_print();
    if (logger.rank > 0)
        fprintf(stderr, "[rank %d] %s%s\n", logger.rank, level_names[level], text);
    else
        fprintf(stderr, "%s%s\n", level_names[level], text);
}

static void file_line(dgba_log_level level, const char *text) {
    char when[32];
    dgba_clock_timestamp(when, sizeof when);
    fprintf(logger.file, "%s %s%s\n", when, level_names[level], text);
    fflush(logger.file);
}

void dgba_log_write(dgba_log_level level, bool root_only, const char *format, ...) {
    if (root_only && logger.rank > 0) return;
    char text[4096];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    pthread_mutex_lock(&logger.lock);
    if (level >= logger.level) print_line(level, text);
    if (logger.file != NULL && level >= DGBA_LOG_INFO) file_line(level, text);
    pthread_mutex_unlock(&logger.lock);
}
