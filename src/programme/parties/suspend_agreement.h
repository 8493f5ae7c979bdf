/* Suspending, resuming and terminating an agreement: the seller's means, with everything below the edge.
 *
 * Suspending stops every licence below without touching its own state; resuming brings back what nothing else
 * above suspends. Terminating turns off and retires all licences below, closes the blocks and ends the
 * agreements below, for good. Each is one transaction of a few statements, however many licences there are. A
 * vendor's edge reaches the licences of that vendor's SKUs alone. */
#ifndef SEATMETER_PROGRAMME_PARTIES_SUSPEND_AGREEMENT_H
#define SEATMETER_PROGRAMME_PARTIES_SUSPEND_AGREEMENT_H

#include "programme/call/call.h"

/* The edge: its agreement's identifier, or its parties. */
struct suspend_agreement_input {
    struct text agreement; /* agr_…; empty: by the parties */
    struct text seller;
    struct text buyer;
    struct text reason; /* for the audit trail; may be empty */
    int64_t if_version;
};

struct cascade_result {
    struct text agreement; /* agr_… */
    struct text state;     /* of the agreement, now */
    int64_t licences;      /* how many were suspended, resumed or retired */
    int64_t agreements;    /* how many agreements below ended with it */
    int64_t version;
};

enum status suspend_agreement(struct call *call, const struct suspend_agreement_input *input,
                              struct cascade_result *out, struct fault *fault) MUST_CHECK;
enum status resume_agreement(struct call *call, const struct suspend_agreement_input *input,
                             struct cascade_result *out, struct fault *fault) MUST_CHECK;
enum status terminate_agreement(struct call *call, const struct suspend_agreement_input *input,
                                struct cascade_result *out, struct fault *fault) MUST_CHECK;

#endif
