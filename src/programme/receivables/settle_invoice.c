#include "programme/receivables/settle_invoice.h"

#include "programme/billing/invoice_view.h"
#include "programme/call/lookup_invoice.h"
#include "store/billing/ledger.h"

#include <assert.h>

/* Paying or writing off. */
struct settlement {
    const struct settle_invoice_input *input;
    const char *event; /* of the invoice's states; also what the audit trail says */
    enum ledger_account to;
};

/* Settles the credit notes that were set off against the invoice. */
static enum status settle_credit_notes(struct call *call, int64_t invoice_id, struct fault *fault) {
    struct invoice_filter filter = {
        .corrects_id = invoice_id, .month = -1, .state = INVOICE_ISSUED, .kind = -1};
    struct page page = {0};
    do {
        struct invoice_head *heads = NULL;
        size_t count = 0;
        TRY(invoice_list(call->db, call->arena, &filter, page, &heads, &count, &page.after_id, fault));
        for (size_t i = 0; i < count; i++) {
            TRY(invoice_settle(call->db, heads[i].id, INVOICE_PAID, call->now_us, fault));
        }
    } while (page.after_id > 0);
    return STATUS_OK;
}

/* A credit note that an open invoice sets off is not settled by itself. */
static enum status refuse_set_off(struct call *call, const struct invoice_head *head, struct fault *fault) {
    struct invoice_head corrected;
    if (head->corrects_id == 0) {
        return STATUS_OK;
    }
    TRY(invoice_load(call->db, call->arena, head->corrects_id, &corrected, fault));
    if (corrected.state != INVOICE_ISSUED) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_CONFLICT, "set-off", "invoice", head->number,
                     "This credit note is set off against invoice %.*s. Settle that invoice.",
                     TEXT_ARGS(corrected.number));
}

static enum status post_settlement(struct call *call, const struct invoice_head *head, enum ledger_account to,
                                   struct fault *fault) {
    int64_t due_minor = 0;
    int64_t credited_minor = 0;
    struct ledger_posting posting = {
        .at_us = call->now_us,
        .invoice_id = head->id,
        .owner_id = head->seller_id,
        .party_id = head->buyer_id,
        .currency = head->currency,
    };
    TRY(invoice_due(call, head, &due_minor, &credited_minor, fault));
    assert(due_minor == head->gross_minor - credited_minor);
    ledger_post_settlement(&posting, to, due_minor);
    return ledger_insert(call->db, &posting, fault);
}

static enum status settle_body(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct settlement *settlement = input;
    struct invoice_head head;
    struct name_cache names;
    int state = 0;
    name_cache_init(&names, call);
    TRY(find_invoice(call, settlement->input->invoice, &head, fault));
    TRY(require_right(call, head.seller_id, RIGHT_BILLING, fault));
    TRY(machine_step(&invoice_machine, (int)head.state, settlement->event, &state, fault));
    TRY(refuse_set_off(call, &head, fault));
    TRY(post_settlement(call, &head, settlement->to, fault));
    head.state = (enum invoice_state)state;
    TRY(invoice_settle(call->db, head.id, head.state, call->now_us, fault));
    TRY(settle_credit_notes(call, head.id, fault));
    TRY(audit_write(
        call, text_format(call->arena, "invoice.%s", settlement->event).at,
        identifier_text(call, IDENTIFIER_INVOICE, head.id), head.seller_id,
        text_format(call->arena, "%.*s %.*s", TEXT_ARGS(head.number), TEXT_ARGS(settlement->input->note)),
        fault));
    return invoice_summarise(&names, &head, output, fault);
}

static enum status settle(struct call *call, const struct settlement *settlement, struct invoice_view *result,
                          struct fault *fault) {
    struct invoice_view made;
    TRY(call_run(call, DB_WRITE, settle_body, settlement, &made, fault));
    *result = made;
    return STATUS_OK;
}

enum status pay_invoice(struct call *call, const struct settle_invoice_input *input,
                        struct invoice_view *result, struct fault *fault) {
    return settle(call, &(struct settlement){input, "pay", LEDGER_CASH}, result, fault);
}

enum status write_off_invoice(struct call *call, const struct settle_invoice_input *input,
                              struct invoice_view *result, struct fault *fault) {
    return settle(call, &(struct settlement){input, "write-off", LEDGER_BAD_DEBT}, result, fault);
}
