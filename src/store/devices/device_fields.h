/* Fields that several files of devices read and write. Private to them. */
#ifndef SEATMETER_STORE_DEVICES_DEVICE_FIELDS_H
#define SEATMETER_STORE_DEVICES_DEVICE_FIELDS_H

#include "store/engine/rows.h"

/* Of struct device, without fingerprint and public key. */
extern const struct db_fields DEVICE_LISTED;

/* Of struct device_seen, without the door's month marks. */
extern const struct db_fields DEVICE_SEEN;

/* Of struct lease_terms. */
extern const struct db_fields LEASE_TERMS;

/* The words of enum device_state and of enum device_change_kind. */
extern const struct db_words DEVICE_STATES;
extern const struct db_words DEVICE_CHANGE_KINDS;

#endif
