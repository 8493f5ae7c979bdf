/* Audit persons: an e-mail address is one person's, and every user is somebody (R2.1). */
#ifndef SEATMETER_PROGRAMME_AUDIT_AUDIT_PERSONS_H
#define SEATMETER_PROGRAMME_AUDIT_AUDIT_PERSONS_H

#include "programme/audit/audit_private.h"

enum status audit_persons(struct audit *audit, struct fault *fault) MUST_CHECK;

#endif
