/* Waiting: whether what waits for a bill of its seller and buyer, a charge or a correction, can still come
 * onto one (R7.20).
 *
 * A bill has one currency, that of its month's terms. What is in another than every bill that may come is
 * stuck. */
#ifndef SEATMETER_PROGRAMME_BILLING_WAITING_H
#define SEATMETER_PROGRAMME_BILLING_WAITING_H

#include "core/time/date.h"
#include "programme/call/call.h"

struct waiting {
    int64_t seller_id;
    int64_t buyer_id;
    struct month month;   /* that it is of */
    struct text currency; /* that month's */
};

/* Why no bill will carry it, one sentence in the call's arena; empty: one will. A charge of a month that is
 * open stands on that month's bill. */
enum status find_why_stuck(struct call *call, const struct waiting *waiting, struct text *why,
                           struct fault *fault) MUST_CHECK;

#endif
