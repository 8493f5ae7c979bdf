#include "core/licence/licence_state.h"

static const char *const block_states[] = {[BLOCK_OPEN] = "open", [BLOCK_CLOSED] = "closed"};
static const struct transition block_transitions[] = {
    {BLOCK_OPEN, "close", BLOCK_CLOSED},
};

const struct state_machine block_machine = STATE_MACHINE("block", block_states, block_transitions);

static const char *const licence_states[] = {
    [LICENCE_ISSUED] = "issued",
    [LICENCE_ON] = "on",
    [LICENCE_OFF] = "off",
    [LICENCE_RETIRED] = "retired",
};
static const struct transition licence_transitions[] = {
    {LICENCE_ISSUED, "on", LICENCE_ON},      {LICENCE_ON, "off", LICENCE_OFF},
    {LICENCE_OFF, "on", LICENCE_ON},         {LICENCE_ISSUED, "retire", LICENCE_RETIRED},
    {LICENCE_ON, "retire", LICENCE_RETIRED}, {LICENCE_OFF, "retire", LICENCE_RETIRED},
};

const struct state_machine licence_machine = STATE_MACHINE("licence", licence_states, licence_transitions);
