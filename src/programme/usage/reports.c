#include "programme/usage/reports.h"

#include "core/time/instant.h"
#include "programme/call/authorise.h"
#include "programme/call/lookup_account.h"
#include "programme/usage/report_rows.h"
#include "store/billing/months.h"

#include <assert.h>

enum { REPORT_UNITS_MAX = 1000000000, REASON_BYTES_MAX = 2000 };

/* A report on its edge; `report.id` is 0 while nothing of it is kept. */
struct edge_report {
    struct report_edge edge;
    struct report report;
};

/* When the month is over on the edge, and when its report is overdue. */
struct report_times {
    int64_t start_us;
    int64_t end_us;
    int64_t overdue_us;
};

/* The last day on which the buyer can still report. */
static struct date due_date(const struct agreement *agreement, struct month month) {
    struct date end = month_first_day(month_plus(month, 1));
    return (struct date){end.day + (int32_t)agreement->report_due_days - 1};
}

static struct report_times times_in_zone(struct zone *zone, const struct agreement *agreement,
                                         struct month month) {
    struct date overdue = {due_date(agreement, month).day + 1};
    return (struct report_times){.start_us = zone_midnight_us(zone, month_first_day(month)),
                                 .end_us = zone_midnight_us(zone, month_first_day(month_plus(month, 1))),
                                 .overdue_us = zone_midnight_us(zone, overdue)};
}

static enum status times_of(const struct report_edge *edge, struct report_times *times, struct fault *fault) {
    struct zone *zone = NULL;
    enum status status = zone_open(edge->agreement.time_zone, "time_zone", &zone, fault);
    if (status != STATUS_OK) {
        return status;
    }
    *times = times_in_zone(zone, &edge->agreement, edge->month);
    zone_close(zone);
    return STATUS_OK;
}

/* ---- finding ---- */

static enum status unknown_report(struct text word, struct fault *fault) {
    return fault_set(fault, STATUS_NOT_FOUND, "unknown-report", "report", word,
                     "there is no such report; name it by its identifier (rep_…), or by provider and month");
}

/* The edge's agreement, or, where it has ended, the last one. */
static enum status find_edge_agreement(const struct call *call, const struct account *buyer, bool *found,
                                       struct agreement *agreement, struct fault *fault) {
    enum status status =
        agreement_find_edge(call->db, call->arena, buyer->seller_id, buyer->id, found, agreement, fault);
    if (status != STATUS_OK || *found) {
        return status;
    }
    struct agreement_filter filter = {.seller_id = buyer->seller_id, .buyer_id = buyer->id};
    struct agreement *ended = NULL;
    size_t count = 0;
    int64_t next_after = 0;
    status = agreement_list(call->db, call->arena, &filter, (struct page){.limit = PAGE_LIMIT_MAX}, &ended,
                            &count, &next_after, fault);
    *found = status == STATUS_OK && count > 0;
    if (*found) {
        *agreement = ended[count - 1];
    }
    return status;
}

static enum status find_by_identifier(const struct call *call, struct text word, struct edge_report *out,
                                      struct fault *fault) {
    int64_t id = 0;
    bool found = false;
    enum status status = STATUS_OK;
    if (identifier_decode(call->secret, IDENTIFIER_REPORT, text_trim(word), &id)) {
        status = report_load(call->db, call->arena, id, &out->report, &found, fault);
    }
    if (status == STATUS_OK && !found) {
        return unknown_report(word, fault);
    }
    if (status == STATUS_OK) {
        status = agreement_load(call->db, call->arena, out->report.agreement_id, &out->edge.agreement, fault);
    }
    out->edge.month = out->report.month;
    return status;
}

static enum status find_by_edge(const struct call *call, const struct report_name *name,
                                struct edge_report *out, struct fault *fault) {
    bool found = false;
    struct account buyer = {0};
    enum status status = month_parse(name->month, "month", &out->edge.month, fault);
    if (status != STATUS_OK) {
        return status;
    }
    if (name->provider.length == 0 && call->actor.account_id != 0) {
        status = account_load(call->db, call->arena, call->actor.account_id, &buyer, fault);
    } else {
        status = find_account(call, name->provider, "provider", &buyer, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    bool reports = buyer.seller_id != 0 && buyer.kind != ACCOUNT_CUSTOMER;
    if (reports) {
        status = find_edge_agreement(call, &buyer, &found, &out->edge.agreement, fault);
    }
    if (status == STATUS_OK && !found) {
        return unknown_report(name->provider, fault);
    }
    if (status == STATUS_OK) {
        status = report_load_month(call->db, call->arena, out->edge.agreement.id, out->edge.month,
                                   &out->report, &found, fault);
    }
    if (status == STATUS_OK && !found) {
        out->report = (struct report){.agreement_id = out->edge.agreement.id,
                                      .month = out->edge.month,
                                      .state = REPORT_DRAFT,
                                      .submitted_by = TEXT(""),
                                      .decided_by = TEXT(""),
                                      .reason = TEXT("")};
    }
    return status;
}

/* The report that is meant, where the actor is a party of its edge and the month has begun. */
static enum status find_report(const struct call *call, const struct report_name *name,
                               struct edge_report *out, struct report_times *times, struct fault *fault) {
    *out = (struct edge_report){0};
    struct text word = name->report.length > 0 ? name->report : name->provider;
    enum status status = name->report.length > 0 ? find_by_identifier(call, name->report, out, fault)
                                                 : find_by_edge(call, name, out, fault);
    if (status == STATUS_OK && !actor_is_party(call, &out->edge.agreement)) {
        return unknown_report(word, fault);
    }
    if (status == STATUS_OK && out->edge.agreement.signed_at_us == 0) {
        return fault_set(fault, STATUS_CONFLICT, "agreement-not-signed", "provider", word,
                         "the agreement of this edge was never signed, so there is nothing to report");
    }
    if (status == STATUS_OK) {
        status = account_load(call->db, call->arena, out->edge.agreement.seller_id, &out->edge.seller, fault);
    }
    if (status == STATUS_OK) {
        status = account_load(call->db, call->arena, out->edge.agreement.buyer_id, &out->edge.buyer, fault);
    }
    if (status == STATUS_OK) {
        status = times_of(&out->edge, times, fault);
    }
    if (status == STATUS_OK && times->start_us > call->now_us) {
        return fault_set(fault, STATUS_INVALID, "month-in-future", "month",
                         month_format(call->arena, out->edge.month), "this month has not begun yet");
    }
    return status;
}

/* ---- describing ---- */

static enum status describe(const struct call *call, const struct edge_report *from,
                            struct report_detail *out, struct report_row_key **keys, struct fault *fault) {
    const struct report_edge *edge = &from->edge;
    const struct report *report = &from->report;
    struct report_adjustment *adjustments = NULL;
    size_t adjustment_count = 0;
    struct usage_report_row *rows = NULL;
    size_t row_count = 0;
    enum status status = STATUS_OK;
    if (report->id != 0) {
        status = report_adjustments_load(call->db, call->arena, report->id, &adjustments, &adjustment_count,
                                         fault);
    }
    if (status == STATUS_OK) {
        status =
            report_rows_measure(call, edge, adjustments, adjustment_count, &rows, keys, &row_count, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    out->report = (struct usage_report){
        .identifier = report->id == 0 ? TEXT("") : identifier_text(call, IDENTIFIER_REPORT, report->id),
        .agreement = identifier_text(call, IDENTIFIER_AGREEMENT, edge->agreement.id),
        .seller_code = edge->seller.code,
        .seller_name = edge->seller.name,
        .provider_code = edge->buyer.code,
        .provider_name = edge->buyer.name,
        .month = edge->month,
        .state = report->state,
        .due_on = due_date(&edge->agreement, edge->month),
        .submitted_by = report->submitted_by,
        .decided_by = report->decided_by,
        .rejection_reason = report->reason,
        .row_count = row_count,
        .rows = rows};
    out->version = report->version;
    out->submitted_at_us = report->submitted_at_us;
    out->decided_at_us = report->decided_at_us;
    return STATUS_OK;
}

enum status show_report(struct call *call, const struct report_name *name, struct report_detail *out,
                        struct fault *fault) {
    enum status status = call_begin(call, DB_READ, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct edge_report report;
    struct report_times times;
    struct report_detail detail = {0};
    struct report_row_key *keys = NULL;
    status = require_any_right(call, RIGHT_READ, fault);
    if (status == STATUS_OK) {
        status = find_report(call, name, &report, &times, fault);
    }
    if (status == STATUS_OK) {
        status = describe(call, &report, &detail, &keys, fault);
    }
    if (status == STATUS_OK) {
        *out = detail;
    }
    return call_end(call, status, fault);
}

/* ---- changing ---- */

/* Who it was, as the other party reads it. */
static enum status actor_words(const struct call *call, struct text *words, struct fault *fault) {
    if (call->actor.kind == ACTOR_USER) {
        struct user user = {0};
        enum status status = user_load(call->db, call->arena, call->actor.id, &user, fault);
        if (status == STATUS_OK) {
            *words = user.name;
        }
        return status;
    }
    if (call->actor.kind == ACTOR_TOKEN) {
        *words =
            text_format(call->arena, "token %s", identifier_text(call, IDENTIFIER_TOKEN, call->actor.id).at);
    } else {
        *words = call->actor.kind == ACTOR_SYSTEM ? TEXT("system") : TEXT("operator");
    }
    return STATUS_OK;
}

static enum status step(struct report *report, const char *event, struct fault *fault) {
    int state = 0;
    enum status status = machine_step(&report_machine, (int)report->state, event, &state, fault);
    if (status == STATUS_OK) {
        report->state = (enum report_state)state;
    }
    return status;
}

/* Saves what may be new. */
static enum status keep(const struct call *call, struct report *report, struct fault *fault) {
    return report->id == 0 ? report_insert(call->db, report, fault) : report_update(call->db, report, fault);
}

/* The report that a party means to change: its rights, the version, and that the month is not closed. */
static enum status find_to_change(const struct call *call, const struct report_name *name, bool as_buyer,
                                  int64_t if_version, struct edge_report *out, struct report_times *times,
                                  struct fault *fault) {
    enum month_state month = MONTH_OPEN;
    enum status status = find_report(call, name, out, times, fault);
    if (status == STATUS_OK) {
        status =
            require_right(call, as_buyer ? out->edge.buyer.id : out->edge.seller.id, RIGHT_REPORTS, fault);
    }
    if (status == STATUS_OK) {
        status = check_version(if_version, out->report.version, fault);
    }
    if (status == STATUS_OK) {
        status = month_state_load(call->db, out->edge.agreement.id, out->edge.month, &month, fault);
    }
    if (status == STATUS_OK && month == MONTH_CLOSED) {
        status = fault_set(fault, STATUS_CONFLICT, "month-closed", "month",
                           month_format(call->arena, out->edge.month),
                           "this month is closed; record a correction of it instead");
    }
    return status;
}

static enum status check_reason(struct text reason, struct fault *fault) {
    reason = text_trim(reason);
    if (reason.length == 0) {
        return fault_set(fault, STATUS_INVALID, "missing-field", "reason", reason,
                         "a reason is needed: the other party reads it");
    }
    if (reason.length > REASON_BYTES_MAX) {
        return fault_set(fault, STATUS_INVALID, "too-long", "reason", reason, "a reason has up to %d bytes",
                         REASON_BYTES_MAX);
    }
    return STATUS_OK;
}

/* Audits as a thing of the party that did not do it, so that both read it, and describes anew. */
static enum status finish(const struct call *call, const struct edge_report *report, const char *action,
                          int64_t whose, struct text detail, struct report_detail *out, struct fault *fault) {
    struct report_row_key *keys = NULL;
    struct report_detail described = {0};
    enum status status = audit_write(
        call, action, identifier_text(call, IDENTIFIER_REPORT, report->report.id), whose, detail, fault);
    if (status == STATUS_OK) {
        status = describe(call, report, &described, &keys, fault);
    }
    if (status == STATUS_OK) {
        *out = described;
    }
    return status;
}

static bool names(const struct call *call, struct text word, enum identifier_kind kind, int64_t id,
                  struct text code) {
    return text_equal(word, code) || text_equal(word, identifier_text(call, kind, id));
}

/* The row that customer and SKU name; several customers of one code are told apart by identifier. */
static enum status find_row(const struct call *call, const struct adjust_report_input *input,
                            const struct report_detail *detail, const struct report_row_key *keys,
                            size_t *row, struct fault *fault) {
    struct text customer = text_trim(input->customer);
    struct text sku = text_trim(input->sku);
    size_t matches = 0;
    bool customer_known = false;
    for (size_t i = 0; i < detail->report.row_count; i++) {
        const struct usage_report_row *candidate = &detail->report.rows[i];
        if (!names(call, customer, IDENTIFIER_ACCOUNT, keys[i].customer_id, candidate->customer_code)) {
            continue;
        }
        customer_known = true;
        if (!names(call, sku, IDENTIFIER_SKU, keys[i].sku_id, candidate->sku)) {
            continue;
        }
        *row = i;
        matches++;
    }
    if (matches == 1) {
        return STATUS_OK;
    }
    if (matches > 1) {
        return fault_set(fault, STATUS_CONFLICT, "ambiguous-code", "customer", customer,
                         "several rows of the report have these codes; give identifiers");
    }
    return fault_set(fault, STATUS_NOT_FOUND, "not-in-report", customer_known ? "sku" : "customer",
                     customer_known ? sku : customer,
                     "the report has no row of this %s; only what is provisioned can be adjusted",
                     customer_known ? "SKU at the customer" : "customer");
}

static enum status save_adjustment(struct call *call, const struct adjust_report_input *input,
                                   const struct report *report, const struct report_row_key *key,
                                   struct fault *fault) {
    if (input->withdraw) {
        bool was_there = false;
        enum status status =
            report_adjustment_delete(call->db, report->id, key->customer_id, key->sku_id, &was_there, fault);
        if (status == STATUS_OK && !was_there) {
            status = fault_set(fault, STATUS_CONFLICT, "not-adjusted", "sku", input->sku,
                               "this row has no adjustment to withdraw");
        }
        return status;
    }
    struct report_adjustment adjustment = {.report_id = report->id,
                                           .customer_id = key->customer_id,
                                           .sku_id = key->sku_id,
                                           .units = input->units,
                                           .reason = text_trim(input->reason)};
    return report_adjustment_save(call->db, &adjustment, fault);
}

static enum status check_adjustment(const struct call *call, const struct adjust_report_input *input,
                                    struct fault *fault) {
    if (input->withdraw) {
        return STATUS_OK;
    }
    if (input->units < 0 || input->units > REPORT_UNITS_MAX) {
        return fault_set(fault, STATUS_INVALID, "units-out-of-range", "units",
                         text_format(call->arena, "%lld", (long long)input->units),
                         "0 to %d units would be right", REPORT_UNITS_MAX);
    }
    return check_reason(input->reason, fault);
}

enum status adjust_report(struct call *call, const struct adjust_report_input *input,
                          struct report_detail *out, struct fault *fault) {
    enum status status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct edge_report report;
    struct report_times times;
    struct report_detail before = {0};
    struct report_row_key *keys = NULL;
    size_t row = 0;
    status = find_to_change(call, &input->name, true, input->if_version, &report, &times, fault);
    if (status == STATUS_OK) {
        status = check_adjustment(call, input, fault);
    }
    if (status == STATUS_OK && report.report.state != REPORT_DRAFT) {
        status = step(&report.report, "revise", fault);
    }
    if (status == STATUS_OK) {
        status = describe(call, &report, &before, &keys, fault);
    }
    if (status == STATUS_OK) {
        status = find_row(call, input, &before, keys, &row, fault);
    }
    if (status == STATUS_OK) {
        status = keep(call, &report.report, fault);
    }
    if (status == STATUS_OK) {
        status = save_adjustment(call, input, &report.report, &keys[row], fault);
    }
    if (status != STATUS_OK) {
        goto done;
    }
    const struct usage_report_row *adjusted = &before.report.rows[row];
    struct text detail = input->withdraw
                             ? text_format(call->arena, "%.*s %.*s: as measured",
                                           TEXT_ARGS(adjusted->customer_code), TEXT_ARGS(adjusted->sku))
                             : text_format(call->arena, "%.*s %.*s: %lld units: %.*s",
                                           TEXT_ARGS(adjusted->customer_code), TEXT_ARGS(adjusted->sku),
                                           (long long)input->units, TEXT_ARGS(text_trim(input->reason)));
    status = finish(call, &report, "report.adjust", report.edge.buyer.id, detail, out, fault);
done:
    return call_end(call, status, fault);
}

/* From here on the month takes no more events on this edge. */
static enum status begin_reporting(const struct call *call, const struct report_edge *edge,
                                   struct fault *fault) {
    enum month_state month = MONTH_OPEN;
    enum status status = month_state_load(call->db, edge->agreement.id, edge->month, &month, fault);
    if (status != STATUS_OK || month != MONTH_OPEN) {
        return status;
    }
    int next = 0;
    status = machine_step(&month_machine, (int)month, "report", &next, fault);
    if (status == STATUS_OK) {
        status =
            month_state_save(call->db, edge->agreement.id, edge->month, (enum month_state)next, 0, fault);
    }
    return status;
}

/* draft or rejected → submitted, by the call's actor. */
static enum status submit(const struct call *call, const struct report_edge *edge, struct report *report,
                          struct fault *fault) {
    enum status status = STATUS_OK;
    if (report->state == REPORT_REJECTED) {
        status = step(report, "revise", fault);
    }
    if (status == STATUS_OK) {
        status = step(report, "submit", fault);
    }
    if (status == STATUS_OK) {
        status = actor_words(call, &report->submitted_by, fault);
    }
    if (status == STATUS_OK) {
        status = begin_reporting(call, edge, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    report->submitted_at_us = call->now_us;
    report->decided_at_us = 0;
    report->decided_by = TEXT("");
    report->reason = TEXT("");
    return STATUS_OK;
}

/* submitted → approved or rejected, by the call's actor. */
static enum status decide(const struct call *call, struct report *report, const char *event,
                          struct text reason, struct fault *fault) {
    enum status status = step(report, event, fault);
    if (status == STATUS_OK) {
        status = actor_words(call, &report->decided_by, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    report->decided_at_us = call->now_us;
    report->reason = reason;
    return STATUS_OK;
}

enum status submit_report(struct call *call, const struct decide_report_input *input,
                          struct report_detail *out, struct fault *fault) {
    enum status status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct edge_report report;
    struct report_times times;
    status = find_to_change(call, &input->name, true, input->if_version, &report, &times, fault);
    if (status == STATUS_OK && call->now_us < times.end_us) {
        status = fault_set(
            fault, STATUS_CONFLICT, "month-not-ended", "month", month_format(call->arena, report.edge.month),
            "the month ends at %s in the agreement's time zone; it can be reported from then on",
            instant_format(call->arena, times.end_us).at);
    }
    if (status == STATUS_OK) {
        status = submit(call, &report.edge, &report.report, fault);
    }
    if (status == STATUS_OK) {
        status = keep(call, &report.report, fault);
    }
    if (status == STATUS_OK) {
        status = finish(call, &report, "report.submit", report.edge.seller.id,
                        month_format(call->arena, report.edge.month), out, fault);
    }
    return call_end(call, status, fault);
}

static enum status decide_report(struct call *call, const struct decide_report_input *input, bool approves,
                                 struct report_detail *out, struct fault *fault) {
    enum status status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct edge_report report;
    struct report_times times;
    struct text reason = approves ? TEXT("") : text_trim(input->reason);
    status = find_to_change(call, &input->name, false, input->if_version, &report, &times, fault);
    if (status == STATUS_OK && !approves) {
        status = check_reason(reason, fault);
    }
    if (status == STATUS_OK) {
        status = decide(call, &report.report, approves ? "approve" : "reject", reason, fault);
    }
    if (status == STATUS_OK) {
        status = keep(call, &report.report, fault);
    }
    if (status == STATUS_OK) {
        status = finish(call, &report, approves ? "report.approve" : "report.reject", report.edge.buyer.id,
                        reason, out, fault);
    }
    return call_end(call, status, fault);
}

enum status approve_report(struct call *call, const struct decide_report_input *input,
                           struct report_detail *out, struct fault *fault) {
    return decide_report(call, input, true, out, fault);
}

enum status reject_report(struct call *call, const struct decide_report_input *input,
                          struct report_detail *out, struct fault *fault) {
    return decide_report(call, input, false, out, fault);
}

/* ---- the deadline ---- */

/* Nobody approved what the buyer meant to change, so it does not count: what was measured does. */
static enum status approve_measured(struct call *call, const struct report_edge *edge, struct fault *fault) {
    struct report report = {0};
    bool found = false;
    int64_t dropped = 0;
    enum status status =
        report_load_month(call->db, call->arena, edge->agreement.id, edge->month, &report, &found, fault);
    if (status == STATUS_OK && !found) {
        report = (struct report){.agreement_id = edge->agreement.id,
                                 .month = edge->month,
                                 .state = REPORT_DRAFT,
                                 .reason = TEXT("")};
    }
    if (status == STATUS_OK && found) {
        status = report_adjustments_delete_all(call->db, report.id, &dropped, fault);
    }
    if (status == STATUS_OK && report.state != REPORT_SUBMITTED) {
        status = submit(call, edge, &report, fault);
    }
    if (status == STATUS_OK) {
        status = decide(call, &report, "approve", TEXT(""), fault);
    }
    if (status == STATUS_OK) {
        status = keep(call, &report, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    return audit_write(
        call, "report.overdue", identifier_text(call, IDENTIFIER_REPORT, report.id), edge->agreement.buyer_id,
        text_format(call->arena, "approved as measured; %lld adjustments dropped", (long long)dropped),
        fault);
}

enum status submit_overdue_reports(struct call *call, struct month month, int64_t seller_id, int64_t *count,
                                   struct fault *fault) {
    enum status status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct actor actor = call->actor;
    call->actor = (struct actor){.kind = ACTOR_SYSTEM, .rights = RIGHT_ALL};
    int64_t *ids = NULL;
    size_t id_count = 0;
    int64_t approved = 0;
    struct zone *zone = NULL;
    struct text zone_name = TEXT("");
    status = report_outstanding(call->db, call->arena, month, seller_id, &ids, &id_count, fault);
    for (size_t i = 0; status == STATUS_OK && i < id_count; i++) {
        struct report_edge edge = {.month = month};
        status = agreement_load(call->db, call->arena, ids[i], &edge.agreement, fault);
        if (status == STATUS_OK && !text_equal(edge.agreement.time_zone, zone_name)) {
            zone_close(zone);
            zone = NULL;
            zone_name = edge.agreement.time_zone;
            status = zone_open(zone_name, "time_zone", &zone, fault);
        }
        if (status != STATUS_OK) {
            continue;
        }
        struct report_times times = times_in_zone(zone, &edge.agreement, month);
        /* A month that was over before the agreement was signed has nothing to report. */
        if (call->now_us < times.overdue_us || edge.agreement.signed_at_us >= times.end_us) {
            continue;
        }
        status = approve_measured(call, &edge, fault);
        approved++;
    }
    zone_close(zone);
    call->actor = actor;
    if (status == STATUS_OK) {
        *count = approved;
    }
    return call_end(call, status, fault);
}

/* ---- listing ---- */

static enum status report_describe(const struct call *call, const struct report *report,
                                   struct report_view *out, struct fault *fault) {
    struct agreement agreement = {0};
    struct account seller = {0};
    struct account buyer = {0};
    enum status status = agreement_load(call->db, call->arena, report->agreement_id, &agreement, fault);
    if (status == STATUS_OK) {
        status = account_load(call->db, call->arena, agreement.seller_id, &seller, fault);
    }
    if (status == STATUS_OK) {
        status = account_load(call->db, call->arena, agreement.buyer_id, &buyer, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    *out = (struct report_view){.id = report->id,
                                .identifier = identifier_text(call, IDENTIFIER_REPORT, report->id),
                                .agreement = identifier_text(call, IDENTIFIER_AGREEMENT, agreement.id),
                                .seller_code = seller.code,
                                .provider_code = buyer.code,
                                .provider_name = buyer.name,
                                .month = report->month,
                                .state = report->state,
                                .submitted_at_us = report->submitted_at_us,
                                .submitted_by = report->submitted_by,
                                .decided_at_us = report->decided_at_us,
                                .decided_by = report->decided_by,
                                .rejection_reason = report->reason,
                                .version = report->version};
    return STATUS_OK;
}

/* Reports are their edge's two parties'. */
static enum status report_filter_make(const struct call *call, const struct list_reports_input *input,
                                      struct report_filter *filter, struct fault *fault) {
    *filter = (struct report_filter){.party_id = call->actor.account_id, .month = -1, .state = -1};
    enum status status = require_any_right(call, RIGHT_READ, fault);
    if (status == STATUS_OK && input->provider.length > 0) {
        struct account buyer = {0};
        status = find_account(call, input->provider, "provider", &buyer, fault);
        filter->buyer_id = buyer.id;
    }
    if (status == STATUS_OK && input->month.length > 0) {
        struct month month = {0};
        status = month_parse(input->month, "month", &month, fault);
        filter->month = month.index;
    }
    if (status == STATUS_OK && input->state.length > 0) {
        status = machine_state_parse(&report_machine, input->state, &filter->state, fault);
    }
    return status;
}

enum status list_reports(struct call *call, const struct list_reports_input *input, struct report_page *out,
                         struct fault *fault) {
    enum status status = call_begin(call, DB_READ, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct report_filter filter;
    struct report *reports = NULL;
    struct report_page page = {0};
    status = report_filter_make(call, input, &filter, fault);
    if (status == STATUS_OK) {
        status = report_list(call->db, call->arena, &filter, input->page, &reports, &page.count,
                             &page.next_after, fault);
    }
    if (status != STATUS_OK) {
        goto done;
    }
    page.items = ARENA_NEW(call->arena, struct report_view, page.count);
    for (size_t i = 0; status == STATUS_OK && i < page.count; i++) {
        status = report_describe(call, &reports[i], &page.items[i], fault);
    }
    if (status == STATUS_OK) {
        *out = page;
    }
done:
    return call_end(call, status, fault);
}
