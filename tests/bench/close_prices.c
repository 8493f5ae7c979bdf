/* What everything costs: the vendors' prices for the distributor, the distributor's and every provider's
 * standard prices, and for some buyers prices of their own. */
#include "close_filling.h"

#include "core/money/price.h"
#include "store/catalogue/prices.h"

#include <assert.h>

struct pricing {
    struct filling *filling;
    struct price *prices;
    struct price_edge *edges;
    size_t count;
    size_t price_capacity;
    size_t edge_capacity;
};

static enum metering_policy draw_policy(struct rng *rng) {
    static const enum metering_policy often[] = {POLICY_PEAK, POLICY_PEAK, POLICY_SNAPSHOT, POLICY_ANY,
                                                 POLICY_DAILY};
    return often[rng_below(rng, sizeof often / sizeof often[0])];
}

static enum tier_mode draw_mode(struct rng *rng) {
    static const enum tier_mode often[] = {TIER_FLAT, TIER_FLAT, TIER_FLAT, TIER_VOLUME, TIER_GRADUATED};
    return often[rng_below(rng, sizeof often / sizeof often[0])];
}

/* Terms are rare, and a minimum is a price's that was agreed with one buyer. */
static struct price_terms draw_terms(struct filling *filling, bool is_own) {
    struct rng *rng = &filling->rng;
    struct price_terms terms = {0};
    if (is_own && rng_chance(rng, 1, 3)) {
        terms.minimum_units = rng_between(rng, 5, 50);
    }
    if (rng_chance(rng, 1, 40)) {
        terms.free_months = 1;
    }
    if (rng_chance(rng, 1, 60)) {
        terms.has_trial_end = true;
        terms.trial_end.day = month_first_day(filling->month).day + (int32_t)rng_between(rng, 1, 20);
    }
    terms.not_for_resale = rng_chance(rng, 1, 60);
    return terms;
}

/* One to three tiers, each a tenth cheaper than the one before. */
static const struct price_tier *draw_tiers(struct filling *filling, struct price *price,
                                           int64_t price_millionths) {
    static const int64_t begins[] = {1, 11, 51};
    struct price_tier *tiers = ARENA_NEW(&filling->arena, struct price_tier, 3);
    price->tier_count = price->mode == TIER_FLAT ? 1 : 3;
    for (size_t i = 0; i < price->tier_count; i++) {
        int64_t tier_millionths = price_millionths * (10 - (int64_t)i) / 10;
        tiers[i] = (struct price_tier){begins[i], price->terms.not_for_resale ? 0 : tier_millionths};
    }
    return tiers;
}

/* A SKU's price on an edge, at `percent` of what it is worth. */
static void add_price(struct pricing *pricing, int64_t seller, int64_t buyer, int64_t sku, int64_t percent) {
    struct filling *filling = pricing->filling;
    struct arena *arena = &filling->arena;
    pricing->prices =
        arena_grow(arena, pricing->prices, pricing->count, &pricing->price_capacity, sizeof *pricing->prices);
    pricing->edges =
        arena_grow(arena, pricing->edges, pricing->count, &pricing->edge_capacity, sizeof *pricing->edges);
    struct price *price = &pricing->prices[pricing->count];
    int64_t worth_millionths = (2 + sku * 37 % 60) * 1000000 + 990000;
    *price = (struct price){.sku_id = sku,
                            .effective_from = month_first_day(month_plus(filling->month, -2)),
                            .policy = draw_policy(&filling->rng),
                            .mode = draw_mode(&filling->rng),
                            .terms = draw_terms(filling, buyer > DISTRIBUTOR)};
    price->tiers = draw_tiers(filling, price, worth_millionths * percent / 100);
    struct fault fault;
    assert(price_check(price, &fault) == STATUS_OK);
    pricing->edges[pricing->count++] = (struct price_edge){.seller_id = seller,
                                                           .buyer_id = buyer,
                                                           .currency = TEXT("USD"),
                                                           .created_at_us = filling->call->now_us};
}

enum status filling_prices(struct filling *filling, struct fault *fault) {
    struct pricing pricing = {.filling = filling};
    struct rng *rng = &filling->rng;
    for (int64_t sku = 1; sku <= SKUS; sku++) {
        add_price(&pricing, FIRST_VENDOR + sku % VENDORS, DISTRIBUTOR, sku, 60);
        add_price(&pricing, DISTRIBUTOR, 0, sku, 70);
    }
    for (int64_t p = 0; p < filling->size.providers; p++) {
        for (int place = 0; place < ASSORTMENT; place++) {
            int64_t sku = filling->assortments[p][place] + 1;
            add_price(&pricing, FIRST_PROVIDER + p, 0, sku, 120);
            if (rng_chance(rng, 1, 50)) {
                add_price(&pricing, DISTRIBUTOR, FIRST_PROVIDER + p, sku, 65);
            }
        }
    }
    for (int64_t c = 0; c < filling->size.customers; c++) {
        const struct customer *customer = &filling->customers[c];
        int64_t sku = filling->assortments[customer->provider][customer->palette[0]] + 1;
        if (rng_chance(rng, 1, 10)) {
            add_price(&pricing, FIRST_PROVIDER + customer->provider,
                      FIRST_PROVIDER + filling->size.providers + c, sku, 110);
        }
    }
    return price_insert_many(filling->call->db, pricing.prices, pricing.edges, pricing.count, fault);
}
