/* A live state (device/live/live.h) without a store or threads, for tests of the door alone: its decisions,
 * its speed. Licence n has device n. Jobs are done at once and come back in the next turn. */
#ifndef SEATMETER_TESTS_LIVE_IN_MEMORY_H
#define SEATMETER_TESTS_LIVE_IN_MEMORY_H

#include "device/live/live.h"

/* How many licences the next live_start makes, each on, with one seat and one active device. */
extern uint32_t live_in_memory_count;

/* Called at the end of live_start, before the door's loop runs, for a test that wants something else there.
 * NULL: nothing is called. */
extern void (*live_in_memory_prepare)(struct live *live);
struct live_licence *live_in_memory_licence(struct live *live, uint32_t licence);

/* The code that jobs are answered with. */
extern enum lease_code live_in_memory_code;

/* The device that activations find as it stands, as a retry does; 0: each makes one. */
extern uint32_t live_in_memory_retried;

#endif
