/* Agreement: the terms by which the months of one edge (seller, buyer) are rated and billed, and amendments,
 * which replace them from a month on. */
#ifndef SEATMETER_CORE_PARTIES_AGREEMENT_H
#define SEATMETER_CORE_PARTIES_AGREEMENT_H

#include "core/base/state_machine.h"
#include "core/money/tax.h"
#include "core/time/date.h"

#include <stdint.h>

enum agreement_state {
    AGREEMENT_DRAFT,
    AGREEMENT_OFFERED,
    AGREEMENT_SIGNED,
    AGREEMENT_SUSPENDED,
    AGREEMENT_TERMINATED
};
extern const struct state_machine agreement_machine;

struct agreement {
    int64_t id;
    int64_t seller_id;
    int64_t buyer_id;
    enum agreement_state state;
    struct text currency;
    struct text time_zone;
    struct tax tax; /* of lines whose price or charge says nothing else */
    int64_t payment_days;
    int64_t report_due_days;
    struct text terms;    /* free text for the invoices */
    bool bills_elsewhere; /* the buyer bills what it sells on outside of the programme (R7.3) */
    bool
        names_to_vendors; /* the buyer lets vendors read codes and names of providers and customers (R2.17) */
    int64_t offered_at_us; /* 0: not yet; so also below */
    int64_t signed_at_us;
    struct text signed_by;
    int64_t ended_at_us;
    int64_t created_at_us;
    int64_t version;
    /* The months that these terms are for, where an amendment stands before or behind them; else 0. */
    struct month terms_from;
    struct month terms_until; /* the first that they are not for */
};

/* The order of the pairs of seller and buyer of two agreements: below, above or 0. */
int agreement_pair_compare(const struct agreement *a, const struct agreement *b);

/* Whether the terms are those of a month. */
bool agreement_covers(const struct agreement *agreement, struct month month);

/* Whether the agreement was signed before `until_us` and had not ended by `from_us`: in force in a month
 * between them (R7.4). */
bool agreement_was_in_force(const struct agreement *agreement, int64_t from_us, int64_t until_us);

enum amendment_state { AMENDMENT_PROPOSED, AMENDMENT_ACCEPTED, AMENDMENT_WITHDRAWN };
extern const struct state_machine amendment_machine;

/* The terms that an amendment may change, as bits. */
enum amendment_change {
    CHANGES_CURRENCY = 1,
    CHANGES_TIME_ZONE = 2,
    CHANGES_TAX = 4,
    CHANGES_PAYMENT_DAYS = 8,
    CHANGES_REPORT_DAYS = 16,
    CHANGES_TEXT = 32
};

/* All terms of an agreement from a month's first day on: those that it changes, and of the others what holds
 * before it. */
struct amendment {
    int64_t agreement_id;
    int64_t number; /* of the agreement's terms: its first are 1 */
    enum amendment_state state;
    struct month from;
    int64_t changes; /* enum amendment_change */
    struct text currency;
    struct text time_zone;
    struct tax tax;
    int64_t payment_days;
    int64_t report_due_days;
    struct text terms;
    int64_t proposed_at_us;
    struct text proposed_by;
    int64_t decided_at_us; /* accepted or withdrawn; 0: not yet */
    struct text decided_by;
};

/* What of the amendment differs from these terms, as enum amendment_change. */
int64_t amendment_changes_of(const struct agreement *terms, const struct amendment *amendment);

/* Takes over from the terms before it what the amendment does not change; true where that made a difference.
 */
bool amendment_follow(struct amendment *amendment, const struct agreement *before);

/* The agreement with the amendment's terms, from its month on. */
struct agreement agreement_amended(const struct agreement *agreement, const struct amendment *amendment);

#endif
