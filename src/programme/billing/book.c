#include "programme/billing/book.h"

#include "programme/call/authorise.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* A time zone with the months that were asked for. */
struct book_zone {
    struct text name;
    struct zone *zone;
    struct arena *arena;
    struct zone_month *months; /* the last asked first */
};

struct zone_month {
    struct zone_month *next;
    struct month month;
    struct month_span span;
};

/* ---- ranks: qsort over items that carry what they are compared by ---- */

struct ranked {
    struct text name;
    int64_t id;
    uint32_t index;
};

static int compare_ranked(const void *left, const void *right) {
    const struct ranked *a = left;
    const struct ranked *b = right;
    int order = text_compare(a->name, b->name);
    if (order != 0)
        return order;
    return a->id < b->id ? -1 : a->id > b->id;
}

static void rank_accounts(struct book *book, struct arena *arena) {
    struct ranked *items = ARENA_NEW(arena, struct ranked, book->account_count + 1);
    for (size_t i = 0; i < book->account_count; i++)
        items[i] = (struct ranked){book->accounts[i].label, book->accounts[i].id, (uint32_t)i};
    qsort(items, book->account_count, sizeof(*items), compare_ranked);
    book->account_rank = ARENA_NEW(arena, uint32_t, book->account_count + 1);
    for (size_t i = 0; i < book->account_count; i++)
        book->account_rank[items[i].index] = (uint32_t)i;
}

/* Ranks the SKUs; neighbours of the same code go by their identifiers. */
static void rank_skus(struct call *call, struct book *book) {
    size_t count = book->sku_count;
    struct ranked *items = ARENA_NEW(call->arena, struct ranked, count + 1);
    for (size_t i = 0; i < count; i++)
        items[i] = (struct ranked){book->skus[i].code, book->skus[i].id, (uint32_t)i};
    qsort(items, count, sizeof(*items), compare_ranked);
    book->sku_rank = ARENA_NEW(call->arena, uint32_t, count + 1);
    book->sku_of_rank = ARENA_NEW(call->arena, uint32_t, count + 1);
    book->sku_labels = ARENA_NEW(call->arena, struct text, count + 1);
    for (size_t i = 0; i < count; i++) {
        bool shared = (i > 0 && text_equal(items[i].name, items[i - 1].name)) ||
                      (i + 1 < count && text_equal(items[i].name, items[i + 1].name));
        book->sku_rank[items[i].index] = (uint32_t)i;
        book->sku_of_rank[i] = items[i].index;
        book->sku_labels[items[i].index] =
            shared ? identifier_text(call, IDENTIFIER_SKU, items[i].id) : items[i].name;
    }
}

/* ---- edges ---- */

struct edge_key {
    uint32_t seller_rank;
    uint32_t buyer_rank;
    uint32_t agreement;
};

static int compare_edges(const void *left, const void *right) {
    const struct edge_key *a = left;
    const struct edge_key *b = right;
    if (a->seller_rank != b->seller_rank)
        return a->seller_rank < b->seller_rank ? -1 : 1;
    if (a->buyer_rank != b->buyer_rank)
        return a->buyer_rank < b->buyer_rank ? -1 : 1;
    return a->agreement < b->agreement ? -1 : a->agreement > b->agreement;
}

/* Sorts the agreements into edges. */
static void make_edges(struct book *book, struct arena *arena) {
    size_t count = book->agreement_count;
    struct edge_key *keys = ARENA_NEW(arena, struct edge_key, count + 1);
    for (size_t i = 0; i < count; i++)
        keys[i] = (struct edge_key){book->account_rank[book_account(book, book->agreements[i].seller_id)],
                                    book->account_rank[book_account(book, book->agreements[i].buyer_id)],
                                    (uint32_t)i};
    qsort(keys, count, sizeof(*keys), compare_edges);
    book->edges = ARENA_NEW(arena, struct book_edge, count + 1);
    book->edge_agreements = ARENA_NEW(arena, uint32_t, count + 1);
    book->edge_of_agreement = ARENA_NEW(arena, uint32_t, count + 1);
    book->edge_count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct agreement *agreement = &book->agreements[keys[i].agreement];
        bool is_new = i == 0 || keys[i].seller_rank != keys[i - 1].seller_rank ||
                      keys[i].buyer_rank != keys[i - 1].buyer_rank;
        if (is_new)
            book->edges[book->edge_count++] = (struct book_edge){
                .seller = book_account(book, agreement->seller_id),
                .buyer = book_account(book, agreement->buyer_id),
                .first_agreement = (uint32_t)i,
                .has_prices =
                    price_list_edge_has_any(&book->prices, agreement->seller_id, agreement->buyer_id),
            };
        book->edges[book->edge_count - 1].agreement_count++;
        book->edge_agreements[i] = keys[i].agreement;
        book->edge_of_agreement[keys[i].agreement] = (uint32_t)(book->edge_count - 1);
    }
}

/* From each account to the edge that supplies it, and from each vendor to the distributor. */
static void connect_edges(struct book *book, struct arena *arena) {
    book->edge_to_buyer = ARENA_NEW(arena, uint32_t, book->account_count + 1);
    book->vendor_edge = ARENA_NEW(arena, uint32_t, book->account_count + 1);
    for (size_t i = 0; i < book->account_count; i++)
        book->edge_to_buyer[i] = book->vendor_edge[i] = BOOK_NONE;
    for (size_t i = 0; i < book->edge_count; i++) {
        const struct book_edge *edge = &book->edges[i];
        if (book->accounts[edge->seller].kind == ACCOUNT_VENDOR)
            book->vendor_edge[edge->seller] = (uint32_t)i;
        else if (book->accounts[edge->buyer].seller_id == book->accounts[edge->seller].id)
            book->edge_to_buyer[edge->buyer] = (uint32_t)i;
    }
}

/* ---- zones ---- */

/* Opens each zone once. Zones outlive the call's arena only until book_close. */
static enum status open_zones(struct book *book, struct arena *arena, struct fault *fault) {
    size_t capacity = 0;
    book->zone_of_agreement = ARENA_NEW(arena, uint32_t, book->agreement_count + 1);
    for (size_t i = 0; i < book->agreement_count; i++) {
        struct text name = book->agreements[i].time_zone;
        size_t at = 0;
        while (at < book->zone_count && !text_equal(book->zones[at].name, name))
            at++;
        if (at == book->zone_count) {
            struct zone *zone = NULL;
            enum status status = zone_open(name, "time_zone", &zone, fault);
            if (status != STATUS_OK)
                return status;
            book->zones = arena_grow(arena, book->zones, book->zone_count, &capacity, sizeof(*book->zones));
            book->zones[book->zone_count++] = (struct book_zone){name, zone, arena, NULL};
        }
        book->zone_of_agreement[i] = (uint32_t)at;
    }
    return STATUS_OK;
}

void book_close(struct book *book) {
    for (size_t i = 0; i < book->zone_count; i++)
        zone_close(book->zones[i].zone);
    book->zone_count = 0;
}

struct zone *book_zone(const struct book *book, uint32_t agreement) {
    assert(agreement < book->agreement_count);
    return book->zones[book->zone_of_agreement[agreement]].zone;
}

const struct month_span *book_span(const struct book *book, uint32_t agreement, struct month month) {
    assert(agreement < book->agreement_count);
    struct book_zone *zone = &book->zones[book->zone_of_agreement[agreement]];
    for (struct zone_month *known = zone->months; known != NULL; known = known->next)
        if (known->month.index == month.index)
            return &known->span;
    struct zone_month *asked = ARENA_NEW(zone->arena, struct zone_month, 1);
    asked->next = zone->months;
    asked->month = month;
    zone_month_span(zone->zone, month, &asked->span);
    zone->months = asked;
    return &asked->span;
}

/* ---- loading ---- */

static void index_ids(struct book *book, struct arena *arena) {
    id_map_init(&book->account_index, arena, book->account_count);
    for (size_t i = 0; i < book->account_count; i++)
        id_map_put(&book->account_index, book->accounts[i].id, 0, (uint32_t)i);
    id_map_init(&book->agreement_index, arena, book->agreement_count);
    for (size_t i = 0; i < book->agreement_count; i++)
        id_map_put(&book->agreement_index, book->agreements[i].id, 0, (uint32_t)i);
    id_map_init(&book->sku_index, arena, book->sku_count);
    for (size_t i = 0; i < book->sku_count; i++)
        id_map_put(&book->sku_index, book->skus[i].id, 0, (uint32_t)i);
}

static void find_minimums(struct book *book, struct arena *arena) {
    uint32_t *found = NULL;
    size_t capacity = 0;
    for (size_t i = 0; i < book->prices.count; i++)
        if (book->prices.prices[i].terms.minimum_units > 0) {
            found = arena_grow(arena, found, book->minimum_price_count, &capacity, sizeof(*found));
            found[book->minimum_price_count++] = (uint32_t)i;
        }
    book->minimum_prices = found;
}

enum status book_load(struct call *call, struct book *book, struct fault *fault) {
    struct arena *arena = call->arena;
    *book = (struct book){0};
    enum status status = account_load_all(call->db, arena, &book->accounts, &book->account_count, fault);
    if (status == STATUS_OK)
        status = agreement_load_all(call->db, arena, &book->agreements, &book->agreement_count, fault);
    if (status == STATUS_OK)
        status = sku_load_all(call->db, arena, &book->skus, &book->sku_count, fault);
    if (status == STATUS_OK)
        status = price_list_load(call->db, arena, &book->prices, fault);
    if (status != STATUS_OK)
        return status;
    book->currencies = ARENA_NEW(arena, struct currency, book->agreement_count + 1);
    for (size_t i = 0; status == STATUS_OK && i < book->agreement_count; i++)
        status = currency_find(book->agreements[i].currency, "currency", &book->currencies[i], fault);
    if (status == STATUS_OK)
        status = open_zones(book, arena, fault);
    if (status != STATUS_OK)
        return status;
    index_ids(book, arena);
    rank_accounts(book, arena);
    rank_skus(call, book);
    make_edges(book, arena);
    connect_edges(book, arena);
    find_minimums(book, arena);
    return STATUS_OK;
}

/* ---- asking ---- */

uint32_t book_account_find(const struct book *book, int64_t id) {
    uint32_t index = BOOK_NONE;
    return id_map_get(&book->account_index, id, 0, &index) ? index : BOOK_NONE;
}

uint32_t book_account(const struct book *book, int64_t id) {
    uint32_t index = book_account_find(book, id);
    assert(index != BOOK_NONE);
    return index;
}

uint32_t book_agreement_find(const struct book *book, int64_t id) {
    uint32_t index = BOOK_NONE;
    return id_map_get(&book->agreement_index, id, 0, &index) ? index : BOOK_NONE;
}

uint32_t book_sku_find(const struct book *book, int64_t id) {
    uint32_t index = BOOK_NONE;
    return id_map_get(&book->sku_index, id, 0, &index) ? index : BOOK_NONE;
}

/* The first price with a minimum of this seller or one behind it; the book is sorted by seller. */
static size_t minimums_before(const struct book *book, int64_t seller_id) {
    size_t low = 0;
    size_t high = book->minimum_price_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (book->prices.edges[book->minimum_prices[middle]].seller_id < seller_id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const uint32_t *book_minimums(const struct book *book, int64_t seller_id, size_t *count) {
    size_t first = minimums_before(book, seller_id);
    *count = minimums_before(book, seller_id + 1) - first;
    return *count == 0 ? NULL : book->minimum_prices + first;
}

/* Signed at some time: what was only drafted or offered never bills anything. */
static bool was_signed(const struct agreement *agreement) {
    return agreement->signed_at_us > 0;
}

uint32_t book_agreement_of_month(const struct book *book, uint32_t edge, struct month month, bool wanted) {
    assert(edge < book->edge_count);
    const uint32_t *agreements = book->edge_agreements + book->edges[edge].first_agreement;
    uint32_t count = book->edges[edge].agreement_count;
    uint32_t before = BOOK_NONE;
    uint32_t after = BOOK_NONE;
    for (uint32_t i = count; i-- > 0;) {
        const struct agreement *agreement = &book->agreements[agreements[i]];
        const struct month_span *span = book_span(book, agreements[i], month);
        if (!was_signed(agreement))
            continue;
        if (agreement->signed_at_us >= span->midnights_us[span->days])
            after = agreements[i];
        else if (agreement->ended_at_us == 0 || agreement->ended_at_us > span->midnights_us[0])
            return agreements[i];
        else if (before == BOOK_NONE)
            before = agreements[i];
    }
    if (!wanted)
        return BOOK_NONE;
    return after != BOOK_NONE ? after : before;
}

const struct price *book_price(const struct book *book, struct arena *arena, uint32_t agreement, uint32_t sku,
                               struct month month, struct tax *tax) {
    const struct agreement *on = &book->agreements[agreement];
    struct price_list range =
        price_list_of_edge(&book->prices, arena, on->seller_id, on->buyer_id, book->skus[sku].id);
    const struct price *price = price_for_month(range.prices, range.count, month);
    if (price == NULL)
        return NULL;
    const struct price_edge *edge = &range.edges[price - range.prices];
    if (!text_equal(edge->currency, on->currency))
        return NULL;
    *tax = edge->has_tax ? edge->tax : on->tax;
    return price;
}
