#include "core/money/correction.h"

static const char *const correction_states[] = {
    [CORRECTION_WAITING] = "waiting",
    [CORRECTION_ACCEPTED] = "accepted",
    [CORRECTION_REFUSED] = "refused",
    [CORRECTION_WITHDRAWN] = "withdrawn",
};
static const struct transition correction_transitions[] = {
    {CORRECTION_WAITING, "accept", CORRECTION_ACCEPTED},
    {CORRECTION_WAITING, "refuse", CORRECTION_REFUSED},
    {CORRECTION_WAITING, "withdraw", CORRECTION_WITHDRAWN},
    {CORRECTION_ACCEPTED, "withdraw", CORRECTION_WITHDRAWN}, /* until a bill carries it */
};

const struct state_machine correction_machine =
    STATE_MACHINE("correction", correction_states, correction_transitions);

bool correction_waits_for_bill(const struct correction *correction) {
    return correction->state == CORRECTION_ACCEPTED && correction->invoice_id == 0;
}
