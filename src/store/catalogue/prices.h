/* Prices: kept per edge and SKU, never changed but for the mark that one is withdrawn. A close reads them all
 * into one price list.
 *
 * A seller's standard prices (buyer 0) hold for every buyer of its; on an edge with prices of its own for a
 * SKU those go before them from the first one's date on. */
#ifndef SEATMETER_STORE_CATALOGUE_PRICES_H
#define SEATMETER_STORE_CATALOGUE_PRICES_H

#include "core/money/price_list.h"
#include "store/engine/db.h"
#include "store/engine/page.h"
#include "store/engine/part.h"

struct price_filter {
    int64_t party_id;  /* 0: anybody's; else of its edges, with the standard prices that hold for it */
    int64_t seller_id; /* 0: any */
    bool has_buyer;    /* then buyer_id, 0 being the standard prices */
    int64_t buyer_id;
    bool or_standard; /* with has_buyer: the seller's standard prices too */
    bool or_withdrawn;
    int64_t sku_id; /* 0: any */
};

/* Numbers and inserts a price and its tiers; sets price->id. */
enum status price_insert(struct db *db, struct price *price, const struct price_edge *edge,
                         struct fault *fault) MUST_CHECK;

/* The same for many at once, in bulk. */
enum status price_insert_many(struct db *db, struct price *prices, const struct price_edge *edges,
                              size_t count, struct fault *fault) MUST_CHECK;

/* Marks a price as withdrawn: no list has it any more, but for those of withdrawn ones. */
enum status price_withdraw(struct db *db, int64_t id, int64_t at_us, struct fault *fault) MUST_CHECK;

/* The price of exactly this (seller, buyer, SKU, currency, effective_from), which is its key, if it
 * is not withdrawn; `*found` false where there is none. */
enum status price_find(struct db *db, struct arena *arena, int64_t seller_id, int64_t buyer_id,
                       int64_t sku_id, struct text currency, struct date effective_from, bool *found,
                       struct price *price, struct price_edge *edge, struct fault *fault) MUST_CHECK;

/* A page of prices by id. */
enum status prices_list(struct db *db, struct arena *arena, const struct price_filter *filter,
                        struct page page, struct price_list *range, int64_t *next_after,
                        struct fault *fault) MUST_CHECK;

/* All prices of the programme, of a part, of an edge or of one seller, as a list; those that were withdrawn,
 * of which several can have one key. */
enum status price_list_load_withdrawn(struct db *db, struct arena *arena, struct price_list *list,
                                      struct fault *fault) MUST_CHECK;
enum status price_list_load(struct db *db, struct arena *arena, struct price_list *list,
                            struct fault *fault) MUST_CHECK;
enum status price_list_load_part(struct db *db, struct arena *arena, const struct programme_part *part,
                                 struct price_list *list, struct fault *fault) MUST_CHECK;
enum status price_list_load_edge(struct db *db, struct arena *arena, int64_t seller_id, int64_t buyer_id,
                                 struct price_list *list, struct fault *fault) MUST_CHECK;
enum status price_list_load_seller(struct db *db, struct arena *arena, int64_t seller_id,
                                   struct price_list *list, struct fault *fault) MUST_CHECK;

#endif
