/* Line groups: an invoice's lines, put together for readers: once per SKU, once per end customer.
 *
 * Lines of one SKU at one unit price, tax and corrected month become one row. An amount is the sum of its
 * lines' amounts, each of which was rounded, so it may differ from quantity × unit price by some minor units.
 */
#ifndef SEATMETER_DOCUMENTS_INVOICE_LINE_GROUPS_H
#define SEATMETER_DOCUMENTS_INVOICE_LINE_GROUPS_H

#include "core/money/invoice.h"

struct line_group {
    const struct invoice_line *line; /* the first of its lines: SKU, description, unit price, tax */
    struct text corrects;            /* "2026-10" where the lines correct a month, else empty */
    size_t line_count;
    struct quantity quantity;
    int64_t amount_minor;
};

struct customer_group {
    struct text code; /* both empty: lines for no one end customer */
    struct text name;
    size_t line_count;
    const struct invoice_line **lines; /* in the invoice's order */
    int64_t subtotal_minor;
};

/* Rows by SKU in byte order, then in the invoice's order; corrections behind, then lines without a SKU. */
enum status line_groups_by_sku(struct arena *arena, const struct invoice *invoice, struct line_group **rows,
                               size_t *row_count, struct fault *fault) MUST_CHECK;

/* Groups in the invoice's order, the one without an end customer last. */
enum status line_groups_by_customer(struct arena *arena, const struct invoice *invoice,
                                    struct customer_group **groups, size_t *group_count,
                                    struct fault *fault) MUST_CHECK;

/* Whether the lines are the buyer's own: no further end customer is named. */
bool line_groups_are_for_buyer(const struct invoice *invoice);

#endif
