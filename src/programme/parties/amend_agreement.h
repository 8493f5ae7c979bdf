/* Amending an agreement: new terms from a month's first day on. Licences, keys and devices stay as they are.
 *
 * The seller proposes. A change of the tax alone, which the law makes, needs no more than that notice. What
 * the buyer owes, when, and for what it is liable needs its acceptance; for a customer its seller accepts, as
 * it has signed for it. A month that is over is changed by acceptance alone. Until then the old terms go on
 * (docs/rules.md, R1.10). An amendment changes what it names and nothing else: the rest is what holds before
 * it, whatever was accepted in the meantime. */
#ifndef SEATMETER_PROGRAMME_PARTIES_AMEND_AGREEMENT_H
#define SEATMETER_PROGRAMME_PARTIES_AMEND_AGREEMENT_H

#include "programme/call/lookup_agreement.h"
#include "programme/parties/agreements.h"

struct amend_agreement_input {
    struct agreement_words agreement;
    struct text from;                   /* the month */
    struct agreement_terms_input terms; /* empty texts stay as they are in that month */
    int64_t if_version;                 /* of the agreement */
};

/* Faults: "wrong-state" (only a signed or suspended agreement is amended), "malformed-month", "month-closed",
 * "month-too-early" (before the signature), "month-too-far" (more than twelve ahead), "nothing-changed",
 * "correction-waiting" and "charge-waiting" (in the currency that is to change), "stale", those of
 * offer_agreement's terms. */
enum status amend_agreement(struct call *call, const struct amend_agreement_input *input,
                            struct terms_view *out, struct fault *fault) MUST_CHECK;

struct decide_amendment_input {
    struct agreement_words agreement;
    struct text number;      /* "2" */
    struct text accepted_by; /* the person who accepts; of accept_amendment */
    int64_t if_version;      /* of the agreement: a buyer accepts what it has read */
};

/* For the buyer; for a customer's seller too. Faults: "unknown-amendment", "wrong-state", "missing-field",
 * "month-closed", "correction-waiting", "charge-waiting", "amendment-exists" (a later proposal of the same
 * binds already), "stale". */
enum status accept_amendment(struct call *call, const struct decide_amendment_input *input,
                             struct terms_view *out, struct fault *fault) MUST_CHECK;

/* For either party while it is only proposed; later, until it begins, for who could have bound the buyer
 * alone. Faults: "unknown-amendment", "wrong-state", "amendment-agreed", "amendment-begun", "charge-waiting",
 * "stale". */
enum status withdraw_amendment(struct call *call, const struct decide_amendment_input *input,
                               struct terms_view *out, struct fault *fault) MUST_CHECK;

struct terms_list {
    struct terms_view *items; /* by number */
    size_t count;
};
enum status list_terms(struct call *call, const struct agreement_words *agreement, struct terms_list *out,
                       struct fault *fault) MUST_CHECK;

#endif
