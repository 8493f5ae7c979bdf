#include "programme/usage/joined_month.h"

#include "programme/call/lookup_agreement.h"
#include "programme/call/open_zone.h"
#include "store/parties/amendments.h"

static enum status span_of(const struct call *call, struct text zone_word, struct month month,
                           struct month_span *span, struct fault *fault) {
    struct zone *zone = NULL;
    TRY(open_zone(call, zone_word, &zone, fault));
    zone_month_span(zone, month, span);
    zone_close(zone);
    return STATUS_OK;
}

/* The edge's agreement that answered for a month, with its terms of then: the last that was in force (R7.4).
 */
static enum status find_answering(const struct call *call, const struct agreement *edge, struct month month,
                                  bool *found, struct agreement *answering, struct month_span *span,
                                  struct fault *fault) {
    struct agreement *agreements = NULL;
    size_t count = 0;
    TRY(find_pair(call, edge->seller_id, edge->buyer_id, &agreements, &count, fault));
    *found = false;
    for (size_t i = count; i-- > 0 && !*found;) {
        *answering = agreements[i];
        TRY(agreement_in_month(call->db, call->arena, month, answering, fault));
        TRY(span_of(call, answering->time_zone, month, span, fault));
        *found = agreement_was_in_force(answering, span->midnights_us[0], span->midnights_us[span->days]);
    }
    return STATUS_OK;
}

enum status join_month(const struct call *call, const struct agreement *agreement, struct month month,
                       struct month_span *span, struct fault *fault) {
    struct agreement before;
    struct month_span ended;
    bool found = false;
    TRY(find_answering(call, agreement, month_plus(month, -1), &found, &before, &ended, fault));
    if (found && !text_equal(before.time_zone, agreement->time_zone)) {
        struct month_span own = *span;
        month_span_join(&own, ended.midnights_us[ended.days], span);
    }
    return STATUS_OK;
}
