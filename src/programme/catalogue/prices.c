#include "programme/catalogue/prices.h"

#include "programme/call/authorise.h"
#include "programme/call/lookup_account.h"
#include "programme/call/lookup_sku.h"
#include "programme/catalogue/import_prices.h"
#include "programme/catalogue/price_guard.h"

/* ---- as people read it ---- */

enum status price_view_fill(struct name_cache *names, const struct price *price,
                            const struct price_edge *edge, struct price_view *out, struct fault *fault) {
    struct call *call = names->call;
    const struct account *seller = NULL;
    const struct account *buyer = NULL; /* all empty for a standard price */
    const struct sku *sku = NULL;
    TRY(name_cache_account(names, edge->seller_id, &seller, fault));
    TRY(name_cache_account(names, edge->buyer_id, &buyer, fault));
    TRY(name_cache_sku(names, price->sku_id, &sku, fault));
    *out = (struct price_view){
        .id = price->id,
        .seller = identifier_text(call, IDENTIFIER_ACCOUNT, seller->id),
        .seller_code = seller->code,
        .buyer = edge->buyer_id == 0 ? TEXT("") : identifier_text(call, IDENTIFIER_ACCOUNT, buyer->id),
        .buyer_code = buyer->code,
        .sku = identifier_text(call, IDENTIFIER_SKU, sku->id),
        .sku_code = sku->code,
        .currency = edge->currency,
        .price = *price,
        .tax_category = edge->has_tax ? text_copy(call->arena, text_of(edge->tax.category)) : TEXT(""),
        .tax_rate =
            edge->has_tax ? decimal_format_short(call->arena, edge->tax.rate_millionths, 4) : TEXT(""),
        .withdrawn_at_us = edge->withdrawn_at_us,
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
        TRY(pricing_parse_tier(&input->tiers[i], &tiers[i], fault));
    }
    pricing_sort_tiers(tiers, input->tier_count);
    price->tiers = tiers;
    price->tier_count = input->tier_count;
    return price_check(price, fault);
}

/* What becomes of a price that is set. */
struct price_setting {
    const struct pricing *pricing;
    struct sku sku;
    struct price price;
    struct price_edge edge;
    bool is_there;                      /* the same already */
    int64_t replaced_id;                /* of another one of its key; 0: none */
    struct import_prices_result *tried; /* of a dry run; else NULL */
};

/* The price among the seller's prices as they are now, for whom it changes what. */
static enum status tell_changes(const struct price_setting *setting, const struct price_guard *guard,
                                struct fault *fault) {
    size_t at = 0;
    while (at < guard->after.count && guard->after.prices[at].id != setting->price.id) {
        at++;
    }
    if (at == guard->after.count) {
        return fault_set(fault, STATUS_INTERNAL, "database-failed", "price", TEXT(""),
                         "A price that was just set is not in the store.");
    }
    const struct imported_price imported = {&guard->after.prices[at], &guard->after.edges[at],
                                            setting->sku.code};
    *setting->tried = (struct import_prices_result){.prices = 1,
                                                    .prices_added = setting->is_there ? 0 : 1,
                                                    .prices_replaced = setting->replaced_id == 0 ? 0 : 1,
                                                    .dry_run = true};
    return price_changes_of(setting->pricing, &guard->before, &guard->after, &imported, 1,
                            &setting->tried->changes, fault);
}

/* Puts the price where none is, or in the place of the one that is there, where it may. */
static enum status put_guarded(struct price_setting *setting, struct price_guard *guard,
                               struct fault *fault) {
    struct call *call = setting->pricing->call;
    TRY(price_guard_begin(guard, setting->pricing, fault));
    if (setting->replaced_id != 0) {
        TRY(price_withdraw(call->db, setting->replaced_id, call->now_us, fault));
    }
    if (!setting->is_there) {
        TRY(price_insert(call->db, &setting->price, &setting->edge, fault));
    }
    TRY(price_guard_changed(guard, fault));
    TRY(price_guard_check(guard, &setting->price, &setting->edge, setting->sku.code, fault));
    return setting->tried == NULL ? STATUS_OK : tell_changes(setting, guard, fault);
}

static enum status put_price(struct price_setting *setting, struct fault *fault) {
    const struct pricing *pricing = setting->pricing;
    const struct sku *sku = &setting->sku;
    const struct price *price = &setting->price;
    const struct price_edge *edge = &setting->edge;
    struct call *call = pricing->call;
    int64_t replaced_id = setting->replaced_id;
    struct price_guard guard = {0};
    enum status status = put_guarded(setting, &guard, fault);
    price_guard_end(&guard);
    TRY(status);
    return audit_write(call, replaced_id == 0 ? "price.set" : "price.replace",
                       identifier_text(call, IDENTIFIER_SKU, sku->id), edge->seller_id,
                       text_format(call->arena, "%.*s from %.*s%s%.*s", TEXT_ARGS(sku->code),
                                   TEXT_ARGS(date_format(call->arena, price->effective_from)),
                                   edge->buyer_id == 0 ? ", standard" : " for ",
                                   TEXT_ARGS(pricing->buyer_code)),
                       fault);
}

/* Puts the price in, or finds that it is there already. */
static enum status save_price(struct price_setting *setting, bool replace, struct fault *fault) {
    struct call *call = setting->pricing->call;
    struct price *price = &setting->price;
    struct price_edge *edge = &setting->edge;
    struct price existing;
    struct price_edge existing_edge;
    bool exists = false;
    TRY(price_find(call->db, call->arena, edge->seller_id, edge->buyer_id, price->sku_id, edge->currency,
                   price->effective_from, &exists, &existing, &existing_edge, fault));
    setting->is_there = exists && price_same(price, edge, &existing, &existing_edge);
    if (exists && !setting->is_there) {
        setting->replaced_id = existing.id;
        return replace ? put_price(setting, fault)
                       : pricing_fault_exists(setting->pricing, price, edge, setting->sku.code, fault);
    }
    if (setting->is_there) {
        *price = existing;
        *edge = existing_edge;
    }
    return setting->is_there && setting->tried == NULL ? STATUS_OK : put_price(setting, fault);
}

static enum status set_one(struct call *call, const struct set_price_input *wanted, struct pricing *pricing,
                           struct price_setting *setting, struct fault *fault) {
    TRY(pricing_open(call, wanted->seller, wanted->buyer, pricing, fault));
    TRY(find_sku_of_seller(call, pricing->seller.id, text_trim(wanted->sku), "sku", &setting->sku, fault));
    TRY(pricing_check_sku(pricing, &setting->sku, fault));
    TRY(pricing_parse_price(pricing, wanted, &setting->price, &setting->edge, fault));
    TRY(parse_tiers(pricing, wanted, &setting->price, fault));
    setting->price.sku_id = setting->sku.id;
    setting->pricing = pricing;
    return save_price(setting, wanted->replace, fault);
}

static enum status do_set_price(struct call *call, const void *input, void *output, struct fault *fault) {
    struct pricing pricing;
    struct price_setting setting = {0};
    struct name_cache names;
    name_cache_init(&names, call);
    TRY(set_one(call, input, &pricing, &setting, fault));
    return price_view_fill(&names, &setting.price, &setting.edge, output, fault);
}

enum status set_price(struct call *call, const struct set_price_input *input, struct price_view *out,
                      struct fault *fault) {
    return call_run(call, DB_WRITE, do_set_price, input, out, fault);
}

static enum status do_try_price(struct call *call, const void *input, void *output, struct fault *fault) {
    struct pricing pricing;
    struct price_setting setting = {.tried = output};
    return set_one(call, input, &pricing, &setting, fault);
}

enum status try_price(struct call *call, const struct set_price_input *input,
                      struct import_prices_result *out, struct fault *fault) {
    struct import_prices_result tried = {0};
    bool dry_run = call->dry_run;
    call->dry_run = true;
    enum status status = call_run(call, DB_WRITE, do_try_price, input, &tried, fault);
    call->dry_run = dry_run;
    if (status == STATUS_OK) {
        *out = tried;
    }
    return status;
}

/* ---- listing ---- */

static enum status choose_prices(struct call *call, const struct list_prices_input *input,
                                 struct price_filter *filter, struct fault *fault) {
    struct sku sku = {0};
    filter->party_id = actor_viewer_id(call);
    filter->has_buyer = filter->or_standard = input->buyer.length > 0;
    filter->or_withdrawn = input->withdrawn;
    TRY(find_account_condition(call, input->seller, "seller", &filter->seller_id, fault));
    TRY(find_account_condition(call, input->buyer, "buyer", &filter->buyer_id, fault));
    if (input->sku.length > 0) {
        TRY(find_sku(call, input->sku, "sku", &sku, fault));
    }
    filter->sku_id = sku.id;
    return STATUS_OK;
}

static enum status do_list_prices(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct list_prices_input *wanted = input;
    struct price_filter filter = {0};
    struct price_list range = {0};
    struct price_page page = {0};
    struct name_cache names;
    name_cache_init(&names, call);
    TRY(require_any_right(call, RIGHT_READ, fault));
    TRY(choose_prices(call, wanted, &filter, fault));
    TRY(prices_list(call->db, call->arena, &filter, wanted->page, &range, &page.next_after, fault));
    page.count = range.count;
    page.items = ARENA_NEW(call->arena, struct price_view, page.count);
    for (size_t i = 0; i < page.count; i++) {
        TRY(price_view_fill(&names, &range.prices[i], &range.edges[i], &page.items[i], fault));
    }
    *(struct price_page *)output = page;
    return STATUS_OK;
}

enum status list_prices(struct call *call, const struct list_prices_input *input, struct price_page *out,
                        struct fault *fault) {
    return call_run(call, DB_READ, do_list_prices, input, out, fault);
}
