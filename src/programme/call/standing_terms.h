/* Standing terms: which of an agreement's terms are in force at an instant, and what lies ahead of them.
 *
 * An amendment begins with its month, and that begins where the month before ends in the zone of the terms
 * before (R7.19). So the terms are found one after the other, from the first ones on. */
#ifndef SEATMETER_PROGRAMME_CALL_STANDING_TERMS_H
#define SEATMETER_PROGRAMME_CALL_STANDING_TERMS_H

#include "core/parties/agreement.h"
#include "programme/call/call.h"

/* The month of an instant in the zone that was asked for last: many agreements have one zone. Begin it as
 * {.call = call}. */
struct last_month {
    const struct call *call;
    struct text zone;
    int64_t at_us;
    struct month month;
};

struct standing_terms {
    struct agreement terms;  /* the agreement with them; terms_from is 0 of the first ones */
    int64_t number;          /* 1: the first ones */
    struct amendment *ahead; /* proposed, or accepted and not begun; by month, then number */
    size_t ahead_count;
    /* The agreement's own, and a step for all that became of each of its amendments: proposed, accepted,
     * begun or withdrawn. Readers are shown it, and If-Match is held against it. */
    int64_t version;
};

/* At that instant, or at the end of an agreement that has ended by then: what had not begun never does.
 * `amendments` are all of the agreement, by number. */
enum status standing_terms_find(struct last_month *last, const struct agreement *first,
                                const struct amendment *amendments, size_t count, int64_t at_us,
                                struct standing_terms *out, struct fault *fault) MUST_CHECK;

/* The same for one agreement, whose amendments it loads. */
enum status standing_terms_load(const struct call *call, const struct agreement *first, int64_t at_us,
                                struct standing_terms *out, struct fault *fault) MUST_CHECK;

/* The month of the instant, as months run on the edge: the first one in another zone begins where the last
 * one ended. */
enum status standing_month(const struct call *call, const struct agreement *first, int64_t at_us,
                           struct month *month, struct fault *fault) MUST_CHECK;

/* What is proposed takes over from the terms of its month what it does not change, and terms that were
 * accepted have done so. */
enum status standing_terms_follow(const struct call *call, const struct agreement *first,
                                  struct amendment *amendment, struct fault *fault) MUST_CHECK;

#endif
