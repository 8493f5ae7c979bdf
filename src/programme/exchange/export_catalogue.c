#include "programme/exchange/export_catalogue.h"

#include "core/base/search.h"
#include "core/time/instant.h"
#include "store/catalogue/prices.h"
#include "store/catalogue/skus.h"

/* ---- SKUs ---- */

static enum status export_skus(struct exporting *exporting, struct fault *fault) {
    const struct snapshot *snapshot = &exporting->snapshot;
    int64_t reader_id = exporting->scope.party_id;
    for (size_t i = 0; i < snapshot->sku_count; i++) {
        const struct sku *sku = &snapshot->skus[snapshot->sku_of_rank[i]];
        bool visible = true;
        if (reader_id != 0) {
            TRY(sku_is_known(exporting->call->db, reader_id, sku, &visible, fault));
        }
        if (!visible) {
            continue;
        }
        export_write_sku(exporting, sku->id);
        csv_write(&exporting->writer, text_of(sku_kind_name(sku->kind)));
        export_write_account(exporting, sku->owner_id);
        csv_write(&exporting->writer, sku->code);
        csv_write(&exporting->writer, sku->name);
        TRY(export_end_row(exporting, fault));
    }
    return STATUS_OK;
}

static const char *const SKUS_COLUMNS[] = {"sku", "kind", "owner", "code", "name", NULL};
const struct export_table EXPORT_SKUS = {"skus", SKUS_COLUMNS, export_skus};

/* ---- prices, edge by edge ---- */

typedef enum status write_price(struct exporting *exporting, const struct agreement *agreement,
                                const struct price *price, const struct price_edge *edge,
                                struct fault *fault);

/* The place of (seller, buyer) in a price list, which is sorted by it. */
struct export_place {
    const struct price_list *list;
    int64_t seller_id;
    int64_t buyer_id;
};

static bool price_is_before(const void *context, size_t index) {
    const struct export_place *place = context;
    const struct price_edge *at = &place->list->edges[index];
    return at->seller_id < place->seller_id ||
           (at->seller_id == place->seller_id && at->buyer_id < place->buyer_id);
}

/* The part of the price list that belongs to (seller, buyer); buyer 0: the standard prices. */
static struct price_list prices_of(const struct price_list *list, int64_t seller_id, int64_t buyer_id) {
    const struct export_place begin = {list, seller_id, buyer_id};
    const struct export_place behind = {list, seller_id, buyer_id + 1};
    size_t first = lower_bound(list->count, price_is_before, &begin);
    size_t end = lower_bound(list->count, price_is_before, &behind);
    return (struct price_list){list->prices + first, list->edges + first, end - first};
}

static enum status write_sku_prices(struct exporting *exporting, const struct agreement *agreement,
                                    int64_t sku_id, write_price *write, struct fault *fault) {
    const struct price_place place = {agreement->seller_id, agreement->buyer_id, sku_id, agreement->currency};
    struct price_list range = price_list_of_edge(&exporting->snapshot.prices, exporting->call->arena, &place);
    for (size_t i = 0; i < range.count; i++) {
        TRY(write(exporting, agreement, &range.prices[i], &range.edges[i], fault));
    }
    return STATUS_OK;
}

/* Both ranges are sorted by SKU: walks the SKUs of either. */
static enum status write_edge_prices(struct exporting *exporting, const struct agreement *agreement,
                                     write_price *write, struct fault *fault) {
    const struct price_list *all = &exporting->snapshot.prices;
    struct price_list own = prices_of(all, agreement->seller_id, agreement->buyer_id);
    struct price_list standard = prices_of(all, agreement->seller_id, 0);
    size_t i = 0;
    size_t k = 0;
    while (i < own.count || k < standard.count) {
        int64_t sku_id = i < own.count ? own.prices[i].sku_id : INT64_MAX;
        if (k < standard.count && standard.prices[k].sku_id < sku_id) {
            sku_id = standard.prices[k].sku_id;
        }
        TRY(write_sku_prices(exporting, agreement, sku_id, write, fault));
        while (i < own.count && own.prices[i].sku_id == sku_id) {
            i++;
        }
        while (k < standard.count && standard.prices[k].sku_id == sku_id) {
            k++;
        }
    }
    return STATUS_OK;
}

/* Whether the edge's terms of this place were signed and are the first of their currency. What is billed in a
 * currency goes by the prices in it, for ever, so each currency that the edge ever had has its rows. */
static bool is_first_of_currency(const struct snapshot *snapshot, const struct snapshot_edge *edge,
                                 uint32_t place) {
    const uint32_t *agreements = snapshot->edge_agreements + edge->first_agreement;
    const struct agreement *at = &snapshot->agreements[agreements[place]];
    bool is_first = at->signed_at_us > 0;
    for (uint32_t i = 0; is_first && i < place; i++) {
        const struct agreement *before = &snapshot->agreements[agreements[i]];
        is_first = before->signed_at_us == 0 || !text_equal(before->currency, at->currency);
    }
    return is_first;
}

/* The prices of an edge in a currency that were withdrawn: the buyer's own, then the standard ones. */
static enum status write_edge_withdrawn(struct exporting *exporting, const struct price_list *withdrawn,
                                        const struct agreement *agreement, write_price *write,
                                        struct fault *fault) {
    const struct price_list ranges[] = {prices_of(withdrawn, agreement->seller_id, agreement->buyer_id),
                                        prices_of(withdrawn, agreement->seller_id, 0)};
    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < ranges[i].count; k++) {
            if (text_equal(ranges[i].edges[k].currency, agreement->currency)) {
                TRY(write(exporting, agreement, &ranges[i].prices[k], &ranges[i].edges[k], fault));
            }
        }
    }
    return STATUS_OK;
}

/* Edge by edge; `withdrawn` NULL: those that are in force. */
static enum status write_all_prices(struct exporting *exporting, const struct price_list *withdrawn,
                                    write_price *write, struct fault *fault) {
    const struct snapshot *snapshot = &exporting->snapshot;
    for (size_t i = 0; i < snapshot->edge_count; i++) {
        const struct snapshot_edge *edge = &snapshot->edges[exporting->names.edges[i]];
        for (uint32_t k = 0; k < edge->agreement_count; k++) {
            const struct agreement *agreement =
                &snapshot->agreements[snapshot->edge_agreements[edge->first_agreement + k]];
            if (!is_first_of_currency(snapshot, edge, k) ||
                !export_has_party(exporting, agreement->seller_id, agreement->buyer_id)) {
                continue;
            }
            TRY(withdrawn == NULL ? write_edge_prices(exporting, agreement, write, fault)
                                  : write_edge_withdrawn(exporting, withdrawn, agreement, write, fault));
        }
    }
    return STATUS_OK;
}

static void write_price_key(struct exporting *exporting, const struct agreement *agreement,
                            const struct price *price) {
    export_write_account(exporting, agreement->seller_id);
    export_write_account(exporting, agreement->buyer_id);
    export_write_sku(exporting, price->sku_id);
}

/* A price without a tax of its own is taxed by the terms of the month, which change. */
static void write_price_tax(struct exporting *exporting, const struct price_edge *edge) {
    if (edge->has_tax) {
        csv_write(&exporting->writer, text_copy(&exporting->arena, text_of(edge->tax.category)));
        export_write_decimal(exporting, edge->tax.rate_millionths, EXPORT_PERCENT_DIGITS);
    } else {
        csv_write(&exporting->writer, TEXT(""));
        csv_write(&exporting->writer, TEXT(""));
    }
}

/* What a price says beside its tiers. */
static void write_price_terms(struct exporting *exporting, const struct price *price,
                              const struct price_edge *edge) {
    csv_write_int(&exporting->writer, price->terms.minimum_units);
    csv_write_int(&exporting->writer, price->terms.free_months);
    csv_write(&exporting->writer,
              price->terms.has_trial_end ? date_format(&exporting->arena, price->terms.trial_end) : TEXT(""));
    csv_write(&exporting->writer, price->terms.not_for_resale ? TEXT("yes") : TEXT("no"));
    write_price_tax(exporting, edge);
}

static enum status write_tiers(struct exporting *exporting, const struct agreement *agreement,
                               const struct price *price, const struct price_edge *edge,
                               struct fault *fault) {
    for (size_t i = 0; i < price->tier_count; i++) {
        write_price_key(exporting, agreement, price);
        csv_write(&exporting->writer, edge->currency);
        csv_write(&exporting->writer, date_format(&exporting->arena, price->effective_from));
        csv_write(&exporting->writer, text_of(metering_policy_name(price->policy)));
        csv_write(&exporting->writer, text_of(tier_mode_name(price->mode)));
        csv_write_int(&exporting->writer, price->tiers[i].from);
        export_write_decimal(exporting, price->tiers[i].unit_price_millionths, EXPORT_PRICE_DIGITS);
        write_price_terms(exporting, price, edge);
        csv_write(&exporting->writer, edge->withdrawn_at_us > 0
                                          ? instant_format(&exporting->arena, edge->withdrawn_at_us)
                                          : TEXT(""));
        TRY(export_end_row(exporting, fault));
    }
    return STATUS_OK;
}

static enum status export_prices(struct exporting *exporting, struct fault *fault) {
    struct price_list withdrawn = {0};
    TRY(write_all_prices(exporting, NULL, write_tiers, fault));
    TRY(price_list_load_withdrawn(exporting->call->db, exporting->call->arena, &withdrawn, fault));
    return withdrawn.count == 0 ? STATUS_OK : write_all_prices(exporting, &withdrawn, write_tiers, fault);
}

static const char *const PRICES_COLUMNS[] = {
    "seller",    "buyer",        "sku",     "currency",    "effective_from", "policy",         "tier_mode",
    "tier_from", "unit_price",   "minimum", "free_months", "trial_end",      "not_for_resale", "tax_category",
    "tax_rate",  "withdrawn_at", NULL};
const struct export_table EXPORT_PRICES = {"prices", PRICES_COLUMNS, export_prices};

static enum status write_terms(struct exporting *exporting, const struct agreement *agreement,
                               const struct price *price, const struct price_edge *edge,
                               struct fault *fault) {
    write_price_key(exporting, agreement, price);
    csv_write(&exporting->writer, date_format(&exporting->arena, price->effective_from));
    write_price_terms(exporting, price, edge);
    csv_write(&exporting->writer, edge->currency);
    return export_end_row(exporting, fault);
}

static enum status export_terms(struct exporting *exporting, struct fault *fault) {
    return write_all_prices(exporting, NULL, write_terms, fault);
}

static const char *const TERMS_COLUMNS[] = {"seller",       "buyer",       "sku",       "effective_from",
                                            "minimum",      "free_months", "trial_end", "not_for_resale",
                                            "tax_category", "tax_rate",    "currency",  NULL};
const struct export_table EXPORT_TERMS = {"terms", TERMS_COLUMNS, export_terms};
