/* Corrections: what should have been charged for a month that is closed.
 *
 * Whoever is on the path of a customer's SKU gives a correction once, and every edge of the path gets its own
 * (give_correction.c). It says units or, of a licence, from when on it should have counted how many seats. It
 * binds an edge once the edge's seller has accepted it (decide_corrections.c); on that edge's next close the
 * lines of that (month, SKU) are rated again with all that bind it, and every line in effect that differs is
 * reversed and replaced, naming the month and the document. Who is a party of an edge sees its correction and
 * its money, and nothing of the others. */
#ifndef SEATMETER_PROGRAMME_BILLING_CORRECTIONS_H
#define SEATMETER_PROGRAMME_BILLING_CORRECTIONS_H

#include "core/time/date.h"
#include "programme/billing/correction_money.h"
#include "programme/call/call.h"
#include "programme/call/name_cache.h"
#include "store/engine/page.h"

/* Either month, customer, SKU and units, or licence, at and seats. */
struct add_correction_input {
    struct text giver; /* whose correction it is; empty: the actor's account */
    struct text month; /* the closed month */
    struct text customer;
    struct text sku;
    bool has_units;
    int64_t units; /* chargeable units, 0 or more */
    struct text licence;
    struct text at;
    bool has_seats;
    int64_t seats; /* that it should have counted from `at` to the month's end; 0: it was off */
    struct text reason;
    bool dry_run; /* only shows what it would come to on the edges that the actor may see */
};

/* The correction of one edge. */
struct correction_view {
    struct text identifier; /* cor_…; empty: only tried */
    struct text agreement;
    struct text seller_code;
    struct text buyer_code;
    struct text giver_code; /* empty: none of the reader's business */
    struct text customer_code;
    struct text sku;
    struct month month;
    int64_t units;
    struct text licence; /* of a late event, else empty */
    int64_t at_us;
    int64_t seats;
    struct text reason;
    struct text state;      /* waiting, accepted, refused, withdrawn, billed */
    int64_t silent_at_us;   /* from when on a close takes the seller's silence for a yes; 0: never */
    int64_t decided_at_us;  /* 0: not yet */
    struct text decision;   /* why it was refused */
    struct text created_by; /* for the giver alone */
    int64_t created_at_us;
    struct correction_money money; /* where it was asked for and no bill carries it yet */
    struct text invoice;           /* inv_… that carries it, else empty */
    struct text stuck;             /* why no bill will carry it; empty: one will, or does */
};

struct correction_page {
    const struct correction_view *items;
    size_t count;
    int64_t next_after;
};

/* Gives it to every edge of the path. `result` has those of the edges that the actor may see. Faults
 * "not-on-path", "month-not-closed" (on each edge of the giver's own: then the report is what to adjust),
 * "price-missing", "other-currency", "licence-never-on", "part-of-bundle", "nothing-to-correct". */
enum status add_correction(struct call *call, const struct add_correction_input *input,
                           struct correction_page *result, struct fault *fault) MUST_CHECK;

struct decide_correction_input {
    struct text correction;
    struct text reason; /* of a refusal */
};

/* By the edge's seller, while it waits. Fault "wrong-state". */
enum status accept_correction(struct call *call, const struct decide_correction_input *input,
                              struct correction_view *out, struct fault *fault) MUST_CHECK;
enum status refuse_correction(struct call *call, const struct decide_correction_input *input,
                              struct correction_view *out, struct fault *fault) MUST_CHECK;

/* By the giver, named by the correction of any edge that it sees: on every edge where no bill carries it yet.
 * Fault "nothing-to-withdraw". */
enum status remove_correction(struct call *call, struct text correction, struct fault *fault) MUST_CHECK;

/* Accepts what silence accepts by now on the edges that a seller (0: anybody) sells on: what raises the bill
 * of its giver, the buyer, and lowers nothing. Part of a close; each in a
 * transaction of its own. */
enum status accept_silent_corrections(struct call *call, int64_t seller_id, struct fault *fault) MUST_CHECK;

enum status show_correction(struct call *call, struct text correction, struct correction_view *out,
                            struct fault *fault) MUST_CHECK;

struct list_corrections_input {
    struct text seller; /* empty: any */
    struct text buyer;  /* empty: any */
    struct text month;  /* the corrected one; empty: any */
    struct text state;  /* empty: any */
    struct page page;
};

/* Without the money, which show_correction has. */
enum status list_corrections(struct call *call, const struct list_corrections_input *input,
                             struct correction_page *result, struct fault *fault) MUST_CHECK;

/* ---- for the files of corrections ---- */

/* A correction as the actor reads it, with its money where that is given. */
enum status view_correction(struct name_cache *names, const struct correction *correction,
                            const struct correction_money *money, struct correction_view *view,
                            struct fault *fault) MUST_CHECK;

/* Writes the audit entry of what the giver did to a correction. On an edge that is none of its own the entry
 * is the edge's seller's alone: the giver is not to know even that there is one (R7.23). */
enum status audit_giver(struct call *call, const struct correction *correction,
                        const struct agreement *agreement, const char *action, struct text detail,
                        struct fault *fault) MUST_CHECK;

/* One that the actor may see, as a party of its edge. Fault "unknown-correction". */
enum status find_correction(struct call *call, struct text word, struct correction *correction,
                            struct agreement *agreement, struct fault *fault) MUST_CHECK;

/* A month of before the edge that is closed above its buyer is closed on it, with nothing on it (R7.21).
 * Anything else is left as it is; `*is_closed` says how it stands then. */
enum status close_month_of_before(struct call *call, const struct agreement *agreement, struct month month,
                                  bool dry_run, bool *is_closed, struct fault *fault) MUST_CHECK;

/* The reason of a correction or refusal: something visible of up to 500 bytes. */
enum status check_correction_reason(struct text reason, struct fault *fault) MUST_CHECK;

#endif
