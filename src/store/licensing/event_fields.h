/* The fields of a licence event, for the log and for the audit, which reads all of it. Private to the store.
 */
#ifndef SEATMETER_STORE_LICENSING_EVENT_FIELDS_H
#define SEATMETER_STORE_LICENSING_EVENT_FIELDS_H

#include "store/engine/rows.h"

/* Of struct licence_event. */
extern const struct db_fields LICENCE_EVENT;

/* Of struct logged_event, out of licence_events e and, left joined, voided_events v. */
extern const struct db_fields LOGGED_EVENT;

#endif
