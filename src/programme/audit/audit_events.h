/* Audit of the log: it has no gaps, and licences follow from it and from the agreements above them. */
#ifndef SEATMETER_PROGRAMME_AUDIT_AUDIT_EVENTS_H
#define SEATMETER_PROGRAMME_AUDIT_AUDIT_EVENTS_H

#include "programme/audit/audit_private.h"

enum status audit_events(struct audit *audit, struct fault *fault) MUST_CHECK;

#endif
