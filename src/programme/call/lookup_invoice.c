#include "programme/call/lookup_invoice.h"

#include "programme/call/lookup.h"

static const struct lookup_noun INVOICE = {
    .noun = "invoice",
    .named_by = "its identifier (inv_…) or its number",
    .unknown_code = "unknown-invoice",
    .ambiguous_code = "ambiguous-number",
    .ambiguous_status = STATUS_CONFLICT,
};

static enum status unknown_invoice(struct text word, struct fault *fault) {
    return lookup_require_found(&INVOICE, word, "invoice", false, fault);
}

static enum status find_by_number(const struct call *call, struct text word, struct invoice_head *head,
                                  struct fault *fault) {
    const struct invoice_filter filter = {
        .party_id = actor_viewer_id(call), .month = -1, .state = -1, .kind = -1, .number = word};
    struct invoice_head *heads = NULL;
    size_t count = 0;
    int64_t next_after = 0;
    TRY(invoice_list(call->db, call->arena, &filter, (struct page){.limit = FAULT_CHOICES_MAX}, &heads,
                     &count, &next_after, fault));
    TRY(lookup_require_found(&INVOICE, word, "invoice", count > 0, fault));
    if (count > 1) {
        struct lookup_choice choices[FAULT_CHOICES_MAX] = {0};
        for (size_t i = 0; i < count; i++) {
            choices[i].identifier = identifier_text(call, IDENTIFIER_INVOICE, heads[i].id);
        }
        return lookup_ambiguous(&INVOICE, word, "invoice", choices, count, fault);
    }
    *head = heads[0];
    return STATUS_OK;
}

enum status find_invoice(const struct call *call, struct text word, struct invoice_head *head,
                         struct fault *fault) {
    struct invoice_head found;
    int64_t id = 0;
    TRY(lookup_require_word(&INVOICE, word, "invoice", fault));
    if (!identifier_decode(call->secret, IDENTIFIER_INVOICE, word, &id)) {
        return find_by_number(call, word, head, fault);
    }
    enum status status = invoice_load(call->db, call->arena, id, &found, fault);
    if (status == STATUS_NOT_FOUND) {
        return unknown_invoice(word, fault);
    }
    TRY(status);
    if (!actor_is(call, found.seller_id) && !actor_is(call, found.buyer_id)) {
        return unknown_invoice(word, fault);
    }
    *head = found;
    return STATUS_OK;
}
