#include "core/rating/snapshot.h"

#include "core/base/search.h"
#include "core/rating/rules.h"
#include "core/time/zone.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* A time zone with the months that were asked for. */
struct snapshot_zone {
    struct text name;
    struct zone *zone;
    struct arena *arena;
    struct zone_month *months; /* that were asked for, the last one first */
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
    if (order != 0) {
        return order;
    }
    return a->id < b->id ? -1 : a->id > b->id;
}

static void rank_accounts(struct snapshot *snapshot, struct arena *arena) {
    struct ranked *items = ARENA_NEW(arena, struct ranked, snapshot->account_count);
    for (size_t i = 0; i < snapshot->account_count; i++) {
        items[i] = (struct ranked){snapshot->accounts[i].label, snapshot->accounts[i].id, (uint32_t)i};
    }
    qsort(items, snapshot->account_count, sizeof(*items), compare_ranked);
    snapshot->account_rank = ARENA_NEW(arena, uint32_t, snapshot->account_count);
    for (size_t i = 0; i < snapshot->account_count; i++) {
        snapshot->account_rank[items[i].index] = (uint32_t)i;
    }
}

static void rank_skus(struct snapshot *snapshot, struct arena *arena) {
    size_t count = snapshot->sku_count;
    struct ranked *items = ARENA_NEW(arena, struct ranked, count);
    for (size_t i = 0; i < count; i++) {
        items[i] = (struct ranked){snapshot->skus[i].code, snapshot->skus[i].id, (uint32_t)i};
    }
    qsort(items, count, sizeof(*items), compare_ranked);
    snapshot->sku_rank = ARENA_NEW(arena, uint32_t, count);
    snapshot->sku_of_rank = ARENA_NEW(arena, uint32_t, count);
    for (size_t i = 0; i < count; i++) {
        snapshot->sku_rank[items[i].index] = (uint32_t)i;
        snapshot->sku_of_rank[i] = items[i].index;
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
    if (a->seller_rank != b->seller_rank) {
        return a->seller_rank < b->seller_rank ? -1 : 1;
    }
    if (a->buyer_rank != b->buyer_rank) {
        return a->buyer_rank < b->buyer_rank ? -1 : 1;
    }
    return a->agreement < b->agreement ? -1 : a->agreement > b->agreement;
}

/* Sorts the agreements into edges. */
static void make_edges(struct snapshot *snapshot, struct arena *arena) {
    size_t count = snapshot->agreement_count;
    struct edge_key *keys = ARENA_NEW(arena, struct edge_key, count);
    for (size_t i = 0; i < count; i++) {
        keys[i] = (struct edge_key){
            snapshot->account_rank[snapshot_account(snapshot, snapshot->agreements[i].seller_id)],
            snapshot->account_rank[snapshot_account(snapshot, snapshot->agreements[i].buyer_id)],
            (uint32_t)i};
    }
    qsort(keys, count, sizeof(*keys), compare_edges);
    snapshot->edges = ARENA_NEW(arena, struct snapshot_edge, count);
    snapshot->edge_agreements = ARENA_NEW(arena, uint32_t, count);
    snapshot->edge_of_agreement = ARENA_NEW(arena, uint32_t, count);
    snapshot->edge_count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct agreement *agreement = &snapshot->agreements[keys[i].agreement];
        bool is_new = i == 0 || keys[i].seller_rank != keys[i - 1].seller_rank ||
                      keys[i].buyer_rank != keys[i - 1].buyer_rank;
        if (is_new) {
            snapshot->edges[snapshot->edge_count++] = (struct snapshot_edge){
                .seller = snapshot_account(snapshot, agreement->seller_id),
                .buyer = snapshot_account(snapshot, agreement->buyer_id),
                .first_agreement = (uint32_t)i,
            };
        }
        snapshot->edges[snapshot->edge_count - 1].agreement_count++;
        snapshot->edge_agreements[i] = keys[i].agreement;
        snapshot->edge_of_agreement[keys[i].agreement] = (uint32_t)(snapshot->edge_count - 1);
    }
}

/* From each account to the edge that supplies it, and from each vendor to the distributor. */
static void connect_edges(struct snapshot *snapshot, struct arena *arena) {
    snapshot->edge_to_buyer = ARENA_NEW(arena, uint32_t, snapshot->account_count);
    snapshot->vendor_edge = ARENA_NEW(arena, uint32_t, snapshot->account_count);
    for (size_t i = 0; i < snapshot->account_count; i++) {
        snapshot->edge_to_buyer[i] = snapshot->vendor_edge[i] = SNAPSHOT_NONE;
    }
    for (size_t i = 0; i < snapshot->edge_count; i++) {
        const struct snapshot_edge *edge = &snapshot->edges[i];
        if (snapshot->accounts[edge->seller].kind == ACCOUNT_VENDOR) {
            snapshot->vendor_edge[edge->seller] = (uint32_t)i;
        } else if (snapshot->accounts[edge->buyer].seller_id == snapshot->accounts[edge->seller].id) {
            snapshot->edge_to_buyer[edge->buyer] = (uint32_t)i;
        }
    }
}

/* ---- zones ---- */

/* Opens each zone once. Zones outlive the call's arena only until snapshot_close. */
static enum status open_zones(struct snapshot *snapshot, struct arena *arena, struct fault *fault) {
    size_t capacity = 0;
    snapshot->zone_of_agreement = ARENA_NEW(arena, uint32_t, snapshot->agreement_count);
    for (size_t i = 0; i < snapshot->agreement_count; i++) {
        struct text name = snapshot->agreements[i].time_zone;
        size_t at = 0;
        while (at < snapshot->zone_count && !text_equal(snapshot->zones[at].name, name)) {
            at++;
        }
        if (at == snapshot->zone_count) {
            struct zone *zone = NULL;
            enum status status = zone_open(name, "time_zone", &zone, fault);
            if (status != STATUS_OK) {
                return status;
            }
            zone_keep_months(zone, snapshot->kept_months, snapshot->kept_month_count);
            snapshot->zones =
                arena_grow(arena, snapshot->zones, snapshot->zone_count, &capacity, sizeof(*snapshot->zones));
            snapshot->zones[snapshot->zone_count++] = (struct snapshot_zone){name, zone, arena, NULL};
        }
        snapshot->zone_of_agreement[i] = (uint32_t)at;
    }
    return STATUS_OK;
}

void snapshot_close(struct snapshot *snapshot) {
    for (size_t i = 0; i < snapshot->zone_count; i++) {
        zone_close(snapshot->zones[i].zone);
    }
    snapshot->zone_count = 0;
}

struct zone *snapshot_zone(const struct snapshot *snapshot, uint32_t agreement) {
    assert(agreement < snapshot->agreement_count);
    return snapshot->zones[snapshot->zone_of_agreement[agreement]].zone;
}

struct zone *snapshot_zone_at(const struct snapshot *snapshot, size_t zone) {
    assert(zone < snapshot->zone_count);
    return snapshot->zones[zone].zone;
}

const struct month_span *snapshot_zone_month(const struct snapshot *snapshot, uint32_t zone,
                                             struct month month) {
    assert(zone < snapshot->zone_count);
    struct snapshot_zone *of = &snapshot->zones[zone];
    for (struct zone_month *known = of->months; known != NULL; known = known->next) {
        if (known->month.index == month.index) {
            return &known->span;
        }
    }
    struct zone_month *asked = ARENA_NEW(of->arena, struct zone_month, 1);
    asked->next = of->months;
    asked->month = month;
    zone_month_span(of->zone, month, &asked->span);
    of->months = asked;
    return &asked->span;
}

const struct month_span *snapshot_span(const struct snapshot *snapshot, uint32_t agreement,
                                       struct month month) {
    assert(agreement < snapshot->agreement_count);
    return snapshot_zone_month(snapshot, snapshot->zone_of_agreement[agreement], month);
}

void snapshot_widen(const struct snapshot *snapshot, struct month month, int64_t *from_us,
                    int64_t *until_us) {
    for (size_t i = 0; i < snapshot->zone_count; i++) {
        const struct month_span *span = snapshot_zone_month(snapshot, (uint32_t)i, month);
        *from_us = span->midnights_us[0] < *from_us ? span->midnights_us[0] : *from_us;
        *until_us = span->midnights_us[span->days] > *until_us ? span->midnights_us[span->days] : *until_us;
    }
}

/* ---- indexing ---- */

static void index_ids(struct snapshot *snapshot, struct arena *arena) {
    id_map_init(&snapshot->account_index, arena, snapshot->account_count);
    for (size_t i = 0; i < snapshot->account_count; i++) {
        id_map_put(&snapshot->account_index, snapshot->accounts[i].id, 0, (uint32_t)i);
    }
    id_map_init(&snapshot->agreement_index, arena, snapshot->agreement_count);
    for (size_t i = 0; i < snapshot->agreement_count; i++) {
        if (i == 0 || snapshot->agreements[i].id != snapshot->agreements[i - 1].id) {
            id_map_put(&snapshot->agreement_index, snapshot->agreements[i].id, 0, (uint32_t)i);
        }
    }
    id_map_init(&snapshot->sku_index, arena, snapshot->sku_count);
    for (size_t i = 0; i < snapshot->sku_count; i++) {
        id_map_put(&snapshot->sku_index, snapshot->skus[i].id, 0, (uint32_t)i);
    }
}

static void find_minimums(struct snapshot *snapshot, struct arena *arena) {
    uint32_t *found = NULL;
    size_t capacity = 0;
    for (size_t i = 0; i < snapshot->prices.count; i++) {
        if (snapshot->prices.prices[i].terms.minimum_units > 0) {
            found = arena_grow(arena, found, snapshot->minimum_price_count, &capacity, sizeof(*found));
            found[snapshot->minimum_price_count++] = (uint32_t)i;
        }
    }
    snapshot->minimum_prices = found;
}

static enum status find_currencies(struct snapshot *snapshot, struct arena *arena, struct fault *fault) {
    snapshot->currencies = ARENA_NEW(arena, struct currency, snapshot->agreement_count);
    for (size_t i = 0; i < snapshot->agreement_count; i++) {
        TRY(currency_find(snapshot->agreements[i].currency, "currency", &snapshot->currencies[i], fault));
    }
    return STATUS_OK;
}

/* ---- what must hold of the lists, which are as they were stored ---- */

static enum status damaged(const char *field, struct text whose, struct fault *fault) {
    return fault_set(fault, STATUS_INTERNAL, "database-failed", field, whose,
                     "The %s of %.*s is an account that the store does not have.", field, TEXT_ARGS(whose));
}

/* Whether every seller above the account is there, and the way up ends. */
static bool hangs_rightly(const struct snapshot *snapshot, const struct account *account) {
    int64_t seller_id = account->seller_id;
    for (int depth = 1; seller_id != 0; depth++) {
        uint32_t seller = snapshot_account_find(snapshot, seller_id);
        if (seller == SNAPSHOT_NONE || depth >= ACCOUNT_DEPTH_MAX) {
            return false;
        }
        seller_id = snapshot->accounts[seller].seller_id;
    }
    return true;
}

static enum status refer_rightly(const struct snapshot *snapshot, struct fault *fault) {
    for (size_t i = 0; i < snapshot->account_count; i++) {
        if (!hangs_rightly(snapshot, &snapshot->accounts[i])) {
            return damaged("seller", snapshot->accounts[i].label, fault);
        }
    }
    for (size_t i = 0; i < snapshot->agreement_count; i++) {
        const struct agreement *agreement = &snapshot->agreements[i];
        uint32_t seller = snapshot_account_find(snapshot, agreement->seller_id);
        uint32_t buyer = snapshot_account_find(snapshot, agreement->buyer_id);
        if (seller == SNAPSHOT_NONE || buyer == SNAPSHOT_NONE) {
            uint32_t known = seller != SNAPSHOT_NONE ? seller : buyer;
            return damaged(seller != SNAPSHOT_NONE ? "buyer" : "seller",
                           known != SNAPSHOT_NONE ? snapshot->accounts[known].label : TEXT("an agreement"),
                           fault);
        }
    }
    for (size_t i = 0; i < snapshot->sku_count; i++) {
        if (snapshot_account_find(snapshot, snapshot->skus[i].owner_id) == SNAPSHOT_NONE) {
            return damaged("owner", snapshot->skus[i].code, fault);
        }
    }
    return STATUS_OK;
}

enum status snapshot_index(struct snapshot *snapshot, struct arena *arena, struct fault *fault) {
    TRY(find_currencies(snapshot, arena, fault));
    TRY(open_zones(snapshot, arena, fault));
    index_ids(snapshot, arena);
    TRY(refer_rightly(snapshot, fault));
    rank_accounts(snapshot, arena);
    rank_skus(snapshot, arena);
    make_edges(snapshot, arena);
    connect_edges(snapshot, arena);
    find_minimums(snapshot, arena);
    return STATUS_OK;
}

/* ---- asking ---- */

uint32_t snapshot_account_find(const struct snapshot *snapshot, int64_t id) {
    uint32_t index = SNAPSHOT_NONE;
    return id_map_get(&snapshot->account_index, id, 0, &index) ? index : SNAPSHOT_NONE;
}

uint32_t snapshot_account(const struct snapshot *snapshot, int64_t id) {
    uint32_t index = snapshot_account_find(snapshot, id);
    assert(index != SNAPSHOT_NONE);
    return index;
}

uint32_t snapshot_agreement_find(const struct snapshot *snapshot, int64_t id) {
    uint32_t index = SNAPSHOT_NONE;
    return id_map_get(&snapshot->agreement_index, id, 0, &index) ? index : SNAPSHOT_NONE;
}

uint32_t snapshot_agreement_in(const struct snapshot *snapshot, int64_t id, struct month month) {
    uint32_t at = snapshot_agreement_find(snapshot, id);
    while (at != SNAPSHOT_NONE && !agreement_covers(&snapshot->agreements[at], month)) {
        at++; /* the last one of an agreement has no end */
        assert(at < snapshot->agreement_count && snapshot->agreements[at].id == id);
    }
    return at;
}

uint32_t snapshot_sku_find(const struct snapshot *snapshot, int64_t id) {
    uint32_t index = SNAPSHOT_NONE;
    return id_map_get(&snapshot->sku_index, id, 0, &index) ? index : SNAPSHOT_NONE;
}

static enum status has(uint32_t index, const char *what, struct fault *fault) {
    return index != SNAPSHOT_NONE
               ? STATUS_OK
               : fault_set(fault, STATUS_INTERNAL, "database-failed", what, TEXT(""),
                           "Something in the store names this %s, which is not there.", what);
}

enum status snapshot_has_account(const struct snapshot *snapshot, int64_t id, struct fault *fault) {
    return has(snapshot_account_find(snapshot, id), "account", fault);
}

enum status snapshot_has_agreement(const struct snapshot *snapshot, int64_t id, struct fault *fault) {
    return has(snapshot_agreement_find(snapshot, id), "agreement", fault);
}

enum status snapshot_has_sku(const struct snapshot *snapshot, int64_t id, struct fault *fault) {
    return has(snapshot_sku_find(snapshot, id), "sku", fault);
}

struct sought_minimum {
    const struct snapshot *snapshot;
    int64_t seller_id;
};

static bool is_minimum_before(const void *context, size_t i) {
    const struct sought_minimum *sought = context;
    const struct snapshot *snapshot = sought->snapshot;
    return snapshot->prices.edges[snapshot->minimum_prices[i]].seller_id < sought->seller_id;
}

/* The first price with a minimum of this seller or one behind it; prices are sorted by seller. */
static size_t minimums_before(const struct snapshot *snapshot, int64_t seller_id) {
    return lower_bound(snapshot->minimum_price_count, is_minimum_before,
                       &(struct sought_minimum){snapshot, seller_id});
}

const uint32_t *snapshot_minimums(const struct snapshot *snapshot, int64_t seller_id, size_t *count) {
    size_t first = minimums_before(snapshot, seller_id);
    *count = minimums_before(snapshot, seller_id + 1) - first;
    return *count == 0 ? NULL : snapshot->minimum_prices + first;
}

/* Signed at some time: what was only drafted or offered never bills anything. */
static bool was_signed(const struct agreement *agreement) {
    return agreement->signed_at_us > 0;
}

uint32_t snapshot_agreement_of_month(const struct snapshot *snapshot, uint32_t edge, struct month month,
                                     bool wanted) {
    assert(edge < snapshot->edge_count);
    const uint32_t *agreements = snapshot->edge_agreements + snapshot->edges[edge].first_agreement;
    uint32_t count = snapshot->edges[edge].agreement_count;
    uint32_t before = SNAPSHOT_NONE;
    uint32_t after = SNAPSHOT_NONE;
    for (uint32_t i = count; i-- > 0;) {
        const struct agreement *agreement = &snapshot->agreements[agreements[i]];
        const struct month_span *span = snapshot_span(snapshot, agreements[i], month);
        if (!was_signed(agreement) || !agreement_covers(agreement, month)) {
            continue;
        }
        int64_t until_us = span->midnights_us[span->days];
        if (agreement_was_in_force(agreement, span->midnights_us[0], until_us)) {
            return agreements[i];
        }
        if (agreement->signed_at_us >= until_us) {
            after = agreements[i];
        } else if (before == SNAPSHOT_NONE) {
            before = agreements[i];
        }
    }
    if (!wanted) {
        return SNAPSHOT_NONE;
    }
    return after != SNAPSHOT_NONE ? after : before;
}

bool snapshot_bills_elsewhere(const struct snapshot *snapshot, uint32_t seller, struct month month) {
    uint32_t edge = snapshot->edge_to_buyer[seller];
    uint32_t agreement =
        edge == SNAPSHOT_NONE ? SNAPSHOT_NONE : snapshot_agreement_of_month(snapshot, edge, month, true);
    return agreement != SNAPSHOT_NONE && snapshot->agreements[agreement].bills_elsewhere;
}

const struct price *snapshot_price(const struct snapshot *snapshot, uint32_t agreement, uint32_t sku,
                                   struct month month, int rules, struct tax *tax) {
    const struct agreement *on = &snapshot->agreements[agreement];
    const struct price_place place = {on->seller_id, on->buyer_id, snapshot->skus[sku].id, on->currency};
    const struct price_edge *edge = NULL;
    const struct price *price = rules == RULES_FIRST
                                    ? price_list_for_month_first(&snapshot->prices, &place, month, &edge)
                                    : price_list_for_month(&snapshot->prices, &place, month, &edge);
    if (price != NULL) {
        *tax = edge->has_tax ? edge->tax : on->tax;
    }
    return price;
}

const struct month_span *snapshot_joined_span(const struct snapshot *snapshot, uint32_t agreement,
                                              struct month month) {
    const struct month_span *span = snapshot_span(snapshot, agreement, month);
    struct month before = month_plus(month, -1);
    uint32_t other =
        snapshot_agreement_of_month(snapshot, snapshot->edge_of_agreement[agreement], before, true);
    if (other == SNAPSHOT_NONE ||
        snapshot->zone_of_agreement[other] == snapshot->zone_of_agreement[agreement]) {
        return span;
    }
    const struct month_span *ended = snapshot_span(snapshot, other, before);
    struct month_span *joined =
        ARENA_NEW(snapshot->zones[snapshot->zone_of_agreement[agreement]].arena, struct month_span, 1);
    month_span_join(span, ended->midnights_us[ended->days], joined);
    return joined;
}

int64_t snapshot_month_begins_us(const struct snapshot *snapshot, uint32_t agreement, struct month month) {
    uint32_t answering =
        snapshot_agreement_of_month(snapshot, snapshot->edge_of_agreement[agreement], month, true);
    return snapshot_joined_span(snapshot, answering == SNAPSHOT_NONE ? agreement : answering, month)
        ->midnights_us[0];
}
