/* Audit of the reports: what the seller's silence approved, it was allowed to. */
#ifndef SEATMETER_PROGRAMME_AUDIT_AUDIT_REPORTS_H
#define SEATMETER_PROGRAMME_AUDIT_AUDIT_REPORTS_H

#include "programme/audit/audit_private.h"

enum status audit_reports(struct audit *audit, struct fault *fault) MUST_CHECK;

#endif
