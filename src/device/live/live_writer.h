/* Live writer: one thread that changes the store for the device door.
 *
 * A round is one transaction, durable before anybody is answered: first all that check-ins have marked
 * (live_saver.h), then every job that waits. So thousands of activations share one commit. A round is due
 * when there are jobs, and otherwise often enough that what a check-in did is saved within a second. While
 * more jobs are on their way than wait, a round waits for them a moment.
 *
 * Marks wait for a commit. Jobs do not: those of a round that fails are answered LEASE_CODE_BUSY. Where a
 * statement failed, so that one job may have spoilt the transaction for the others, each job runs again in
 * one of its own. */
#ifndef SEATMETER_DEVICE_LIVE_LIVE_WRITER_H
#define SEATMETER_DEVICE_LIVE_LIVE_WRITER_H

#include "device/live/live_state.h"

enum status live_writer_start(struct live *live, struct fault *fault) MUST_CHECK;
/* Waits for the thread, after `stopping` was set. The thread needs the loop for the last marks, so the loop
 * turns until `writer_ended` is set. */
void live_writer_join(struct live *live);

#endif
