/* Audit of the books: closed months rated again, totals and taxes, what corrections left in effect, numbers.
 */
#ifndef SEATMETER_PROGRAMME_AUDIT_AUDIT_INVOICES_H
#define SEATMETER_PROGRAMME_AUDIT_AUDIT_INVOICES_H

#include "programme/audit/audit_private.h"

enum status audit_invoices(struct audit *audit, struct fault *fault) MUST_CHECK;

#endif
