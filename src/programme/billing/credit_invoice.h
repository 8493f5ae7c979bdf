/* Credit invoice: a credit note repeats lines of its invoice with the sign turned (R8.1).
 *
 * Negative quantities and amounts make sums over documents plain sums. Its lines keep the positions of the
 * lines that they credit. Only a line that nothing has taken back is credited: neither an earlier credit note
 * nor a correction. An invoice that is credited in whole takes with it what corrections put in place of its
 * lines on credit notes of it. */
#ifndef SEATMETER_PROGRAMME_BILLING_CREDIT_INVOICE_H
#define SEATMETER_PROGRAMME_BILLING_CREDIT_INVOICE_H

#include "programme/billing/show_invoices.h"

struct credit_invoice_input {
    struct text invoice;
    const int64_t *positions; /* of the lines to credit, from 1; NULL: every line not yet credited */
    size_t position_count;
    struct text reason;
};

/* Issues a credit note. Faults: "no-lines", "nothing-to-credit", "unknown-line", "already-credited" (so too
 * where a correction took the line back), "credit-asks" where the lines would ask for money, "credit-exceeds"
 * where they come to more than is left of the invoice, "wrong-kind", "wrong-state". */
enum status credit_invoice(struct call *call, const struct credit_invoice_input *input,
                           struct invoice_view *result, struct fault *fault) MUST_CHECK;

#endif
