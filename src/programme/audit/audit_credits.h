/* Audit credits: the taxes of credit notes, which follow from what they took of their invoices' (R8.6). */
#ifndef SEATMETER_PROGRAMME_AUDIT_AUDIT_CREDITS_H
#define SEATMETER_PROGRAMME_AUDIT_AUDIT_CREDITS_H

#include "programme/audit/audit_private.h"

enum status audit_credits(struct audit *audit, struct fault *fault) MUST_CHECK;

#endif
