/* Close result: what a close of a month did, edge by edge. */
#ifndef SEATMETER_PROGRAMME_BILLING_CLOSE_RESULT_H
#define SEATMETER_PROGRAMME_BILLING_CLOSE_RESULT_H

#include "core/money/money.h"
#include "core/time/date.h"
#include "programme/call/call.h"

/* What corrections took back beyond the month's own lines (R7.18). */
struct close_month_credit_note {
    struct text invoice; /* inv_…; empty in a dry run, as its number is */
    struct text number;
    struct text corrects; /* the number of the invoice that it corrects */
    int64_t gross_minor;
};

/* What waits for the edge and is in another currency than its bill: a charge, or corrections of a SKU. */
struct close_month_stuck {
    struct text charge; /* chg_…; empty: corrections */
    struct text sku;
    struct month month;
    struct text reason; /* one sentence */
};

/* One edge that was closed, or that stays open. */
struct close_month_edge {
    struct text agreement; /* agr_… */
    struct text seller_code;
    struct text seller_name;
    struct text buyer_code;
    struct text buyer_name;
    /* closed: the invoice, where there was something to bill */
    bool has_invoice;
    struct text invoice; /* inv_…; empty: none, or a dry run */
    struct text number;
    struct currency currency;
    int64_t gross_minor;
    const struct close_month_credit_note *credit_notes;
    size_t credit_note_count;
    const struct close_month_stuck *stuck; /* what waits and is not on it */
    size_t stuck_count;
    struct text tax_remark; /* what the invoice lacks by the rules of its tax categories; empty: nothing */
    bool billed_elsewhere;  /* its seller bills usage elsewhere: only charges and corrections are on it */
    /* open: why */
    struct text reason;  /* "month-not-ended", "report-missing", "price-missing", "amount-overflow", … */
    struct text message; /* one sentence; names what is missing */
};

struct close_month_result {
    struct month month;
    bool dry_run; /* nothing was closed: `closed` would be, and its documents have no numbers */
    const struct close_month_edge *closed; /* by this call; by seller, then buyer */
    size_t closed_count;
    const struct close_month_edge *open;
    size_t open_count;
    int64_t already_closed; /* edges that were closed before */
    int64_t invoice_count;  /* of this call */
    int64_t line_count;
    int64_t reports_approved; /* by the system, as overdue */
};

#endif
