#include "programme/catalogue/prices.h"

#include "programme/call/authorise.h"
#include "programme/call/lookup_account.h"
#include "programme/call/lookup_sku.h"
#include "programme/catalogue/price_input.h"

/* ---- as people read it ---- */

static enum status fill_view(struct call *call, const struct price *price, const struct price_edge *edge,
                             struct price_view *out, struct fault *fault) {
    struct account seller;
    struct account buyer = {.code = TEXT("")};
    struct sku sku;
    enum status status = account_load(call->db, call->arena, edge->seller_id, &seller, fault);
    if (status == STATUS_OK && edge->buyer_id != 0) {
        status = account_load(call->db, call->arena, edge->buyer_id, &buyer, fault);
    }
    if (status == STATUS_OK) {
        status = sku_load(call->db, call->arena, price->sku_id, &sku, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    *out = (struct price_view){
        .id = price->id,
        .seller = identifier_text(call, IDENTIFIER_ACCOUNT, seller.id),
        .seller_code = seller.code,
        .buyer = edge->buyer_id == 0 ? TEXT("") : identifier_text(call, IDENTIFIER_ACCOUNT, buyer.id),
        .buyer_code = buyer.code,
        .sku = identifier_text(call, IDENTIFIER_SKU, sku.id),
        .sku_code = sku.code,
        .currency = edge->currency,
        .price = *price,
        .tax_category = edge->has_tax ? text_copy(call->arena, text_of(edge->tax.category)) : TEXT(""),
        .tax_rate =
            edge->has_tax ? decimal_format_short(call->arena, edge->tax.rate_millionths, 4) : TEXT(""),
    };
    return STATUS_OK;
}

/* ---- setting one ---- */

static enum status parse_tiers(const struct pricing *pricing, const struct set_price_input *input,
                               struct price *price, struct fault *fault) {
    if (input->tier_count > PRICE_TIERS_MAX) {
        return fault_set(fault, STATUS_INVALID, "too-many-tiers", "tiers", TEXT(""),
                         "A price has at most %d tiers.", PRICE_TIERS_MAX);
    }
    struct price_tier *tiers = ARENA_NEW(pricing->call->arena, struct price_tier, input->tier_count);
    for (size_t i = 0; i < input->tier_count; i++) {
        enum status status = pricing_parse_tier(&input->tiers[i], &tiers[i], fault);
        if (status != STATUS_OK) {
            return status;
        }
    }
    pricing_sort_tiers(tiers, input->tier_count);
    price->tiers = tiers;
    price->tier_count = input->tier_count;
    return price_check(price, fault);
}

static enum status save_one(const struct pricing *pricing, const struct sku *sku, struct price *price,
                            struct price_edge *edge, struct fault *fault) {
    struct call *call = pricing->call;
    struct price existing;
    struct price_edge existing_edge;
    bool exists = false;
    enum status status = price_find(call->db, call->arena, edge->seller_id, edge->buyer_id, price->sku_id,
                                    price->effective_from, &exists, &existing, &existing_edge, fault);
    if (status != STATUS_OK) {
        return status;
    }
    if (exists) {
        if (!price_same(price, edge, &existing, &existing_edge)) {
            return pricing_fault_exists(pricing, price, sku->code, fault);
        }
        *price = existing;
        *edge = existing_edge;
        return STATUS_OK;
    }
    status = price_insert(call->db, price, edge, fault);
    if (status != STATUS_OK) {
        return status;
    }
    return audit_write(call, "price.set", identifier_text(call, IDENTIFIER_SKU, sku->id), edge->seller_id,
                       text_format(call->arena, "%.*s from %.*s%s%.*s", TEXT_ARGS(sku->code),
                                   TEXT_ARGS(date_format(call->arena, price->effective_from)),
                                   edge->buyer_id == 0 ? ", standard" : " for ",
                                   TEXT_ARGS(pricing->buyer_code)),
                       fault);
}

enum status set_price(struct call *call, const struct set_price_input *input, struct price_view *out,
                      struct fault *fault) {
    struct pricing pricing;
    struct sku sku;
    struct price price;
    struct price_edge edge;
    enum status status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = pricing_open(call, input->seller, input->buyer, &pricing, fault);
    if (status == STATUS_OK) {
        status = find_sku_of_seller(call, pricing.seller.id, text_trim(input->sku), "sku", &sku, fault);
    }
    if (status == STATUS_OK) {
        status = pricing_check_sku(&pricing, &sku, fault);
    }
    if (status == STATUS_OK) {
        status = pricing_parse_price(&pricing, input, &price, &edge, fault);
    }
    if (status == STATUS_OK) {
        status = parse_tiers(&pricing, input, &price, fault);
    }
    if (status != STATUS_OK) {
        goto done;
    }
    price.sku_id = sku.id;
    status = save_one(&pricing, &sku, &price, &edge, fault);
    if (status == STATUS_OK) {
        status = fill_view(call, &price, &edge, out, fault);
    }
done:
    return call_end(call, status, fault);
}

/* ---- listing ---- */

static enum status make_filter(struct call *call, const struct list_prices_input *input,
                               struct price_filter *filter, struct fault *fault) {
    struct account account;
    struct sku sku;
    enum status status = STATUS_OK;
    filter->party_id = actor_is_operator(call) ? 0 : call->actor.account_id;
    if (input->seller.length > 0) {
        status = find_account(call, input->seller, "seller", &account, fault);
        if (status == STATUS_OK) {
            filter->seller_id = account.id;
        }
    }
    if (status == STATUS_OK && input->buyer.length > 0) {
        status = find_account(call, input->buyer, "buyer", &account, fault);
        if (status == STATUS_OK) {
            filter->has_buyer = true;
            filter->buyer_id = account.id;
            filter->or_standard = true;
        }
    }
    if (status == STATUS_OK && input->sku.length > 0) {
        status = find_sku(call, input->sku, "sku", &sku, fault);
        if (status == STATUS_OK) {
            filter->sku_id = sku.id;
        }
    }
    return status;
}

enum status list_prices(struct call *call, const struct list_prices_input *input, struct price_page *out,
                        struct fault *fault) {
    struct price_filter filter = {0};
    struct price_list range = {0};
    struct price_page page = {0};
    enum status status = call_begin(call, DB_READ, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = require_any_right(call, RIGHT_READ, fault);
    if (status == STATUS_OK) {
        status = make_filter(call, input, &filter, fault);
    }
    if (status == STATUS_OK) {
        status = prices_list(call->db, call->arena, &filter, input->page, &range, &page.next_after, fault);
    }
    if (status != STATUS_OK) {
        goto done;
    }
    page.count = range.count;
    page.items = ARENA_NEW(call->arena, struct price_view, page.count);
    for (size_t i = 0; i < page.count && status == STATUS_OK; i++) {
        status = fill_view(call, &range.prices[i], &range.edges[i], &page.items[i], fault);
    }
    if (status == STATUS_OK) {
        *out = page;
    }
done:
    return call_end(call, status, fault);
}
