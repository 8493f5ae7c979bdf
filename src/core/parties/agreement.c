#include "core/parties/agreement.h"

static const char *const agreement_states[] = {
    [AGREEMENT_DRAFT] = "draft",         [AGREEMENT_OFFERED] = "offered",       [AGREEMENT_SIGNED] = "signed",
    [AGREEMENT_SUSPENDED] = "suspended", [AGREEMENT_TERMINATED] = "terminated",
};
static const struct transition agreement_transitions[] = {
    {AGREEMENT_DRAFT, "offer", AGREEMENT_OFFERED},
    {AGREEMENT_OFFERED, "sign", AGREEMENT_SIGNED},
    {AGREEMENT_SIGNED, "suspend", AGREEMENT_SUSPENDED},
    {AGREEMENT_SUSPENDED, "resume", AGREEMENT_SIGNED},
    {AGREEMENT_DRAFT, "terminate", AGREEMENT_TERMINATED},
    {AGREEMENT_OFFERED, "terminate", AGREEMENT_TERMINATED},
    {AGREEMENT_SIGNED, "terminate", AGREEMENT_TERMINATED},
    {AGREEMENT_SUSPENDED, "terminate", AGREEMENT_TERMINATED},
};

const struct state_machine agreement_machine =
    STATE_MACHINE("agreement", agreement_states, agreement_transitions);
