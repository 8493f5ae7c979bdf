#include "programme/catalogue/prices.h"

#include "core/base/csv.h"
#include "core/base/text_map.h"
#include "programme/call/authorise.h"
#include "programme/call/lookup_sku.h"
#include "programme/catalogue/price_input.h"

enum { ROWS_MAX = 2000000 };

/* A price while its rows come. */
struct incoming {
    struct price price;
    struct price_edge edge;
    struct text sku_code;
    int64_t line; /* of its first row */
    struct price_tier *tiers;
    size_t tier_capacity;
};

enum column {
    COLUMN_SKU,
    COLUMN_CURRENCY,
    COLUMN_EFFECTIVE_FROM,
    COLUMN_POLICY,
    COLUMN_TIER_MODE,
    COLUMN_TIER_FROM,
    COLUMN_UNIT_PRICE,
    COLUMN_MINIMUM, /* from here on optional */
    COLUMN_FREE_MONTHS,
    COLUMN_TRIAL_END,
    COLUMN_NOT_FOR_RESALE,
    COLUMN_TAX_CATEGORY,
    COLUMN_TAX_RATE,
    COLUMN_COUNT
};

static const char *const COLUMN_NAMES[COLUMN_COUNT] = {
    "sku",     "currency",    "effective_from", "policy",         "tier_mode",    "tier_from", "unit_price",
    "minimum", "free_months", "trial_end",      "not_for_resale", "tax_category", "tax_rate"};

struct import {
    struct pricing pricing;
    struct call *call;
    struct sku *skus;
    struct text_map skus_by_code; /* AMBIGUOUS where a code does not say which */
    struct text_map prices_by_key;
    struct incoming *prices;
    size_t price_count, price_capacity;
    int columns[COLUMN_COUNT];
};

static const int64_t AMBIGUOUS = INT64_MAX;

static void init_map(struct call *call, struct text_map *map) {
    unsigned char seed[TEXT_MAP_SEED_BYTES];
    call->random->fill(call->random, seed, sizeof seed);
    text_map_init(map, call->arena, seed);
}

static enum status load_skus(struct import *import, struct fault *fault) {
    struct call *call = import->call;
    size_t count = 0;
    enum status status =
        sku_load_known(call->db, call->arena, import->pricing.seller.id, &import->skus, &count, fault);
    init_map(call, &import->skus_by_code);
    init_map(call, &import->prices_by_key);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        bool again = text_map_get(&import->skus_by_code, import->skus[i].code) >= 0;
        text_map_put(&import->skus_by_code, import->skus[i].code, again ? AMBIGUOUS : (int64_t)i);
    }
    return status;
}

static enum status find_columns(struct import *import, const struct csv_row *header, struct fault *fault) {
    for (int i = 0; i < COLUMN_COUNT; i++) {
        import->columns[i] = csv_column(header, COLUMN_NAMES[i]);
        if (import->columns[i] < 0 && i < COLUMN_MINIMUM) {
            enum status status = csv_column_require(header, COLUMN_NAMES[i], &import->columns[i], fault);
            if (status != STATUS_OK) {
                return status;
            }
        }
    }
    return STATUS_OK;
}

static enum status find_row_sku(struct import *import, struct text word, struct sku *sku,
                                struct fault *fault) {
    int64_t number = text_map_get(&import->skus_by_code, word);
    enum status status = STATUS_OK;
    if (number >= 0 && number != AMBIGUOUS) {
        *sku = import->skus[number];
    } else {
        status = find_sku_of_seller(import->call, import->pricing.seller.id, word, "sku", sku, fault);
    }
    return status == STATUS_OK ? pricing_check_sku(&import->pricing, sku, fault) : status;
}

static struct text cell(const struct import *import, const struct csv_row *row, enum column column) {
    int at = import->columns[column];
    return at < 0 ? TEXT("") : row->fields[at];
}

static struct set_price_input row_input(const struct import *import, const struct csv_row *row) {
    return (struct set_price_input){.sku = text_trim(cell(import, row, COLUMN_SKU)),
                                    .currency = cell(import, row, COLUMN_CURRENCY),
                                    .effective_from = cell(import, row, COLUMN_EFFECTIVE_FROM),
                                    .policy = cell(import, row, COLUMN_POLICY),
                                    .tier_mode = cell(import, row, COLUMN_TIER_MODE),
                                    .minimum = cell(import, row, COLUMN_MINIMUM),
                                    .free_months = cell(import, row, COLUMN_FREE_MONTHS),
                                    .trial_end = cell(import, row, COLUMN_TRIAL_END),
                                    .not_for_resale = cell(import, row, COLUMN_NOT_FOR_RESALE),
                                    .tax_category = cell(import, row, COLUMN_TAX_CATEGORY),
                                    .tax_rate = cell(import, row, COLUMN_TAX_RATE)};
}

/* (SKU, date) as a map's key. */
static struct text price_key(struct arena *arena, const struct price *price) {
    int64_t *key = ARENA_NEW(arena, int64_t, 2);
    key[0] = price->sku_id;
    key[1] = price->effective_from.day;
    return (struct text){(const char *)key, 2 * sizeof *key};
}

/* The price that the row belongs to: begun by it, or by an earlier row that it agrees with. */
static enum status join_price(struct import *import, const struct incoming *row, struct incoming **joined,
                              struct fault *fault) {
    struct arena *arena = import->call->arena;
    struct text key = price_key(arena, &row->price);
    int64_t number = text_map_get(&import->prices_by_key, key);
    if (number < 0) {
        number = (int64_t)import->price_count;
        import->prices = arena_grow(arena, import->prices, import->price_count, &import->price_capacity,
                                    sizeof *import->prices);
        import->prices[import->price_count++] = *row;
        text_map_put(&import->prices_by_key, key, number);
    }
    struct incoming *price = &import->prices[number];
    if (!price_same_head(&price->price, &price->edge, &row->price, &row->edge)) {
        return fault_set(
            fault, STATUS_INVALID, "row-differs", "sku", row->sku_code,
            "This row and line %lld are tiers of one price, but differ in more than tier and unit "
            "price.",
            (long long)price->line);
    }
    if (price->price.tier_count >= PRICE_TIERS_MAX) {
        return fault_set(fault, STATUS_INVALID, "too-many-tiers", "sku", row->sku_code,
                         "A price has at most %d tiers.", PRICE_TIERS_MAX);
    }
    *joined = price;
    return STATUS_OK;
}

static enum status take_row(struct import *import, const struct csv_row *row, struct fault *fault) {
    const struct set_price_input input = row_input(import, row);
    const struct tier_input tier_input = {cell(import, row, COLUMN_TIER_FROM),
                                          cell(import, row, COLUMN_UNIT_PRICE)};
    struct incoming made = {.line = row->line};
    struct incoming *price = NULL;
    struct price_tier tier;
    struct sku sku;
    enum status status = find_row_sku(import, input.sku, &sku, fault);
    if (status == STATUS_OK) {
        status = pricing_parse_price(&import->pricing, &input, &made.price, &made.edge, fault);
    }
    if (status == STATUS_OK) {
        status = pricing_parse_tier(&tier_input, &tier, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    made.price.sku_id = sku.id;
    made.sku_code = sku.code;
    status = join_price(import, &made, &price, fault);
    if (status != STATUS_OK) {
        return status;
    }
    price->tiers = arena_grow(import->call->arena, price->tiers, price->price.tier_count,
                              &price->tier_capacity, sizeof *price->tiers);
    price->tiers[price->price.tier_count++] = tier;
    return STATUS_OK;
}

static enum status read_rows(struct import *import, struct text content, struct import_problems *problems,
                             struct fault *fault) {
    struct arena *arena = import->call->arena;
    struct csv_reader reader;
    struct csv_row header;
    csv_open(&reader, arena, content);
    reader.limits.rows_max = ROWS_MAX;
    enum status status = csv_read_header(&reader, &header, fault);
    if (status == STATUS_OK) {
        status = find_columns(import, &header, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    for (;;) {
        struct csv_row row;
        bool have_row = false;
        struct fault problem;
        status = csv_next(&reader, &row, &have_row, &problem);
        int64_t line = status == STATUS_OK ? row.line : import_problems_line_of(&problem);
        if (status == STATUS_OK && !have_row) {
            return STATUS_OK;
        }
        if (status == STATUS_OK) {
            status = take_row(import, &row, &problem);
        }
        if (status == STATUS_INTERNAL) {
            *fault = problem;
            return status;
        }
        if (status != STATUS_OK) {
            import_problems_add(problems, arena, line, &problem);
        }
    }
}

/* What a store has of this seller already, by (SKU, date) of this very buyer. */
static enum status map_existing(struct import *import, struct price_list *list, struct text_map *existing,
                                struct fault *fault) {
    struct call *call = import->call;
    init_map(call, existing);
    enum status status =
        price_list_load_seller(call->db, call->arena, import->pricing.seller.id, list, fault);
    for (size_t i = 0; i < list->count && status == STATUS_OK; i++) {
        if (list->edges[i].buyer_id == import->pricing.buyer_id) {
            text_map_put(existing, price_key(call->arena, &list->prices[i]), (int64_t)i);
        }
    }
    return status;
}

/* Whether an incoming price is new, not at all (the same is there), or in the way of another. */
static enum status check_incoming(struct import *import, struct incoming *incoming,
                                  const struct price_list *list, const struct text_map *existing,
                                  bool *is_new, struct fault *fault) {
    pricing_sort_tiers(incoming->tiers, incoming->price.tier_count);
    incoming->price.tiers = incoming->tiers;
    enum status status = price_check(&incoming->price, fault);
    if (status != STATUS_OK) {
        return status;
    }
    int64_t number = text_map_get(existing, price_key(import->call->arena, &incoming->price));
    *is_new = number < 0;
    if (number >= 0 &&
        !price_same(&incoming->price, &incoming->edge, &list->prices[number], &list->edges[number])) {
        return pricing_fault_exists(&import->pricing, &incoming->price, incoming->sku_code, fault);
    }
    return STATUS_OK;
}

static enum status save_import(struct import *import, struct import_prices_result *result,
                               struct import_problems *problems, struct fault *fault) {
    struct call *call = import->call;
    struct price_list list = {0};
    struct text_map existing;
    enum status status = map_existing(import, &list, &existing, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct price *prices = ARENA_NEW(call->arena, struct price, import->price_count);
    struct price_edge *edges = ARENA_NEW(call->arena, struct price_edge, import->price_count);
    size_t count = 0;
    for (size_t i = 0; i < import->price_count; i++) {
        struct incoming *incoming = &import->prices[i];
        struct fault problem;
        bool is_new = false;
        status = check_incoming(import, incoming, &list, &existing, &is_new, &problem);
        if (status != STATUS_OK) {
            import_problems_add(problems, call->arena, incoming->line, &problem);
        }
        if (status == STATUS_OK && is_new) {
            prices[count] = incoming->price;
            edges[count++] = incoming->edge;
        }
    }
    status = import_problems_result(problems, fault);
    if (status == STATUS_OK) {
        status = price_insert_many(call->db, prices, edges, count, fault);
    }
    result->prices = (int64_t)import->price_count;
    result->prices_added = (int64_t)count;
    return status;
}

enum status import_prices(struct call *call, const struct import_prices_input *input,
                          struct import_prices_result *out, struct import_problems *problems,
                          struct fault *fault) {
    struct import import = {.call = call};
    struct import_prices_result result = {0};
    enum status status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = pricing_open(call, input->seller, input->buyer, &import.pricing, fault);
    if (status == STATUS_OK) {
        status = load_skus(&import, fault);
    }
    if (status == STATUS_OK) {
        status = read_rows(&import, input->content, problems, fault);
    }
    if (status == STATUS_OK) {
        status = save_import(&import, &result, problems, fault);
    }
    if (status == STATUS_OK) {
        status = audit_write(call, "price.import",
                             identifier_text(call, IDENTIFIER_ACCOUNT, import.pricing.seller.id),
                             import.pricing.seller.id,
                             text_format(call->arena, "%lld prices, %lld of them new%s%.*s",
                                         (long long)result.prices, (long long)result.prices_added,
                                         import.pricing.buyer_id == 0 ? ", standard" : ", for ",
                                         TEXT_ARGS(import.pricing.buyer_code)),
                             fault);
    }
    if (status == STATUS_OK) {
        *out = result;
    }
    return call_end(call, status, fault);
}
