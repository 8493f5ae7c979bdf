/* The fields of an invoice's line, for invoices and for the audit, which reads very many. Private to the
 * store. */
#ifndef SEATMETER_STORE_BILLING_INVOICE_LINE_FIELDS_H
#define SEATMETER_STORE_BILLING_INVOICE_LINE_FIELDS_H

#include "store/engine/rows.h"

/* Of struct billed_line, without its invoice, description and note. */
extern const struct db_fields INVOICE_LINE_BILLED;

#endif
