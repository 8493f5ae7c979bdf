/* A close cannot be taken back, so what a clock that was wrong has closed is told: a document that is dated
 * in the future, and a month that was closed before its end. */
#include "programme/audit/audit_clock.h"

#include "core/time/instant.h"
#include "programme/call/authorise.h"
#include "programme/call/open_zone.h"
#include "store/parties/amendments.h"
#include "store/upkeep/audit_queries.h"

#define DAY_US (INT64_C(86400) * 1000000)

static enum status check_documents(struct audit *audit, struct fault *fault) {
    const struct call *call = audit->call;
    struct audited_document *documents = NULL;
    size_t count = 0;
    TRY(audited_future_documents(call->db, call->arena, call->now_us + CLOCKS_APART_US, &documents, &count,
                                 fault));
    for (size_t i = 0; i < count; i++) {
        audit_found(audit, "document-future", identifier_text(call, IDENTIFIER_INVOICE, documents[i].id),
                    "was issued at %s, and it is %s: a clock was wrong",
                    instant_format(call->arena, documents[i].issued_at_us).at,
                    instant_format(call->arena, call->now_us).at);
    }
    return STATUS_OK;
}

/* False where the month was over before `at_us` in every zone: clocks run at most 12 hours behind UTC. */
static bool may_run_at(struct month month, int64_t at_us) {
    return at_us < month_first_day(month_plus(month, 1)).day * DAY_US + DAY_US / 2;
}

static enum status check_month(struct audit *audit, const struct audited_close *close, struct fault *fault) {
    const struct call *call = audit->call;
    struct agreement agreement = {0};
    struct zone *zone = NULL;
    /* What is dated in the future was closed no later than now. */
    int64_t at_us = close->closed_at_us < call->now_us ? close->closed_at_us : call->now_us;
    if (!may_run_at(close->month, at_us)) {
        return STATUS_OK;
    }
    TRY(agreement_load(call->db, call->arena, close->agreement_id, &agreement, fault));
    TRY(agreement_in_month(call->db, call->arena, close->month, &agreement, fault));
    TRY(open_zone(call, agreement.time_zone, &zone, fault));
    int64_t end_us = zone_midnight_us(zone, month_first_day(month_plus(close->month, 1)));
    zone_close(zone);
    if (at_us < end_us) {
        audit_found(audit, "month-early", identifier_text(call, IDENTIFIER_AGREEMENT, close->agreement_id),
                    "has %s closed at %s or before; it ends at %s",
                    month_format(call->arena, close->month).at, instant_format(call->arena, at_us).at,
                    instant_format(call->arena, end_us).at);
    }
    return STATUS_OK;
}

enum status audit_clock(struct audit *audit, struct fault *fault) {
    struct audited_close *closes = NULL;
    size_t count = 0;
    TRY(check_documents(audit, fault));
    TRY(audited_closes(audit->call->db, audit->call->arena, &closes, &count, fault));
    for (size_t i = 0; i < count; i++) {
        TRY(check_month(audit, &closes[i], fault));
    }
    return STATUS_OK;
}
