/* Door metrics: the door's counters as Prometheus text, made on the loop thread, which owns nearly all of
 * them.
 */
#ifndef SEATMETER_DEVICE_DOOR_METRICS_H
#define SEATMETER_DEVICE_DOOR_METRICS_H

#include "device/door_context.h"

/* The text is in the arena. */
struct text door_metrics_format(struct device_door *door, struct arena *arena);

#endif
