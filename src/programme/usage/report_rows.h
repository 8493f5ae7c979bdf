/* Report rows: a usage report filled in from the meter, as a close will bill it on the same edge.
 *
 * Both ask core/rating/charge.h what is measured and what is charged, so that what was approved is what is
 * billed: in a free month 0. A (customer, SKU) that the edge is not billed for (a part of a bundle that was
 * composed further up or down) has no row. */
#ifndef SEATMETER_PROGRAMME_USAGE_REPORT_ROWS_H
#define SEATMETER_PROGRAMME_USAGE_REPORT_ROWS_H

#include "core/rating/charge.h"
#include "core/usage/report.h"
#include "programme/call/call.h"
#include "store/billing/reports.h"
#include "store/parties/accounts.h"
#include "store/parties/agreements.h"

/* The edge and month that a report is about. */
struct report_edge {
    struct agreement agreement;
    struct account seller;
    struct account buyer;
    struct month month;
};

/* A row's customer and SKU, and what it was measured from. */
struct report_row_key {
    int64_t customer_id;
    int64_t sku_id;
    struct metering metering;
    struct measured measured;
    const struct price *price; /* NULL: none on this edge */
    struct measured told;      /* the same, had late changes counted from when they were told (R4.18) */
    int64_t told_charged_parts;
};

/* Rows by the customer's code, then the SKU's; keys[i] is what items[i] is about. */
struct report_rows {
    struct usage_report_row *items;
    struct report_row_key *keys;
    size_t count;
    struct currency currency;
    int rules; /* enum rules_version that the month is rated by */
};

/* The rows of the edge's month with these adjustments, by customer, then SKU. */
enum status report_rows_measure(struct call *call, const struct report_edge *edge,
                                const struct report_adjustment *adjustments, size_t adjustment_count,
                                struct report_rows *rows, struct fault *fault) MUST_CHECK;

/* Adjusts a row, or with NULL withdraws its adjustment; a row that says nothing thereafter goes. */
enum status report_rows_adjust(struct report_rows *rows, size_t row,
                               const struct report_adjustment *adjustment, struct fault *fault) MUST_CHECK;

#endif
