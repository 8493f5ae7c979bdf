#include "programme/catalogue/price_changes.h"

#include "programme/call/authorise.h"
#include "programme/call/name_cache.h"

#include <assert.h>

const char *price_effect_name(enum price_effect effect) {
    static const char *const NAMES[PRICE_EFFECTS] = {"new", "changed", "same", "no-effect"};
    assert((int)effect < PRICE_EFFECTS);
    return NAMES[effect];
}

struct comparing {
    const struct pricing *pricing;
    const struct price_list *before;
    const struct price_list *after;
    struct name_cache *names;
    struct price_changes *changes;
};

static enum status add_change(struct comparing *comparing, int64_t buyer_id,
                              const struct imported_price *imported, struct price_change change,
                              struct fault *fault) {
    struct price_changes *changes = comparing->changes;
    struct call *call = comparing->pricing->call;
    const struct account *buyer = NULL;
    changes->total++;
    changes->effects[change.effect]++;
    if (changes->count >= PRICE_CHANGES_KEPT_MAX) {
        return STATUS_OK;
    }
    TRY(name_cache_account(comparing->names, buyer_id, &buyer, fault));
    change.buyer = buyer_id == 0 ? TEXT("") : identifier_text(call, IDENTIFIER_ACCOUNT, buyer_id);
    change.buyer_code = buyer->code;
    change.sku = identifier_text(call, IDENTIFIER_SKU, imported->price->sku_id);
    change.sku_code = imported->sku_code;
    change.currency = imported->edge->currency;
    change.price = *imported->price;
    changes->items =
        arena_grow(call->arena, changes->items, changes->count, &changes->capacity, sizeof *changes->items);
    changes->items[changes->count++] = change;
    return STATUS_OK;
}

/* What rates the month in a list of prices, and NULL where nothing does. */
static const struct price *find_rating(const struct comparing *comparing, const struct price_list *list,
                                       int64_t buyer_id, const struct imported_price *imported,
                                       struct month month, const struct price_edge **edge) {
    const struct price_place place = {comparing->pricing->seller.id, buyer_id, imported->price->sku_id,
                                      imported->edge->currency};
    return price_list_for_month(list, &place, month, edge);
}

/* What the price does on an edge in a month that it rates there. */
static struct price_change change_in(const struct comparing *comparing, int64_t buyer_id,
                                     const struct imported_price *imported, struct month month) {
    struct price_change change = {.effect = PRICE_NEW, .has_month = true, .first_month = month};
    const struct price_edge *edge = NULL;
    const struct price *before = find_rating(comparing, comparing->before, buyer_id, imported, month, &edge);
    if (before != NULL) {
        change.has_before = true;
        change.before = *before;
        change.effect =
            price_same(imported->price, imported->edge, before, edge) ? PRICE_SAME : PRICE_CHANGED;
    }
    return change;
}

/* A month is rated by the price of its first day, and by one that begins within it where there was none: so a
 * price first rates the month that it begins in, or the next. `edge` NULL: no buyer, the price itself. */
static enum status compare_on_edge(struct comparing *comparing, const struct seller_edge *buyer,
                                   const struct imported_price *imported, struct fault *fault) {
    int64_t buyer_id = buyer == NULL ? 0 : buyer->buyer_id;
    struct month begins = date_month(imported->price->effective_from);
    bool is_for_it = false;
    for (int i = 0; i < 2; i++) {
        struct month month = month_plus(begins, i);
        const struct price_edge *edge = NULL;
        if (buyer != NULL &&
            !text_equal(seller_edge_terms(buyer, month)->currency, imported->edge->currency)) {
            continue;
        }
        is_for_it = true;
        const struct price *rates =
            find_rating(comparing, comparing->after, buyer_id, imported, month, &edge);
        if (rates != NULL && rates->id == imported->price->id) {
            return add_change(comparing, buyer_id, imported, change_in(comparing, buyer_id, imported, month),
                              fault);
        }
    }
    const struct price_change none = {.effect = PRICE_WITHOUT_EFFECT};
    return is_for_it ? add_change(comparing, buyer_id, imported, none, fault) : STATUS_OK;
}

enum status price_changes_of(const struct pricing *pricing, const struct price_list *before,
                             const struct price_list *after, const struct imported_price *imported,
                             size_t count, struct price_changes *changes, struct fault *fault) {
    struct call *call = pricing->call;
    struct seller_edges edges;
    struct name_cache names;
    struct comparing comparing = {pricing, before, after, &names, changes};
    name_cache_init(&names, call);
    *changes = (struct price_changes){.seller = identifier_text(call, IDENTIFIER_ACCOUNT, pricing->seller.id),
                                      .seller_code = pricing->seller.code};
    TRY(seller_edges_load(call, pricing->seller.id, pricing->buyer_id, &edges, fault));
    for (size_t i = 0; i < count; i++) {
        int64_t told = changes->total;
        for (size_t e = 0; e < edges.count; e++) {
            if (!seller_edge_is_over(&edges.items[e])) {
                TRY(compare_on_edge(&comparing, &edges.items[e], &imported[i], fault));
            }
        }
        if (changes->total == told) {
            TRY(compare_on_edge(&comparing, NULL, &imported[i], fault));
        }
    }
    return STATUS_OK;
}
