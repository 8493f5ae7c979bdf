#include "programme/billing/close_edges.h"

#include "programme/billing/issue_documents.h"
#include "programme/call/authorise.h"
#include "store/billing/corrections.h"
#include "store/billing/kept_months.h"
#include "store/billing/months.h"
#include "store/billing/one_off_charges.h"

#include <assert.h>

/* The documents of an edge on their way. */
struct edge_documents {
    struct invoice_head invoice; /* id 0: it has none */
    struct invoice_head *notes;
};

struct closing_edges {
    struct call *call;
    const struct closing *closing;
    const struct close_edges_input *input;
    struct document_batch batch;
    struct edge_documents *documents; /* edge by edge */
};

/* ---- documents ---- */

static struct invoice_address address_of(const struct account *account) {
    return (struct invoice_address){account->name, account->address, account->country, account->tax_number,
                                    account->email};
}

/* The head of an edge's document: the parties as they are today. */
static struct invoice_head head_of(const struct closing *closing, const struct closing_edge *edge) {
    const struct snapshot *snapshot = &closing->snapshot;
    const struct agreement *terms = &snapshot->agreements[edge->agreement];
    const struct account *seller = &snapshot->accounts[edge->seller];
    return (struct invoice_head){
        .kind = seller->kind == ACCOUNT_VENDOR ? INVOICE_KIND_SETTLEMENT : INVOICE_KIND_INVOICE,
        .agreement_id = terms->id,
        .seller_id = terms->seller_id,
        .buyer_id = terms->buyer_id,
        .month = closing->scope.month,
        .currency = terms->currency,
        .issued_on = edge->issued_on,
        .due_on = {edge->issued_on.day + (int32_t)terms->payment_days},
        .terms = terms->terms,
        .seller = address_of(seller),
        .buyer = address_of(&snapshot->accounts[edge->buyer]),
    };
}

static enum status add_invoice(struct closing_edges *closing, size_t at, struct fault *fault) {
    const struct closing_edge *edge = &closing->input->edges[at];
    bool is_last = at + 1 == closing->input->count;
    struct billed_total total;
    struct document document = {.id = is_last ? closing->input->document_id : 0,
                                .head = head_of(closing->closing, edge),
                                .seller_code = closing->closing->snapshot.accounts[edge->seller].code,
                                .lines = edge->bill.lines,
                                .line_count = edge->bill.line_count,
                                .issued = &closing->documents[at].invoice};
    if (edge->bill.line_count == 0) {
        return STATUS_OK;
    }
    TRY(document_batch_add(&closing->batch, &document, &total, fault));
    assert(total.gross_minor == edge->bill.total.gross_minor);
    return STATUS_OK;
}

/* Credit notes are few: what they correct is read one by one. */
static enum status add_credit_notes(struct closing_edges *closing, size_t at, struct fault *fault) {
    struct call *call = closing->call;
    const struct closing_edge *edge = &closing->input->edges[at];
    size_t count = edge->bill.credit_note_count;
    closing->documents[at].notes = ARENA_NEW(call->arena, struct invoice_head, count);
    for (size_t i = 0; i < count; i++) {
        const struct bill_credit_note *note = &edge->bill.credit_notes[i];
        struct billed_total total;
        struct credited_invoice *credited = ARENA_NEW(call->arena, struct credited_invoice, 1);
        TRY(credited_invoice_load(call, note->document_id, INT64_MAX, credited, fault));
        struct document document = {.head = head_of(closing->closing, edge),
                                    .seller_code = closing->closing->snapshot.accounts[edge->seller].code,
                                    .lines = note->lines,
                                    .line_count = note->line_count,
                                    .credited = credited,
                                    .issued = &closing->documents[at].notes[i]};
        document.head.kind = INVOICE_KIND_CREDIT_NOTE;
        document.head.corrects_id = credited->head.id;
        document.head.due_on = document.head.issued_on;
        document.head.terms = TEXT("");
        TRY(document_batch_add(&closing->batch, &document, &total, fault));
    }
    return STATUS_OK;
}

static enum status write_documents(struct closing_edges *closing, struct fault *fault) {
    for (size_t i = 0; i < closing->input->count; i++) {
        if (closing->input->edges[i].outcome == CLOSING_CLOSES) {
            TRY(add_invoice(closing, i, fault));
            TRY(add_credit_notes(closing, i, fault));
        }
    }
    return document_batch_write(&closing->batch, fault);
}

/* ---- what waited ---- */

static bool is_stuck(const struct edge_bill *bill, int64_t charge_id, int64_t sku_id, struct month month) {
    for (size_t i = 0; i < bill->stuck_count; i++) {
        const struct bill_stuck *stuck = &bill->stuck[i];
        if (stuck->charge_id == charge_id &&
            (charge_id != 0 || (stuck->sku_id == sku_id && stuck->month.index == month.index))) {
            return true;
        }
    }
    return false;
}

static enum status mark_charges(struct closing_edges *closing, size_t at, struct fault *fault) {
    const struct closing_edge *edge = &closing->input->edges[at];
    size_t count = 0;
    size_t billed = 0;
    const struct one_off_charge *charges = bill_charges_of(
        &closing->closing->snapshot, &closing->closing->loaded.waiting, edge->agreement, &count);
    int64_t *ids = ARENA_NEW(closing->call->arena, int64_t, count);
    for (size_t i = 0; i < count; i++) {
        if (!is_stuck(&edge->bill, charges[i].id, 0, charges[i].month)) {
            ids[billed++] = charges[i].id;
        }
    }
    return one_off_charges_mark_billed(closing->call->db, ids, billed, closing->documents[at].invoice.id,
                                       fault);
}

static bool has_line_of(const struct billed_line *lines, size_t count, const struct correction *correction) {
    for (size_t i = 0; i < count; i++) {
        if (lines[i].corrects_month.index == correction->month.index &&
            lines[i].sku_id == correction->sku_id) {
            return true;
        }
    }
    return false;
}

/* The first document of the edge that has a line of the correction's month and SKU: what takes back may be on
 * several. 0: none has. */
static int64_t document_of(const struct closing_edges *closing, size_t at,
                           const struct correction *correction) {
    const struct edge_bill *bill = &closing->input->edges[at].bill;
    if (has_line_of(bill->lines, bill->line_count, correction)) {
        return closing->documents[at].invoice.id;
    }
    for (size_t i = 0; i < bill->credit_note_count; i++) {
        if (has_line_of(bill->credit_notes[i].lines, bill->credit_notes[i].line_count, correction)) {
            return closing->documents[at].notes[i].id;
        }
    }
    return 0;
}

/* The corrections of a place, of which bills carry some already. */
static enum status mark_place(struct closing_edges *closing, size_t at, const struct corrected_place *place,
                              struct fault *fault) {
    const struct loaded_month *loaded = &closing->closing->loaded;
    for (size_t i = 0; i < loaded->correction_count; i++) {
        const struct correction *correction = &loaded->corrections[i];
        bool is_of_place = correction->agreement_id == place->agreement_id &&
                           correction->month.index == place->month.index &&
                           correction->sku_id == place->sku_id;
        struct billed_correction billed = {correction->id, 0};
        if (!is_of_place || correction->invoice_id != 0) {
            continue;
        }
        billed.invoice_id = document_of(closing, at, correction);
        if (billed.invoice_id != 0) {
            TRY(corrections_mark_billed(closing->call->db, &billed, 1, fault));
        }
    }
    return STATUS_OK;
}

static enum status mark_corrections(struct closing_edges *closing, size_t at, struct fault *fault) {
    const struct closing_edge *edge = &closing->input->edges[at];
    size_t count = 0;
    const struct corrected_place *places = bill_places_of(
        &closing->closing->snapshot, &closing->closing->loaded.waiting, edge->agreement, &count);
    for (size_t i = 0; i < count; i++) {
        if (!is_stuck(&edge->bill, 0, places[i].sku_id, places[i].month)) {
            TRY(mark_place(closing, at, &places[i], fault));
        }
    }
    return STATUS_OK;
}

static enum status mark_billed(struct closing_edges *closing, struct fault *fault) {
    for (size_t i = 0; i < closing->input->count; i++) {
        if (closing->input->edges[i].outcome == CLOSING_CLOSES) {
            TRY(mark_charges(closing, i, fault));
            TRY(mark_corrections(closing, i, fault));
        }
    }
    return STATUS_OK;
}

/* ---- months ---- */

/* Keeps the month's midnights in the zones in which it is closed now. */
static enum status keep_midnights(const struct closing_edges *closing, struct fault *fault) {
    const struct snapshot *snapshot = &closing->closing->snapshot;
    bool *is_closed = ARENA_NEW(closing->call->arena, bool, snapshot->zone_count);
    for (size_t i = 0; i < closing->input->count; i++) {
        const struct closing_edge *edge = &closing->input->edges[i];
        if (edge->outcome == CLOSING_CLOSES) {
            is_closed[snapshot->zone_of_agreement[edge->agreement]] = true;
        }
    }
    for (size_t i = 0; i < snapshot->zone_count; i++) {
        if (is_closed[i]) {
            TRY(kept_month_insert(closing->call->db, closing->call->arena, &closing->closing->midnights[i],
                                  fault));
        }
    }
    return STATUS_OK;
}

/* The month's state goes to closed, and back to what it was on the edges that stay open. */
static enum status move_months(struct closing_edges *closing, struct fault *fault) {
    struct call *call = closing->call;
    const struct close_edges_input *input = closing->input;
    const struct agreement *agreements = closing->closing->snapshot.agreements;
    struct edge_closing *closed = ARENA_NEW(call->arena, struct edge_closing, input->count);
    int64_t *open = ARENA_NEW(call->arena, int64_t, input->count);
    size_t closed_count = 0;
    size_t open_count = 0;
    for (size_t i = 0; i < input->count; i++) {
        const struct closing_edge *edge = &input->edges[i];
        if (edge->outcome == CLOSING_CLOSES) {
            closed[closed_count++] =
                (struct edge_closing){agreements[edge->agreement].id, edge->bill.usage_billing};
        } else if (edge->is_frozen) {
            open[open_count++] = agreements[edge->agreement].id;
        }
    }
    TRY(keep_midnights(closing, fault));
    TRY(months_close(call->db, closing->closing->scope.month, closed, closed_count, call->now_us, fault));
    return months_thaw(call->db, closing->closing->scope.month, open, open_count, fault);
}

/* ---- the trail ---- */

static enum status audit_seller(const struct closing_edges *closing, uint32_t seller, int64_t edge_count,
                                int64_t invoice_count, struct fault *fault) {
    struct call *call = closing->call;
    int64_t seller_id = closing->closing->snapshot.accounts[seller].id;
    if (edge_count == 0) {
        return STATUS_OK;
    }
    return audit_write(call, "month.close", identifier_text(call, IDENTIFIER_ACCOUNT, seller_id), seller_id,
                       text_format(call->arena, "%.*s: %lld edges closed, %lld invoices",
                                   TEXT_ARGS(month_format(call->arena, closing->closing->scope.month)),
                                   (long long)edge_count, (long long)invoice_count),
                       fault);
}

static enum status audit_sellers(const struct closing_edges *closing, struct fault *fault) {
    const struct close_edges_input *input = closing->input;
    int64_t edge_count = 0;
    int64_t invoice_count = 0;
    for (size_t i = 0; i < input->count; i++) {
        edge_count += input->edges[i].outcome == CLOSING_CLOSES;
        invoice_count += closing->documents[i].invoice.id != 0;
        if (i + 1 == input->count || input->edges[i + 1].seller != input->edges[i].seller) {
            TRY(audit_seller(closing, input->edges[i].seller, edge_count, invoice_count, fault));
            edge_count = invoice_count = 0;
        }
    }
    return STATUS_OK;
}

/* ---- the whole ---- */

static void tell(const struct closing_edges *closing, struct edges_closed *closed) {
    const struct close_edges_input *input = closing->input;
    *closed = (struct edges_closed){
        .invoice_count = closing->batch.documents_written,
        .line_count = closing->batch.lines_written,
        .documents = ARENA_NEW(closing->call->arena, struct closed_edge, input->count),
    };
    for (size_t i = 0; i < input->count; i++) {
        const struct edge_documents *documents = &closing->documents[i];
        closed->edge_count += input->edges[i].outcome == CLOSING_CLOSES;
        closed->documents[i].invoice_id = documents->invoice.id;
        if (input->edges[i].outcome == CLOSING_CLOSES && input->edges[i].bill.credit_note_count > 0) {
            closed->documents[i].first_note_id = documents->notes[0].id;
        }
    }
}

static enum status close_all(struct closing_edges *closing, struct fault *fault) {
    TRY(write_documents(closing, fault));
    TRY(mark_billed(closing, fault));
    TRY(move_months(closing, fault));
    return audit_sellers(closing, fault);
}

enum status close_edges(struct call *call, const struct close_edges_input *input, struct edges_closed *closed,
                        struct fault *fault) {
    struct closing_edges closing = {.call = call,
                                    .closing = input->closing,
                                    .input = input,
                                    .documents = ARENA_NEW(call->arena, struct edge_documents, input->count)};
    document_batch_init(&closing.batch, call);
    enum status status = close_all(&closing, fault);
    if (status == STATUS_OK) {
        tell(&closing, closed);
    }
    document_batch_clean_up(&closing.batch);
    return status;
}
