/* Report rows: a usage report filled in from the meter, as a close will measure it on the same edge.
 *
 * Both read programme/billing/usage.h with the price that holds on the edge, so that what was approved is
 * what is billed. A (customer, SKU) that the edge is not billed for (a part of a bundle that was composed
 * further up or down) has no row. */
#ifndef SEATMETER_PROGRAMME_USAGE_REPORT_ROWS_H
#define SEATMETER_PROGRAMME_USAGE_REPORT_ROWS_H

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

/* What a row is about, in numbers. */
struct report_row_key {
    int64_t customer_id;
    int64_t sku_id;
};

/* Rows by the customer's code, then the SKU's, with `keys` beside them. */
enum status report_rows_measure(const struct call *call, const struct report_edge *edge,
                                const struct report_adjustment *adjustments, size_t adjustment_count,
                                struct usage_report_row **rows, struct report_row_key **keys, size_t *count,
                                struct fault *fault) MUST_CHECK;

#endif
