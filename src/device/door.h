/* Device door: what millions of agents talk to (docs/device-protocol.md).
 *
 * The loop thread owns the listener, all connections and the live state, and decides every check-in without a
 * lock. The writer and the feed (device/live/live.h) keep the live state in step with the store. The
 * verifiers check the signatures of activations. The files thread sends downloads. The door shares the store
 * with the control door, and nothing else. */
#ifndef SEATMETER_DEVICE_DOOR_H
#define SEATMETER_DEVICE_DOOR_H

#include "core/base/fault.h"
#include "device/door_options.h"

struct device_door;

/* Loads the live state, listens, and answers from now on. The options and what they point to must outlive the
 * door. Faults: "malformed-address", "address-in-use", "device-door-running", "no-descriptors", "no-threads",
 * those of db_open and db_check_version. */
enum status device_door_start(const struct device_options *options, struct device_door **door,
                              struct fault *fault) MUST_CHECK;

/* "http://127.0.0.1:7078" (with the port that was chosen where 0 was asked for). */
struct text device_door_url(const struct device_door *door);

/* Takes no more connections, finishes the requests under way, saves what is marked, frees. */
void device_door_stop(struct device_door *door);

#endif
