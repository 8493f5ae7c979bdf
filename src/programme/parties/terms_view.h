/* Terms as people read them: those that an agreement began with, those in force, and amendments. */
#ifndef SEATMETER_PROGRAMME_PARTIES_TERMS_VIEW_H
#define SEATMETER_PROGRAMME_PARTIES_TERMS_VIEW_H

#include "core/parties/agreement.h"
#include "programme/call/call.h"

/* The terms that an agreement has from a month on; the first ones have no month. */
struct terms_view {
    int64_t number;        /* 1: the agreement's first */
    int64_t changes;       /* enum amendment_change: what of it is new; the rest is what holds before it */
    struct text agreement; /* agr_… */
    struct text state;     /* "proposed", "accepted", "withdrawn" */
    struct text from;      /* "2026-11", or empty */
    struct text currency;
    struct text time_zone;
    struct text tax_category;
    struct text tax_rate; /* percent */
    int64_t payment_days;
    int64_t report_due_days;
    struct text terms;
    int64_t proposed_at_us;
    struct text proposed_by;
    int64_t decided_at_us; /* accepted or withdrawn; 0: not yet */
    struct text decided_by;
};

/* Those that the agreement, as it is given, has: its first ones, or what an amendment made of it. */
struct terms_view terms_view_of(struct call *call, const struct agreement *agreement);

struct terms_view terms_view_amended(struct call *call, const struct agreement *agreement,
                                     const struct amendment *amendment);

#endif
