#include "programme/exchange/export_names.h"

#include "programme/call/seeded_map.h"
#include "programme/call/sight.h"
#include "store/catalogue/skus.h"
#include "store/parties/accounts.h"

#include <stdlib.h>

/* ---- who is above whom ---- */

static bool is_or_is_above(const struct snapshot *snapshot, int64_t above_id, uint32_t account) {
    while (snapshot->accounts[account].id != above_id) {
        if (snapshot->accounts[account].seller_id == 0) {
            return false;
        }
        account = snapshot_account(snapshot, snapshot->accounts[account].seller_id);
    }
    return true;
}

/* ---- accounts ---- */

/* The parties of the viewer's agreements. */
static void mark_parties(const struct snapshot *snapshot, int64_t viewer_id, bool *parties) {
    for (size_t i = 0; i < snapshot->agreement_count; i++) {
        const struct agreement *agreement = &snapshot->agreements[i];
        if (agreement->seller_id == viewer_id) {
            parties[snapshot_account(snapshot, agreement->buyer_id)] = true;
        }
        if (agreement->buyer_id == viewer_id) {
            parties[snapshot_account(snapshot, agreement->seller_id)] = true;
        }
    }
}

/* Of each account whether it is named (sight_rule). */
static void mark_accounts(struct call *call, const struct snapshot *snapshot, const struct sight *sight,
                          uint32_t viewer, bool *known) {
    const struct account *own = &snapshot->accounts[viewer];
    bool *parties = ARENA_NEW(call->arena, bool, snapshot->account_count);
    mark_parties(snapshot, own->id, parties);
    for (size_t i = 0; i < snapshot->account_count; i++) {
        const struct account *account = &snapshot->accounts[i];
        int64_t provider_id = account->kind == ACCOUNT_CUSTOMER ? account->seller_id : account->id;
        const struct sight_facts facts = {
            .viewer = own->kind,
            .account = account->kind,
            .is_below = is_or_is_above(snapshot, own->id, (uint32_t)i),
            .is_above = is_or_is_above(snapshot, account->id, viewer),
            .are_parties = parties[i],
            .shows_names = sight_shows_names(sight, provider_id),
        };
        known[i] = sight_rule(&facts);
    }
}

/* An account goes by the first code that it had, for ever; where an earlier account of those that are named
 * had it first, by its identifier. */
static enum status name_accounts(struct call *call, const struct snapshot *snapshot,
                                 const struct sight *sight, uint32_t viewer, struct text *names,
                                 struct fault *fault) {
    bool *known = ARENA_NEW(call->arena, bool, snapshot->account_count);
    struct first_code *codes = NULL;
    size_t code_count = 0;
    size_t at = 0;
    struct text_map taken;
    seeded_map_init(call, &taken);
    TRY(account_first_codes(call->db, call->arena, &codes, &code_count, fault));
    mark_accounts(call, snapshot, sight, viewer, known);
    for (size_t i = 0; i < snapshot->account_count; i++) {
        const struct account *account = &snapshot->accounts[i];
        while (at < code_count && codes[at].account_id < account->id) {
            at++;
        }
        bool is_kept = at < code_count && codes[at].account_id == account->id;
        struct text code = is_kept ? codes[at].code : account->code;
        struct text folded = text_fold(call->arena, code);
        bool has_code = known[i] && text_map_get(&taken, folded) < 0;
        names[i] = has_code ? code : identifier_text(call, IDENTIFIER_ACCOUNT, account->id);
        if (has_code) {
            text_map_put(&taken, folded, 0);
        }
    }
    return STATUS_OK;
}

/* ---- SKUs ---- */

/* A viewer knows the SKUs of vendors and those of the accounts above and below it; a vendor knows its own
 * alone. */
static bool knows_sku(const struct snapshot *snapshot, uint32_t viewer, const struct sku *sku) {
    const struct account *own = &snapshot->accounts[viewer];
    uint32_t owner = snapshot_account(snapshot, sku->owner_id);
    if (own->kind == ACCOUNT_VENDOR || snapshot->accounts[owner].kind == ACCOUNT_VENDOR) {
        return sku->owner_id == own->id || own->kind != ACCOUNT_VENDOR;
    }
    return is_or_is_above(snapshot, sku->owner_id, viewer) || is_or_is_above(snapshot, own->id, owner);
}

/* Walks the SKUs by code, so that those of one code are neighbours. */
static void name_skus(struct call *call, const struct snapshot *snapshot, uint32_t viewer,
                      struct text *names) {
    uint32_t last = SNAPSHOT_NONE;
    for (size_t rank = 0; rank < snapshot->sku_count; rank++) {
        uint32_t index = snapshot->sku_of_rank[rank];
        const struct sku *sku = &snapshot->skus[index];
        names[index] = identifier_text(call, IDENTIFIER_SKU, sku->id);
        if (!knows_sku(snapshot, viewer, sku)) {
            continue;
        }
        if (last == SNAPSHOT_NONE || !text_equal(sku->code, snapshot->skus[last].code)) {
            names[index] = sku->code;
        } else {
            names[last] = identifier_text(call, IDENTIFIER_SKU, snapshot->skus[last].id);
        }
        last = index;
    }
}

/* ---- edges ---- */

struct named_edge {
    struct text seller;
    struct text buyer;
    uint32_t edge;
};

static int compare_edges(const void *left, const void *right) {
    const struct named_edge *a = left;
    const struct named_edge *b = right;
    int order = text_compare(a->seller, b->seller);
    if (order == 0) {
        order = text_compare(a->buyer, b->buyer);
    }
    return order != 0 ? order : (a->edge > b->edge) - (a->edge < b->edge);
}

static const uint32_t *sort_edges(struct call *call, const struct snapshot *snapshot,
                                  const struct text *accounts) {
    struct named_edge *items = ARENA_NEW(call->arena, struct named_edge, snapshot->edge_count);
    uint32_t *order = ARENA_NEW(call->arena, uint32_t, snapshot->edge_count);
    for (size_t i = 0; i < snapshot->edge_count; i++) {
        items[i] = (struct named_edge){accounts[snapshot->edges[i].seller],
                                       accounts[snapshot->edges[i].buyer], (uint32_t)i};
    }
    qsort(items, snapshot->edge_count, sizeof *items, compare_edges);
    for (size_t i = 0; i < snapshot->edge_count; i++) {
        order[i] = items[i].edge;
    }
    return order;
}

enum status export_names_make(struct call *call, const struct snapshot *snapshot, int64_t viewer_id,
                              struct export_names *names, struct fault *fault) {
    struct text *accounts = ARENA_NEW(call->arena, struct text, snapshot->account_count);
    struct text *skus = snapshot->sku_labels;
    if (viewer_id == 0) {
        for (size_t i = 0; i < snapshot->account_count; i++) {
            accounts[i] = snapshot->accounts[i].label;
        }
    } else {
        uint32_t viewer = snapshot_account(snapshot, viewer_id);
        struct sight sight;
        TRY(sight_open(call, &sight, fault));
        skus = ARENA_NEW(call->arena, struct text, snapshot->sku_count);
        TRY(name_accounts(call, snapshot, &sight, viewer, accounts, fault));
        name_skus(call, snapshot, viewer, skus);
    }
    *names = (struct export_names){accounts, skus, sort_edges(call, snapshot, accounts)};
    return STATUS_OK;
}
