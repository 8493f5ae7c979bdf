#include "programme/catalogue/withdraw_price.h"

#include "programme/call/authorise.h"
#include "programme/call/lookup_sku.h"
#include "programme/catalogue/price_guard.h"

/* The price of the key. */
static enum status find_price(const struct pricing *pricing, const struct withdraw_price_input *input,
                              const struct sku *sku, struct price *price, struct price_edge *edge,
                              struct fault *fault) {
    struct call *call = pricing->call;
    struct text currency = text_trim(input->currency);
    struct date from;
    bool found = false;
    TRY(date_parse(text_trim(input->effective_from), "effective_from", &from, fault));
    if (currency.length == 0) {
        currency = pricing_currency_on(pricing, from);
    }
    TRY(price_find(call->db, call->arena, pricing->seller.id, pricing->buyer_id, sku->id, currency, from,
                   &found, price, edge, fault));
    if (found) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_NOT_FOUND, "unknown-price", "effective_from", input->effective_from,
                     "%.*s has no price in %.*s that begins on %.*s%s%.*s: seatmeter price list shows them.",
                     TEXT_ARGS(sku->code), TEXT_ARGS(currency), TEXT_ARGS(date_format(call->arena, from)),
                     pricing->buyer_id == 0 ? " for all buyers" : " for ", TEXT_ARGS(pricing->buyer_code));
}

static enum status withdraw_guarded(struct price_guard *guard, const struct price *price,
                                    struct price_edge *edge, struct text sku_code, struct fault *fault) {
    struct call *call = guard->pricing->call;
    TRY(price_withdraw(call->db, price->id, call->now_us, fault));
    edge->withdrawn_at_us = call->now_us;
    TRY(price_guard_changed(guard, fault));
    return price_guard_check(guard, price, edge, sku_code, fault);
}

static enum status do_withdraw_price(struct call *call, const void *input, void *output,
                                     struct fault *fault) {
    const struct withdraw_price_input *wanted = input;
    struct pricing pricing;
    struct price_guard guard;
    struct sku sku;
    struct price price;
    struct price_edge edge;
    struct name_cache names;
    name_cache_init(&names, call);
    TRY(pricing_open(call, wanted->seller, wanted->buyer, &pricing, fault));
    TRY(find_sku_of_seller(call, pricing.seller.id, text_trim(wanted->sku), "sku", &sku, fault));
    TRY(find_price(&pricing, wanted, &sku, &price, &edge, fault));
    enum status status = price_guard_begin(&guard, &pricing, fault);
    if (status == STATUS_OK) {
        status = withdraw_guarded(&guard, &price, &edge, sku.code, fault);
    }
    price_guard_end(&guard);
    TRY(status);
    TRY(audit_write(call, "price.withdraw", identifier_text(call, IDENTIFIER_SKU, sku.id), edge.seller_id,
                    text_format(call->arena, "%.*s from %.*s%s%.*s", TEXT_ARGS(sku.code),
                                TEXT_ARGS(date_format(call->arena, price.effective_from)),
                                edge.buyer_id == 0 ? ", standard" : " for ", TEXT_ARGS(pricing.buyer_code)),
                    fault));
    return price_view_fill(&names, &price, &edge, output, fault);
}

enum status withdraw_price(struct call *call, const struct withdraw_price_input *input,
                           struct price_view *out, struct fault *fault) {
    return call_run(call, DB_WRITE, do_withdraw_price, input, out, fault);
}
