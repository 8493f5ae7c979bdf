/* Audit of the clock: months and documents that a clock which ran ahead closed and dated. */
#ifndef SEATMETER_PROGRAMME_AUDIT_AUDIT_CLOCK_H
#define SEATMETER_PROGRAMME_AUDIT_AUDIT_CLOCK_H

#include "programme/audit/audit_private.h"

enum status audit_clock(struct audit *audit, struct fault *fault) MUST_CHECK;

#endif
