#include "programme/billing/credit_invoice.h"

#include "core/money/money.h"
#include "core/time/zone.h"
#include "programme/billing/invoice_view.h"
#include "programme/billing/issue_documents.h"
#include "programme/call/closing_guard.h"
#include "programme/call/lookup_invoice.h"
#include "programme/call/validate.h"

#include <assert.h>
#include <stdlib.h>

/* An invoice on its way to a credit note. */
struct crediting {
    struct call *call;
    const struct credit_invoice_input *input;
    struct credited_invoice credited;
    size_t invoice_line_count;
    const struct issued_line *issued; /* every line under the agreement */
    size_t issued_count;
    struct line_effects effects;
    struct billed_line *lines; /* of the credit note */
    size_t count;
};

static int compare_positions(const void *left, const void *right) {
    const int64_t *a = left;
    const int64_t *b = right;
    return *a < *b ? -1 : *a > *b;
}

static bool holds(const int64_t *sorted, size_t count, int64_t position) {
    return count > 0 && bsearch(&position, sorted, count, sizeof(*sorted), compare_positions) != NULL;
}

/* A line turned round. It says what it credits, so that nobody takes it for a metered one. */
static struct billed_line credit_of(const struct crediting *crediting, const struct billed_line *credited) {
    const struct invoice_head *invoice = &crediting->credited.head;
    struct billed_line line = line_turned(*credited);
    if (credited->invoice_id != invoice->id) {
        line.position = (int64_t)crediting->invoice_line_count + 1;
        if (crediting->count > 0 && crediting->lines[crediting->count - 1].position >= line.position) {
            line.position = crediting->lines[crediting->count - 1].position + 1;
        }
    }
    line.corrects_month = (struct month){INVOICE_NO_MONTH};
    line.note = text_format(crediting->call->arena, "credits %.*s: %.*s", TEXT_ARGS(invoice->number),
                            TEXT_ARGS(crediting->input->reason));
    return line;
}

/* The invoice's line at a position; the count of issued lines where it has none. */
static size_t find_issued(const struct crediting *crediting, int64_t position) {
    size_t at = 0;
    while (at < crediting->issued_count &&
           (crediting->issued[at].line.invoice_id != crediting->credited.head.id ||
            crediting->issued[at].line.position != position)) {
        at++;
    }
    return at;
}

/* A line that something has taken back is not credited once more. */
static enum status refuse_taken(const struct crediting *crediting, size_t line, struct text position,
                                struct fault *fault) {
    struct call *call = crediting->call;
    struct invoice_head taker;
    if (line_stands(&crediting->effects, line)) {
        return STATUS_OK;
    }
    size_t at = (size_t)crediting->effects.taken_by[line];
    TRY(invoice_load(call->db, call->arena, crediting->issued[at].line.invoice_id, &taker, fault));
    return fault_set(fault, STATUS_CONFLICT, "already-credited", "lines", position,
                     "Leave this line out: %.*s has taken it back already.", TEXT_ARGS(taker.number));
}

/* The positions that are asked for, ascending: of lines that are there and that nothing took back. */
static enum status sort_positions(const struct crediting *crediting, int64_t **positions,
                                  struct fault *fault) {
    struct arena *arena = crediting->call->arena;
    const struct credit_invoice_input *input = crediting->input;
    int64_t *asked = ARENA_NEW(arena, int64_t, input->position_count);
    for (size_t i = 0; i < input->position_count; i++) {
        struct text position = text_format(arena, "%lld", (long long)input->positions[i]);
        size_t line = find_issued(crediting, input->positions[i]);
        asked[i] = input->positions[i];
        if (line == crediting->issued_count) {
            return fault_set(fault, STATUS_INVALID, "unknown-line", "lines", position,
                             "Name lines from 1 to %zu: the invoice has no others.",
                             crediting->invoice_line_count);
        }
        TRY(refuse_taken(crediting, line, position, fault));
    }
    qsort(asked, input->position_count, sizeof(*asked), compare_positions);
    *positions = asked;
    return STATUS_OK;
}

/* Everything that was ever billed under the agreement: what takes a line back may stand anywhere in it. */
static enum status read_issued(struct crediting *crediting, struct fault *fault) {
    struct call *call = crediting->call;
    const struct invoice_head *invoice = &crediting->credited.head;
    struct issued_line *issued = NULL;
    TRY(invoice_lines_of_agreement(call->db, call->arena, invoice->agreement_id, &issued,
                                   &crediting->issued_count, fault));
    crediting->issued = issued;
    crediting->effects = line_effects_of(call->arena, issued, crediting->issued_count);
    for (size_t i = 0; i < crediting->issued_count; i++) {
        crediting->invoice_line_count += issued[i].line.invoice_id == invoice->id;
    }
    return STATUS_OK;
}

/* Whether a line goes with the whole invoice: its own, or one that a correction put on its credit note in
 * place of them. */
static bool is_of_whole(const struct crediting *crediting, size_t line) {
    const struct issued_line *issued = &crediting->issued[line];
    int64_t invoice_id = crediting->credited.head.id;
    return issued->line.invoice_id == invoice_id
               ? line_stands(&crediting->effects, line)
               : issued->document_id == invoice_id && issued->line.quantity_parts != 0 &&
                     line_is_in_effect(&crediting->effects, line);
}

/* Turns round the lines to credit: those asked for, or all that are left; each once. */
static enum status choose_lines(struct crediting *crediting, struct fault *fault) {
    bool is_whole = crediting->input->positions == NULL;
    size_t asked_count = crediting->input->position_count;
    int64_t *asked = NULL;
    if (!is_whole && asked_count == 0) {
        return fault_set(fault, STATUS_INVALID, "no-lines", "positions", TEXT(""),
                         "Give the position of one line or more, or leave them out for every line.");
    }
    TRY(read_issued(crediting, fault));
    TRY(sort_positions(crediting, &asked, fault));
    crediting->lines = ARENA_NEW(crediting->call->arena, struct billed_line, crediting->issued_count);
    for (size_t i = 0; i < crediting->issued_count; i++) {
        const struct billed_line *line = &crediting->issued[i].line;
        bool is_wanted = is_whole ? is_of_whole(crediting, i)
                                  : line->invoice_id == crediting->credited.head.id &&
                                        holds(asked, asked_count, line->position);
        if (is_wanted) {
            struct billed_line credit = credit_of(crediting, line);
            crediting->lines[crediting->count++] = credit;
        }
    }
    if (crediting->count == 0) {
        return fault_set(fault, STATUS_CONFLICT, "nothing-to-credit", "lines", (struct text){0},
                         "Credit notes and corrections have taken back every line of the invoice already.");
    }
    return STATUS_OK;
}

/* A credit note gives something back, and no more than is left. */
static enum status check_amount(const struct crediting *crediting, struct fault *fault) {
    struct arena *arena = crediting->call->arena;
    struct currency currency;
    struct billed_total total;
    bool is_exceeded = false;
    TRY(currency_find(crediting->credited.head.currency, "currency", &currency, fault));
    TRY(billed_lines_total(arena, crediting->lines, crediting->count, &total, fault));
    struct text net = money_format(arena, total.net_minor, currency);
    if (total.gross_minor > 0) {
        return fault_set(fault, STATUS_CONFLICT, "credit-asks", "lines", net,
                         "Choose lines that give something back: these take back what was given, and come to "
                         "%.*s. Credit with them what was charged in its place, or correct the month.",
                         TEXT_ARGS(net));
    }
    TRY(tax_left_is_exceeded(&crediting->credited.left, crediting->lines, crediting->count, &is_exceeded,
                             fault));
    if (is_exceeded) {
        return fault_set(fault, STATUS_CONFLICT, "credit-exceeds", "lines", net,
                         "These lines come to more than is left of the invoice, because others of its lines "
                         "give something back. Credit those with them, or correct the month.");
    }
    return STATUS_OK;
}

static enum status today_of(struct call *call, const struct agreement *agreement, struct date *today,
                            struct fault *fault) {
    struct zone *zone = NULL;
    TRY(zone_open(agreement->time_zone, "time_zone", &zone, fault));
    *today = zone_date_at(zone, call->now_us);
    zone_close(zone);
    return STATUS_OK;
}

/* Issues the credit note: its head is the invoice's, dated today in the agreement's zone. */
static enum status issue_credit_note(struct crediting *crediting, struct document_batch *batch,
                                     struct invoice_head *issued, struct fault *fault) {
    struct call *call = crediting->call;
    const struct invoice_head *corrected = &crediting->credited.head;
    struct agreement agreement;
    struct account seller;
    struct billed_total total;
    struct date today;
    TRY(agreement_load(call->db, call->arena, corrected->agreement_id, &agreement, fault));
    TRY(account_load(call->db, call->arena, corrected->seller_id, &seller, fault));
    TRY(today_of(call, &agreement, &today, fault));
    struct document document = {.head = *corrected,
                                .seller_code = seller.code,
                                .lines = crediting->lines,
                                .line_count = crediting->count,
                                .credited = &crediting->credited,
                                .issued = issued};
    document.head.kind = INVOICE_KIND_CREDIT_NOTE;
    document.head.corrects_id = corrected->id;
    document.head.terms = crediting->input->reason;
    document.head.issued_on = document.head.due_on = today;
    TRY(document_batch_add(batch, &document, &total, fault));
    return document_batch_write(batch, fault);
}

static enum status check_credit(const struct credit_invoice_input *input, const struct invoice_head *head,
                                struct fault *fault) {
    if (head->kind == INVOICE_KIND_CREDIT_NOTE) {
        return fault_set(fault, STATUS_CONFLICT, "wrong-kind", "invoice", head->number,
                         "A credit note cannot be credited. Charge the amount again instead.");
    }
    if (head->state == INVOICE_WRITTEN_OFF) {
        return fault_set(fault, STATUS_CONFLICT, "wrong-state", "state", TEXT("written-off"),
                         "The invoice is written off, so there is nothing left to credit.");
    }
    if (input->reason.length == 0) {
        return fault_set(fault, STATUS_INVALID, "missing-field", "reason", input->reason,
                         "Give a reason for the credit note, which stands on it.");
    }
    return check_visible(input->reason, "reason", false, fault);
}

static enum status credit_invoice_body(struct call *call, const void *input, void *output,
                                       struct fault *fault) {
    struct crediting crediting = {.call = call, .input = input};
    struct invoice_head head;
    const struct invoice_head *corrected = &crediting.credited.head;
    struct invoice_head issued = {0};
    struct document_batch batch;
    struct name_cache names;
    name_cache_init(&names, call);
    TRY(find_invoice(call, crediting.input->invoice, &head, fault));
    TRY(require_right(call, head.seller_id, RIGHT_BILLING, fault));
    TRY(check_credit(crediting.input, &head, fault));
    TRY(refuse_while_closing(call, head.seller_id, head.buyer_id, "invoice", fault));
    TRY(credited_invoice_load(call, head.id, INT64_MAX, &crediting.credited, fault));
    TRY(choose_lines(&crediting, fault));
    TRY(check_amount(&crediting, fault));
    document_batch_init(&batch, call);
    enum status status = issue_credit_note(&crediting, &batch, &issued, fault);
    document_batch_clean_up(&batch);
    if (status != STATUS_OK) {
        return status;
    }
    TRY(audit_write(call, "invoice.credit", identifier_text(call, IDENTIFIER_INVOICE, issued.id),
                    issued.seller_id,
                    text_format(call->arena, "%.*s credits %.*s: %.*s", TEXT_ARGS(issued.number),
                                TEXT_ARGS(corrected->number), TEXT_ARGS(crediting.input->reason)),
                    fault));
    TRY(invoice_load(call->db, call->arena, issued.id, &issued, fault));
    return invoice_summarise(&names, &issued, output, fault);
}

enum status credit_invoice(struct call *call, const struct credit_invoice_input *input,
                           struct invoice_view *result, struct fault *fault) {
    struct invoice_view made;
    TRY(call_run(call, DB_WRITE, credit_invoice_body, input, &made, fault));
    *result = made;
    return STATUS_OK;
}
