#include "programme/catalogue/import_prices.h"

#include "core/base/csv.h"
#include "core/base/id_map.h"
#include "core/base/text_map.h"
#include "programme/call/authorise.h"
#include "programme/call/lookup_account.h"
#include "programme/call/lookup_sku.h"
#include "programme/call/seeded_map.h"
#include "programme/catalogue/import_rows.h"
#include "programme/catalogue/price_guard.h"
#include "programme/catalogue/price_input.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 2000000 };

/* A price while its rows come. */
struct incoming {
    struct price price;
    struct price_edge edge;
    struct text sku_code;
    int64_t line; /* of its first row */
    bool is_new;
    int64_t replaced_id; /* the price whose place it takes; 0: none */
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
    COLUMN_SELLER, /* of an export: they say nothing new and must not contradict */
    COLUMN_BUYER,
    COLUMN_WITHDRAWN_AT, /* of an export too: such rows are left out */
    COLUMN_COUNT
};

static const char *const COLUMN_NAMES[COLUMN_COUNT] = {
    "sku",        "currency", "effective_from", "policy",      "tier_mode",      "tier_from",
    "unit_price", "minimum",  "free_months",    "trial_end",   "not_for_resale", "tax_category",
    "tax_rate",   "seller",   "buyer",          "withdrawn_at"};

struct import {
    struct pricing pricing;
    struct call *call;
    struct sku *skus;
    struct text_map skus_by_code; /* by the folded code; AMBIGUOUS where that alone does not say which */
    struct id_map prices_by_key;  /* (SKU, price_date_key) */
    struct incoming *prices;
    size_t price_count, price_capacity;
    int columns[COLUMN_COUNT];
    bool replace;
    struct text last_seller; /* as the last row named them */
    struct text last_buyer;
};

static const int64_t AMBIGUOUS = INT64_MAX;

static enum status load_skus(struct import *import, struct fault *fault) {
    struct call *call = import->call;
    size_t count = 0;
    TRY(sku_load_known(call->db, call->arena, import->pricing.seller.id, &import->skus, &count, fault));
    seeded_map_init(call, &import->skus_by_code);
    id_map_init(&import->prices_by_key, call->arena, 64);
    for (size_t i = 0; i < count; i++) {
        struct text code = text_fold(call->arena, import->skus[i].code);
        bool again = text_map_get(&import->skus_by_code, code) >= 0;
        text_map_put(&import->skus_by_code, code, again ? AMBIGUOUS : (int64_t)i);
    }
    return STATUS_OK;
}

static enum status find_columns(struct import *import, const struct csv_row *header, struct fault *fault) {
    struct text names[COLUMN_COUNT];
    for (int i = 0; i < COLUMN_COUNT; i++) {
        names[i] = text_of(COLUMN_NAMES[i]);
    }
    TRY(csv_columns_allow(header, names, COLUMN_COUNT, fault));
    for (int i = 0; i < COLUMN_COUNT; i++) {
        import->columns[i] = csv_column(header, COLUMN_NAMES[i]);
        if (import->columns[i] < 0 && i < COLUMN_MINIMUM) {
            TRY(csv_column_require(header, COLUMN_NAMES[i], &import->columns[i], fault));
        }
    }
    return STATUS_OK;
}

static enum status find_row_sku(struct import *import, struct text word, struct sku *sku,
                                struct fault *fault) {
    bool is_path = word.length > 0 && memchr(word.at, '/', word.length) != NULL;
    int64_t number = is_path ? -1 : text_map_get(&import->skus_by_code, text_fold(import->call->arena, word));
    if (number >= 0 && number != AMBIGUOUS) {
        *sku = import->skus[number];
    } else {
        TRY(find_sku_of_seller(import->call, import->pricing.seller.id, word, "sku", sku, fault));
    }
    return pricing_check_sku(&import->pricing, sku, fault);
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

static int64_t key_of(const struct price *price, const struct price_edge *edge) {
    return price_date_key(edge->currency, price->effective_from);
}

/* The price that the row belongs to: begun by it, or by an earlier row that it agrees with. */
static enum status join_price(struct import *import, const struct incoming *row, struct incoming **joined,
                              struct fault *fault) {
    uint32_t next = (uint32_t)import->price_count;
    uint32_t number =
        id_map_put(&import->prices_by_key, row->price.sku_id, key_of(&row->price, &row->edge), next);
    if (number == next) {
        import->prices = arena_grow(import->call->arena, import->prices, import->price_count,
                                    &import->price_capacity, sizeof *import->prices);
        import->prices[import->price_count++] = *row;
    }
    assert(number < import->price_count);
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

/* Whether the row's word is the party, `last` being the word that was last: rows of an export repeat it. */
static enum status is_party(const struct import *import, int64_t account_id, struct text word,
                            struct text *last, bool *yes, struct fault *fault) {
    *yes = word.length == 0 || text_equal(word, *last);
    if (*yes || account_id == 0) {
        return STATUS_OK;
    }
    TRY(account_is_called(import->call, account_id, word, yes, fault));
    if (*yes) {
        *last = text_copy(import->call->arena, word);
    }
    return STATUS_OK;
}

/* A price list that was exported names its edges: only those rows are taken that are of this one. */
static enum status check_edge(struct import *import, const struct csv_row *row, struct fault *fault) {
    const struct pricing *pricing = &import->pricing;
    struct text seller = text_trim(cell(import, row, COLUMN_SELLER));
    struct text buyer = text_trim(cell(import, row, COLUMN_BUYER));
    bool is_sellers = false;
    bool is_buyers = false;
    TRY(is_party(import, pricing->seller.id, seller, &import->last_seller, &is_sellers, fault));
    if (!is_sellers) {
        return fault_set(fault, STATUS_INVALID, "wrong-seller", "seller", seller,
                         "This row is a price of %.*s, and the import is for %.*s.", TEXT_ARGS(seller),
                         TEXT_ARGS(pricing->seller.code));
    }
    TRY(is_party(import, pricing->buyer_id, buyer, &import->last_buyer, &is_buyers, fault));
    if (!is_buyers) {
        return fault_set(fault, STATUS_INVALID, "wrong-buyer", "buyer", buyer,
                         "This row is a price for %.*s, and the import is for %.*s.", TEXT_ARGS(buyer),
                         TEXT_ARGS(pricing->buyer_id == 0 ? TEXT("all buyers") : pricing->buyer_code));
    }
    return STATUS_OK;
}

static enum status take_row(void *context, const struct csv_row *row, struct fault *fault) {
    struct import *import = context;
    const struct set_price_input input = row_input(import, row);
    const struct tier_input tier_input = {cell(import, row, COLUMN_TIER_FROM),
                                          cell(import, row, COLUMN_UNIT_PRICE)};
    struct incoming made = {.line = row->line};
    struct incoming *price = NULL;
    struct price_tier tier;
    struct sku sku;
    if (text_trim(cell(import, row, COLUMN_WITHDRAWN_AT)).length > 0) {
        return STATUS_OK;
    }
    TRY(check_edge(import, row, fault));
    TRY(find_row_sku(import, input.sku, &sku, fault));
    TRY(pricing_parse_price(&import->pricing, &input, &made.price, &made.edge, fault));
    TRY(pricing_parse_tier(&tier_input, &tier, fault));
    made.price.sku_id = sku.id;
    made.sku_code = sku.code;
    TRY(join_price(import, &made, &price, fault));
    price->tiers = arena_grow(import->call->arena, price->tiers, price->price.tier_count,
                              &price->tier_capacity, sizeof *price->tiers);
    price->tiers[price->price.tier_count++] = tier;
    return STATUS_OK;
}

static enum status read_rows(struct import *import, struct text content, struct import_problems *problems,
                             struct fault *fault) {
    struct csv_reader reader;
    struct csv_row header;
    csv_open(&reader, import->call->arena, content);
    reader.limits.rows_max = ROWS_MAX;
    TRY(csv_read_header(&reader, &header, fault));
    TRY(find_columns(import, &header, fault));
    return import_rows(&reader, take_row, import, problems, fault);
}

/* The prices that this very buyer has of the seller already: (SKU, price_date_key) to the index in `list`. */
static enum status map_existing(struct import *import, struct price_list *list, struct id_map *existing,
                                struct fault *fault) {
    struct call *call = import->call;
    TRY(price_list_load_seller(call->db, call->arena, import->pricing.seller.id, list, fault));
    id_map_init(existing, call->arena, list->count);
    for (size_t i = 0; i < list->count; i++) {
        if (list->edges[i].buyer_id == import->pricing.buyer_id) {
            id_map_put(existing, list->prices[i].sku_id, key_of(&list->prices[i], &list->edges[i]),
                       (uint32_t)i);
        }
    }
    return STATUS_OK;
}

/* Whether an incoming price is new or there already; another one in its place is withdrawn or a fault. */
static enum status check_incoming(struct import *import, struct incoming *incoming,
                                  const struct price_list *list, const struct id_map *existing,
                                  struct fault *fault) {
    struct price *price = &incoming->price;
    uint32_t number = 0;
    pricing_sort_tiers(incoming->tiers, price->tier_count);
    price->tiers = incoming->tiers;
    TRY(price_check(price, fault));
    bool exists = id_map_get(existing, price->sku_id, key_of(price, &incoming->edge), &number);
    bool is_same = exists && price_same(price, &incoming->edge, &list->prices[number], &list->edges[number]);
    if (exists && !is_same && !import->replace) {
        return pricing_fault_exists(&import->pricing, price, &incoming->edge, incoming->sku_code, fault);
    }
    incoming->is_new = !is_same;
    incoming->replaced_id = exists && !is_same ? list->prices[number].id : 0;
    return STATUS_OK;
}

/* Puts the new prices in, and takes those away whose place they take. */
static enum status put_prices(struct import *import, struct import_prices_result *result,
                              struct fault *fault) {
    struct call *call = import->call;
    struct price *prices = ARENA_NEW(call->arena, struct price, import->price_count);
    struct price_edge *edges = ARENA_NEW(call->arena, struct price_edge, import->price_count);
    size_t count = 0;
    for (size_t i = 0; i < import->price_count; i++) {
        const struct incoming *incoming = &import->prices[i];
        if (!incoming->is_new) {
            continue;
        }
        if (incoming->replaced_id != 0) {
            TRY(price_withdraw(call->db, incoming->replaced_id, call->now_us, fault));
            result->prices_replaced++;
        }
        prices[count] = incoming->price;
        edges[count++] = incoming->edge;
    }
    TRY(price_insert_many(call->db, prices, edges, count, fault));
    result->prices_added = (int64_t)count;
    return STATUS_OK;
}

/* Notes each new price that changes what it must not. */
static enum status guard_prices(struct import *import, struct price_guard *guard,
                                struct import_problems *problems, struct fault *fault) {
    for (size_t i = 0; i < import->price_count; i++) {
        const struct incoming *incoming = &import->prices[i];
        struct fault problem;
        if (!incoming->is_new) {
            continue;
        }
        enum status status =
            price_guard_check(guard, &incoming->price, &incoming->edge, incoming->sku_code, &problem);
        if (status == STATUS_INTERNAL) {
            *fault = problem;
            return status;
        }
        if (status != STATUS_OK) {
            import_problems_add(problems, import->call->arena, incoming->line, &problem);
        }
    }
    return import_problems_result(problems, fault);
}

/* What the import, which is done, has changed for whom. */
static enum status tell_changes(struct import *import, const struct price_list *before,
                                struct price_changes *changes, struct fault *fault) {
    struct call *call = import->call;
    struct price_list after = {0};
    struct id_map now;
    TRY(map_existing(import, &after, &now, fault));
    struct imported_price *imported = ARENA_NEW(call->arena, struct imported_price, import->price_count);
    for (size_t i = 0; i < import->price_count; i++) {
        const struct incoming *incoming = &import->prices[i];
        uint32_t number = 0;
        bool is_there =
            id_map_get(&now, incoming->price.sku_id, key_of(&incoming->price, &incoming->edge), &number);
        assert(is_there);
        imported[i] =
            (struct imported_price){&after.prices[number], &after.edges[number], incoming->sku_code};
    }
    return price_changes_of(&import->pricing, before, &after, imported, import->price_count, changes, fault);
}

static enum status change_prices(struct import *import, struct price_guard *guard,
                                 struct import_prices_result *result, struct import_problems *problems,
                                 struct fault *fault) {
    TRY(put_prices(import, result, fault));
    TRY(price_guard_changed(guard, fault));
    TRY(guard_prices(import, guard, problems, fault));
    return import->call->dry_run ? tell_changes(import, &guard->before, &result->changes, fault) : STATUS_OK;
}

/* Checks every incoming price against those that are there, which `list` is. */
static enum status check_all(struct import *import, struct price_list *list, struct import_problems *problems,
                             struct fault *fault) {
    struct id_map existing;
    TRY(map_existing(import, list, &existing, fault));
    for (size_t i = 0; i < import->price_count; i++) {
        struct fault problem;
        if (check_incoming(import, &import->prices[i], list, &existing, &problem) != STATUS_OK) {
            import_problems_add(problems, import->call->arena, import->prices[i].line, &problem);
        }
    }
    return import_problems_result(problems, fault);
}

static enum status save_prices(struct import *import, struct import_prices_result *result,
                               struct import_problems *problems, struct fault *fault) {
    struct call *call = import->call;
    struct price_list list = {0};
    struct price_guard guard;
    TRY(check_all(import, &list, problems, fault));
    *result = (struct import_prices_result){.prices = (int64_t)import->price_count, .dry_run = call->dry_run};
    enum status status = price_guard_begin(&guard, &import->pricing, fault);
    if (status == STATUS_OK) {
        status = change_prices(import, &guard, result, problems, fault);
    }
    price_guard_end(&guard);
    return status;
}

/* The prices that were imported, and what was wrong with them. */
struct price_import {
    struct import_prices_result *result;
    struct import_problems *problems;
};

static enum status do_import_prices(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct import_prices_input *wanted = input;
    const struct price_import *out = output;
    struct import import = {.call = call, .replace = wanted->replace};
    const struct pricing *pricing = &import.pricing;
    struct import_prices_result result = {0};
    TRY(pricing_open(call, wanted->seller, wanted->buyer, &import.pricing, fault));
    TRY(load_skus(&import, fault));
    TRY(read_rows(&import, wanted->content, out->problems, fault));
    TRY(save_prices(&import, &result, out->problems, fault));
    TRY(audit_write(call, "price.import", identifier_text(call, IDENTIFIER_ACCOUNT, pricing->seller.id),
                    pricing->seller.id,
                    text_format(call->arena, "%lld prices, %lld of them new%s%.*s", (long long)result.prices,
                                (long long)result.prices_added,
                                pricing->buyer_id == 0 ? ", standard" : ", for ",
                                TEXT_ARGS(pricing->buyer_code)),
                    fault));
    *out->result = result;
    return STATUS_OK;
}

enum status import_prices(struct call *call, const struct import_prices_input *input,
                          struct import_prices_result *out, struct import_problems *problems,
                          struct fault *fault) {
    struct price_import import = {out, problems};
    return call_run(call, DB_WRITE, do_import_prices, input, &import, fault);
}

/* ---- trying ---- */

/* A price with its edge, while a list is made of them. */
struct listed_price {
    struct price price;
    struct price_edge edge;
};

static int compare_listed(const void *left, const void *right) {
    const struct listed_price *a = left;
    const struct listed_price *b = right;
    if (a->edge.buyer_id != b->edge.buyer_id) {
        return a->edge.buyer_id < b->edge.buyer_id ? -1 : 1;
    }
    if (a->price.sku_id != b->price.sku_id) {
        return a->price.sku_id < b->price.sku_id ? -1 : 1;
    }
    int order = text_compare(a->edge.currency, b->edge.currency);
    if (order != 0) {
        return order;
    }
    return a->price.effective_from.day < b->price.effective_from.day
               ? -1
               : a->price.effective_from.day > b->price.effective_from.day;
}

/* The seller's list with the new prices in it and those that they replace out of it. */
static struct price_list list_with(const struct import *import, const struct price_list *list) {
    struct arena *arena = import->call->arena;
    struct listed_price *all = ARENA_NEW(arena, struct listed_price, list->count + import->price_count);
    struct id_map replaced;
    size_t count = 0;
    id_map_init(&replaced, arena, import->price_count);
    for (size_t i = 0; i < import->price_count; i++) {
        const struct incoming *incoming = &import->prices[i];
        if (incoming->is_new) {
            all[count] = (struct listed_price){incoming->price, incoming->edge};
            all[count++].price.id = -1 - (int64_t)i;
            id_map_put(&replaced, incoming->replaced_id, 0, 0);
        }
    }
    for (size_t i = 0; i < list->count; i++) {
        uint32_t unused = 0;
        if (!id_map_get(&replaced, list->prices[i].id, 0, &unused)) {
            all[count++] = (struct listed_price){list->prices[i], list->edges[i]};
        }
    }
    if (count > 0) {
        qsort(all, count, sizeof *all, compare_listed);
    }
    struct price *prices = ARENA_NEW(arena, struct price, count);
    struct price_edge *edges = ARENA_NEW(arena, struct price_edge, count);
    for (size_t i = 0; i < count; i++) {
        prices[i] = all[i].price;
        edges[i] = all[i].edge;
    }
    return (struct price_list){prices, edges, count};
}

static void note_new(const struct import *import, struct tried_prices *tried) {
    int64_t *sku_ids = ARENA_NEW(import->call->arena, int64_t, import->price_count);
    struct id_map known;
    id_map_init(&known, import->call->arena, import->price_count);
    for (size_t i = 0; i < import->price_count; i++) {
        const struct price *price = &import->prices[i].price;
        uint32_t next = (uint32_t)tried->sku_count;
        if (!import->prices[i].is_new) {
            continue;
        }
        if (tried->sku_count == 0 || price->effective_from.day > tried->last.day) {
            tried->last = price->effective_from;
        }
        if (id_map_put(&known, price->sku_id, 0, next) == next) {
            sku_ids[tried->sku_count++] = price->sku_id;
        }
    }
    tried->sku_ids = sku_ids;
}

enum status import_prices_try(struct call *call, const struct import_prices_input *input,
                              struct tried_prices *tried, struct import_problems *problems,
                              struct fault *fault) {
    struct import import = {.call = call, .replace = input->replace};
    struct price_list list = {0};
    struct price_guard guard;
    assert(call->depth > 0);
    TRY(pricing_open(call, input->seller, input->buyer, &import.pricing, fault));
    TRY(load_skus(&import, fault));
    TRY(read_rows(&import, input->content, problems, fault));
    TRY(check_all(&import, &list, problems, fault));
    *tried =
        (struct tried_prices){.seller_id = import.pricing.seller.id, .buyer_id = import.pricing.buyer_id};
    tried->after = list_with(&import, &list);
    note_new(&import, tried);
    enum status status = price_guard_begin(&guard, &import.pricing, fault);
    if (status == STATUS_OK) {
        guard.after = tried->after;
        status = guard_prices(&import, &guard, problems, fault);
    }
    price_guard_end(&guard);
    return status;
}
