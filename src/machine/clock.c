#include "machine/clock.h"

#include <sys/timex.h>

static int64_t read_us(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t machine_now_us(void) {
    return read_us(CLOCK_REALTIME);
}

bool machine_clock_is_synchronised(void) {
    struct timex clock = {.modes = 0}; /* asks, and sets nothing */
    return adjtimex(&clock) != -1 && (clock.status & STA_UNSYNC) == 0;
}

int64_t machine_monotonic_us(void) {
    return read_us(CLOCK_MONOTONIC);
}

int64_t machine_since_start_us(void) {
    return read_us(CLOCK_BOOTTIME);
}

struct timespec machine_monotonic_deadline(int64_t seconds) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += seconds;
    return until;
}
