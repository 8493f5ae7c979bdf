/* Open zone: a time zone as the programme has it: its closed months are what they were when they were closed
 * (R7.16). Whoever asks a zone what belongs to which month opens it here; zone_open is for new names. */
#ifndef SEATMETER_PROGRAMME_CALL_OPEN_ZONE_H
#define SEATMETER_PROGRAMME_CALL_OPEN_ZONE_H

#include "core/time/zone.h"
#include "programme/call/call.h"

/* zone_close gives it back. Faults of zone_open, and "database-failed". */
enum status open_zone(const struct call *call, struct text name, struct zone **zone,
                      struct fault *fault) MUST_CHECK;

#endif
