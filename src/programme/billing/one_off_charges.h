/* Charges: services and installation fees, one-off lines of an edge's month that its seller adds.
 *
 * A charge waits until its month is closed and is then a line of that invoice; a month that is closed takes
 * no more. Until then the seller can take it back. */
#ifndef SEATMETER_PROGRAMME_BILLING_ONE_OFF_CHARGES_H
#define SEATMETER_PROGRAMME_BILLING_ONE_OFF_CHARGES_H

#include "core/money/money.h"
#include "core/money/tax.h"
#include "core/time/date.h"
#include "programme/call/call.h"
#include "store/engine/page.h"

struct add_one_off_charge_input {
    struct text seller; /* empty: the actor's account */
    struct text buyer;
    struct text customer; /* the end customer it was done for, or empty */
    struct text month;
    struct text description;
    int64_t quantity;         /* 1 to 1,000,000,000 */
    struct text unit_price;   /* a decimal, "120.50"; not negative */
    struct text tax_category; /* empty: the agreement's category and rate */
    struct text tax_rate;     /* a decimal in percent, "20"; empty with a category: 0 */
};

struct one_off_charge_view {
    struct text identifier; /* chg_… */
    struct text agreement;
    struct text seller_code;
    struct text buyer_code;
    struct text customer_code; /* or empty */
    struct month month;
    struct text description;
    int64_t quantity;
    int64_t unit_price_millionths;
    int64_t amount_minor;
    struct currency currency;
    struct tax tax;
    struct text invoice; /* inv_… once billed, else empty */
    struct text stuck;   /* why no bill will carry it; empty: one will, or does */
};

/* Faults: "month-closed", "month-out-of-range", "malformed-number", … */
enum status add_one_off_charge(struct call *call, const struct add_one_off_charge_input *input,
                               struct one_off_charge_view *result, struct fault *fault) MUST_CHECK;

/* Takes back a charge that is not billed yet. Fault "already-billed". */
enum status remove_one_off_charge(struct call *call, struct text charge, struct fault *fault) MUST_CHECK;

struct list_one_off_charges_input {
    struct text seller; /* empty: any */
    struct text buyer;  /* empty: any */
    struct text month;  /* empty: any */
    struct page page;
};

struct one_off_charge_page {
    const struct one_off_charge_view *items;
    size_t count;
    int64_t next_after;
};

enum status list_one_off_charges(struct call *call, const struct list_one_off_charges_input *input,
                                 struct one_off_charge_page *result, struct fault *fault) MUST_CHECK;

#endif
