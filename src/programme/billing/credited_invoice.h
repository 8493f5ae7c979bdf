/* Credited invoice: an invoice, and what its credit notes have left of it.
 *
 * Whoever issues a credit note asks first what is left: of the taxes, so that no credit takes more than was
 * billed, and of the amount, which a credit note is set off against as far as it is still to be settled. */
#ifndef SEATMETER_PROGRAMME_BILLING_CREDITED_INVOICE_H
#define SEATMETER_PROGRAMME_BILLING_CREDITED_INVOICE_H

#include "core/money/tax_left.h"
#include "programme/call/call.h"
#include "store/billing/invoices.h"

struct credited_invoice {
    struct invoice_head head;
    struct tax_left left;
    int64_t open_minor; /* still to be settled, or written off and not credited since; never below 0 */
};

/* As its credit notes with ids below `before_id` have left it; INT64_MAX: as all have. */
enum status credited_invoice_load(struct call *call, int64_t invoice_id, int64_t before_id,
                                  struct credited_invoice *credited, struct fault *fault) MUST_CHECK;

/* The taxes of a credit note with these lines, which come off what is left. Credit notes whose lines do not
 * say what they take back are of before: each of theirs was rounded by itself. */
enum status credited_invoice_take(struct credited_invoice *credited, const struct billed_line *lines,
                                  size_t count, struct tax_total **taxes, size_t *tax_count,
                                  struct fault *fault) MUST_CHECK;

#endif
