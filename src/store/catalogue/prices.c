#include "store/catalogue/prices.h"

#include "store/engine/rows.h"

#include <assert.h>

/* ---- fields ---- */

static const char *policy_word(int policy) {
    return metering_policy_name((enum metering_policy)policy);
}

static const char *mode_word(int mode) {
    return tier_mode_name((enum tier_mode)mode);
}

static const struct db_words POLICIES = {policy_word, POLICY_DAILY + 1};
static const struct db_words MODES = {mode_word, TIER_GRADUATED + 1};

/* A price as it is kept: an empty tax category stands for none. */
struct kept_price {
    struct price price;
    struct price_edge edge;
};

static const struct db_field PRICE_FIELDS[] = {
    DB_FIELD_INT(struct kept_price, price.id, "id"),
    DB_FIELD_INT(struct kept_price, edge.seller_id, "seller_id"),
    DB_FIELD_INT(struct kept_price, edge.buyer_id, "buyer_id"),
    DB_FIELD_INT(struct kept_price, price.sku_id, "sku_id"),
    DB_FIELD_TEXT(struct kept_price, edge.currency, "currency"),
    DB_FIELD_DATE(struct kept_price, price.effective_from, "effective_from"),
    DB_FIELD_WORD(struct kept_price, price.policy, "policy", &POLICIES),
    DB_FIELD_WORD(struct kept_price, price.mode, "tier_mode", &MODES),
    DB_FIELD_INT(struct kept_price, price.terms.minimum_units, "minimum_units"),
    DB_FIELD_INT32(struct kept_price, price.terms.free_months, "free_months"),
    DB_FIELD_DATE_IF(struct kept_price, price.terms.trial_end, price.terms.has_trial_end, "trial_end"),
    DB_FIELD_BOOL(struct kept_price, price.terms.not_for_resale, "not_for_resale"),
    DB_FIELD_CODE(struct kept_price, edge.tax.category, "tax_category"),
    DB_FIELD_INT(struct kept_price, edge.tax.rate_millionths, "tax_rate_millionths"),
    DB_FIELD_INT(struct kept_price, edge.created_at_us, "created_at_us"),
    DB_FIELD_INT(struct kept_price, edge.withdrawn_at_us, "withdrawn_at_us"),
};
static const struct db_fields PRICE = DB_FIELDS(struct kept_price, PRICE_FIELDS);

/* A price's tier, whose price is named where it is kept. */
struct kept_tier {
    int64_t price_id;
    struct price_tier tier;
};

static const struct db_field TIER_FIELDS[] = {
    DB_FIELD_INT(struct price_tier, from, "tier_from"),
    DB_FIELD_INT(struct price_tier, unit_price_millionths, "unit_price_millionths"),
};
static const struct db_fields TIER = DB_FIELDS(struct price_tier, TIER_FIELDS);

static const struct db_field KEPT_TIER_FIELDS[] = {
    DB_FIELD_INT(struct kept_tier, price_id, "price_id"),
    DB_FIELD_PART(struct kept_tier, tier, NULL, &TIER),
};
static const struct db_fields KEPT_TIER = DB_FIELDS(struct kept_tier, KEPT_TIER_FIELDS);

/* ---- writing ---- */

static enum status insert_prices(struct db *db, const struct price *prices, const struct price_edge *edges,
                                 size_t count, struct fault *fault) {
    struct db_bulk *bulk = NULL;
    TRY(rows_bulk_start(db, "prices", &PRICE, &bulk, fault));
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        struct kept_price kept = {.price = prices[i], .edge = edges[i]};
        if (!kept.edge.has_tax) {
            kept.edge.tax = (struct tax){0};
        }
        status = rows_bulk_add(bulk, &PRICE, &kept, fault);
    }
    return rows_bulk_end(bulk, status, fault);
}

static enum status insert_tiers(struct db *db, const struct price *prices, size_t count,
                                struct fault *fault) {
    struct db_bulk *bulk = NULL;
    TRY(rows_bulk_start(db, "price_tiers", &KEPT_TIER, &bulk, fault));
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count; i++) {
        for (size_t tier = 0; tier < prices[i].tier_count && status == STATUS_OK; tier++) {
            const struct kept_tier kept = {prices[i].id, prices[i].tiers[tier]};
            status = rows_bulk_add(bulk, &KEPT_TIER, &kept, fault);
        }
    }
    return rows_bulk_end(bulk, status, fault);
}

enum status price_insert_many(struct db *db, struct price *prices, const struct price_edge *edges,
                              size_t count, struct fault *fault) {
    if (count == 0) {
        return STATUS_OK;
    }
    int64_t first = 0;
    TRY(db_counter_take(db, "prices", (int64_t)count, &first, fault));
    for (size_t i = 0; i < count; i++) {
        assert(prices[i].tier_count > 0 && prices[i].sku_id > 0 && edges[i].seller_id > 0);
        prices[i].id = first + (int64_t)i;
    }
    TRY(insert_prices(db, prices, edges, count, fault));
    return insert_tiers(db, prices, count, fault);
}

enum status price_insert(struct db *db, struct price *price, const struct price_edge *edge,
                         struct fault *fault) {
    return price_insert_many(db, price, edge, 1, fault);
}

/* ---- reading: rows of prices joined with their tiers, one row per tier ---- */

struct tiered_price {
    struct kept_price kept;
    struct price_tier tier;
};

static const struct db_field TIERED_PRICE_FIELDS[] = {
    DB_FIELD_PART(struct tiered_price, kept, "p", &PRICE),
    DB_FIELD_PART(struct tiered_price, tier, "t", &TIER),
};
static const struct db_fields TIERED_PRICE = DB_FIELDS(struct tiered_price, TIERED_PRICE_FIELDS);

enum { PRICE_ID, FIRST_OF_TIER = sizeof PRICE_FIELDS / sizeof PRICE_FIELDS[0] };

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

/* Neighbours in one currency share its text. */
static enum status read_price(struct db_rows *rows, struct reading *reading, struct fault *fault) {
    struct arena *arena = reading->arena;
    struct kept_price kept;
    TRY(rows_read(rows, 0, &PRICE, NULL, &kept, fault));
    bool is_shared =
        reading->count > 0 && text_equal(reading->edges[reading->count - 1].currency, kept.edge.currency);
    kept.edge.currency =
        is_shared ? reading->edges[reading->count - 1].currency : text_copy(arena, kept.edge.currency);
    kept.edge.has_tax = kept.edge.tax.category[0] != '\0';
    reading->prices =
        arena_grow(arena, reading->prices, reading->count, &reading->price_capacity, sizeof *reading->prices);
    reading->edges =
        arena_grow(arena, reading->edges, reading->count, &reading->edge_capacity, sizeof *reading->edges);
    reading->prices[reading->count] = kept.price;
    reading->edges[reading->count] = kept.edge;
    reading->count++;
    return STATUS_OK;
}

static enum status read_tier(struct db_rows *rows, struct reading *reading, struct fault *fault) {
    reading->tiers = arena_grow(reading->arena, reading->tiers, reading->tier_count, &reading->tier_capacity,
                                sizeof *reading->tiers);
    TRY(rows_read(rows, FIRST_OF_TIER, &TIER, NULL, &reading->tiers[reading->tier_count], fault));
    reading->tier_count++;
    reading->prices[reading->count - 1].tier_count++;
    return STATUS_OK;
}

static enum status read_prices(struct db_rows *rows, struct reading *reading, struct fault *fault) {
    for (;;) {
        bool have_row = false;
        TRY(db_next(rows, &have_row, fault));
        if (!have_row) {
            return STATUS_OK;
        }
        if (reading->count == 0 || reading->prices[reading->count - 1].id != db_column_int(rows, PRICE_ID)) {
            TRY(read_price(rows, reading, fault));
        }
        TRY(read_tier(rows, reading, fault));
    }
}

/* What was checked when it was set is checked again: rating asserts it. */
static enum status check_kept(const struct price *price, struct fault *fault) {
    struct fault why;
    if (price_check(price, &why) == STATUS_OK) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_INTERNAL, "database-failed", "prices", TEXT(""),
                     "Price number %lld in the store is none that may be set. %s", (long long)price->id,
                     why.message);
}

/* The list of what was read, whose prices now point to their tiers. */
static enum status finish_list(struct reading *reading, struct price_list *list, struct fault *fault) {
    size_t at = 0;
    for (size_t i = 0; i < reading->count; i++) {
        reading->prices[i].tiers = &reading->tiers[at];
        at += reading->prices[i].tier_count;
        TRY(check_kept(&reading->prices[i], fault));
    }
    assert(at == reading->tier_count);
    *list = (struct price_list){reading->prices, reading->edges, reading->count};
    return STATUS_OK;
}

static enum status read_range(struct db *db, struct arena *arena, bool streamed, const char *sql,
                              const struct db_value *values, size_t value_count, struct price_list *range,
                              struct fault *fault) {
    struct reading reading = {.arena = arena};
    struct db_rows *rows = NULL;
    TRY(streamed ? db_stream_fields(db, &TIERED_PRICE, sql, values, value_count, &rows, fault)
                 : db_query_fields(db, &TIERED_PRICE, sql, values, value_count, &rows, fault));
    enum status status = read_prices(rows, &reading, fault);
    db_rows_close(rows);
    return status == STATUS_OK ? finish_list(&reading, range, fault) : status;
}

static const char FIND[] = "select {} from prices p join price_tiers t on t.price_id = p.id "
                           "where p.seller_id = $1 and p.buyer_id = $2 and p.sku_id = $3 "
                           "and p.currency = $4 and p.effective_from = $5 "
                           "and p.withdrawn_at_us = 0 order by t.tier_from";

enum status price_find(struct db *db, struct arena *arena, int64_t seller_id, int64_t buyer_id,
                       int64_t sku_id, struct text currency, struct date effective_from, bool *found,
                       struct price *price, struct price_edge *edge, struct fault *fault) {
    struct price_list range = {0};
    TRY(read_range(db, arena, false, FIND,
                   DB_ARGS(db_integer(seller_id), db_integer(buyer_id), db_integer(sku_id),
                           db_string(currency), db_integer(effective_from.day)),
                   &range, fault));
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
    "select {} from (select p.* from prices p where p.id > $1 and ($8 = 1 or p.withdrawn_at_us = 0) "
    "and ($2 = 0 or p.seller_id = $2) "
    "and ($3 < 0 or p.buyer_id = $3 or ($4 = 1 and p.buyer_id = 0)) and ($5 = 0 or p.sku_id = $5) "
    "and ($6 = 0 or p.seller_id = $6 or ((p.buyer_id = $6 or p.buyer_id = 0) and exists "
    "(select 1 from agreements g where g.seller_id = p.seller_id and g.buyer_id = $6 and g.state <> "
    "'draft'))) "
    "order by p.id limit $7) p join price_tiers t on t.price_id = p.id order by p.id, t.tier_from";

enum status prices_list(struct db *db, struct arena *arena, const struct price_filter *filter,
                        struct page page, struct price_list *range, int64_t *next_after,
                        struct fault *fault) {
    TRY(read_range(db, arena, false, LIST,
                   DB_ARGS(db_integer(page.after_id), db_integer(filter->seller_id),
                           db_integer(filter->has_buyer ? filter->buyer_id : -1),
                           db_integer(filter->or_standard), db_integer(filter->sku_id),
                           db_integer(filter->party_id), db_integer(page_rows(page)),
                           db_integer(filter->or_withdrawn)),
                   range, fault));
    bool more = page_cut(page, &range->count);
    *next_after = more ? range->prices[range->count - 1].id : 0;
    return STATUS_OK;
}

#define PRICE_LIST_ORDER                                                                                     \
    " order by p.seller_id, p.buyer_id, p.sku_id, p.currency, p.effective_from, t.tier_from"
static const char PRICE_LIST[] = "select {} from prices p join price_tiers t on t.price_id = p.id where "
                                 "p.withdrawn_at_us = 0" PRICE_LIST_ORDER;
static const char WITHDRAWN_LIST[] =
    "select {} from prices p join price_tiers t on t.price_id = p.id where p.withdrawn_at_us > 0 "
    "order by p.seller_id, p.buyer_id, p.sku_id, p.currency, p.effective_from, p.id, t.tier_from";

enum status price_list_load(struct db *db, struct arena *arena, struct price_list *list,
                            struct fault *fault) {
    return read_range(db, arena, true, PRICE_LIST, DB_NO_ARGS, list, fault);
}

/* Those of the part's sellers, each for all its buyers or for one of the part's: of another provider nothing
 * is read. */
static const char PRICE_LIST_OF_PART[] =
    "select {} from prices p join price_tiers t on t.price_id = p.id where p.withdrawn_at_us = 0 "
    "and p.seller_id in " PART_ACCOUNTS(
        "$1") " and p.buyer_id in (select 0 union select id from accounts where "
              "id in " PART_ACCOUNTS("$1") ") and " PART_HAS_SKU("p.sku_id", "$2") PRICE_LIST_ORDER;

/* Those of the edges on which a party sells or buys. */
static const char PRICE_LIST_OF_PARTY[] =
    "select {} from prices p join price_tiers t on t.price_id = p.id where p.withdrawn_at_us = 0 "
    "and p.seller_id in (select cast($1 as bigint) union select seller_id from agreements where buyer_id = "
    "$1) "
    "and (p.seller_id = $1 or p.buyer_id in (0, $1)) and " PART_HAS_SKU("p.sku_id", "$2") PRICE_LIST_ORDER;

enum status price_list_load_part(struct db *db, struct arena *arena, const struct programme_part *part,
                                 struct price_list *list, struct fault *fault) {
    bool of_party = part->party_id != 0;
    return read_range(
        db, arena, true, of_party ? PRICE_LIST_OF_PARTY : PRICE_LIST_OF_PART,
        DB_ARGS(db_integer(of_party ? part->party_id : part->around_id), db_integer(part->sku_id)), list,
        fault);
}

enum status price_list_load_withdrawn(struct db *db, struct arena *arena, struct price_list *list,
                                      struct fault *fault) {
    return read_range(db, arena, true, WITHDRAWN_LIST, DB_NO_ARGS, list, fault);
}

static const char WITHDRAW[] = "update prices set withdrawn_at_us = $2 where id = $1";

enum status price_withdraw(struct db *db, int64_t id, int64_t at_us, struct fault *fault) {
    assert(at_us > 0);
    return db_run(db, WITHDRAW, DB_ARGS(db_integer(id), db_integer(at_us)), NULL, fault);
}

static const char PRICE_LIST_OF_SELLER[] =
    "select {} from prices p join price_tiers t "
    "on t.price_id = p.id where p.seller_id = $1 and p.withdrawn_at_us = 0" PRICE_LIST_ORDER;

enum status price_list_load_seller(struct db *db, struct arena *arena, int64_t seller_id,
                                   struct price_list *list, struct fault *fault) {
    return read_range(db, arena, true, PRICE_LIST_OF_SELLER, DB_ARGS(db_integer(seller_id)), list, fault);
}

static const char PRICE_LIST_OF_EDGE[] = "select {} from prices p join price_tiers t on t.price_id = p.id "
                                         "where p.seller_id = $1 and p.buyer_id in (0, "
                                         "$2) and p.withdrawn_at_us = 0" PRICE_LIST_ORDER;

enum status price_list_load_edge(struct db *db, struct arena *arena, int64_t seller_id, int64_t buyer_id,
                                 struct price_list *list, struct fault *fault) {
    return read_range(db, arena, true, PRICE_LIST_OF_EDGE,
                      DB_ARGS(db_integer(seller_id), db_integer(buyer_id)), list, fault);
}
