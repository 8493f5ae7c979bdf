/* Updates: the update repository at the door, metadata from a small cache, targets for the devices that may
 * have them.
 *
 * The live state decides what a device may have, as for a check-in; then the files thread, which knows
 * products, decides about the target. Metadata is signed and for everybody. A metadata file with a number in
 * its name never changes. The others are loaded again when releases have changed, or after a minute. */
#ifndef SEATMETER_DEVICE_UPDATES_H
#define SEATMETER_DEVICE_UPDATES_H

#include "device/door_context.h"

void updates_take(struct device_door *door, struct http_exchange *exchange,
                  const struct http_request *request);

/* Takes the metadata that the files thread has loaded. `door`: a struct device_door. */
void updates_take_loaded(void *door);

void updates_free(struct device_door *door);

#endif
