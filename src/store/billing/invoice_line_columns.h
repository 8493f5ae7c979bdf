/* The columns of an invoice's line, and how they are read: for invoices and for the check, which reads very
 * many. */
#ifndef SEATMETER_STORE_BILLING_INVOICE_LINE_COLUMNS_H
#define SEATMETER_STORE_BILLING_INVOICE_LINE_COLUMNS_H

#include "store/billing/invoices.h"

/* Of the table invoice_lines as `l`; description and note are left to who needs them. */
#define INVOICE_LINE_COLUMNS                                                                                 \
    "l.position, l.customer_id, l.sku_id, l.price_id, l.policy, l.measured_parts, l.quantity_parts, "        \
    "l.parts_per_unit, l.unit_price_millionths, l.amount_minor, l.tax_category, l.tax_rate_millionths, "     \
    "l.corrects_month"
enum { INVOICE_LINE_COLUMN_COUNT = 13 };

/* The line whose columns begin at `first` in the present row; the rest of `row` is zero. */
void invoice_line_read(struct db_rows *rows, int first, struct arena *arena, struct billed_line *row);

#endif
