/* Live load: fills the live state from the store.
 *
 * Licences, devices, and what devices were last seen to do are each cut into ranges of numbers. Every
 * processor takes range after range on a connection of its own. A device's row and what it was seen to do
 * fill different members of one record, so they may come in any order and on two threads. The position in the
 * logs is read before any snapshot begins: the feed reads again what the snapshots have beyond it (D14). */
#ifndef SEATMETER_DEVICE_LIVE_LIVE_LOAD_H
#define SEATMETER_DEVICE_LIVE_LIVE_LOAD_H

#include "device/live/live_state.h"

/* Fills the tables, which nobody else uses yet. Fault: "store-too-large". */
enum status live_load(struct live *live, struct fault *fault) MUST_CHECK;

#endif
