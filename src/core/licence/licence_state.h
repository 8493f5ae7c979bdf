/* Licence state: the states of a licence and of the block that it is issued from. */
#ifndef SEATMETER_CORE_LICENCE_LICENCE_STATE_H
#define SEATMETER_CORE_LICENCE_LICENCE_STATE_H

#include "core/base/state_machine.h"

enum block_state { BLOCK_OPEN, BLOCK_CLOSED };
extern const struct state_machine block_machine;

enum licence_state { LICENCE_ISSUED, LICENCE_ON, LICENCE_OFF, LICENCE_RETIRED };
extern const struct state_machine licence_machine;

#endif
