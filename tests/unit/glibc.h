/* glibc as a second opinion on time zones. It takes the zone from the variable TZ, which is the whole
 * process's; so it is asked in a child, which counts disagreements, says each on stderr, and is judged by its
 * exit. */
#ifndef SEATMETER_TESTS_UNIT_GLIBC_H
#define SEATMETER_TESTS_UNIT_GLIBC_H

#include "clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* `compare` gives back how often it was contradicted. */
static inline void glibc_agrees(int (*compare)(void)) {
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int contradictions = compare();
        if (contradictions > 0) {
            fprintf(stderr, "glibc contradicts %d times\n", contradictions);
        }
        fflush(NULL);
        _exit(contradictions == 0 ? 0 : 1);
    }
    int how = -1;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFEXITED(how));
    assert_int_equal(WEXITSTATUS(how), 0);
}

static inline void glibc_use_zone(const char *tz) {
    setenv("TZ", tz, 1);
    tzset();
}

static inline int64_t glibc_offset_s(int64_t at_s) {
    time_t at = at_s;
    struct tm wall;
    if (localtime_r(&at, &wall) == NULL) {
        abort();
    }
    return wall.tm_gmtoff;
}

/* 1 where it does not hold, for a sum. */
static inline int contradiction(bool holds, const char *zone, int64_t at_s, const char *what) {
    if (!holds) {
        fprintf(stderr, "%s at %lld: %s\n", zone, (long long)at_s, what);
    }
    return !holds;
}

#endif
