/* Name cache: accounts, agreements and SKUs by id, each loaded once, for results that name the same ones over
 * and over. */
#ifndef SEATMETER_PROGRAMME_CALL_NAME_CACHE_H
#define SEATMETER_PROGRAMME_CALL_NAME_CACHE_H

#include "core/base/id_map.h"
#include "programme/call/sight.h"
#include "store/catalogue/skus.h"
#include "store/parties/accounts.h"
#include "store/parties/agreements.h"

struct name_cache {
    struct call *call;
    struct sight sight; /* its own kind of cache; opened with the first account */
    bool has_sight;
    struct id_map account_index;
    struct id_map agreement_index;
    struct id_map sku_index;
    const struct account **accounts;
    size_t account_count;
    size_t account_capacity;
    const struct agreement **agreements;
    size_t agreement_count;
    size_t agreement_capacity;
    const struct sku **skus;
    size_t sku_count;
    size_t sku_capacity;
};

void name_cache_init(struct name_cache *cache, struct call *call);

/* Who looks. */
enum status name_cache_sight(struct name_cache *cache, struct sight **sight, struct fault *fault) MUST_CHECK;

/* The account, as the actor may read it (call/sight.h), or SKU; all empty for id 0. Lives as long as the
 * call's arena. */
enum status name_cache_account(struct name_cache *cache, int64_t id, const struct account **account,
                               struct fault *fault) MUST_CHECK;
enum status name_cache_agreement(struct name_cache *cache, int64_t id, const struct agreement **agreement,
                                 struct fault *fault) MUST_CHECK; /* never id 0 */
enum status name_cache_sku(struct name_cache *cache, int64_t id, const struct sku **sku,
                           struct fault *fault) MUST_CHECK;

#endif
