/* Live parts: what a round of the writer needs of the store for itself: what the door follows, and the
 * providers whose licences its jobs are about. */
#ifndef SEATMETER_DEVICE_LIVE_LIVE_PARTS_H
#define SEATMETER_DEVICE_LIVE_LIVE_PARTS_H

#include "device/live/live_job.h"
#include "store/engine/db.h"

/* Begins the round's transaction with its parts. */
enum status live_parts_begin(struct db *db, struct arena *arena,
                             const unsigned char secret[PROGRAMME_SECRET_BYTES], const struct live_job *jobs,
                             struct fault *fault) MUST_CHECK;

#endif
