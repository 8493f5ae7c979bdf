/* Door clock: the wall clock, as long as it goes with the time that passes.
 *
 * Nobody's lease may last for years, or be over, because somebody set the machine's clock. A wall clock that
 * stands more than ten minutes from where the passing of time has brought it is not followed: the door's time
 * goes on as time passes (R4.19). It is followed again once it stands by the service's heartbeat, which goes
 * there when the clock is accepted. */
#ifndef SEATMETER_DEVICE_DOOR_CLOCK_H
#define SEATMETER_DEVICE_DOOR_CLOCK_H

#include <stdatomic.h>
#include <stdint.h>

/* Any thread may ask. */
struct door_clock {
    atomic_llong ahead_us; /* of the time since the machine's start, where the door's time is */
};

/* Both clocks as they are: machine_now_us and machine_since_start_us. */
void door_clock_init(struct door_clock *clock, int64_t wall_us, int64_t since_start_us);

/* The door's time. `heartbeat_us` is the latest that was read, 0 where there is none. */
int64_t door_clock_now_us(struct door_clock *clock, int64_t wall_us, int64_t since_start_us,
                          int64_t heartbeat_us);

#endif
