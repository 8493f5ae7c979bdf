#include "programme/billing/corrections.h"

#include "programme/call/authorise.h"
#include "programme/call/lookup_account.h"
#include "programme/call/lookup_agreement.h"
#include "programme/call/lookup_sku.h"
#include "programme/call/name_cache.h"
#include "store/billing/corrections.h"
#include "store/billing/months.h"
#include "store/catalogue/prices.h"

enum { UNITS_MAX = 1000000000, REASON_BYTES_MAX = 500 };

static enum status describe(struct name_cache *names, const struct correction *correction,
                            const struct agreement *agreement, struct correction_view *view,
                            struct fault *fault) {
    struct call *call = names->call;
    const struct account *seller = NULL;
    const struct account *buyer = NULL;
    const struct account *customer = NULL;
    const struct sku *sku = NULL;
    enum status status = name_cache_account(names, agreement->seller_id, &seller, fault);
    if (status == STATUS_OK) {
        status = name_cache_account(names, agreement->buyer_id, &buyer, fault);
    }
    if (status == STATUS_OK) {
        status = name_cache_account(names, correction->customer_id, &customer, fault);
    }
    if (status == STATUS_OK) {
        status = name_cache_sku(names, correction->sku_id, &sku, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    *view = (struct correction_view){
        .identifier = identifier_text(call, IDENTIFIER_CORRECTION, correction->id),
        .agreement = identifier_text(call, IDENTIFIER_AGREEMENT, agreement->id),
        .seller_code = seller->code,
        .buyer_code = buyer->code,
        .customer_code = customer->code,
        .sku = sku->code,
        .month = correction->month,
        .units = correction->units,
        .reason = correction->reason,
        .created_by = correction->created_by,
        .created_at_us = correction->created_at_us,
    };
    if (correction->invoice_id > 0) {
        view->invoice = identifier_text(call, IDENTIFIER_INVOICE, correction->invoice_id);
    }
    return STATUS_OK;
}

static enum status require_closed(struct call *call, int64_t agreement_id, struct month month,
                                  struct text word, struct fault *fault) {
    enum month_state state = MONTH_OPEN;
    enum status status = month_state_load(call->db, agreement_id, month, &state, fault);
    if (status != STATUS_OK || state == MONTH_CLOSED) {
        return status;
    }
    return fault_set(fault, STATUS_CONFLICT, "month-not-closed", "month", word,
                     "this month is not closed on the edge yet; adjust its report instead");
}

/* A correction that cannot be rated would wait for ever. */
static enum status require_price(struct call *call, const struct agreement *agreement, const struct sku *sku,
                                 struct month month, struct fault *fault) {
    struct price_list list;
    enum status status = price_list_load_seller(call->db, call->arena, agreement->seller_id, &list, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct price_list range =
        price_list_of_edge(&list, call->arena, agreement->seller_id, agreement->buyer_id, sku->id);
    const struct price *price = price_for_month(range.prices, range.count, month);
    if (price != NULL && text_equal(range.edges[price - range.prices].currency, agreement->currency)) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_CONFLICT, "price-missing", "sku", sku->code,
                     "the SKU has no price on this edge in that month, so there is nothing to correct");
}

static enum status check_input(struct call *call, const struct add_correction_input *input,
                               struct fault *fault) {
    if (input->units < 0 || input->units > UNITS_MAX) {
        return fault_set(fault, STATUS_INVALID, "units-out-of-range", "units",
                         text_format(call->arena, "%lld", (long long)input->units),
                         "units from 0 to %d would be right", UNITS_MAX);
    }
    if (text_trim(input->reason).length == 0) {
        return fault_set(fault, STATUS_INVALID, "missing-field", "reason", input->reason,
                         "a correction needs a reason, which stands on the invoice");
    }
    if (input->reason.length > REASON_BYTES_MAX) {
        return fault_set(fault, STATUS_INVALID, "too-long", "reason", input->reason,
                         "a reason has at most %d bytes", REASON_BYTES_MAX);
    }
    return STATUS_OK;
}

enum status add_correction(struct call *call, const struct add_correction_input *input,
                           struct correction_view *result, struct fault *fault) {
    struct agreement agreement;
    struct account customer;
    struct sku sku;
    struct name_cache names;
    struct correction correction = {.units = input->units, .created_at_us = call->now_us};
    enum status status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    name_cache_init(&names, call);
    status = find_own_edge(call, input->seller, input->buyer, RIGHT_REPORTS, &agreement, fault);
    if (status == STATUS_OK) {
        status = month_parse(input->month, "month", &correction.month, fault);
    }
    if (status == STATUS_OK) {
        status = find_customer_below(call, &agreement, input->customer, &customer, fault);
    }
    if (status == STATUS_OK) {
        status = find_sku(call, input->sku, "sku", &sku, fault);
    }
    if (status == STATUS_OK) {
        status = check_input(call, input, fault);
    }
    if (status == STATUS_OK) {
        status = require_closed(call, agreement.id, correction.month, input->month, fault);
    }
    if (status == STATUS_OK) {
        status = require_price(call, &agreement, &sku, correction.month, fault);
    }
    if (status != STATUS_OK) {
        goto done;
    }
    correction.agreement_id = agreement.id;
    correction.customer_id = customer.id;
    correction.sku_id = sku.id;
    correction.reason = text_trim(input->reason);
    correction.created_by = actor_text(call);
    status = correction_insert(call->db, &correction, fault);
    if (status == STATUS_OK) {
        status = describe(&names, &correction, &agreement, result, fault);
    }
    if (status == STATUS_OK) {
        status = audit_write(call, "correction.add", result->identifier, agreement.seller_id,
                             text_format(call->arena, "%.*s of %.*s in %.*s: %lld units",
                                         TEXT_ARGS(result->sku), TEXT_ARGS(result->customer_code),
                                         TEXT_ARGS(input->month), (long long)correction.units),
                             fault);
    }
done:
    return call_end(call, status, fault);
}

enum status list_corrections(struct call *call, const struct list_corrections_input *input,
                             struct correction_page *result, struct fault *fault) {
    struct edge_words words = {input->seller, input->buyer, input->month};
    struct edge_choice choice;
    struct correction *corrections = NULL;
    struct correction_view *items = NULL;
    struct correction_page made = {0};
    struct name_cache names;
    enum status status = call_begin(call, DB_READ, fault);
    if (status != STATUS_OK) {
        return status;
    }
    name_cache_init(&names, call);
    status = find_edge_choice(call, &words, &choice, fault);
    if (status != STATUS_OK) {
        goto done;
    }
    struct correction_filter filter = {choice.party_id, choice.seller_id, choice.buyer_id, choice.month};
    status = correction_list(call->db, call->arena, &filter, input->page, &corrections, &made.count,
                             &made.next_after, fault);
    if (status == STATUS_OK) {
        items = ARENA_NEW(call->arena, struct correction_view, made.count + 1);
    }
    for (size_t i = 0; status == STATUS_OK && i < made.count; i++) {
        struct agreement agreement;
        status = agreement_load(call->db, call->arena, corrections[i].agreement_id, &agreement, fault);
        if (status == STATUS_OK) {
            status = describe(&names, &corrections[i], &agreement, &items[i], fault);
        }
    }
    made.items = items;
    if (status == STATUS_OK) {
        *result = made;
    }
done:
    return call_end(call, status, fault);
}
