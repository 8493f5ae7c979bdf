/* Settle invoice: what becomes of a document's amount after it was issued.
 *
 * Credit notes of an invoice that is not settled are set off against it: what is due shrinks, and they are
 * settled with it. A credit note of a settled invoice stands for itself: paying it is the refund (R8.2). */
#ifndef SEATMETER_PROGRAMME_RECEIVABLES_SETTLE_INVOICE_H
#define SEATMETER_PROGRAMME_RECEIVABLES_SETTLE_INVOICE_H

#include "programme/billing/show_invoices.h"

struct settle_invoice_input {
    struct text invoice;
    struct text note; /* for the audit trail: a bank reference, a reason; may be empty */
};

/* issued → paid: cash against the receivable. Faults "wrong-state", "set-off". */
enum status pay_invoice(struct call *call, const struct settle_invoice_input *input,
                        struct invoice_view *result, struct fault *fault) MUST_CHECK;

/* issued → written off: bad debt against the receivable. Faults "wrong-state", "set-off". */
enum status write_off_invoice(struct call *call, const struct settle_invoice_input *input,
                              struct invoice_view *result, struct fault *fault) MUST_CHECK;

#endif
