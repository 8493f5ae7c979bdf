/* Heartbeat: the one row with the latest instant that the clock of the service has shown. */
#ifndef SEATMETER_STORE_PARTIES_HEARTBEAT_H
#define SEATMETER_STORE_PARTIES_HEARTBEAT_H

#include "store/engine/db.h"

/* 0 where there is none yet. */
enum status heartbeat_load(struct db *db, int64_t *at_us, struct fault *fault) MUST_CHECK;

/* Keeps the instant, be it before the one that was kept. */
enum status heartbeat_save(struct db *db, int64_t at_us, struct fault *fault) MUST_CHECK;

#endif
