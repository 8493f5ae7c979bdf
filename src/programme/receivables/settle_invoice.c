#include "programme/receivables/settle_invoice.h"

#include "programme/billing/invoice_view.h"
#include "programme/call/lookup_invoice.h"
#include "store/billing/ledger.h"

/* Paying or writing off. */
struct settlement {
    const struct settle_invoice_input *input;
    const char *event; /* of the invoice's states; also what the audit trail says */
    enum ledger_account to;
};

/* A credit note that was set off in whole has nothing left to settle. */
static enum status refuse_set_off(struct call *call, const struct invoice_head *head, struct fault *fault) {
    struct invoice_head corrected;
    bool is_set_off =
        head->corrects_id != 0 && head->set_off_minor > 0 && head->gross_minor + head->set_off_minor == 0;
    if (!is_set_off) {
        return STATUS_OK;
    }
    TRY(invoice_load(call->db, call->arena, head->corrects_id, &corrected, fault));
    return fault_set(fault, STATUS_CONFLICT, "set-off", "invoice", head->number,
                     "This credit note was set off against invoice %.*s. Settle that invoice.",
                     TEXT_ARGS(corrected.number));
}

/* What a credit note gives back is paid out: its seller's debt is nothing that it can give up. */
static enum status refuse_credit_note(const struct settlement *settlement, const struct invoice_head *head,
                                      struct fault *fault) {
    if (settlement->to != LEDGER_BAD_DEBT || head->kind != INVOICE_KIND_CREDIT_NOTE) {
        return STATUS_OK;
    }
    return fault_set(
        fault, STATUS_CONFLICT, "wrong-kind", "invoice", head->number,
        "A credit note cannot be written off. Say that it was paid once the money was given back.");
}

static enum status post_settlement(struct call *call, const struct invoice_head *head, enum ledger_account to,
                                   struct fault *fault) {
    struct invoice_balance balance;
    struct ledger_posting posting = {
        .at_us = call->now_us,
        .invoice_id = head->id,
        .owner_id = head->seller_id,
        .party_id = head->buyer_id,
        .currency = head->currency,
    };
    TRY(invoice_balance_of(call, head, &balance, fault));
    ledger_post_settlement(&posting, to, balance.due_minor);
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
    TRY(refuse_set_off(call, &head, fault));
    TRY(refuse_credit_note(settlement, &head, fault));
    TRY(machine_step(&invoice_machine, (int)head.state, settlement->event, &state, fault));
    TRY(post_settlement(call, &head, settlement->to, fault));
    head.state = (enum invoice_state)state;
    TRY(invoice_settle(call->db, head.id, head.state, call->now_us, fault));
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
