/* Audit of the update repository: its signatures, hashes and content. */
#ifndef SEATMETER_PROGRAMME_AUDIT_AUDIT_UPDATES_H
#define SEATMETER_PROGRAMME_AUDIT_AUDIT_UPDATES_H

#include "programme/audit/audit_private.h"

enum status audit_updates(struct audit *audit, struct fault *fault) MUST_CHECK;

#endif
