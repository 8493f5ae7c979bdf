/* Audit usage: the usage groups are what the log comes to. */
#ifndef SEATMETER_PROGRAMME_AUDIT_AUDIT_USAGE_H
#define SEATMETER_PROGRAMME_AUDIT_AUDIT_USAGE_H

#include "programme/audit/audit_private.h"

enum status audit_usage(struct audit *audit, struct fault *fault) MUST_CHECK;

#endif
