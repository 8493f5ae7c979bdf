#include "programme/billing/load_snapshot.h"

#include "programme/call/authorise.h"
#include "store/billing/kept_months.h"
#include "store/catalogue/prices.h"
#include "store/catalogue/skus.h"
#include "store/parties/accounts.h"
#include "store/parties/agreements.h"
#include "store/parties/amendments.h"

#include <assert.h>
#include <stdlib.h>

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

static enum status load_agreements(struct call *call, const struct programme_part *part,
                                   struct snapshot *snapshot, struct fault *fault) {
    struct amendment *amendments = NULL;
    size_t count = 0;
    if (part == NULL) {
        TRY(agreement_load_all(call->db, call->arena, &snapshot->agreements, &snapshot->agreement_count,
                               fault));
        TRY(amendments_accepted(call->db, call->arena, &amendments, &count, fault));
    } else {
        TRY(agreement_load_part(call->db, call->arena, part, &snapshot->agreements,
                                &snapshot->agreement_count, fault));
        TRY(amendments_accepted_part(call->db, call->arena, part, &amendments, &count, fault));
    }
    return add_amended(call, snapshot, amendments, count, fault);
}

static int compare_kept(const void *left, const void *right) {
    const struct kept_month *a = left;
    const struct kept_month *b = right;
    if (a->month.index != b->month.index) {
        return a->month.index < b->month.index ? -1 : 1;
    }
    return text_compare(a->time_zone, b->time_zone);
}

/* The kept months of the zones that the agreements go by: there are few zones, and many months. */
static enum status load_months_of_zones(struct call *call, struct snapshot *snapshot, struct fault *fault) {
    struct text *zones = ARENA_NEW(call->arena, struct text, snapshot->agreement_count);
    size_t zone_count = 0;
    size_t capacity = 0;
    for (size_t i = 0; i < snapshot->agreement_count; i++) {
        struct text zone = snapshot->agreements[i].time_zone;
        struct kept_month *months = NULL;
        size_t count = 0;
        size_t at = 0;
        while (at < zone_count && !text_equal(zones[at], zone)) {
            at++;
        }
        if (at < zone_count) {
            continue;
        }
        zones[zone_count++] = zone;
        TRY(kept_months_of_zone(call->db, call->arena, zone, &months, &count, fault));
        for (size_t k = 0; k < count; k++) {
            snapshot->kept_months = arena_grow(call->arena, snapshot->kept_months, snapshot->kept_month_count,
                                               &capacity, sizeof *months);
            snapshot->kept_months[snapshot->kept_month_count++] = months[k];
        }
    }
    if (snapshot->kept_month_count > 0) {
        qsort(snapshot->kept_months, snapshot->kept_month_count, sizeof *snapshot->kept_months, compare_kept);
    }
    return STATUS_OK;
}

static enum status load_whole(struct call *call, struct snapshot *snapshot, struct fault *fault) {
    struct db *db = call->db;
    struct arena *arena = call->arena;
    TRY(account_load_all(db, arena, &snapshot->accounts, &snapshot->account_count, fault));
    TRY(load_agreements(call, NULL, snapshot, fault));
    TRY(sku_load_all(db, arena, &snapshot->skus, &snapshot->sku_count, fault));
    TRY(price_list_load(db, arena, &snapshot->prices, fault));
    return kept_months_load(db, arena, &snapshot->kept_months, &snapshot->kept_month_count, fault);
}

static enum status load_part(struct call *call, const struct programme_part *part, struct snapshot *snapshot,
                             struct fault *fault) {
    struct db *db = call->db;
    struct arena *arena = call->arena;
    assert(part->around_id > 0);
    TRY(account_load_part(db, arena, part, &snapshot->accounts, &snapshot->account_count, fault));
    TRY(load_agreements(call, part, snapshot, fault));
    TRY(sku_load_part(db, arena, part, &snapshot->skus, &snapshot->sku_count, fault));
    TRY(price_list_load_part(db, arena, part, &snapshot->prices, fault));
    return load_months_of_zones(call, snapshot, fault);
}

enum status snapshot_load(struct call *call, const struct programme_part *part, struct snapshot *snapshot,
                          struct fault *fault) {
    *snapshot = (struct snapshot){0};
    TRY(part == NULL ? load_whole(call, snapshot, fault) : load_part(call, part, snapshot, fault));
    TRY(snapshot_index(snapshot, call->arena, fault));
    label_skus(call, snapshot);
    return STATUS_OK;
}
