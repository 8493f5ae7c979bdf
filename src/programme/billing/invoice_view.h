/* Invoice view: shared by the use cases about invoices. */
#ifndef SEATMETER_PROGRAMME_BILLING_INVOICE_VIEW_H
#define SEATMETER_PROGRAMME_BILLING_INVOICE_VIEW_H

#include "programme/billing/show_invoices.h"
#include "programme/call/name_cache.h"
#include "store/billing/invoices.h"

enum status invoice_summarise(struct name_cache *names, const struct invoice_head *head,
                              struct invoice_view *summary, struct fault *fault) MUST_CHECK;

/* A kept line with the names of what it bills. */
enum status invoice_line_fill(struct name_cache *names, const struct billed_line *row,
                              struct invoice_line *line, struct fault *fault) MUST_CHECK;

/* The whole document, which names others as the actor may read them. */
enum status invoice_fill(struct call *call, const struct invoice_head *head, struct invoice *invoice,
                         struct fault *fault) MUST_CHECK;

/* What is still to be settled of a document. */
struct invoice_balance {
    int64_t credited_minor; /* what credit notes took off, as a positive amount */
    int64_t set_off_minor;  /* how much of them was set off; of a credit note, how much of itself */
    int64_t due_minor;
};

enum status invoice_balance_of(struct call *call, const struct invoice_head *head,
                               struct invoice_balance *balance, struct fault *fault) MUST_CHECK;

#endif
