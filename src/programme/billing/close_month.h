/* Close month: rates every edge that is ready, in one transaction, and issues its invoices.
 *
 * An edge is ready when the month has ended in its time zone, everything used on it has a price and, where
 * its buyer is a provider, the report is approved or overdue (then the system approves what it measured).
 * Run again it closes what has become ready since and nothing twice: of two closes at once the second waits
 * its turn and finds `already_closed`, or gives up with "database-busy". What is computed depends on the
 * records alone, in the order of labels, so that a close after a crash gives the same invoices.
 *
 * In a dry run (struct call) all of this happens and is rolled back: the result says what a close would bill
 * now. */
#ifndef SEATMETER_PROGRAMME_BILLING_CLOSE_MONTH_H
#define SEATMETER_PROGRAMME_BILLING_CLOSE_MONTH_H

#include "core/money/money.h"
#include "core/time/date.h"
#include "programme/call/call.h"

struct close_month_input {
    struct text month;  /* "2026-11" */
    struct text seller; /* only the edges that this account sells on; empty: all that the actor may close */
};

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

/* Faults: "malformed-month"; "month-not-ended" where the month has ended on no edge at all; "forbidden". */
enum status close_month(struct call *call, const struct close_month_input *input,
                        struct close_month_result *result, struct fault *fault) MUST_CHECK;

#endif
