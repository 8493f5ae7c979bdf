/* Live marks: what the loop notes to be saved. Every mark appends an entry to the loop's log and flags the
 * device, whose row in the store is behind from then on (D8). */
#ifndef SEATMETER_DEVICE_LIVE_LIVE_MARKS_H
#define SEATMETER_DEVICE_LIVE_LIVE_MARKS_H

#include "core/licence/decision.h"

#include <stdint.h>

struct live;
struct live_device;

/* Marks a device that has checked in and was answered with that code. Notes the device for the month of its
 * seen_at_s, as working where the code is LEASE_CODE_OK. */
void live_mark(struct live *live, struct live_device *device, enum lease_code code);

/* Notes that another copy of the device was seen. The store counts it, and the provider sees the count. */
void live_mark_clone(struct live *live, struct live_device *device, int64_t now_s);

/* Marks a device of which something else has changed. */
void live_mark_behind(struct live *live, struct live_device *device);

/* Marks a device by whose row others decide (D13). Its row is written with the next ones, however busy the
 * door is. */
void live_mark_urgent(struct live *live, struct live_device *device);

#endif
