#include "programme/exchange/export_names.h"

#include "core/base/text_map.h"
#include "programme/call/authorise.h"
#include "store/upkeep/export_queries.h"

#include <stdlib.h>

/* ---- who is above whom ---- */

static bool is_or_is_above(const struct book *book, int64_t above_id, uint32_t account) {
    while (book->accounts[account].id != above_id) {
        if (book->accounts[account].seller_id == 0)
            return false;
        account = book_account(book, book->accounts[account].seller_id);
    }
    return true;
}

/* ---- accounts ---- */

/* Those in the licences of a vendor's SKUs. */
static enum status mark_supplied(struct call *call, const struct book *book, int64_t vendor_id, bool *known,
                                 struct fault *fault) {
    struct db_rows *rows = NULL;
    bool have_row = false;
    enum status status = export_supplied_stream(call->db, vendor_id, &rows, fault);
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row)
        known[book_account(book, db_column_int(rows, 0))] = true;
    db_rows_close(rows);
    return status;
}

static enum status mark_accounts(struct call *call, const struct book *book, uint32_t viewer, bool *known,
                                 struct fault *fault) {
    const struct account *own = &book->accounts[viewer];
    bool is_vendor = own->kind == ACCOUNT_VENDOR;
    for (size_t i = 0; i < book->account_count; i++)
        known[i] = (book->accounts[i].kind == ACCOUNT_VENDOR && !is_vendor) ||
                   is_or_is_above(book, own->id, (uint32_t)i) ||
                   is_or_is_above(book, book->accounts[i].id, viewer);
    for (size_t i = 0; i < book->agreement_count; i++) {
        const struct agreement *agreement = &book->agreements[i];
        if (agreement->seller_id == own->id)
            known[book_account(book, agreement->buyer_id)] = true;
        if (agreement->buyer_id == own->id)
            known[book_account(book, agreement->seller_id)] = true;
    }
    return is_vendor ? mark_supplied(call, book, own->id, known, fault) : STATUS_OK;
}

static enum status name_accounts(struct call *call, const struct book *book, uint32_t viewer,
                                 struct text *names, struct fault *fault) {
    bool *known = ARENA_NEW(call->arena, bool, book->account_count);
    unsigned char seed[TEXT_MAP_SEED_BYTES];
    struct text_map taken;
    call->random->fill(call->random, seed, sizeof seed);
    text_map_init(&taken, call->arena, seed);
    enum status status = mark_accounts(call, book, viewer, known, fault);
    for (size_t i = 0; status == STATUS_OK && i < book->account_count; i++) {
        const struct account *account = &book->accounts[i];
        bool has_code = known[i] && text_map_get(&taken, account->code) < 0;
        names[i] = has_code ? account->code : identifier_text(call, IDENTIFIER_ACCOUNT, account->id);
        if (has_code)
            text_map_put(&taken, account->code, 0);
    }
    return status;
}

/* ---- SKUs ---- */

/* Those of vendors, of who is above and of who is below; a vendor's: its own. */
static bool knows_sku(const struct book *book, uint32_t viewer, const struct sku *sku) {
    const struct account *own = &book->accounts[viewer];
    uint32_t owner = book_account(book, sku->owner_id);
    if (own->kind == ACCOUNT_VENDOR || book->accounts[owner].kind == ACCOUNT_VENDOR)
        return sku->owner_id == own->id || own->kind != ACCOUNT_VENDOR;
    return is_or_is_above(book, sku->owner_id, viewer) || is_or_is_above(book, own->id, owner);
}

/* Walks the SKUs by code, so that those of one code are neighbours. */
static void name_skus(struct call *call, const struct book *book, uint32_t viewer, struct text *names) {
    uint32_t last = BOOK_NONE;
    for (size_t rank = 0; rank < book->sku_count; rank++) {
        uint32_t index = book->sku_of_rank[rank];
        const struct sku *sku = &book->skus[index];
        names[index] = identifier_text(call, IDENTIFIER_SKU, sku->id);
        if (!knows_sku(book, viewer, sku))
            continue;
        if (last == BOOK_NONE || !text_equal(sku->code, book->skus[last].code))
            names[index] = sku->code;
        else
            names[last] = identifier_text(call, IDENTIFIER_SKU, book->skus[last].id);
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
    if (order == 0)
        order = text_compare(a->buyer, b->buyer);
    return order != 0 ? order : (a->edge > b->edge) - (a->edge < b->edge);
}

static const uint32_t *sort_edges(struct call *call, const struct book *book, const struct text *accounts) {
    struct named_edge *items = ARENA_NEW(call->arena, struct named_edge, book->edge_count + 1);
    uint32_t *order = ARENA_NEW(call->arena, uint32_t, book->edge_count + 1);
    for (size_t i = 0; i < book->edge_count; i++)
        items[i] =
            (struct named_edge){accounts[book->edges[i].seller], accounts[book->edges[i].buyer], (uint32_t)i};
    qsort(items, book->edge_count, sizeof *items, compare_edges);
    for (size_t i = 0; i < book->edge_count; i++)
        order[i] = items[i].edge;
    return order;
}

enum status export_names_make(struct call *call, const struct book *book, int64_t viewer_id,
                              struct export_names *names, struct fault *fault) {
    struct text *accounts = ARENA_NEW(call->arena, struct text, book->account_count + 1);
    struct text *skus = book->sku_labels;
    enum status status = STATUS_OK;
    if (viewer_id == 0) {
        for (size_t i = 0; i < book->account_count; i++)
            accounts[i] = book->accounts[i].label;
    } else {
        uint32_t viewer = book_account(book, viewer_id);
        skus = ARENA_NEW(call->arena, struct text, book->sku_count + 1);
        status = name_accounts(call, book, viewer, accounts, fault);
        name_skus(call, book, viewer, skus);
    }
    if (status == STATUS_OK)
        *names = (struct export_names){accounts, skus, sort_edges(call, book, accounts)};
    return status;
}
