#include "programme/billing/credit_invoice.h"

#include "core/time/zone.h"
#include "programme/billing/invoice_view.h"
#include "programme/billing/issue_documents.h"
#include "programme/call/lookup_invoice.h"
#include "programme/call/validate.h"

#include <assert.h>
#include <stdlib.h>

/* An invoice on its way to a credit note. */
struct crediting {
    struct call *call;
    const struct credit_invoice_input *input;
    struct invoice_head corrected;
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
static struct billed_line credit_of(const struct crediting *crediting, struct billed_line line) {
    line.quantity_parts = -line.quantity_parts;
    line.amount_minor = -line.amount_minor;
    line.corrects_month = (struct month){INVOICE_NO_MONTH};
    line.note = text_format(crediting->call->arena, "credits %.*s: %.*s",
                            TEXT_ARGS(crediting->corrected.number), TEXT_ARGS(crediting->input->reason));
    return line;
}

/* The positions that are asked for, ascending: of lines that are there and not credited yet. */
static enum status sort_positions(const struct crediting *crediting, size_t line_count,
                                  const int64_t *credited, size_t credited_count, int64_t **positions,
                                  struct fault *fault) {
    struct arena *arena = crediting->call->arena;
    const struct credit_invoice_input *input = crediting->input;
    int64_t *asked = ARENA_NEW(arena, int64_t, input->position_count);
    for (size_t i = 0; i < input->position_count; i++) {
        struct text position = text_format(arena, "%lld", (long long)input->positions[i]);
        asked[i] = input->positions[i];
        if (asked[i] < 1 || asked[i] > (int64_t)line_count) {
            return fault_set(fault, STATUS_INVALID, "unknown-line", "lines", position,
                             "Name lines from 1 to %zu: the invoice has no others.", line_count);
        }
        if (holds(credited, credited_count, asked[i])) {
            return fault_set(fault, STATUS_CONFLICT, "already-credited", "lines", position,
                             "This line has been credited by an earlier credit note. Leave it out.");
        }
    }
    qsort(asked, input->position_count, sizeof(*asked), compare_positions);
    *positions = asked;
    return STATUS_OK;
}

/* Turns round the lines to credit: those asked for, or all that are left; each once. */
static enum status choose_lines(struct crediting *crediting, struct fault *fault) {
    struct call *call = crediting->call;
    size_t asked_count = crediting->input->position_count;
    struct billed_line *lines = NULL;
    int64_t *credited = NULL;
    int64_t *asked = NULL;
    size_t line_count = 0;
    size_t credited_count = 0;
    TRY(invoice_lines_load(call->db, call->arena, crediting->corrected.id, &lines, &line_count, fault));
    TRY(invoice_credited_positions(call->db, call->arena, crediting->corrected.id, &credited, &credited_count,
                                   fault));
    TRY(sort_positions(crediting, line_count, credited, credited_count, &asked, fault));
    crediting->lines = ARENA_NEW(call->arena, struct billed_line, line_count);
    for (size_t i = 0; i < line_count; i++) {
        bool is_wanted = asked_count == 0 ? !holds(credited, credited_count, lines[i].position)
                                          : holds(asked, asked_count, lines[i].position);
        if (is_wanted) {
            crediting->lines[crediting->count++] = credit_of(crediting, lines[i]);
        }
    }
    if (crediting->count == 0) {
        return fault_set(fault, STATUS_CONFLICT, "nothing-to-credit", "lines", (struct text){0},
                         "Every line of the invoice has been credited already.");
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
static enum status issue_credit_note(const struct crediting *crediting, struct document_batch *batch,
                                     struct invoice_head *issued, struct fault *fault) {
    struct call *call = crediting->call;
    struct agreement agreement;
    struct account seller;
    struct billed_total total;
    struct date today;
    TRY(agreement_load(call->db, call->arena, crediting->corrected.agreement_id, &agreement, fault));
    TRY(account_load(call->db, call->arena, crediting->corrected.seller_id, &seller, fault));
    TRY(today_of(call, &agreement, &today, fault));
    struct document document = {.head = crediting->corrected,
                                .seller_code = seller.code,
                                .lines = crediting->lines,
                                .line_count = crediting->count,
                                .issued = issued};
    document.head.kind = INVOICE_KIND_CREDIT_NOTE;
    document.head.corrects_id = crediting->corrected.id;
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
    return check_visible(input->reason, "reason", true, fault);
}

static enum status credit_invoice_body(struct call *call, const void *input, void *output,
                                       struct fault *fault) {
    struct crediting crediting = {.call = call, .input = input};
    const struct invoice_head *corrected = &crediting.corrected;
    struct invoice_head issued = {0};
    struct document_batch batch;
    struct name_cache names;
    name_cache_init(&names, call);
    TRY(find_invoice(call, crediting.input->invoice, &crediting.corrected, fault));
    TRY(require_right(call, corrected->seller_id, RIGHT_BILLING, fault));
    TRY(check_credit(crediting.input, corrected, fault));
    TRY(choose_lines(&crediting, fault));
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
    return invoice_summarise(&names, &issued, output, fault);
}

enum status credit_invoice(struct call *call, const struct credit_invoice_input *input,
                           struct invoice_view *result, struct fault *fault) {
    struct invoice_view made;
    TRY(call_run(call, DB_WRITE, credit_invoice_body, input, &made, fault));
    *result = made;
    return STATUS_OK;
}
