/* Paying, writing off and crediting: what happens to an invoice after it was issued.
 *
 * Credit notes of an invoice that is not settled are set off against it: what is due shrinks, and they are
 * settled with it. A credit note of a settled invoice stands for itself: paying it is the refund. */
#include "core/time/zone.h"
#include "programme/billing/invoice_view.h"
#include "programme/billing/issue_documents.h"
#include "programme/call/authorise.h"
#include "programme/call/lookup_invoice.h"
#include "store/billing/ledger.h"
#include "store/parties/accounts.h"

#include <assert.h>
#include <stdlib.h>

static struct ledger_posting posting_for(const struct call *call, const struct invoice_head *head) {
    return (struct ledger_posting){
        .at_us = call->now_us,
        .invoice_id = head->id,
        .owner_id = head->seller_id,
        .party_id = head->buyer_id,
        .currency = head->currency,
    };
}

/* The credit notes that were set off against the invoice are settled with it. */
static enum status settle_credit_notes(struct call *call, int64_t invoice_id, struct fault *fault) {
    struct invoice_filter filter = {
        .corrects_id = invoice_id, .month = -1, .state = INVOICE_ISSUED, .kind = -1};
    struct page page = {0};
    enum status status = STATUS_OK;
    do {
        struct invoice_head *heads = NULL;
        size_t count = 0;
        status = invoice_list(call->db, call->arena, &filter, page, &heads, &count, &page.after_id, fault);
        for (size_t i = 0; status == STATUS_OK && i < count; i++) {
            status = invoice_settle(call->db, heads[i].id, INVOICE_PAID, call->now_us, fault);
        }
    } while (status == STATUS_OK && page.after_id > 0);
    return status;
}

/* A credit note that an open invoice sets off is not settled by itself. */
static enum status refuse_set_off(struct call *call, const struct invoice_head *head, struct fault *fault) {
    struct invoice_head corrected;
    if (head->corrects_id == 0) {
        return STATUS_OK;
    }
    enum status status = invoice_load(call->db, call->arena, head->corrects_id, &corrected, fault);
    if (status != STATUS_OK || corrected.state != INVOICE_ISSUED) {
        return status;
    }
    return fault_set(fault, STATUS_CONFLICT, "set-off", "invoice", head->number,
                     "this credit note is set off against invoice %.*s, which is what to settle",
                     TEXT_ARGS(corrected.number));
}

static enum status settle(struct call *call, const struct settle_invoice_input *input, const char *event,
                          enum ledger_account to, struct invoice_view *result, struct fault *fault) {
    struct invoice_head head;
    struct name_cache names;
    int state = 0;
    int64_t due_minor = 0;
    int64_t credited_minor = 0;
    enum status status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    name_cache_init(&names, call);
    status = find_invoice(call, input->invoice, &head, fault);
    if (status == STATUS_OK) {
        status = require_right(call, head.seller_id, RIGHT_BILLING, fault);
    }
    if (status == STATUS_OK) {
        status = machine_step(&invoice_machine, (int)head.state, event, &state, fault);
    }
    if (status == STATUS_OK) {
        status = refuse_set_off(call, &head, fault);
    }
    if (status == STATUS_OK) {
        status = invoice_due(call, &head, &due_minor, &credited_minor, fault);
    }
    if (status != STATUS_OK) {
        goto done;
    }
    struct ledger_posting posting = posting_for(call, &head);
    ledger_post_settlement(&posting, to, due_minor);
    status = ledger_insert(call->db, &posting, fault);
    if (status == STATUS_OK) {
        status = invoice_settle(call->db, head.id, (enum invoice_state)state, call->now_us, fault);
    }
    if (status == STATUS_OK) {
        status = settle_credit_notes(call, head.id, fault);
    }
    if (status == STATUS_OK) {
        status = audit_write(
            call, text_format(call->arena, "invoice.%s", event).at,
            identifier_text(call, IDENTIFIER_INVOICE, head.id), head.seller_id,
            text_format(call->arena, "%.*s %.*s", TEXT_ARGS(head.number), TEXT_ARGS(input->note)), fault);
    }
    head.state = (enum invoice_state)state;
    if (status == STATUS_OK) {
        status = invoice_summarise(&names, &head, result, fault);
    }
done:
    return call_end(call, status, fault);
}

enum status pay_invoice(struct call *call, const struct settle_invoice_input *input,
                        struct invoice_view *result, struct fault *fault) {
    return settle(call, input, "pay", LEDGER_CASH, result, fault);
}

enum status write_off_invoice(struct call *call, const struct settle_invoice_input *input,
                              struct invoice_view *result, struct fault *fault) {
    return settle(call, input, "write-off", LEDGER_BAD_DEBT, result, fault);
}

/* ---- credit notes ---- */

static int compare_positions(const void *left, const void *right) {
    const int64_t *a = left;
    const int64_t *b = right;
    return *a < *b ? -1 : *a > *b;
}

static bool holds(const int64_t *sorted, size_t count, int64_t position) {
    return count > 0 && bsearch(&position, sorted, count, sizeof(*sorted), compare_positions) != NULL;
}

static struct billed_line credit_of(struct billed_line row) {
    row.quantity_parts = -row.quantity_parts;
    row.amount_minor = -row.amount_minor;
    row.corrects_month = (struct month){INVOICE_NO_MONTH};
    return row;
}

/* The lines to credit: those asked for, or all that are left; each once. */
static enum status choose_lines(struct call *call, const struct credit_invoice_input *input,
                                const struct invoice_head *head, struct billed_line **lines, size_t *count,
                                struct fault *fault) {
    struct billed_line *rows = NULL;
    int64_t *credited = NULL;
    size_t row_count = 0;
    size_t credited_count = 0;
    size_t chosen = 0;
    enum status status = invoice_lines_load(call->db, call->arena, head->id, &rows, &row_count, fault);
    if (status == STATUS_OK) {
        status =
            invoice_credited_positions(call->db, call->arena, head->id, &credited, &credited_count, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    int64_t *asked = ARENA_NEW(call->arena, int64_t, input->position_count + 1);
    for (size_t i = 0; i < input->position_count; i++) {
        struct text position = text_format(call->arena, "%lld", (long long)input->positions[i]);
        asked[i] = input->positions[i];
        if (asked[i] < 1 || asked[i] > (int64_t)row_count) {
            return fault_set(fault, STATUS_INVALID, "unknown-line", "lines", position,
                             "the invoice has lines 1 to %zu", row_count);
        }
        if (holds(credited, credited_count, asked[i])) {
            return fault_set(fault, STATUS_CONFLICT, "already-credited", "lines", position,
                             "this line has been credited by an earlier credit note");
        }
    }
    qsort(asked, input->position_count, sizeof(*asked), compare_positions);
    *lines = ARENA_NEW(call->arena, struct billed_line, row_count + 1);
    for (size_t i = 0; i < row_count; i++) {
        bool wanted = input->position_count == 0 ? !holds(credited, credited_count, rows[i].position)
                                                 : holds(asked, input->position_count, rows[i].position);
        if (wanted) {
            (*lines)[chosen++] = credit_of(rows[i]);
        }
    }
    if (chosen == 0) {
        return fault_set(fault, STATUS_CONFLICT, "nothing-to-credit", "lines", (struct text){0},
                         "every line of the invoice has been credited already");
    }
    *count = chosen;
    return STATUS_OK;
}

/* The credit note's head: the invoice's, dated today in the agreement's zone. */
static enum status make_head(struct call *call, const struct invoice_head *corrected, struct text reason,
                             struct invoice_head *head, struct fault *fault) {
    struct agreement agreement;
    struct account seller;
    struct zone *zone = NULL;
    int64_t number = 0;
    *head = *corrected;
    head->kind = INVOICE_KIND_CREDIT_NOTE;
    head->state = INVOICE_ISSUED;
    head->corrects_id = corrected->id;
    head->issued_at_us = call->now_us;
    head->settled_at_us = 0;
    head->terms = reason;
    enum status status = agreement_load(call->db, call->arena, corrected->agreement_id, &agreement, fault);
    if (status == STATUS_OK) {
        status = account_load(call->db, call->arena, corrected->seller_id, &seller, fault);
    }
    if (status == STATUS_OK) {
        status = zone_open(agreement.time_zone, "time_zone", &zone, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    head->issued_on = head->due_on = zone_date_at(zone, call->now_us);
    zone_close(zone);
    int year = month_year(date_month(head->issued_on));
    status = invoice_ids_take(call->db, 1, &head->id, fault);
    if (status == STATUS_OK) {
        status = invoice_numbers_take(call->db, seller.id, year, 1, &number, fault);
    }
    if (status == STATUS_OK) {
        head->number = invoice_number(call->arena, seller.code, year, number);
    }
    return status;
}

static enum status write_credit_note(struct call *call, struct invoice_head *head, struct billed_line *lines,
                                     size_t count, struct fault *fault) {
    struct db_bulk *bulk = NULL;
    struct billed_total total = {0};
    enum status status = billed_lines_total(call->arena, lines, count, &total, fault);
    head->net_minor = total.net_minor;
    head->tax_minor = total.tax_minor;
    head->gross_minor = total.gross_minor;
    if (status == STATUS_OK) {
        status = invoice_heads_bulk(call->db, &bulk, fault);
    }
    if (status == STATUS_OK) {
        status = invoice_heads_add(bulk, head, fault);
    }
    if (status == STATUS_OK) {
        status = db_bulk_finish(bulk, fault);
        bulk = NULL;
    }
    if (status == STATUS_OK) {
        status = invoice_lines_bulk(call->db, &bulk, fault);
    }
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        lines[i].invoice_id = head->id;
        status = invoice_lines_add(bulk, &lines[i], fault);
    }
    if (status == STATUS_OK) {
        status = db_bulk_finish(bulk, fault);
        bulk = NULL;
    }
    if (status != STATUS_OK) {
        db_bulk_abandon(bulk);
        return status;
    }
    struct ledger_posting posting = posting_for(call, head);
    ledger_post_issue(&posting, head->net_minor, head->tax_minor);
    return ledger_insert(call->db, &posting, fault);
}

static enum status check_credit(const struct credit_invoice_input *input, const struct invoice_head *head,
                                struct fault *fault) {
    if (head->kind == INVOICE_KIND_CREDIT_NOTE) {
        return fault_set(fault, STATUS_CONFLICT, "wrong-kind", "invoice", head->number,
                         "a credit note cannot be credited; charge the amount again instead");
    }
    if (head->state == INVOICE_WRITTEN_OFF) {
        return fault_set(fault, STATUS_CONFLICT, "wrong-state", "state", TEXT("written-off"),
                         "the invoice is written off, so there is nothing left to credit");
    }
    if (input->reason.length == 0) {
        return fault_set(fault, STATUS_INVALID, "missing-field", "reason", input->reason,
                         "a credit note needs a reason, which stands on it");
    }
    return STATUS_OK;
}

enum status credit_invoice(struct call *call, const struct credit_invoice_input *input,
                           struct invoice_view *result, struct fault *fault) {
    struct invoice_head corrected;
    struct invoice_head head;
    struct billed_line *lines = NULL;
    struct name_cache names;
    size_t count = 0;
    enum status status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    name_cache_init(&names, call);
    status = find_invoice(call, input->invoice, &corrected, fault);
    if (status == STATUS_OK) {
        status = require_right(call, corrected.seller_id, RIGHT_BILLING, fault);
    }
    if (status == STATUS_OK) {
        status = check_credit(input, &corrected, fault);
    }
    if (status == STATUS_OK) {
        status = choose_lines(call, input, &corrected, &lines, &count, fault);
    }
    /* Each line says what it is, so that nobody takes it for a metered one. */
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        lines[i].note = text_format(call->arena, "credits %.*s: %.*s", TEXT_ARGS(corrected.number),
                                    TEXT_ARGS(input->reason));
    }
    if (status == STATUS_OK) {
        status = make_head(call, &corrected, input->reason, &head, fault);
    }
    if (status == STATUS_OK) {
        status = write_credit_note(call, &head, lines, count, fault);
    }
    if (status == STATUS_OK) {
        status = audit_write(call, "invoice.credit", identifier_text(call, IDENTIFIER_INVOICE, head.id),
                             head.seller_id,
                             text_format(call->arena, "%.*s credits %.*s: %.*s", TEXT_ARGS(head.number),
                                         TEXT_ARGS(corrected.number), TEXT_ARGS(input->reason)),
                             fault);
    }
    if (status == STATUS_OK) {
        status = invoice_summarise(&names, &head, result, fault);
    }
    return call_end(call, status, fault);
}
