#include "programme/licensing/event_time.h"

#include "core/time/date.h"
#include "core/time/instant.h"
#include "programme/call/authorise.h"
#include "programme/call/closing_guard.h"
#include "programme/call/open_zone.h"
#include "programme/call/standing_terms.h"
#include "store/billing/months.h"
#include "store/parties/agreements.h"

#include <assert.h>

/* How long before its agreement was signed a change may be dated. */
enum { DAYS_BEFORE_SIGNATURE = 366 };
#define DAY_US (INT64_C(86400) * 1000000)

static enum status parse_in_zone(struct text at, struct text zone_name, int64_t *at_us, struct fault *fault) {
    struct zone *zone = NULL;
    TRY(zone_open(zone_name, "time_zone", &zone, fault));
    enum status status = instant_parse(at, zone, "at", at_us, fault);
    zone_close(zone);
    return status;
}

bool event_time_is_near(int64_t at_us, const struct agreement *agreement) {
    static const int64_t BEFORE_US = DAYS_BEFORE_SIGNATURE * DAY_US;
    return agreement->signed_at_us <= BEFORE_US || at_us >= agreement->signed_at_us - BEFORE_US;
}

/* Refuses a slip of the year: before there was an agreement, and long before, nothing is told late. */
static enum status check_reason(const struct call *call, const struct agreement *agreement, struct text at,
                                int64_t at_us, struct fault *fault) {
    static const int64_t BEFORE_US = DAYS_BEFORE_SIGNATURE * DAY_US;
    if (event_time_is_near(at_us, agreement)) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_INVALID, "time-too-early", "at", at,
                     "Give a time from %s on: the agreement with the customer was signed %d days after that.",
                     instant_format(call->arena, agreement->signed_at_us - BEFORE_US).at,
                     DAYS_BEFORE_SIGNATURE);
}

enum status event_time_parse(const struct call *call, struct text at, int64_t provider_id,
                             int64_t customer_id, struct event_time *time, struct fault *fault) {
    at = text_trim(at);
    if (at.length == 0) {
        *time = (struct event_time){.given = false, .at_us = call->now_us};
        return STATUS_OK;
    }
    struct agreement agreement = {0};
    struct standing_terms standing;
    bool found = false;
    int64_t at_us = 0;
    TRY(agreement_find_edge(call->db, call->arena, provider_id, customer_id, &found, &agreement, fault));
    if (!found) {
        return fault_set(fault, STATUS_CONFLICT, "agreement-not-signed", NULL, TEXT(""),
                         "The customer should have an agreement with the provider, and has none any more.");
    }
    TRY(parse_in_zone(at, agreement.time_zone, &at_us, fault));
    TRY(standing_terms_load(call, &agreement, at_us, &standing, fault));
    TRY(parse_in_zone(at, standing.terms.time_zone, &at_us, fault));
    if (at_us > call->now_us) {
        return fault_set(fault, STATUS_INVALID, "time-in-future", "at", at,
                         "A change takes effect now or earlier; it is now %s.",
                         instant_format(call->arena, call->now_us).at);
    }
    TRY(check_reason(call, &agreement, at, at_us, fault));
    *time = (struct event_time){.given = true, .at_us = at_us};
    return STATUS_OK;
}

/* False where `at_us` is later than the end of the month in every zone of the world, so that none need be
 * opened: clocks run at most 14 hours before and 12 behind UTC. */
static bool may_be_within(struct month month, int64_t at_us) {
    return month.index != MONTH_NONE && at_us < (month_first_day(month_plus(month, 1)).day + 1) * DAY_US;
}

/* Whether the edge's last month that takes no more is still being closed, and not the month itself closed. */
static enum status is_being_closed(const struct call *call, const struct edge_frozen *edge,
                                   struct month month, bool *yes, struct fault *fault) {
    enum month_state last = MONTH_OPEN;
    enum month_state state = MONTH_OPEN;
    TRY(month_state_load(call->db, edge->agreement_id, edge->last_closed, &last, fault));
    TRY(month_state_load(call->db, edge->agreement_id, month, &state, fault));
    *yes = last == MONTH_CLOSING && state != MONTH_CLOSED;
    return STATUS_OK;
}

static enum status check_edge(const struct call *call, const struct edge_frozen *edge, int64_t at_us,
                              struct fault *fault) {
    if (!may_be_within(edge->last_closed, at_us) && !may_be_within(edge->last_reported, at_us)) {
        return STATUS_OK;
    }
    struct zone *zone = NULL;
    TRY(open_zone(call, edge->time_zone, &zone, fault));
    struct month month = zone_month_at(zone, at_us);
    zone_close(zone);
    bool closed = month.index <= edge->last_closed.index;
    if (!closed && month.index > edge->last_reported.index) {
        return STATUS_OK;
    }
    bool closing = false;
    if (closed) {
        TRY(is_being_closed(call, edge, month, &closing, fault));
    }
    if (closing) {
        return month_is_closing(call, edge->last_closed, "at", fault);
    }
    struct text word = month_format(call->arena, month);
    return fault_set(fault, STATUS_CONFLICT, closed ? "month-closed" : "month-reported", "at",
                     instant_format(call->arena, at_us),
                     "The usage of %.*s is %s already: record a correction of that month instead.",
                     TEXT_ARGS(word), closed ? "closed" : "reported");
}

enum status event_time_settle(const struct call *call, struct event_time time, const struct licence *licence,
                              int64_t latest_us, int64_t *at_us, struct fault *fault) {
    int64_t at = time.at_us;
    if (at < latest_us) {
        if (time.given) {
            return fault_set(fault, STATUS_CONFLICT, "before-previous-event", "at",
                             instant_format(call->arena, at),
                             "The licence %s was changed last at %s: give a later time.",
                             identifier_text(call, IDENTIFIER_LICENCE, licence->id).at,
                             instant_format(call->arena, latest_us).at);
        }
        if (latest_us > call->now_us + CLOCKS_APART_US) {
            return fault_set(
                fault, STATUS_CONFLICT, "clock-wrong", "at", instant_format(call->arena, latest_us),
                "The licence %s was changed last at %s, and it is now %s: the clock is wrong, or "
                "was. Set it right, or undo that change.",
                identifier_text(call, IDENTIFIER_LICENCE, licence->id).at,
                instant_format(call->arena, latest_us).at, instant_format(call->arena, call->now_us).at);
        }
        at = latest_us;
    }
    struct edge_frozen *edges = NULL;
    size_t count = 0;
    TRY(months_frozen(call->db, call->arena, licence->customer_id, licence->id, &edges, &count, fault));
    for (size_t i = 0; i < count; i++) {
        TRY(check_edge(call, &edges[i], at, fault));
    }
    assert(at >= latest_us);
    *at_us = at;
    return STATUS_OK;
}
