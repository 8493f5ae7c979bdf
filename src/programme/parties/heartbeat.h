/* Heartbeat: the service keeps each minute what its clock shows, so that a clock that falls back is noticed.
 *
 * No change is made while the clock stands more than a minute behind the heartbeat (call_begin). A clock that
 * jumped ahead leaves a heartbeat that lies ahead of the right time; a service that starts with a clock that
 * the system calls synchronised replaces it, and so does the operator. */
#ifndef SEATMETER_PROGRAMME_PARTIES_HEARTBEAT_H
#define SEATMETER_PROGRAMME_PARTIES_HEARTBEAT_H

#include "programme/call/call.h"

struct keep_heartbeat_input {
    bool trusts_clock; /* the clock is right, even where it stands behind the heartbeat */
};

/* Keeps now as the heartbeat. A clock behind it that is not trusted leaves it as it is; more than
 * CLOCKS_APART_US behind is fault "clock-wrong". A heartbeat that is taken back leaves an audit entry. */
enum status keep_heartbeat(struct call *call, const struct keep_heartbeat_input *input,
                           struct fault *fault) MUST_CHECK;

struct accepted_clock {
    int64_t now_us;
    int64_t before_us; /* what the heartbeat was; 0: there was none */
};

/* For the operator alone: says that the clock is right now. */
enum status accept_clock(struct call *call, struct accepted_clock *out, struct fault *fault) MUST_CHECK;

#endif
