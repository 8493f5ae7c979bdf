/* Releasing a device frees a seat for another machine, but not before the last lease has ended, and not
 * without end: else one seat would do for everybody. */
#ifndef SEATMETER_PROGRAMME_DEVICES_RELEASE_DEVICE_H
#define SEATMETER_PROGRAMME_DEVICES_RELEASE_DEVICE_H

#include "programme/call/call.h"

/* In 30 days as many devices of a licence may be released as it has seats, and so many more. */
enum { RELEASES_BEYOND_SEATS = 2 };
#define RELEASES_WINDOW_US (INT64_C(30) * 86400 * 1000000)

/* Gives a device back: its seat stays taken until its last lease has ended. At most seats + 2 releases of a
 * licence in 30 days: fault "releases-exhausted". For the provider, the customer ("licences:write") or the
 * operator; at the device door, where the device itself has asked, as ACTOR_SYSTEM. `device` is dev_…. */
struct release_device_input {
    struct text device;
};
struct released_device {
    struct text device;
    int64_t seat_until_s;
};
enum status release_device(struct call *call, const struct release_device_input *input,
                           struct released_device *out, struct fault *fault) MUST_CHECK;

#endif
