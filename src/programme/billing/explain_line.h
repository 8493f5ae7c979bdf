/* Explain line: the way back from a line of a document to what it was computed from (R7.14).
 *
 * A line of usage is rated again by the functions that the close rates with, and shown with everything that
 * they read: the licences that its edge bills, their seats and events, S(t), the price and its terms, what
 * was set by hand, and the arithmetic. Where that gives something else than was billed, it says so; nothing
 * is asserted of what is stored. A line of another kind says where it comes from.
 *
 * Who may see the document may see the explanation (R2.3), which tells nothing of any other edge: not its
 * prices, its adjustments or its bundles. */
#ifndef SEATMETER_PROGRAMME_BILLING_EXPLAIN_LINE_H
#define SEATMETER_PROGRAMME_BILLING_EXPLAIN_LINE_H

#include "core/money/billed_line.h"
#include "core/money/invoice.h"
#include "core/money/price.h"
#include "core/rating/charge.h"
#include "core/usage/meter_trace.h"
#include "programme/call/call.h"

struct explain_line_input {
    struct text invoice; /* as show_invoice takes it */
    int64_t line;        /* from 1, as the document shows its lines */
};

enum explained_kind {
    EXPLAINED_USAGE,
    EXPLAINED_MINIMUM,       /* makes up the price's minimum, for no one customer */
    EXPLAINED_CHARGE,        /* a one-off charge */
    EXPLAINED_CORRECTION,    /* what a closed month is charged instead */
    EXPLAINED_REVERSAL,      /* takes back a line of a closed month */
    EXPLAINED_NO_DIFFERENCE, /* answers a correction that changed nothing */
    EXPLAINED_CREDIT         /* a line of a credit note */
};

/* "usage", "minimum", "charge", "correction", "reversal", "no-difference", "credit". */
const char *explained_kind_name(enum explained_kind kind);

/* A licence that is billed on this edge. */
struct explained_licence {
    struct text identifier; /* lic_… */
    int32_t opening_seats;  /* that counted just before the month */
    int32_t highest_seats;  /* its own most, in the time that counts */
};

/* A change of what counts of a licence. */
struct explained_event {
    struct text licence;
    int64_t at_us;
    int32_t seats_before;
    int32_t seats_after;
};

/* The month of use, and what was metered in it. */
struct explained_meter {
    struct text time_zone;
    struct month_span span;
    int64_t counted_from_us;                  /* the month's start or, within it, a trial's end */
    const struct explained_licence *licences; /* by their first event on */
    size_t licence_count;
    const struct explained_event *events; /* in the month, by time */
    size_t event_count;
    struct meter_trace trace; /* S(t), and per day */
    struct quantity measured;
};

/* How the line's amount follows. */
struct explained_sum {
    struct quantity total;      /* the SKU's on this edge: all customers, and what a minimum adds */
    size_t tier;                /* index into the price's tiers */
    struct quantity tier_total; /* of all customers, in this tier */
    bool is_shared;             /* a tier's total was split over customers by largest remainder */
    bool is_rounded;            /* half away from zero */
    struct text words;          /* all of it in a sentence */
};

/* Another document's line. */
struct explained_reference {
    struct text invoice; /* inv_… */
    struct text number;
    int64_t line;
};

struct explained_override {
    bool is_set;
    int64_t units;
    struct text reason;
};

struct line_explanation {
    enum explained_kind kind;
    struct text invoice; /* inv_… */
    struct text number;
    int64_t line;
    struct text agreement; /* agr_… */
    struct text seller_code;
    struct text buyer_code;
    struct currency currency;
    struct month month; /* of use: the document's, or the one that is corrected */
    struct invoice_line billed;

    /* Set for usage, minimum and correction. */
    int rules;                 /* that the month was closed by (core/rating/rules.h) */
    const struct price *price; /* with its tiers and terms; NULL: the SKU has none any more */
    struct explained_meter meter;
    enum charge_reason why;
    struct quantity charged; /* the customer's, over all its lines of the SKU */
    struct explained_override adjustment;
    struct explained_override correction;
    bool has_computed;
    struct billed_line computed; /* the line as it is rated now */
    struct explained_sum sum;
    bool agrees; /* what is computed now is what was billed */

    const int64_t *replaces; /* of a correction: the lines of this document that it stands in place of */
    size_t replaced_count;
    struct explained_reference reference; /* of a reversal or a credit: the line that it turns round */
    struct text charge;                   /* chg_… of a one-off charge */
    int64_t charge_added_at_us;
};

/* Faults: "unknown-invoice", as for a document that is not there; "unknown-line". */
enum status explain_line(struct call *call, const struct explain_line_input *input,
                         struct line_explanation *result, struct fault *fault) MUST_CHECK;

#endif
