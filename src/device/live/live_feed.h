/* Live feed: one thread that reads what others have changed in the store, and sends it to the loop.
 *
 * It follows logs by their numbers, the licence events of each provider and the device changes, in rounds.
 * Each round is a snapshot, in which it reads how far every log is, and pages of those that went on, with the
 * rows as they are now. No order over providers is needed: two events of one licence stand in one log, and an
 * event that another one follows may show the later state twice, which does no harm (D3, D4). The loop gets
 * pages in bounded messages: a suspension of a million licences is some hundreds of messages, and the loop
 * stays free in between.
 *
 * The feed's connection also holds the claim that there is one device door. */
#ifndef SEATMETER_DEVICE_LIVE_LIVE_FEED_H
#define SEATMETER_DEVICE_LIVE_LIVE_FEED_H

#include "device/live/live_state.h"

enum status live_feed_start(struct live *live, struct fault *fault) MUST_CHECK;
/* Waits for the thread, after `stopping` was set and `stop_fd` made readable. */
void live_feed_join(struct live *live);

#endif
