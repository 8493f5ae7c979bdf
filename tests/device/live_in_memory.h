/* A live state (device/live.h) without a store or threads, for what is to be seen of the door alone: its
 * decisions, its speed. Licence n has device n. Jobs are done at once and come back in the next turn. */
#ifndef SEATMETER_TESTS_LIVE_IN_MEMORY_H
#define SEATMETER_TESTS_LIVE_IN_MEMORY_H

#include "device/live.h"

/* How many licences, each on with one seat and one device active on it, the next live_start makes. */
extern uint32_t live_in_memory_count;

/* Of the one that was started last: for tests that stop the clock of the loop while they look. */
struct live *live_in_memory(void);
struct live_licence *live_in_memory_licence(uint32_t licence);

/* What jobs of this kind are answered from now on. */
extern enum answer live_in_memory_answer;

#endif
