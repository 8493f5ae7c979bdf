/* Corrections: what should have been charged for a month that is closed.
 *
 * The seller records the units; on the edge's next close the lines of that (month, SKU) are rated again with
 * all corrections, and every line in effect that differs is reversed and replaced on the new invoice, naming
 * the month and the document.
 * Of several for one (customer, SKU, month) the last counts. */
#ifndef SEATMETER_PROGRAMME_BILLING_CORRECTIONS_H
#define SEATMETER_PROGRAMME_BILLING_CORRECTIONS_H

#include "core/time/date.h"
#include "programme/call/call.h"
#include "store/engine/page.h"

struct add_correction_input {
    struct text seller; /* empty: the actor's account */
    struct text buyer;
    struct text month; /* the closed month */
    struct text customer;
    struct text sku;
    int64_t units; /* chargeable units, 0 or more */
    struct text reason;
};

struct correction_view {
    struct text identifier; /* cor_… */
    struct text agreement;
    struct text seller_code;
    struct text buyer_code;
    struct text customer_code;
    struct text sku;
    struct month month;
    int64_t units;
    struct text reason;
    struct text created_by;
    int64_t created_at_us;
    struct text invoice; /* inv_… that carries it, else empty: it waits */
    struct text stuck;   /* why no bill will carry it; empty: one will, or does */
};

/* Faults: "month-not-closed" (then the report is what to adjust), "price-missing". */
enum status add_correction(struct call *call, const struct add_correction_input *input,
                           struct correction_view *result, struct fault *fault) MUST_CHECK;

struct list_corrections_input {
    struct text seller; /* empty: any */
    struct text buyer;  /* empty: any */
    struct text month;  /* the corrected one; empty: any */
    struct page page;
};

struct correction_page {
    const struct correction_view *items;
    size_t count;
    int64_t next_after;
};

enum status list_corrections(struct call *call, const struct list_corrections_input *input,
                             struct correction_page *result, struct fault *fault) MUST_CHECK;

#endif
