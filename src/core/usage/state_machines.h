/* State machines: all of the programme, in the order in which the docs print them. */
#ifndef SEATMETER_CORE_USAGE_STATE_MACHINES_H
#define SEATMETER_CORE_USAGE_STATE_MACHINES_H

#include "core/base/state_machine.h"

enum { STATE_MACHINE_COUNT = 9 };
extern const struct state_machine *const state_machines[STATE_MACHINE_COUNT];

#endif
