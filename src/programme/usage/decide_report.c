#include "programme/usage/decide_report.h"

#include "core/time/instant.h"
#include "programme/call/authorise.h"
#include "programme/call/closing_guard.h"
#include "programme/call/lookup_account.h"
#include "programme/call/lookup_sku.h"
#include "programme/call/open_zone.h"
#include "programme/call/validate.h"
#include "programme/usage/find_report.h"
#include "programme/usage/lowered_late.h"
#include "store/access/users.h"
#include "store/billing/months.h"
#include "store/parties/amendments.h"

#include <assert.h>
#include <string.h>

/* What the close asks the deadline of. */
struct overdue {
    struct month month;
    int64_t seller_id;
    enum report_edges edges;
};

enum { REPORT_UNITS_MAX = 1000000000, REASON_BYTES_MAX = 2000 };
enum { OVERDUE_AT_ONCE = 16 }; /* in one transaction */

/* The actor's name, as the other party reads it. */
static enum status name_actor(const struct call *call, struct text *name, struct fault *fault) {
    if (call->actor.kind == ACTOR_USER) {
        struct user user = {0};
        TRY(user_load(call->db, call->arena, call->actor.id, &user, fault));
        *name = user.name;
    } else if (call->actor.kind == ACTOR_TOKEN) {
        *name = text_format(call->arena, "token %.*s",
                            TEXT_ARGS(identifier_text(call, IDENTIFIER_TOKEN, call->actor.id)));
    } else {
        *name = call->actor.kind == ACTOR_SYSTEM ? TEXT("system") : TEXT("operator");
    }
    return STATUS_OK;
}

static enum status step_report(struct report *report, const char *event, struct fault *fault) {
    int state = 0;
    TRY(machine_step(&report_machine, (int)report->state, event, &state, fault));
    report->state = (enum report_state)state;
    return STATUS_OK;
}

static enum status save_report(const struct call *call, struct report *report, struct fault *fault) {
    return report->id == 0 ? report_insert(call->db, report, fault) : report_update(call->db, report, fault);
}

enum side { AS_BUYER, AS_SELLER };

/* The report that a party means to change: its rights, the version, and that the month is not closed. */
static enum status find_to_change(const struct call *call, const struct report_name *name, enum side side,
                                  int64_t if_version, struct edge_report *report, struct report_times *times,
                                  struct fault *fault) {
    const struct report_edge *edge = &report->edge;
    enum month_state month = MONTH_OPEN;
    TRY(find_report(call, name, report, times, fault));
    TRY(require_right(call, side == AS_BUYER ? edge->buyer.id : edge->seller.id, RIGHT_REPORTS, fault));
    TRY(check_version(if_version, report->report.version, fault));
    TRY(month_state_load(call->db, edge->agreement.id, edge->month, &month, fault));
    if (month == MONTH_CLOSING) {
        return month_is_closing(call, edge->month, "month", fault);
    }
    if (month == MONTH_CLOSED) {
        return fault_set(fault, STATUS_CONFLICT, "month-closed", "month",
                         month_format(call->arena, edge->month),
                         "This month is closed. Record a correction of it instead.");
    }
    return STATUS_OK;
}

static enum status check_reason(struct text reason, struct fault *fault) {
    reason = text_trim(reason);
    if (reason.length == 0) {
        return fault_set(fault, STATUS_INVALID, "missing-field", "reason", reason,
                         "Give a reason: the other party reads it.");
    }
    if (reason.length > REASON_BYTES_MAX) {
        return fault_set(fault, STATUS_INVALID, "too-long", "reason", reason,
                         "Give a reason of up to %d bytes.", REASON_BYTES_MAX);
    }
    return check_visible(reason, "reason", false, fault);
}

/* Audits the change as a thing of the party that did not do it, so that both read it. */
static enum status audit_report(const struct call *call, const struct edge_report *report, const char *action,
                                int64_t whose, struct text detail, struct fault *fault) {
    return audit_write(call, action, identifier_text(call, IDENTIFIER_REPORT, report->report.id), whose,
                       detail, fault);
}

/* Audits the change, and measures and describes the report for the answer. */
static enum status end_decision(struct call *call, const struct edge_report *report, const char *action,
                                int64_t whose, struct text detail, struct report_detail *out,
                                struct fault *fault) {
    struct report_rows rows;
    TRY(audit_report(call, report, action, whose, detail, fault));
    TRY(measure_report(call, report, &rows, fault));
    *out = describe_report(call, report, &rows);
    return STATUS_OK;
}

/* ---- adjusting ---- */

static enum status not_in_report(const char *field, struct text word, const char *of_what,
                                 struct fault *fault) {
    return fault_set(fault, STATUS_NOT_FOUND, "not-in-report", field, word,
                     "The report has no row of this %s. Adjust what is provisioned: only that has rows.",
                     of_what);
}

/* What a lookup has not found is in no row either. */
static bool is_not_there(enum status status, const struct fault *fault) {
    return status == STATUS_NOT_FOUND || strcmp(fault->code, "not-below-buyer") == 0;
}

/* The row that customer and SKU name. */
static enum status find_row(const struct call *call, const struct agreement *agreement,
                            const struct adjust_report_input *input, const struct report_rows *rows,
                            size_t *row, struct fault *fault) {
    struct text customer_word = text_trim(input->customer);
    struct text sku_word = text_trim(input->sku);
    struct account customer = {0};
    struct sku sku = {0};
    bool is_customer_in = false;
    enum status status = find_customer_below(call, agreement, customer_word, &customer, fault);
    if (status != STATUS_OK && !is_not_there(status, fault)) {
        return status;
    }
    for (size_t i = 0; status == STATUS_OK && i < rows->count && !is_customer_in; i++) {
        is_customer_in = rows->keys[i].customer_id == customer.id;
    }
    if (!is_customer_in) {
        return not_in_report("customer", customer_word, "customer", fault);
    }
    status = find_sku_of_seller(call, agreement->buyer_id, sku_word, "sku", &sku, fault);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND) {
        return status;
    }
    for (size_t i = 0; status == STATUS_OK && i < rows->count; i++) {
        if (rows->keys[i].customer_id == customer.id && rows->keys[i].sku_id == sku.id) {
            *row = i;
            return STATUS_OK;
        }
    }
    return not_in_report("sku", sku_word, "SKU at the customer", fault);
}

static enum status check_adjustment(const struct call *call, const struct adjust_report_input *input,
                                    struct fault *fault) {
    if (input->withdraw) {
        return STATUS_OK;
    }
    if (input->units < 0 || input->units > REPORT_UNITS_MAX) {
        return fault_set(fault, STATUS_INVALID, "units-out-of-range", "units",
                         text_format(call->arena, "%lld", (long long)input->units),
                         "Give units as a whole number from 0 to %d, such as 8.", REPORT_UNITS_MAX);
    }
    return check_reason(input->reason, fault);
}

/* Keeps the adjustment, or takes it back, and sets it in the row. */
static enum status save_adjustment(struct call *call, const struct adjust_report_input *input,
                                   int64_t report_id, struct report_rows *rows, size_t row,
                                   struct fault *fault) {
    const struct report_row_key *key = &rows->keys[row];
    struct report_adjustment adjustment = {.report_id = report_id,
                                           .customer_id = key->customer_id,
                                           .sku_id = key->sku_id,
                                           .units = input->units,
                                           .reason = text_trim(input->reason)};
    bool was_there = false;
    if (!input->withdraw) {
        TRY(report_adjustment_save(call->db, &adjustment, fault));
        return report_rows_adjust(rows, row, &adjustment, fault);
    }
    TRY(report_adjustment_delete(call->db, report_id, key->customer_id, key->sku_id, &was_there, fault));
    if (!was_there) {
        return fault_set(fault, STATUS_CONFLICT, "not-adjusted", "sku", input->sku,
                         "This row has no adjustment to withdraw. It stands as it was measured.");
    }
    return report_rows_adjust(rows, row, NULL, fault);
}

static struct text adjustment_words(const struct call *call, const struct adjust_report_input *input,
                                    const struct usage_report_row *row) {
    if (input->withdraw) {
        return text_format(call->arena, "%.*s %.*s: as measured", TEXT_ARGS(row->customer_code),
                           TEXT_ARGS(row->sku));
    }
    return text_format(call->arena, "%.*s %.*s: %lld units: %.*s", TEXT_ARGS(row->customer_code),
                       TEXT_ARGS(row->sku), (long long)input->units, TEXT_ARGS(text_trim(input->reason)));
}

static enum status adjust_report_body(struct call *call, const void *input, void *output,
                                      struct fault *fault) {
    const struct adjust_report_input *asked = input;
    struct edge_report report;
    struct report_times times;
    struct report_rows rows;
    size_t row = 0;
    TRY(find_to_change(call, &asked->name, AS_BUYER, asked->if_version, &report, &times, fault));
    TRY(check_adjustment(call, asked, fault));
    if (report.report.state != REPORT_DRAFT) {
        TRY(step_report(&report.report, "revise", fault));
    }
    TRY(measure_report(call, &report, &rows, fault));
    TRY(find_row(call, &report.edge.agreement, asked, &rows, &row, fault));
    struct text detail = adjustment_words(call, asked, &rows.items[row]);
    TRY(save_report(call, &report.report, fault));
    TRY(save_adjustment(call, asked, report.report.id, &rows, row, fault));
    TRY(audit_report(call, &report, "report.adjust", report.edge.buyer.id, detail, fault));
    *(struct report_detail *)output = describe_report(call, &report, &rows);
    return STATUS_OK;
}

enum status adjust_report(struct call *call, const struct adjust_report_input *input,
                          struct report_detail *out, struct fault *fault) {
    struct report_detail made;
    TRY(call_run(call, DB_WRITE, adjust_report_body, input, &made, fault));
    *out = made;
    return STATUS_OK;
}

/* ---- submitting and deciding ---- */

/* From here on the month takes no more events on this edge (R4.8). */
static enum status begin_reporting(const struct call *call, const struct report_edge *edge,
                                   struct fault *fault) {
    enum month_state month = MONTH_OPEN;
    int next = 0;
    TRY(month_state_load(call->db, edge->agreement.id, edge->month, &month, fault));
    if (month != MONTH_OPEN) {
        return STATUS_OK;
    }
    TRY(machine_step(&month_machine, (int)month, "report", &next, fault));
    return month_state_save(call->db, edge->agreement.id, edge->month, (enum month_state)next, 0, fault);
}

/* draft or rejected → submitted, by the call's actor. */
static enum status submit(const struct call *call, const struct report_edge *edge, struct report *report,
                          struct fault *fault) {
    if (report->state == REPORT_REJECTED) {
        TRY(step_report(report, "revise", fault));
    }
    TRY(step_report(report, "submit", fault));
    TRY(name_actor(call, &report->submitted_by, fault));
    TRY(begin_reporting(call, edge, fault));
    assert(report->state == REPORT_SUBMITTED);
    report->submitted_at_us = call->now_us;
    report->decided_at_us = 0;
    report->decided_by = TEXT("");
    report->reason = TEXT("");
    return STATUS_OK;
}

/* submitted → approved or rejected, by the call's actor. */
static enum status decide(const struct call *call, struct report *report, const char *event,
                          struct text reason, struct fault *fault) {
    TRY(step_report(report, event, fault));
    TRY(name_actor(call, &report->decided_by, fault));
    report->decided_at_us = call->now_us;
    report->reason = reason;
    return STATUS_OK;
}

static enum status submit_report_body(struct call *call, const void *input, void *output,
                                      struct fault *fault) {
    const struct decide_report_input *asked = input;
    struct edge_report report;
    struct report_times times;
    TRY(find_to_change(call, &asked->name, AS_BUYER, asked->if_version, &report, &times, fault));
    struct text month = month_format(call->arena, report.edge.month);
    if (call->now_us < times.end_us) {
        return fault_set(fault, STATUS_CONFLICT, "month-not-ended", "month", month,
                         "The month ends at %.*s in the agreement's time zone. Report it from then on.",
                         TEXT_ARGS(instant_format(call->arena, times.end_us)));
    }
    TRY(submit(call, &report.edge, &report.report, fault));
    TRY(save_report(call, &report.report, fault));
    return end_decision(call, &report, "report.submit", report.edge.seller.id, month, output, fault);
}

enum status submit_report(struct call *call, const struct decide_report_input *input,
                          struct report_detail *out, struct fault *fault) {
    struct report_detail made;
    TRY(call_run(call, DB_WRITE, submit_report_body, input, &made, fault));
    *out = made;
    return STATUS_OK;
}

static enum status approve_report_body(struct call *call, const void *input, void *output,
                                       struct fault *fault) {
    const struct decide_report_input *asked = input;
    struct edge_report report;
    struct report_times times;
    TRY(find_to_change(call, &asked->name, AS_SELLER, asked->if_version, &report, &times, fault));
    TRY(decide(call, &report.report, "approve", TEXT(""), fault));
    TRY(save_report(call, &report.report, fault));
    return end_decision(call, &report, "report.approve", report.edge.buyer.id, TEXT(""), output, fault);
}

enum status approve_report(struct call *call, const struct decide_report_input *input,
                           struct report_detail *out, struct fault *fault) {
    struct report_detail made;
    TRY(call_run(call, DB_WRITE, approve_report_body, input, &made, fault));
    *out = made;
    return STATUS_OK;
}

static enum status reject_report_body(struct call *call, const void *input, void *output,
                                      struct fault *fault) {
    const struct decide_report_input *asked = input;
    struct text reason = text_trim(asked->reason);
    struct edge_report report;
    struct report_times times;
    TRY(find_to_change(call, &asked->name, AS_SELLER, asked->if_version, &report, &times, fault));
    TRY(check_reason(reason, fault));
    TRY(decide(call, &report.report, "reject", reason, fault));
    TRY(save_report(call, &report.report, fault));
    return end_decision(call, &report, "report.reject", report.edge.buyer.id, reason, output, fault);
}

enum status reject_report(struct call *call, const struct decide_report_input *input,
                          struct report_detail *out, struct fault *fault) {
    struct report_detail made;
    TRY(call_run(call, DB_WRITE, reject_report_body, input, &made, fault));
    *out = made;
    return STATUS_OK;
}

/* ---- the deadline ---- */

/* Whether the system decides the report of an edge now, which is `*report` then (id 0: nothing is kept). What
 * was submitted with adjustments waits for its seller however long (R6.7): it lowers or raises a bill, and
 * silence takes nobody's part. So does what a late change lowered (`*waits`, R4.18): the system submits it,
 * and the seller decides. An edge of a vendor has no report and no deadline but for such a change: the system
 * submits it once the month has ended. */
static enum status is_for_system(struct call *call, const struct report_edge *edge, enum report_edges edges,
                                 const struct report_times *times, struct report *report, bool *yes,
                                 bool *waits, struct fault *fault) {
    struct report_adjustment *adjustments = NULL;
    size_t count = 0;
    bool found = false;
    TRY(report_load_month(call->db, call->arena, edge->agreement.id, edge->month, report, &found, fault));
    TRY(lowered_late(call, &edge->agreement, edge->month, times->start_us, times->end_us, waits, fault));
    if (!found) {
        *report = (struct report){.agreement_id = edge->agreement.id,
                                  .month = edge->month,
                                  .state = REPORT_DRAFT,
                                  .reason = TEXT("")};
        /* A month that was over before the agreement was signed has nothing to report (R7.5). */
        int64_t from_us = edges == EDGES_OF_VENDORS ? times->end_us : times->overdue_us;
        *yes = call->now_us >= from_us && edge->agreement.signed_at_us < times->end_us &&
               (*waits || edges == EDGES_THAT_REPORT);
        return STATUS_OK;
    }
    TRY(report_adjustments_load(call->db, call->arena, report->id, &adjustments, &count, fault));
    if (*waits) {
        *yes = call->now_us >= times->overdue_us && report->state != REPORT_SUBMITTED;
        return STATUS_OK;
    }
    *yes = count == 0 ? call->now_us >= times->unadjusted_overdue_us
                      : call->now_us >= times->overdue_us && report->state != REPORT_SUBMITTED;
    return STATUS_OK;
}

/* Approves what was measured: what the buyer meant to change was not submitted in time, so it does not count.
 */
static enum status approve_measured(const struct call *call, const struct report_edge *edge,
                                    const struct report *kept, bool waits, struct fault *fault) {
    struct edge_report of = {.edge = *edge, .report = *kept};
    struct report *report = &of.report;
    int64_t dropped = 0;
    if (report->id != 0) {
        TRY(report_adjustments_delete_all(call->db, report->id, &dropped, fault));
    }
    if (report->state != REPORT_SUBMITTED) {
        TRY(submit(call, edge, report, fault));
    }
    if (waits) {
        TRY(save_report(call, report, fault));
        return audit_report(call, &of, "report.overdue", edge->agreement.buyer_id,
                            TEXT("submitted as measured; a late change waits for the seller"), fault);
    }
    TRY(decide(call, report, "approve", TEXT(""), fault));
    TRY(save_report(call, report, fault));
    return audit_report(
        call, &of, "report.overdue", edge->agreement.buyer_id,
        text_format(call->arena, "approved as measured; %lld adjustments dropped", (long long)dropped),
        fault);
}

/* Opens the zone of that name, unless it is the one that is open. */
static enum status switch_zone(const struct call *call, struct text name, struct zone **zone,
                               struct fault *fault) {
    if (*zone != NULL && text_is(name, zone_name(*zone))) {
        return STATUS_OK;
    }
    zone_close(*zone);
    *zone = NULL;
    return open_zone(call, name, zone, fault);
}

/* The edge of an agreement with its terms of the month; the zone is the one that is open, or becomes it. */
static enum status load_edge(struct call *call, struct month month, int64_t agreement_id, struct zone **zone,
                             struct report_edge *edge, struct report_times *times, struct fault *fault) {
    *edge = (struct report_edge){.month = month};
    TRY(agreement_load(call->db, call->arena, agreement_id, &edge->agreement, fault));
    TRY(agreement_in_month(call->db, call->arena, month, &edge->agreement, fault));
    TRY(switch_zone(call, edge->agreement.time_zone, zone, fault));
    *times = report_times_of(*zone, &edge->agreement, month);
    return STATUS_OK;
}

/* ---- which are overdue: reading only ---- */

struct overdue_edge {
    int64_t agreement_id;
    enum report_edges edges;
};

struct overdue_list {
    struct overdue_edge *items;
    size_t count;
    size_t capacity;
};

static enum status list_overdue(struct call *call, const struct overdue *asked, struct zone **zone,
                                struct overdue_list *list, struct fault *fault) {
    int64_t *ids = NULL;
    size_t count = 0;
    TRY(report_outstanding(call->db, call->arena, asked->month, asked->seller_id, asked->edges, &ids, &count,
                           fault));
    for (size_t i = 0; i < count; i++) {
        struct report_edge edge;
        struct report_times times;
        struct report report;
        bool is_overdue = false;
        bool waits = false;
        TRY(load_edge(call, asked->month, ids[i], zone, &edge, &times, fault));
        TRY(is_for_system(call, &edge, asked->edges, &times, &report, &is_overdue, &waits, fault));
        if (is_overdue) {
            list->items =
                arena_grow(call->arena, list->items, list->count, &list->capacity, sizeof *list->items);
            list->items[list->count++] = (struct overdue_edge){ids[i], asked->edges};
        }
    }
    return STATUS_OK;
}

static enum status list_overdue_body(struct call *call, const void *input, void *output,
                                     struct fault *fault) {
    static const enum report_edges EDGES[] = {EDGES_THAT_REPORT, EDGES_OF_VENDORS};
    struct overdue asked = *(const struct overdue *)input;
    struct zone *zone = NULL;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < sizeof EDGES / sizeof EDGES[0]; i++) {
        asked.edges = EDGES[i];
        status = list_overdue(call, &asked, &zone, output, fault);
    }
    zone_close(zone);
    return status;
}

/* ---- deciding them: some in a transaction, so that nobody waits for all ---- */

struct overdue_slice {
    struct month month;
    const struct overdue_edge *items;
    size_t count;
};

static enum status approve_one(struct call *call, struct month month, const struct overdue_edge *overdue,
                               struct zone **zone, int64_t *approved, struct fault *fault) {
    struct report_edge edge;
    struct report_times times;
    struct report report;
    bool is_overdue = false;
    bool waits = false;
    TRY(load_edge(call, month, overdue->agreement_id, zone, &edge, &times, fault));
    TRY(is_for_system(call, &edge, overdue->edges, &times, &report, &is_overdue, &waits, fault));
    if (is_overdue && report.state != REPORT_APPROVED) {
        TRY(approve_measured(call, &edge, &report, waits, fault));
        *approved += waits ? 0 : 1;
    }
    return STATUS_OK;
}

static enum status approve_slice_body(struct call *call, const void *input, void *output,
                                      struct fault *fault) {
    const struct overdue_slice *slice = input;
    struct zone *zone = NULL;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < slice->count; i++) {
        status = approve_one(call, slice->month, &slice->items[i], &zone, output, fault);
    }
    zone_close(zone);
    return status;
}

static enum status approve_overdue(struct call *call, const struct overdue *asked, int64_t *approved,
                                   struct fault *fault) {
    struct overdue_list list = {0};
    TRY(call_run(call, DB_READ, list_overdue_body, asked, &list, fault));
    for (size_t done = 0; done < list.count; done += OVERDUE_AT_ONCE) {
        size_t left = list.count - done;
        struct overdue_slice slice = {asked->month, list.items + done,
                                      left < OVERDUE_AT_ONCE ? left : OVERDUE_AT_ONCE};
        int64_t some = 0;
        TRY(call_run(call, DB_WRITE, approve_slice_body, &slice, &some, fault));
        *approved += some;
    }
    return STATUS_OK;
}

enum status submit_overdue_reports(struct call *call, struct month month, int64_t seller_id, int64_t *count,
                                   struct fault *fault) {
    struct overdue asked = {.month = month, .seller_id = seller_id};
    struct actor actor = call->actor;
    call->actor = (struct actor){.kind = ACTOR_SYSTEM, .rights = RIGHT_ALL};
    int64_t approved = 0;
    enum status status = approve_overdue(call, &asked, &approved, fault);
    call->actor = actor;
    if (status == STATUS_OK) {
        *count = approved;
    }
    return status;
}
