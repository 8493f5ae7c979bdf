/* Heartbeat: the service keeps each minute what its clock shows, so that a clock that jumps is noticed.
 *
 * No change is made while the clock stands more than a minute behind the heartbeat or far ahead of it
 * (call_check_clock). A clock that jumped ahead while the service ran leaves the heartbeat where it was.
 * After a downtime a clock that the system calls synchronised is trusted, ahead or behind; else the operator
 * says so. What cannot be taken back, a close and a move, waits for the operator even then, where what it is
 * about came to pass within a leap of more than a day. */
#ifndef SEATMETER_PROGRAMME_PARTIES_HEARTBEAT_H
#define SEATMETER_PROGRAMME_PARTIES_HEARTBEAT_H

#include "programme/call/call.h"

struct keep_heartbeat_input {
    bool trusts_clock; /* the clock is right, even where it stands behind the heartbeat or far ahead */
    bool has_leapt;    /* it went ahead of the time that has passed since the last one was kept */
};

/* Keeps now as the heartbeat. A clock behind it that is not trusted leaves it as it is; more than
 * CLOCKS_APART_US behind, or far ahead of it, is fault "clock-wrong". A heartbeat that is taken back or leaps
 * leaves an audit entry. */
enum status keep_heartbeat(struct call *call, const struct keep_heartbeat_input *input,
                           struct fault *fault) MUST_CHECK;

struct accepted_clock {
    int64_t now_us;
    int64_t before_us; /* what the heartbeat was; 0: there was none */
};

/* For the operator alone: says that the clock is right now. */
enum status accept_clock(struct call *call, struct accepted_clock *out, struct fault *fault) MUST_CHECK;

/* For what cannot be taken back and is about an instant, which is to have come: fault "clock-wrong" where
 * that lies within a leap that nobody has accepted. A dry run and a simulation need not ask. */
enum status require_sure_clock(const struct call *call, int64_t at_us, struct fault *fault) MUST_CHECK;

#endif
