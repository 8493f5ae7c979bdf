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

/* The edge's agreement that answers for a month, with its terms of then: the last that was in force or, where
 * none was, the first that came after, else the last before (R7.4). What snapshot_agreement_of_month says. */
static enum status find_answering(const struct call *call, const struct agreement *edge, struct month month,
                                  bool *found, struct agreement *answering, struct month_span *span,
                                  struct fault *fault) {
    struct agreement *agreements = NULL;
    size_t count = 0;
    TRY(find_pair(call, edge->seller_id, edge->buyer_id, &agreements, &count, fault));
    *found = false;
    for (size_t i = count; i-- > 0;) {
        struct month_span own;
        TRY(agreement_in_month(call->db, call->arena, month, &agreements[i], fault));
        TRY(span_of(call, agreements[i].time_zone, month, &own, fault));
        int64_t end_us = own.midnights_us[own.days];
        bool in_force = agreement_was_in_force(&agreements[i], own.midnights_us[0], end_us);
        bool comes_after = agreements[i].signed_at_us >= end_us;
        if (agreements[i].signed_at_us > 0 && (in_force || comes_after || !*found)) {
            *answering = agreements[i];
            *span = own;
            *found = true;
        }
        if (in_force) {
            return STATUS_OK;
        }
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

enum status joined_month_begins(const struct call *call, const struct agreement *agreement,
                                struct month month, int64_t *begins_us, struct fault *fault) {
    struct agreement answering;
    struct month_span span;
    bool found = false;
    TRY(find_answering(call, agreement, month, &found, &answering, &span, fault));
    if (!found) {
        answering = *agreement;
        TRY(span_of(call, agreement->time_zone, month, &span, fault));
    }
    TRY(join_month(call, &answering, month, &span, fault));
    *begins_us = span.midnights_us[0];
    return STATUS_OK;
}
