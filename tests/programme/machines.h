/* Machines: devices under a licence for tests that need them to be there, kept without the protocol. */
#ifndef SEATMETER_TESTS_PROGRAMME_MACHINES_H
#define SEATMETER_TESTS_PROGRAMME_MACHINES_H

#include "channel.h"
#include "store/devices/devices.h"

/* An active device of that name in that seat, whose lease runs for a day from the world's now: version 4.2.0
 * with the components firewall and mail. Its identifier. */
struct text a_machine(struct world *world, struct text licence, const char *name, int32_t seat);

/* It checked in in that month ("2026-11"), working or told to stop. */
void it_was_seen(struct world *world, struct text device, const char *month, bool licensed);

/* Puts another state, count of clones and end of its seat in its place. */
void it_became(struct world *world, struct text device, enum device_state state, int64_t clones,
               int64_t seat_until_s);

#endif
