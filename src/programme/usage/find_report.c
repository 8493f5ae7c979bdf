#include "programme/usage/find_report.h"

#include "programme/call/authorise.h"
#include "programme/call/lookup_account.h"
#include "programme/call/lookup_agreement.h"
#include "programme/call/open_zone.h"
#include "programme/usage/late_amount.h"
#include "store/parties/amendments.h"

struct report_times report_times_of(struct zone *zone, const struct agreement *agreement,
                                    struct month month) {
    struct date end = month_first_day(month_plus(month, 1));
    struct date own = {end.day + (int32_t)agreement->report_due_days};
    struct date overdue = own;
    struct report_times times = {.start_us = zone_midnight_us(zone, month_first_day(month)),
                                 .end_us = zone_midnight_us(zone, end)};
    if (agreement->signed_at_us >= times.end_us) {
        struct date signed_on = zone_date_at(zone, agreement->signed_at_us);
        overdue.day = signed_on.day + (int32_t)agreement->report_due_days + 1;
        overdue = overdue.day < own.day ? own : overdue;
    }
    times.due_on.day = overdue.day - 1;
    times.overdue_us = zone_midnight_us(zone, overdue);
    times.unadjusted_overdue_us = zone_midnight_us(zone, own);
    return times;
}

static enum status find_times(const struct call *call, const struct report_edge *edge,
                              struct report_times *times, struct fault *fault) {
    struct zone *zone = NULL;
    TRY(open_zone(call, edge->agreement.time_zone, &zone, fault));
    *times = report_times_of(zone, &edge->agreement, edge->month);
    zone_close(zone);
    return STATUS_OK;
}

static enum status unknown_report(struct text word, struct fault *fault) {
    return fault_set(fault, STATUS_NOT_FOUND, "unknown-report", "report", word,
                     "There is no such report. Name it by its identifier (rep_…), or by provider and month.");
}

static enum status find_by_identifier(const struct call *call, struct text word, struct edge_report *out,
                                      struct fault *fault) {
    int64_t id = 0;
    bool found = false;
    if (identifier_decode(call->secret, IDENTIFIER_REPORT, text_trim(word), &id)) {
        TRY(report_load(call->db, call->arena, id, &out->report, &found, fault));
    }
    if (!found) {
        return unknown_report(word, fault);
    }
    out->edge.month = out->report.month;
    return agreement_load(call->db, call->arena, out->report.agreement_id, &out->edge.agreement, fault);
}

/* The buyer that the words name; no word means the actor's own account. */
static enum status find_buyer(const struct call *call, struct text word, struct account *buyer,
                              struct fault *fault) {
    if (word.length == 0 && call->actor.account_id != 0) {
        return account_load(call->db, call->arena, call->actor.account_id, buyer, fault);
    }
    return find_account(call, word, "provider", buyer, fault);
}

/* The edge's seller: above the buyer in the tree, or a vendor of the distributor's that is named or asks. */
static enum status find_seller(const struct call *call, struct text word, const struct account *buyer,
                               struct account *seller, struct fault *fault) {
    int64_t seller_id = buyer->seller_id == 0 ? call->actor.account_id : buyer->seller_id;
    if (word.length > 0) {
        return find_account(call, word, "seller", seller, fault);
    }
    return seller_id == 0 ? STATUS_OK : account_load(call->db, call->arena, seller_id, seller, fault);
}

static enum status find_by_edge(const struct call *call, const struct report_name *name,
                                struct edge_report *out, struct fault *fault) {
    bool found = false;
    struct account buyer = {0};
    struct account seller = {0};
    TRY(month_parse(name->month, "month", &out->edge.month, fault));
    TRY(find_buyer(call, name->provider, &buyer, fault));
    TRY(find_seller(call, name->seller, &buyer, &seller, fault));
    if (seller.id != 0 && buyer.kind != ACCOUNT_CUSTOMER) {
        TRY(find_last_of_pair(call, seller.id, buyer.id, &found, &out->edge.agreement, fault));
    }
    if (!found) {
        return unknown_report(name->provider, fault);
    }
    TRY(report_load_month(call->db, call->arena, out->edge.agreement.id, out->edge.month, &out->report,
                          &found, fault));
    if (!found && seller.kind == ACCOUNT_VENDOR) {
        return unknown_report(name->provider, fault); /* only the close makes one */
    }
    if (!found) {
        out->report = (struct report){.agreement_id = out->edge.agreement.id,
                                      .month = out->edge.month,
                                      .state = REPORT_DRAFT,
                                      .submitted_by = TEXT(""),
                                      .decided_by = TEXT(""),
                                      .reason = TEXT("")};
    }
    return STATUS_OK;
}

enum status find_report(const struct call *call, const struct report_name *name, struct edge_report *report,
                        struct report_times *times, struct fault *fault) {
    struct report_edge *edge = &report->edge;
    bool by_identifier = name->report.length > 0;
    struct text word = by_identifier ? name->report : name->provider;
    *report = (struct edge_report){0};
    TRY(by_identifier ? find_by_identifier(call, name->report, report, fault)
                      : find_by_edge(call, name, report, fault));
    if (!actor_is_party(call, &edge->agreement)) {
        return unknown_report(word, fault);
    }
    if (edge->agreement.signed_at_us == 0) {
        return fault_set(fault, STATUS_CONFLICT, "agreement-not-signed", "provider", word,
                         "The agreement of this edge was never signed, so there is nothing to report.");
    }
    TRY(agreement_in_month(call->db, call->arena, edge->month, &edge->agreement, fault));
    TRY(account_load(call->db, call->arena, edge->agreement.seller_id, &edge->seller, fault));
    TRY(account_load(call->db, call->arena, edge->agreement.buyer_id, &edge->buyer, fault));
    TRY(find_times(call, edge, times, fault));
    report->due_on = times->due_on;
    if (times->start_us > call->now_us) {
        return fault_set(fault, STATUS_INVALID, "month-in-future", "month",
                         month_format(call->arena, edge->month),
                         "This month has not begun yet. Name the running month or an earlier one.");
    }
    return STATUS_OK;
}

enum status measure_report(struct call *call, const struct edge_report *report, struct report_rows *rows,
                           struct fault *fault) {
    struct report_adjustment *adjustments = NULL;
    size_t count = 0;
    if (report->report.id != 0) {
        TRY(report_adjustments_load(call->db, call->arena, report->report.id, &adjustments, &count, fault));
    }
    return report_rows_measure(call, &report->edge, adjustments, count, rows, fault);
}

struct report_detail describe_report(const struct call *call, const struct edge_report *from,
                                     struct report_rows *rows) {
    const struct report_edge *edge = &from->edge;
    const struct report *report = &from->report;
    struct late_amount late;
    late_amount_of(call->arena, rows, &late);
    return (struct report_detail){
        .report =
            {
                .identifier =
                    report->id == 0 ? TEXT("") : identifier_text(call, IDENTIFIER_REPORT, report->id),
                .agreement = identifier_text(call, IDENTIFIER_AGREEMENT, edge->agreement.id),
                .seller_code = edge->seller.code,
                .seller_name = edge->seller.name,
                .provider_code = edge->buyer.code,
                .provider_name = edge->buyer.name,
                .month = edge->month,
                .state = report->state,
                .due_on = from->due_on,
                .submitted_by = report->submitted_by,
                .decided_by = report->decided_by,
                .rejection_reason = report->reason,
                .currency = rows->currency,
                .has_late_amount = late.is_known,
                .late_minor = late.minor,
                .row_count = rows->count,
                .rows = rows->items,
            },
        .version = report->version,
        .submitted_at_us = report->submitted_at_us,
        .decided_at_us = report->decided_at_us,
    };
}
