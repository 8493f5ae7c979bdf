#include "programme/billing/load_snapshot.h"

#include "programme/call/authorise.h"
#include "store/billing/kept_months.h"
#include "store/catalogue/prices.h"
#include "store/catalogue/skus.h"
#include "store/parties/accounts.h"
#include "store/parties/agreements.h"
#include "store/parties/amendments.h"

#include <assert.h>

/* Names each SKU by its code, and those that share one, which are neighbours by rank, by their identifiers.
 */
static void label_skus(struct call *call, struct snapshot *snapshot) {
    size_t count = snapshot->sku_count;
    snapshot->sku_labels = ARENA_NEW(call->arena, struct text, count);
    for (size_t rank = 0; rank < count; rank++) {
        const struct sku *sku = &snapshot->skus[snapshot->sku_of_rank[rank]];
        bool shares_before =
            rank > 0 && text_equal(sku->code, snapshot->skus[snapshot->sku_of_rank[rank - 1]].code);
        bool shares_behind =
            rank + 1 < count && text_equal(sku->code, snapshot->skus[snapshot->sku_of_rank[rank + 1]].code);
        snapshot->sku_labels[snapshot->sku_of_rank[rank]] =
            shares_before || shares_behind ? identifier_text(call, IDENTIFIER_SKU, sku->id) : sku->code;
    }
}

/* Puts behind each agreement what its amendments make of it; both lists go by agreement. */
static enum status add_amended(struct call *call, struct snapshot *snapshot,
                               const struct amendment *amendments, size_t count, struct fault *fault) {
    const struct agreement *first = snapshot->agreements;
    size_t first_count = snapshot->agreement_count;
    struct agreement *all = ARENA_NEW(call->arena, struct agreement, first_count + count);
    size_t made = 0;
    size_t at = 0;
    for (size_t i = 0; i < first_count; i++) {
        all[made++] = first[i];
        for (; at < count && amendments[at].agreement_id == first[i].id; at++) {
            struct agreement amended = agreement_amended(&first[i], &amendments[at]);
            if (all[made - 1].terms_from.index == amended.terms_from.index) {
                made--; /* the later of two that begin in one month */
            } else {
                all[made - 1].terms_until = amended.terms_from;
            }
            all[made++] = amended;
        }
    }
    assert(made <= first_count + count);
    if (at != count) {
        return fault_set(fault, STATUS_INTERNAL, "database-failed", "agreement_id", TEXT(""),
                         "An amendment in the store names an agreement that is not there.");
    }
    snapshot->agreements = all;
    snapshot->agreement_count = made;
    return STATUS_OK;
}

static enum status load_agreements(struct call *call, struct snapshot *snapshot, struct fault *fault) {
    struct amendment *amendments = NULL;
    size_t count = 0;
    TRY(agreement_load_all(call->db, call->arena, &snapshot->agreements, &snapshot->agreement_count, fault));
    TRY(amendments_accepted(call->db, call->arena, &amendments, &count, fault));
    return add_amended(call, snapshot, amendments, count, fault);
}

enum status snapshot_load(struct call *call, struct snapshot *snapshot, struct fault *fault) {
    struct arena *arena = call->arena;
    *snapshot = (struct snapshot){0};
    TRY(account_load_all(call->db, arena, &snapshot->accounts, &snapshot->account_count, fault));
    TRY(load_agreements(call, snapshot, fault));
    TRY(sku_load_all(call->db, arena, &snapshot->skus, &snapshot->sku_count, fault));
    TRY(price_list_load(call->db, arena, &snapshot->prices, fault));
    TRY(kept_months_load(call->db, arena, &snapshot->kept_months, &snapshot->kept_month_count, fault));
    TRY(snapshot_index(snapshot, arena, fault));
    label_skus(call, snapshot);
    return STATUS_OK;
}
