#include "device/door_clock.h"

#include "programme/call/call.h"

/* A heartbeat is kept each minute and read within some seconds. */
#define HEARTBEAT_AGE_US (INT64_C(3) * CLOCKS_APART_US)

void door_clock_init(struct door_clock *clock, int64_t wall_us, int64_t since_start_us) {
    atomic_init(&clock->ahead_us, wall_us - since_start_us);
}

static uint64_t apart(int64_t a_us, int64_t b_us) {
    return a_us > b_us ? (uint64_t)a_us - (uint64_t)b_us : (uint64_t)b_us - (uint64_t)a_us;
}

int64_t door_clock_now_us(struct door_clock *clock, int64_t wall_us, int64_t since_start_us,
                          int64_t heartbeat_us) {
    int64_t passed_us = since_start_us + atomic_load_explicit(&clock->ahead_us, memory_order_relaxed);
    if (apart(wall_us, passed_us) > CLOCK_LEAP_RUNNING_US &&
        (heartbeat_us == 0 || apart(wall_us, heartbeat_us) > HEARTBEAT_AGE_US)) {
        return passed_us;
    }
    atomic_store_explicit(&clock->ahead_us, wall_us - since_start_us, memory_order_relaxed);
    return wall_us;
}
