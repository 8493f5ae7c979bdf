/* Check-in: the hot path.
 *
 * A check-in is taken in two steps, so that the memory of a turn's devices is on its way while their requests
 * are parsed: the first step parses the request and asks for the device's cache lines; the second, at the end
 * of the turn, verifies it, decides, and writes the lease.
 *
 * The chain: a device sends the sequence that follows the last answered one, with that one's link. A request
 * that repeats the last one's sequence and link is a retry. Any other request comes from another copy of the
 * device, with one exception: after a crash the store may have lost a moment, and a device that is ahead of
 * the store is believed once. */
#ifndef SEATMETER_DEVICE_CHECK_IN_H
#define SEATMETER_DEVICE_CHECK_IN_H

#include "device/door_context.h"

/* The first step, of a check-in or a release. */
void check_in_take(struct device_door *door, struct http_exchange *exchange, struct text body,
                   bool is_release);
/* The second step, of all that were taken. */
void check_in_decide_pending(struct device_door *door);

/* Answers a job of LIVE_RELEASE or LIVE_RESEAT that the writer has done. */
void check_in_finish_job(struct device_door *door, struct door_job *job);

#endif
