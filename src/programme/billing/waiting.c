#include "programme/billing/waiting.h"

#include "programme/call/lookup_agreement.h"
#include "programme/call/open_zone.h"
#include "store/billing/months.h"
#include "store/parties/amendments.h"

/* The agreements of a pair, and how far its months are closed. */
struct pair {
    struct agreement *agreements; /* with their first terms, by id */
    size_t count;
    struct month
        next; /* whose bill may carry what waits: its own month's, else those behind the closed ones */
};

static enum status load_pair(struct call *call, const struct waiting *waiting, struct pair *pair,
                             struct fault *fault) {
    struct month behind = waiting->month;
    bool is_closed = false;
    *pair = (struct pair){0};
    TRY(find_pair(call, waiting->seller_id, waiting->buyer_id, &pair->agreements, &pair->count, fault));
    for (size_t i = 0; i < pair->count; i++) {
        enum month_state state = MONTH_OPEN;
        struct month last = {MONTH_NONE};
        TRY(month_state_load(call->db, pair->agreements[i].id, waiting->month, &state, fault));
        TRY(month_last_closed(call->db, pair->agreements[i].id, &last, fault));
        is_closed = is_closed || state == MONTH_CLOSED;
        if (last.index >= behind.index) {
            behind = month_plus(last, 1);
        }
    }
    pair->next = is_closed ? behind : waiting->month;
    return STATUS_OK;
}

/* The months that an agreement answers for: up to the one in which it ended, and that one too where no other
 * was signed in it. Where none came after, it answers for what is billed later as well. */
static enum status last_month_of(struct call *call, const struct pair *pair, size_t at, struct month *last,
                                 struct fault *fault) {
    const struct agreement *agreement = &pair->agreements[at];
    const struct agreement *after = NULL;
    struct zone *zone = NULL;
    for (size_t i = at + 1; i < pair->count && after == NULL; i++) {
        after = pair->agreements[i].signed_at_us > 0 ? &pair->agreements[i] : NULL;
    }
    *last = (struct month){INT32_MAX};
    if (after == NULL || agreement->ended_at_us == 0) {
        return STATUS_OK;
    }
    TRY(open_zone(call, agreement->time_zone, &zone, fault));
    *last = zone_month_at(zone, agreement->ended_at_us);
    bool is_shared = zone_month_at(zone, after->signed_at_us).index <= last->index;
    *last = is_shared ? month_plus(*last, -1) : *last;
    zone_close(zone);
    return STATUS_OK;
}

/* Whether one of the agreement's terms for months from `next` to `last` is in the currency; `present` becomes
 * that of the first of them. */
static enum status has_terms_in(struct call *call, const struct agreement *agreement, struct month next,
                                struct month last, struct text currency, struct text *present, bool *has,
                                struct fault *fault) {
    struct agreement terms = *agreement;
    struct month month = next;
    bool more = month.index <= last.index;
    while (more && !*has) {
        terms = *agreement;
        TRY(agreement_in_month(call->db, call->arena, month, &terms, fault));
        *present = present->length == 0 ? terms.currency : *present;
        *has = text_equal(terms.currency, currency);
        more = terms.terms_until.index != 0 && terms.terms_until.index <= last.index;
        month = terms.terms_until;
    }
    return STATUS_OK;
}

enum status find_why_stuck(struct call *call, const struct waiting *waiting, struct text *why,
                           struct fault *fault) {
    struct pair pair;
    struct text present = TEXT("");
    bool has = false;
    *why = TEXT("");
    TRY(load_pair(call, waiting, &pair, fault));
    for (size_t i = 0; i < pair.count && !has; i++) {
        struct month last;
        if (pair.agreements[i].signed_at_us == 0) {
            continue;
        }
        TRY(last_month_of(call, &pair, i, &last, fault));
        TRY(has_terms_in(call, &pair.agreements[i], pair.next, last, waiting->currency, &present, &has,
                         fault));
    }
    if (!has && present.length > 0) {
        *why = text_format(call->arena,
                           "It is in %.*s, and the bills of the two are in %.*s from %.*s on, which cannot "
                           "carry it.",
                           TEXT_ARGS(waiting->currency), TEXT_ARGS(present),
                           TEXT_ARGS(month_format(call->arena, pair.next)));
    }
    return STATUS_OK;
}
