#include "store/catalogue/prices.h"

#include "store/engine/rows.h"

#include <assert.h>
#include <string.h>

/* ---- writing ---- */

static const char *const PRICE_COLUMNS[] = {
    "id",           "seller_id",           "buyer_id",      "sku_id",      "currency",  "effective_from",
    "policy",       "tier_mode",           "minimum_units", "free_months", "trial_end", "not_for_resale",
    "tax_category", "tax_rate_millionths", "created_at_us", NULL};
static const char PRICE_TYPES[] = "iiiitittiiiitii";
static const char *const TIER_COLUMNS[] = {"price_id", "tier_from", "unit_price_millionths", NULL};

static enum status insert_prices(struct db *db, const struct price *prices, const struct price_edge *edges,
                                 size_t count, struct fault *fault) {
    struct db_bulk *bulk = NULL;
    enum status status = db_bulk_start(db, "prices", PRICE_COLUMNS, PRICE_TYPES, &bulk, fault);
    if (status != STATUS_OK) {
        return status;
    }
    for (size_t i = 0; i < count; i++) {
        const struct price *price = &prices[i];
        const struct price_terms *terms = &price->terms;
        const struct db_value values[] = {
            db_integer(price->id),
            db_integer(edges[i].seller_id),
            db_integer(edges[i].buyer_id),
            db_integer(price->sku_id),
            db_string(edges[i].currency),
            db_integer(price->effective_from.day),
            db_string(text_of(metering_policy_name(price->policy))),
            db_string(text_of(tier_mode_name(price->mode))),
            db_integer(terms->minimum_units),
            db_integer(terms->free_months),
            terms->has_trial_end ? db_integer(terms->trial_end.day) : db_null(),
            db_integer(terms->not_for_resale),
            db_string(edges[i].has_tax ? text_of(edges[i].tax.category) : TEXT("")),
            db_integer(edges[i].has_tax ? edges[i].tax.rate_millionths : 0),
            db_integer(edges[i].created_at_us)};
        status = db_bulk_row(bulk, values, fault);
        if (status != STATUS_OK) {
            db_bulk_abandon(bulk);
            return status;
        }
    }
    return db_bulk_finish(bulk, fault);
}

static enum status insert_tiers(struct db *db, const struct price *prices, size_t count,
                                struct fault *fault) {
    struct db_bulk *bulk = NULL;
    enum status status = db_bulk_start(db, "price_tiers", TIER_COLUMNS, "iii", &bulk, fault);
    if (status != STATUS_OK) {
        return status;
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t tier = 0; tier < prices[i].tier_count; tier++) {
            const struct db_value values[] = {db_integer(prices[i].id),
                                              db_integer(prices[i].tiers[tier].from),
                                              db_integer(prices[i].tiers[tier].unit_price_millionths)};
            status = db_bulk_row(bulk, values, fault);
            if (status != STATUS_OK) {
                db_bulk_abandon(bulk);
                return status;
            }
        }
    }
    return db_bulk_finish(bulk, fault);
}

enum status price_insert_many(struct db *db, struct price *prices, const struct price_edge *edges,
                              size_t count, struct fault *fault) {
    if (count == 0) {
        return STATUS_OK;
    }
    int64_t first = 0;
    enum status status = db_counter_take(db, "prices", (int64_t)count, &first, fault);
    if (status != STATUS_OK) {
        return status;
    }
    for (size_t i = 0; i < count; i++) {
        assert(prices[i].tier_count > 0 && prices[i].sku_id > 0 && edges[i].seller_id > 0);
        prices[i].id = first + (int64_t)i;
    }
    status = insert_prices(db, prices, edges, count, fault);
    return status == STATUS_OK ? insert_tiers(db, prices, count, fault) : status;
}

enum status price_insert(struct db *db, struct price *price, const struct price_edge *edge,
                         struct fault *fault) {
    return price_insert_many(db, price, edge, 1, fault);
}

/* ---- reading: rows of prices joined with their tiers, one row per tier ---- */

#define COLUMNS                                                                                              \
    "p.id, p.seller_id, p.buyer_id, p.sku_id, p.currency, p.effective_from, p.policy, p.tier_mode, "         \
    "p.minimum_units, p.free_months, p.trial_end, p.not_for_resale, p.tax_category, "                        \
    "p.tax_rate_millionths, p.created_at_us"
#define TIERS ", t.tier_from, t.unit_price_millionths"
enum { TIER_COLUMN = 15 };

/* The arrays grow while the rows come; the prices find their tiers at the end, when those stand still. */
struct reading {
    struct arena *arena;
    struct price *prices;
    size_t price_capacity;
    struct price_edge *edges;
    size_t edge_capacity;
    size_t count;
    struct price_tier *tiers;
    size_t tier_count;
    size_t tier_capacity;
};

static enum status read_price(struct db_rows *rows, struct reading *reading, struct fault *fault) {
    struct arena *arena = reading->arena;
    reading->prices =
        arena_grow(arena, reading->prices, reading->count, &reading->price_capacity, sizeof *reading->prices);
    reading->edges =
        arena_grow(arena, reading->edges, reading->count, &reading->edge_capacity, sizeof *reading->edges);
    struct price *price = &reading->prices[reading->count];
    struct price_edge *edge = &reading->edges[reading->count];
    struct text currency = db_column_text(rows, 4);
    bool same_currency =
        reading->count > 0 && text_equal(reading->edges[reading->count - 1].currency, currency);
    struct text category = db_column_text(rows, 12);
    *edge = (struct price_edge){.seller_id = db_column_int(rows, 1),
                                .buyer_id = db_column_int(rows, 2),
                                .currency = same_currency ? reading->edges[reading->count - 1].currency
                                                          : db_column_copy(rows, 4, arena),
                                .has_tax = category.length > 0,
                                .tax = {.rate_millionths = db_column_int(rows, 13)},
                                .created_at_us = db_column_int(rows, 14)};
    assert(category.length < sizeof edge->tax.category);
    if (category.length > 0) {
        memcpy(edge->tax.category, category.at, category.length);
    }
    *price = (struct price){.id = db_column_int(rows, 0),
                            .sku_id = db_column_int(rows, 3),
                            .effective_from = {(int32_t)db_column_int(rows, 5)}, /* written from an int32_t */
                            .terms = {.minimum_units = db_column_int(rows, 8),
                                      .free_months = (int32_t)db_column_int(rows, 9), /* the same */
                                      .has_trial_end = !db_column_is_null(rows, 10),
                                      .trial_end = {(int32_t)db_column_int(rows, 10)}, /* the same */
                                      .not_for_resale = db_column_int(rows, 11) != 0}};
    reading->count++;
    enum status status = metering_policy_parse(db_column_text(rows, 6), "policy", &price->policy, fault);
    if (status == STATUS_OK) {
        status = tier_mode_parse(db_column_text(rows, 7), "tier_mode", &price->mode, fault);
    }
    return status;
}

static enum status read_rows(struct db_rows *rows, struct reading *reading, struct fault *fault) {
    bool have_row = false;
    enum status status = STATUS_OK;
    while ((status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        if (reading->count == 0 || reading->prices[reading->count - 1].id != db_column_int(rows, 0)) {
            status = read_price(rows, reading, fault);
            if (status != STATUS_OK) {
                return status;
            }
        }
        reading->tiers = arena_grow(reading->arena, reading->tiers, reading->tier_count,
                                    &reading->tier_capacity, sizeof *reading->tiers);
        reading->tiers[reading->tier_count++] =
            (struct price_tier){.from = db_column_int(rows, TIER_COLUMN),
                                .unit_price_millionths = db_column_int(rows, TIER_COLUMN + 1)};
        reading->prices[reading->count - 1].tier_count++;
    }
    return status;
}

/* Ends with the range, whose prices now point to their tiers. */
static struct price_list finish(struct reading *reading) {
    size_t at = 0;
    for (size_t i = 0; i < reading->count; i++) {
        reading->prices[i].tiers = &reading->tiers[at];
        at += reading->prices[i].tier_count;
    }
    assert(at == reading->tier_count);
    return (struct price_list){reading->prices, reading->edges, reading->count};
}

static enum status read_range(struct db *db, struct arena *arena, bool streamed, const char *sql,
                              const struct db_value *values, size_t value_count, struct price_list *range,
                              struct fault *fault) {
    struct reading reading = {.arena = arena};
    struct db_rows *rows = NULL;
    enum status status = streamed ? db_stream(db, sql, values, value_count, &rows, fault)
                                  : db_query(db, sql, values, value_count, &rows, fault);
    if (status == STATUS_OK) {
        status = read_rows(rows, &reading, fault);
    }
    db_rows_close(rows);
    if (status == STATUS_OK) {
        *range = finish(&reading);
    }
    return status;
}

static const char FIND[] = "select " COLUMNS TIERS " from prices p join price_tiers t on t.price_id = p.id "
                           "where p.seller_id = $1 and p.buyer_id = $2 and p.sku_id = $3 "
                           "and p.effective_from = $4 order by t.tier_from";

enum status price_find(struct db *db, struct arena *arena, int64_t seller_id, int64_t buyer_id,
                       int64_t sku_id, struct date effective_from, bool *found, struct price *price,
                       struct price_edge *edge, struct fault *fault) {
    struct price_list range = {0};
    enum status status = read_range(db, arena, false, FIND,
                                    DB_ARGS(db_integer(seller_id), db_integer(buyer_id), db_integer(sku_id),
                                            db_integer(effective_from.day)),
                                    &range, fault);
    if (status != STATUS_OK) {
        return status;
    }
    assert(range.count <= 1);
    *found = range.count == 1;
    if (*found) {
        *price = range.prices[0];
        *edge = range.edges[0];
    }
    return STATUS_OK;
}

/* A party other than the operator reads the prices of its own edges, with those standard prices that hold for
 * it: of its sellers with whom it has an agreement. */
static const char LIST[] =
    "select " COLUMNS TIERS " from (select " COLUMNS " from prices p where p.id > $1 "
    "and ($2 = 0 or p.seller_id = $2) "
    "and ($3 < 0 or p.buyer_id = $3 or ($4 = 1 and p.buyer_id = 0)) and ($5 = 0 or p.sku_id = $5) "
    "and ($6 = 0 or p.seller_id = $6 or ((p.buyer_id = $6 or p.buyer_id = 0) and exists "
    "(select 1 from agreements g where g.seller_id = p.seller_id and g.buyer_id = $6 and g.state <> "
    "'draft'))) "
    "order by p.id limit $7) p join price_tiers t on t.price_id = p.id order by p.id, t.tier_from";

enum status prices_list(struct db *db, struct arena *arena, const struct price_filter *filter,
                        struct page page, struct price_list *range, int64_t *next_after,
                        struct fault *fault) {
    size_t limit = (size_t)page_limit(page);
    enum status status = read_range(db, arena, false, LIST,
                                    DB_ARGS(db_integer(page.after_id), db_integer(filter->seller_id),
                                            db_integer(filter->has_buyer ? filter->buyer_id : -1),
                                            db_integer(filter->or_standard), db_integer(filter->sku_id),
                                            db_integer(filter->party_id), db_integer((int64_t)limit + 1)),
                                    range, fault);
    if (status != STATUS_OK) {
        return status;
    }
    *next_after = 0;
    if (range->count > limit) {
        range->count = limit;
        *next_after = range->prices[limit - 1].id;
    }
    return STATUS_OK;
}

#define PRICE_LIST_ORDER " order by p.seller_id, p.buyer_id, p.sku_id, p.effective_from, t.tier_from"
static const char PRICE_LIST[] =
    "select " COLUMNS TIERS " from prices p join price_tiers t on t.price_id = p.id" PRICE_LIST_ORDER;

enum status price_list_load(struct db *db, struct arena *arena, struct price_list *list,
                            struct fault *fault) {
    return read_range(db, arena, true, PRICE_LIST, DB_NO_ARGS, list, fault);
}

static const char PRICE_LIST_OF_SELLER[] = "select " COLUMNS TIERS " from prices p join price_tiers t "
                                           "on t.price_id = p.id where p.seller_id = $1" PRICE_LIST_ORDER;

enum status price_list_load_seller(struct db *db, struct arena *arena, int64_t seller_id,
                                   struct price_list *list, struct fault *fault) {
    return read_range(db, arena, true, PRICE_LIST_OF_SELLER, DB_ARGS(db_integer(seller_id)), list, fault);
}

static const char LAST_CLOSED[] =
    "select cast(coalesce(max(m.month), -1) as bigint) from months m "
    "join agreements g on g.id = m.agreement_id "
    "where m.state = 'closed' and g.seller_id = $1 and ($2 = 0 or g.buyer_id = $2)";

enum status price_last_closed_month(struct db *db, int64_t seller_id, int64_t buyer_id, struct month *month,
                                    struct fault *fault) {
    int64_t index = -1;
    enum status status = db_query_int(db, LAST_CLOSED, DB_ARGS(db_integer(seller_id), db_integer(buyer_id)),
                                      -1, &index, fault);
    month->index = (int32_t)index; /* written from an int32_t */
    return status;
}
