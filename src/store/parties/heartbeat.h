/* Heartbeat: the one row with the latest instant that the clock of the service has shown. */
#ifndef SEATMETER_STORE_PARTIES_HEARTBEAT_H
#define SEATMETER_STORE_PARTIES_HEARTBEAT_H

#include "store/engine/db.h"

struct heartbeat {
    int64_t at_us;         /* 0 where there is none yet */
    int64_t leapt_from_us; /* what it was before a leap that nobody has accepted; 0: there was none */
};

enum status heartbeat_load(struct db *db, struct heartbeat *heartbeat, struct fault *fault) MUST_CHECK;

/* Keeps it, be its instant before the one that was kept. */
enum status heartbeat_save(struct db *db, struct heartbeat heartbeat, struct fault *fault) MUST_CHECK;

#endif
