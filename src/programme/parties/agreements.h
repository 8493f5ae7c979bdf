/* Agreements: offering one, signing it, listing and showing. (Suspending, resuming and terminating are in
 * suspend_agreement.h.)
 *
 * The seller offers, the buyer signs. What is not signed yet may be offered again with other terms; a signed
 * agreement stands as it is. An edge goes from a seller to an account that it is the seller of, or from a
 * vendor to the distributor. */
#ifndef SEATMETER_PROGRAMME_PARTIES_AGREEMENTS_H
#define SEATMETER_PROGRAMME_PARTIES_AGREEMENTS_H

#include "programme/call/call.h"
#include "programme/parties/terms_view.h"
#include "store/parties/agreements.h"

/* Empty texts take the defaults that stand behind. */
struct agreement_terms_input {
    struct text currency;        /* the programme's */
    struct text time_zone;       /* the programme's */
    struct text tax_category;    /* "O" (not subject to tax) */
    struct text tax_rate;        /* percent, "20" or "8.25"; 0 */
    bool tax_is_taken_over;      /* of an agreement that was: its parties are not asked for tax numbers */
    struct text payment_days;    /* 30 */
    struct text report_due_days; /* 5 */
    struct text text;            /* terms that the invoices print; none */
    struct text bills_elsewhere; /* "no"; "yes" where the buyer, a reseller, bills its own buyers elsewhere */
    struct text names_to_vendors; /* "no"; "yes" where the buyer lets vendors read names (R2.17) */
};

struct agreement_view {
    int64_t id;
    struct text identifier; /* agr_… */
    struct text state;
    struct text seller; /* acc_… */
    struct text seller_code;
    struct text seller_name;
    struct text buyer;
    struct text buyer_code;
    struct text buyer_name;
    struct terms_view in_force; /* now; of an ended agreement, at its end */
    struct terms_view *ahead;   /* proposed, or accepted and not begun; by month */
    size_t ahead_count;
    bool bills_elsewhere;
    bool names_to_vendors;
    int64_t offered_at_us; /* 0: not */
    int64_t signed_at_us;
    struct text signed_by;
    int64_t ended_at_us;
    int64_t created_at_us;
    int64_t version; /* of the terms too: every amendment raises it, and so does its first month */
};

struct offer_agreement_input {
    struct text seller; /* empty: the actor's account; the distributor for the operator */
    struct text buyer;
    struct agreement_terms_input terms;
    bool as_draft;      /* kept by the seller until it is offered; the buyer does not see it */
    int64_t if_version; /* of the one that is offered again */
};

/* Faults: "not-an-edge", "agreement-exists" (signed or suspended already), "unknown-currency",
 * "unknown-time-zone", faults of the tax ("tax-number-missing", "country-missing" among them),
 * "malformed-days", "not-a-reseller", "names-not-given", "stale". */
enum status offer_agreement(struct call *call, const struct offer_agreement_input *input,
                            struct agreement_view *out, struct fault *fault) MUST_CHECK;

/* The terms that are the buyer's own to say, of an agreement in any state but terminated: whether it bills
 * what it sells elsewhere (R7.3), which holds for every month that is open; and whether it lets vendors read
 * codes and names of providers and customers (R2.17), which holds from now on. */
struct edit_agreement_input {
    struct text agreement; /* agr_…; empty: by the parties */
    struct text seller;
    struct text buyer;
    struct text bills_elsewhere; /* "yes" or "no"; empty: as it is, so also below */
    struct text names_to_vendors;
    int64_t if_version;
};

/* Faults: "not-a-reseller", "names-not-given", "wrong-state", "missing-field", "malformed-yes-no", "stale".
 */
enum status edit_agreement(struct call *call, const struct edit_agreement_input *input,
                           struct agreement_view *out, struct fault *fault) MUST_CHECK;

struct sign_agreement_input {
    struct text agreement; /* agr_…; empty: by the parties */
    struct text seller;    /* empty: the buyer's seller; the vendor must be named */
    struct text buyer;     /* empty: the actor's account */
    struct text signed_by; /* the person who signs */
    int64_t if_version;    /* a buyer signs the terms that it has read */
};

/* Faults: "wrong-state", "missing-field", "stale". */
enum status sign_agreement(struct call *call, const struct sign_agreement_input *input,
                           struct agreement_view *out, struct fault *fault) MUST_CHECK;

/* By identifier, or by seller and buyer. */
enum status show_agreement(struct call *call, struct text agreement, struct text seller, struct text buyer,
                           struct agreement_view *out, struct fault *fault) MUST_CHECK;

/* Empty texts leave a condition out. */
struct list_agreements_input {
    struct text seller;
    struct text buyer;
    struct text state;
    bool proposed; /* only those with terms that wait for acceptance */
    struct page page;
};
struct agreement_page {
    struct agreement_view *items;
    size_t count;
    int64_t next_after;
};
enum status list_agreements(struct call *call, const struct list_agreements_input *input,
                            struct agreement_page *out, struct fault *fault) MUST_CHECK;

/* For use cases that add an account with its agreement: signed at once by nobody in particular. */
enum status agreement_create_signed(struct call *call, int64_t seller_id, int64_t buyer_id,
                                    const struct agreement_terms_input *terms,
                                    struct fault *fault) MUST_CHECK;

#endif
