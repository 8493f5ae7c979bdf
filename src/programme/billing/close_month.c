/* The close in three parts: what is read up front, one edge after the other, and what is written behind them.
 *
 * After the reading no statement runs per row: edges are billed from memory and go out in batches at the end
 * of a seller. Nothing depends on the clock but the dates of issue and whether a month and a deadline have
 * passed. */
#include "programme/billing/close_month.h"

#include "core/rating/bill.h"
#include "core/time/instant.h"
#include "programme/billing/corrections.h"
#include "programme/billing/issue_documents.h"
#include "programme/billing/keep_months.h"
#include "programme/billing/load_month.h"
#include "programme/billing/load_snapshot.h"
#include "programme/call/authorise.h"
#include "programme/call/lookup_account.h"
#include "programme/call/tax_parties.h"
#include "programme/parties/heartbeat.h"
#include "programme/usage/decide_report.h"
#include "programme/usage/find_report.h"
#include "programme/usage/reports.h"
#include "store/billing/close_queries.h"
#include "store/billing/corrections.h"
#include "store/billing/months.h"
#include "store/billing/one_off_charges.h"

#include <assert.h>
#include <string.h>

/* A batch goes out at the end of a seller once it has so many lines. */
enum { BATCH_LINES = 100000, PROGRESS_EDGES = 512 };

/* An edge that was closed, with the heads of its documents once they are written; id 0: it has no invoice. */
struct closed_edge {
    struct close_month_edge edge;
    struct invoice_head issued;
    struct invoice_head *credit_notes;
    const struct credited_invoice **corrected; /* by them */
    size_t credit_note_count;
};

struct closing {
    struct call *call;
    struct close_month_result *result;
    struct month month;
    int64_t seller_id; /* 0: everybody */
    struct snapshot snapshot;
    struct loaded_month loaded;
    struct rated_month rated;
    struct id_map month_states; /* agreement → enum month_state */
    struct id_map report_states;
    struct document_batch batch;
    struct closed_edge *closed;
    size_t closed_count;
    struct close_month_edge *open;
    size_t open_capacity;
    struct edge_closing *fresh_months; /* whose month has no row yet */
    size_t fresh_count;
    bool *closed_zones;   /* by the snapshot's zones: an edge in it was closed */
    size_t ended;         /* edges whose month has ended */
    int64_t seller_edges; /* closed by the seller at work */
    int64_t seller_invoices;
};

/* ---- reading ---- */

static enum status find_seller(struct closing *closing, struct text word, struct fault *fault) {
    struct call *call = closing->call;
    struct account seller;
    if (word.length > 0) {
        TRY(find_account_with_right(call, word, "seller", RIGHT_BILLING, &seller, fault));
        closing->seller_id = seller.id;
        return STATUS_OK;
    }
    closing->seller_id = call->actor.account_id;
    return closing->seller_id == 0 ? STATUS_OK
                                   : require_right(call, closing->seller_id, RIGHT_BILLING, fault);
}

static bool is_asked_for(const struct closing *closing, uint32_t seller) {
    return closing->seller_id == 0 || closing->snapshot.accounts[seller].id == closing->seller_id;
}

static enum status read_states(struct closing *closing, struct fault *fault) {
    struct call *call = closing->call;
    struct month_row *months = NULL;
    struct report_row *reports = NULL;
    size_t month_count = 0;
    size_t report_count = 0;
    TRY(month_rows_load(call->db, call->arena, NULL, closing->month, &months, &month_count, fault));
    TRY(report_rows_load(call->db, call->arena, closing->month, &reports, &report_count, fault));
    id_map_init(&closing->month_states, call->arena, month_count);
    id_map_init(&closing->report_states, call->arena, report_count);
    for (size_t i = 0; i < month_count; i++) {
        id_map_put(&closing->month_states, months[i].agreement_id, 0, (uint32_t)months[i].state);
    }
    for (size_t i = 0; i < report_count; i++) {
        id_map_put(&closing->report_states, reports[i].agreement_id, 0, (uint32_t)reports[i].state);
    }
    return STATUS_OK;
}

/* Only what is below the seller, unless that is a vendor, whose SKUs are used everywhere. */
static int64_t scope_account(const struct closing *closing) {
    if (closing->seller_id == 0) {
        return 0;
    }
    uint32_t seller = snapshot_account(&closing->snapshot, closing->seller_id);
    return closing->snapshot.accounts[seller].kind == ACCOUNT_VENDOR ? 0 : closing->seller_id;
}

static enum status read_month(struct closing *closing, struct fault *fault) {
    struct call *call = closing->call;
    struct load_month_input input = {.snapshot = &closing->snapshot,
                                     .month = closing->month,
                                     .under_account_id = scope_account(closing),
                                     .party_id = closing->seller_id};
    TRY(load_month(call, &input, &closing->loaded, fault));
    TRY(loaded_month_rate(&closing->loaded, call->arena, 0, &closing->rated, fault));
    closing->closed = ARENA_NEW(call->arena, struct closed_edge, closing->snapshot.edge_count);
    closing->closed_zones = ARENA_NEW(call->arena, bool, closing->snapshot.zone_count);
    closing->fresh_months = ARENA_NEW(call->arena, struct edge_closing, closing->snapshot.edge_count);
    return STATUS_OK;
}

/* ---- one edge ---- */

/* A result's names of an edge. */
static struct close_month_edge name_edge(const struct closing *closing, uint32_t seller, uint32_t buyer,
                                         uint32_t agreement) {
    const struct snapshot *snapshot = &closing->snapshot;
    struct close_month_edge edge = {
        .seller_code = snapshot->accounts[seller].code,
        .seller_name = snapshot->accounts[seller].name,
        .buyer_code = snapshot->accounts[buyer].code,
        .buyer_name = snapshot->accounts[buyer].name,
    };
    if (agreement != SNAPSHOT_NONE) {
        edge.agreement =
            identifier_text(closing->call, IDENTIFIER_AGREEMENT, snapshot->agreements[agreement].id);
        edge.currency = snapshot->currencies[agreement];
    }
    return edge;
}

static void leave_open(struct closing *closing, struct close_month_edge edge, const char *reason,
                       struct text message) {
    edge.reason = text_copy(closing->call->arena, text_of(reason));
    edge.message = message;
    closing->open = arena_grow(closing->call->arena, closing->open, closing->result->open_count,
                               &closing->open_capacity, sizeof(*closing->open));
    closing->open[closing->result->open_count++] = edge;
}

/* Edges that buy to sell on report their months. A vendor's has a report where late changes lowered it. */
static bool must_report(const struct account *buyer) {
    return buyer->kind == ACCOUNT_PROVIDER || (buyer->kind == ACCOUNT_DISTRIBUTOR && buyer->seller_id != 0);
}

/* Whether the edge's report lets it close; else it stays open and says why. */
static bool is_reported(struct closing *closing, uint32_t edge, uint32_t agreement) {
    const struct snapshot *snapshot = &closing->snapshot;
    struct arena *arena = closing->call->arena;
    const struct agreement *terms = &snapshot->agreements[agreement];
    const struct snapshot_edge *on = &snapshot->edges[edge];
    uint32_t state = REPORT_DRAFT;
    bool kept = id_map_get(&closing->report_states, terms->id, 0, &state);
    if ((kept && state == REPORT_APPROVED) || (!kept && !must_report(&snapshot->accounts[on->buyer]))) {
        return true;
    }
    struct report_times times = report_times_of(snapshot_zone(snapshot, agreement), terms, closing->month);
    if (!kept && closing->call->now_us >= times.unadjusted_overdue_us) {
        return true;
    }
    struct close_month_edge open = name_edge(closing, on->seller, on->buyer, agreement);
    struct text due = date_format(arena, times.due_on);
    struct text month = month_format(arena, closing->month);
    if (!must_report(&snapshot->accounts[on->buyer])) {
        leave_open(closing, open, "report-not-approved",
                   text_format(arena,
                               "Late changes took usage away from the settlement of %.*s. The vendor alone "
                               "decides its report: approve it, or reject it to have it adjusted.",
                               TEXT_ARGS(month)));
        return false;
    }
    if (kept && state == REPORT_SUBMITTED && closing->call->now_us >= times.unadjusted_overdue_us) {
        leave_open(
            closing, open, "report-not-approved",
            text_format(arena,
                        "The report of %.*s was submitted with adjustments or has late changes that take "
                        "usage away, which its seller alone decides: approve or reject it.",
                        TEXT_ARGS(month)));
    } else if (kept && state == REPORT_SUBMITTED) {
        leave_open(closing, open, "report-not-approved",
                   text_format(arena,
                               "The report of %.*s waits for its approval. After %.*s the system approves "
                               "what it measured, unless it has adjustments: those wait for the seller.",
                               TEXT_ARGS(month), TEXT_ARGS(due)));
    } else {
        leave_open(closing, open, "report-missing",
                   text_format(arena,
                               "%.*s is not reported yet. After %.*s the system approves what it measured.",
                               TEXT_ARGS(month), TEXT_ARGS(due)));
    }
    return false;
}

/* The month's state goes to closed: at once where it has a row, else with the others of its kind. */
static enum status mark_closed(struct closing *closing, uint32_t agreement, enum usage_billing usage_billing,
                               struct fault *fault) {
    struct call *call = closing->call;
    int64_t agreement_id = closing->snapshot.agreements[agreement].id;
    const struct edge_closing month = {agreement_id, usage_billing};
    uint32_t state = MONTH_OPEN;
    int closed = MONTH_CLOSED;
    bool kept = id_map_get(&closing->month_states, agreement_id, 0, &state);
    TRY(machine_step(&month_machine, (int)state, "freeze", &closed, fault));
    TRY(machine_step(&month_machine, closed, "close", &closed, fault));
    assert(closed == MONTH_CLOSED);
    closing->closed_zones[closing->snapshot.zone_of_agreement[agreement]] = true;
    if (kept) {
        return month_close_save(call->db, closing->month, month, call->now_us, fault);
    }
    closing->fresh_months[closing->fresh_count++] = month;
    return STATUS_OK;
}

static struct invoice_address address_of(const struct account *account) {
    return (struct invoice_address){account->name, account->address, account->country, account->tax_number,
                                    account->email};
}

/* The head of an edge's document: the parties as they are today. */
static struct invoice_head head_of(const struct closing *closing, uint32_t agreement) {
    const struct snapshot *snapshot = &closing->snapshot;
    const struct agreement *terms = &snapshot->agreements[agreement];
    const struct snapshot_edge *on = &snapshot->edges[snapshot->edge_of_agreement[agreement]];
    const struct account *seller = &snapshot->accounts[on->seller];
    struct date today = zone_date_at(snapshot_zone(snapshot, agreement), closing->call->now_us);
    return (struct invoice_head){
        .kind = seller->kind == ACCOUNT_VENDOR ? INVOICE_KIND_SETTLEMENT : INVOICE_KIND_INVOICE,
        .agreement_id = terms->id,
        .seller_id = terms->seller_id,
        .buyer_id = terms->buyer_id,
        .month = closing->month,
        .currency = terms->currency,
        .issued_on = today,
        .due_on = {today.day + (int32_t)terms->payment_days},
        .terms = terms->terms,
        .seller = address_of(seller),
        .buyer = address_of(&snapshot->accounts[on->buyer]),
    };
}

/* What is kept is billed as it stands; who bills is told what the document lacks. */
static struct text remark_on_tax(const struct closing *closing, uint32_t agreement,
                                 const struct edge_bill *bill) {
    const struct snapshot *snapshot = &closing->snapshot;
    const struct snapshot_edge *on = &snapshot->edges[snapshot->edge_of_agreement[agreement]];
    struct tax taxes[TAX_CATEGORIES];
    size_t count = 0;
    for (size_t i = 0; i < bill->line_count; i++) {
        size_t known = 0;
        while (known < count && strcmp(taxes[known].category, bill->lines[i].tax.category) != 0) {
            known++;
        }
        if (known == count && count < TAX_CATEGORIES) {
            taxes[count++] = bill->lines[i].tax;
        }
    }
    return tax_remark(closing->call->arena, taxes, count, &snapshot->accounts[on->seller],
                      &snapshot->accounts[on->buyer]);
}

static enum status add_invoice(struct closing *closing, uint32_t agreement, const struct edge_bill *bill,
                               struct closed_edge *closed, struct fault *fault) {
    struct billed_total total;
    struct document document = {.head = head_of(closing, agreement),
                                .seller_code = closed->edge.seller_code,
                                .lines = bill->lines,
                                .line_count = bill->line_count,
                                .issued = &closed->issued};
    if (bill->line_count == 0) {
        return STATUS_OK;
    }
    TRY(document_batch_add(&closing->batch, &document, &total, fault));
    closed->edge.tax_remark = remark_on_tax(closing, agreement, bill);
    assert(total.gross_minor == bill->total.gross_minor);
    closing->seller_invoices++;
    return STATUS_OK;
}

/* Credit notes are few: what they correct is read one by one. */
static enum status add_credit_notes(struct closing *closing, uint32_t agreement, const struct edge_bill *bill,
                                    struct closed_edge *closed, struct fault *fault) {
    struct call *call = closing->call;
    size_t count = bill->credit_note_count;
    closed->credit_notes = ARENA_NEW(call->arena, struct invoice_head, count);
    closed->corrected = ARENA_NEW(call->arena, const struct credited_invoice *, count);
    for (size_t i = 0; i < count; i++) {
        struct billed_total total;
        struct credited_invoice *credited = ARENA_NEW(call->arena, struct credited_invoice, 1);
        TRY(credited_invoice_load(call, bill->credit_notes[i].document_id, INT64_MAX, credited, fault));
        struct document document = {.head = head_of(closing, agreement),
                                    .seller_code = closed->edge.seller_code,
                                    .lines = bill->credit_notes[i].lines,
                                    .line_count = bill->credit_notes[i].line_count,
                                    .credited = credited,
                                    .issued = &closed->credit_notes[i]};
        document.head.kind = INVOICE_KIND_CREDIT_NOTE;
        document.head.corrects_id = credited->head.id;
        document.head.due_on = document.head.issued_on;
        document.head.terms = TEXT("");
        closed->corrected[i] = credited;
        TRY(document_batch_add(&closing->batch, &document, &total, fault));
    }
    closed->credit_note_count = count;
    return STATUS_OK;
}

/* Names what the bill could not carry. */
static void name_stuck(struct closing *closing, uint32_t agreement, const struct edge_bill *bill,
                       struct close_month_edge *edge) {
    struct call *call = closing->call;
    const struct snapshot *snapshot = &closing->snapshot;
    struct close_month_stuck *stuck = ARENA_NEW(call->arena, struct close_month_stuck, bill->stuck_count);
    for (size_t i = 0; i < bill->stuck_count; i++) {
        const struct bill_stuck *waiting = &bill->stuck[i];
        bool is_charge = waiting->charge_id != 0;
        stuck[i] = (struct close_month_stuck){
            .charge = is_charge ? identifier_text(call, IDENTIFIER_CHARGE, waiting->charge_id) : TEXT(""),
            .sku = is_charge ? TEXT("") : snapshot->sku_labels[snapshot_sku_find(snapshot, waiting->sku_id)],
            .month = waiting->month,
            .reason = text_format(
                call->arena, "It is in %.*s, and this bill is in %.*s, which cannot carry it.",
                TEXT_ARGS(waiting->currency), TEXT_ARGS(snapshot->agreements[agreement].currency)),
        };
    }
    edge->stuck = stuck;
    edge->stuck_count = bill->stuck_count;
}

/* Puts the bill on its documents, where there is anything, and the edge among the closed ones. */
static enum status close_edge(struct closing *closing, uint32_t edge, uint32_t agreement,
                              const struct edge_bill *bill, struct fault *fault) {
    const struct snapshot_edge *on = &closing->snapshot.edges[edge];
    assert(closing->closed_count < closing->snapshot.edge_count);
    struct closed_edge *closed = &closing->closed[closing->closed_count++];
    closed->edge = name_edge(closing, on->seller, on->buyer, agreement);
    closed->edge.billed_elsewhere = bill->usage_billing == USAGE_BILLED_ELSEWHERE;
    name_stuck(closing, agreement, bill, &closed->edge);
    closing->seller_edges++;
    TRY(add_invoice(closing, agreement, bill, closed, fault));
    TRY(add_credit_notes(closing, agreement, bill, closed, fault));
    return mark_closed(closing, agreement, bill->usage_billing, fault);
}

/* Bills an edge that may close, and closes it unless a price is missing or it cannot be computed. */
static enum status bill_and_close_edge(struct closing *closing, uint32_t edge, uint32_t agreement,
                                       struct fault *fault) {
    const struct snapshot_edge *on = &closing->snapshot.edges[edge];
    struct arena *arena = closing->call->arena;
    struct edge_bill bill;
    enum status status =
        bill_edge(&closing->rated, &closing->loaded.waiting, &closing->batch.arena, agreement, &bill, fault);
    if (bill_is_refused(status)) {
        leave_open(closing, name_edge(closing, on->seller, on->buyer, agreement), fault->code,
                   text_copy(arena, text_of(fault->message)));
        return STATUS_OK;
    }
    TRY(status);
    if (bill.missing.length > 0) {
        leave_open(closing, name_edge(closing, on->seller, on->buyer, agreement), "price-missing",
                   bill_missing_message(&closing->rated, arena, agreement, bill.missing));
        return STATUS_OK;
    }
    return close_edge(closing, edge, agreement, &bill, fault);
}

/* Whether the month was closed on the edge, under whichever of its agreements. */
static bool is_closed(const struct closing *closing, uint32_t edge) {
    const struct snapshot *snapshot = &closing->snapshot;
    const uint32_t *agreements = snapshot->edge_agreements + snapshot->edges[edge].first_agreement;
    for (uint32_t i = 0; i < snapshot->edges[edge].agreement_count; i++) {
        uint32_t state = MONTH_OPEN;
        if (id_map_get(&closing->month_states, snapshot->agreements[agreements[i]].id, 0, &state) &&
            state == MONTH_CLOSED) {
            return true;
        }
    }
    return false;
}

static enum status visit_edge(struct closing *closing, uint32_t edge, struct fault *fault) {
    const struct snapshot *snapshot = &closing->snapshot;
    uint32_t agreement = bill_agreement(&closing->rated, &closing->loaded.waiting, edge);
    if (agreement == SNAPSHOT_NONE) {
        return STATUS_OK;
    }
    const struct month_span *span = snapshot_span(snapshot, agreement, closing->month);
    if (closing->call->now_us < span->midnights_us[span->days]) {
        struct arena *arena = closing->call->arena;
        leave_open(closing,
                   name_edge(closing, snapshot->edges[edge].seller, snapshot->edges[edge].buyer, agreement),
                   "month-not-ended",
                   text_format(arena, "%.*s ends at %.*s (%.*s). Close it after that.",
                               TEXT_ARGS(month_format(arena, closing->month)),
                               TEXT_ARGS(instant_format(arena, span->midnights_us[span->days])),
                               TEXT_ARGS(snapshot->agreements[agreement].time_zone)));
        return STATUS_OK;
    }
    closing->ended++;
    if (is_closed(closing, edge)) {
        closing->result->already_closed++;
        return STATUS_OK;
    }
    if (!is_reported(closing, edge, agreement)) {
        return STATUS_OK;
    }
    return bill_and_close_edge(closing, edge, agreement, fault);
}

/* ---- all edges ---- */

/* Writes what is due at the end of a seller: the batch, where it is large or the last, and the audit entry.
 */
static enum status end_seller(struct closing *closing, uint32_t seller, bool is_last, struct fault *fault) {
    struct call *call = closing->call;
    int64_t seller_id = closing->snapshot.accounts[seller].id;
    if (closing->batch.line_count >= BATCH_LINES || is_last) {
        TRY(document_batch_write(&closing->batch, fault));
    }
    if (closing->seller_edges > 0) {
        struct text detail =
            text_format(call->arena, "%.*s: %lld edges closed, %lld invoices",
                        TEXT_ARGS(month_format(call->arena, closing->month)),
                        (long long)closing->seller_edges, (long long)closing->seller_invoices);
        TRY(audit_write(call, "month.close", identifier_text(call, IDENTIFIER_ACCOUNT, seller_id), seller_id,
                        detail, fault));
    }
    closing->seller_edges = closing->seller_invoices = 0;
    return STATUS_OK;
}

static void show_progress(const struct closing *closing, size_t done) {
    struct progress *progress = closing->call->progress;
    if (progress != NULL) {
        progress->step(progress, "closing", (int64_t)done, (int64_t)closing->snapshot.edge_count);
    }
}

static enum status visit_edges(struct closing *closing, struct fault *fault) {
    const struct snapshot *snapshot = &closing->snapshot;
    for (size_t e = 0; e < snapshot->edge_count; e++) {
        uint32_t seller = snapshot->edges[e].seller;
        bool is_last = e + 1 == snapshot->edge_count;
        if (e % PROGRESS_EDGES == 0) {
            show_progress(closing, e);
        }
        if (is_asked_for(closing, seller)) {
            TRY(visit_edge(closing, (uint32_t)e, fault));
        }
        if (is_last || snapshot->edges[e + 1].seller != seller) {
            TRY(end_seller(closing, seller, is_last, fault));
        }
    }
    show_progress(closing, snapshot->edge_count);
    return STATUS_OK;
}

static void list_orphans(struct closing *closing) {
    const struct usage_by_edge *by_edge = &closing->loaded.by_edge;
    for (size_t i = 0; i < by_edge->orphan_count; i++) {
        const struct edge_orphan *orphan = &by_edge->orphans[i];
        if (is_asked_for(closing, orphan->seller)) {
            leave_open(closing, name_edge(closing, orphan->seller, orphan->buyer, SNAPSHOT_NONE),
                       "agreement-missing",
                       TEXT("Licences are in use below this edge, which has no agreement to bill them by. "
                            "Make one and have it signed."));
        }
    }
}

/* A month that has ended nowhere is a mistake of the asker's, not a list of open edges. */
static enum status refuse_unended(const struct closing *closing, struct fault *fault) {
    if (closing->ended > 0 || closing->result->open_count == 0) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_CONFLICT, "month-not-ended", "month",
                     month_format(closing->call->arena, closing->month),
                     "This month has not ended in the time zone of any agreement yet. Close it once it has.");
}

/* Writes that the months are closed, and which document carries what waited. */
static enum status mark_billed(struct closing *closing, struct fault *fault) {
    struct call *call = closing->call;
    TRY(months_close_bulk(call->db, closing->month, closing->fresh_months, closing->fresh_count, call->now_us,
                          fault));
    if (closing->loaded.waiting.charge_count > 0 && closing->batch.first_id > 0) {
        TRY(one_off_charges_mark_billed(call->db, closing->month, closing->batch.first_id, fault));
    }
    if (closing->loaded.waiting.place_count > 0 && closing->batch.first_id > 0) {
        TRY(corrections_mark_billed(call->db, closing->month, closing->batch.first_id, fault));
    }
    return STATUS_OK;
}

static enum status close_edges(struct closing *closing, const struct close_month_input *input,
                               struct fault *fault) {
    struct call *call = closing->call;
    TRY(find_seller(closing, input->seller, fault));
    TRY(submit_overdue_reports(call, closing->month, closing->seller_id, &closing->result->reports_approved,
                               fault));
    TRY(snapshot_load(call, NULL, &closing->snapshot, fault));
    TRY(accept_silent_corrections(call, closing->seller_id, fault));
    TRY(read_states(closing, fault));
    TRY(read_month(closing, fault));
    TRY(visit_edges(closing, fault));
    TRY(refuse_unended(closing, fault));
    list_orphans(closing);
    TRY(mark_billed(closing, fault));
    return keep_closed_month(call, &closing->snapshot, closing->month, closing->closed_zones, fault);
}

static const struct close_month_credit_note *list_credit_notes(const struct closing *closing,
                                                               const struct closed_edge *closed) {
    struct arena *arena = closing->call->arena;
    struct close_month_credit_note *notes =
        ARENA_NEW(arena, struct close_month_credit_note, closed->credit_note_count);
    for (size_t i = 0; i < closed->credit_note_count; i++) {
        const struct invoice_head *head = &closed->credit_notes[i];
        notes[i] = (struct close_month_credit_note){.corrects = closed->corrected[i]->head.number,
                                                    .gross_minor = head->gross_minor};
        if (!closing->call->dry_run) {
            notes[i].invoice = identifier_text(closing->call, IDENTIFIER_INVOICE, head->id);
            notes[i].number = head->number;
        }
    }
    return notes;
}

/* The closed edges as the result tells them, with what their documents are called. */
static struct close_month_edge *list_closed(const struct closing *closing) {
    struct close_month_edge *edges =
        ARENA_NEW(closing->call->arena, struct close_month_edge, closing->closed_count);
    for (size_t i = 0; i < closing->closed_count; i++) {
        const struct closed_edge *closed = &closing->closed[i];
        edges[i] = closed->edge;
        edges[i].credit_notes = list_credit_notes(closing, closed);
        edges[i].credit_note_count = closed->credit_note_count;
        edges[i].has_invoice = closed->issued.id > 0;
        edges[i].gross_minor = closed->issued.gross_minor;
        if (edges[i].has_invoice && !closing->call->dry_run) {
            edges[i].invoice = identifier_text(closing->call, IDENTIFIER_INVOICE, closed->issued.id);
            edges[i].number = closed->issued.number;
        }
    }
    return edges;
}

/* When the month has ended in every zone: clocks run at most 12 hours behind UTC. */
static int64_t ended_everywhere_us(struct month month) {
    return (month_first_day(month_plus(month, 1)).day * INT64_C(24) + 12) * INT64_C(3600000000);
}

static enum status close_month_body(struct call *call, const void *input, void *output, struct fault *fault) {
    struct close_month_result *result = output;
    struct close_month_result made = {.month = result->month, .dry_run = call->dry_run};
    struct closing closing = {.call = call, .result = &made, .month = result->month};
    TRY(require_sure_clock(call, ended_everywhere_us(result->month), fault));
    document_batch_init(&closing.batch, call);
    enum status status = close_edges(&closing, input, fault);
    if (status == STATUS_OK) {
        made.closed = list_closed(&closing);
        made.closed_count = closing.closed_count;
        made.open = closing.open;
        made.invoice_count = closing.batch.documents_written;
        made.line_count = closing.batch.lines_written;
        *result = made;
    }
    document_batch_clean_up(&closing.batch);
    snapshot_close(&closing.snapshot);
    return status;
}

enum status close_month(struct call *call, const struct close_month_input *input,
                        struct close_month_result *result, struct fault *fault) {
    struct close_month_result made = {0};
    TRY(month_parse(input->month, "month", &made.month, fault));
    TRY(call_run(call, DB_WRITE, close_month_body, input, &made, fault));
    *result = made;
    return STATUS_OK;
}
