#include "programme/catalogue/price_guard.h"

#include "core/base/search.h"
#include "core/money/price_rise.h"
#include "core/rating/rules.h"
#include "core/time/zone.h"
#include "programme/call/closing_guard.h"
#include "programme/call/open_zone.h"
#include "store/catalogue/prices.h"

#include <assert.h>

static const int64_t DAY_US = INT64_C(86400) * 1000000;

enum status price_guard_begin(struct price_guard *guard, const struct pricing *pricing, struct fault *fault) {
    struct call *call = pricing->call;
    *guard = (struct price_guard){.pricing = pricing};
    /* No zone is a day ahead of UTC. */
    guard->last = date_month((struct date){(int32_t)(call->now_us / DAY_US) + 1});
    return price_list_load_seller(call->db, call->arena, pricing->seller.id, &guard->before, fault);
}

enum status price_guard_changed(struct price_guard *guard, struct fault *fault) {
    struct call *call = guard->pricing->call;
    return price_list_load_seller(call->db, call->arena, guard->pricing->seller.id, &guard->after, fault);
}

void price_guard_end(struct price_guard *guard) {
    zone_close(guard->zone);
    guard->zone = NULL;
}

/* What is not needed for prices of months that have not begun. */
static enum status load_uses(struct price_guard *guard, struct fault *fault) {
    struct call *call = guard->pricing->call;
    int64_t seller_id = guard->pricing->seller.id;
    int64_t buyer_id = guard->pricing->buyer_id;
    if (guard->is_loaded) {
        return STATUS_OK;
    }
    TRY(seller_edges_load(call, seller_id, buyer_id, &guard->edges, fault));
    TRY(closed_months_of_seller(call->db, call->arena, seller_id, buyer_id, (struct month){0}, &guard->closed,
                                &guard->closed_count, fault));
    TRY(skus_first_on(call->db, call->arena, &guard->first_on, &guard->first_on_count, fault));
    id_map_init(&guard->first_on_index, call->arena, guard->first_on_count);
    for (size_t i = 0; i < guard->first_on_count; i++) {
        id_map_put(&guard->first_on_index, guard->first_on[i].sku_id, 0, (uint32_t)i);
    }
    guard->is_loaded = true;
    return STATUS_OK;
}

static enum status open_zone_of(struct price_guard *guard, const struct agreement *terms,
                                struct fault *fault) {
    if (guard->zone != NULL && text_equal(guard->zone_name, terms->time_zone)) {
        return STATUS_OK;
    }
    price_guard_end(guard);
    guard->zone_name = terms->time_zone;
    return open_zone(guard->pricing->call, terms->time_zone, &guard->zone, fault);
}

/* A month of an edge, with what rates the SKU in it before and after. */
struct guarded_month {
    const struct seller_edge *edge;
    const struct agreement *terms;
    const struct closed_month *closed; /* NULL: it is open */
    struct month month;
    int64_t sku_id;
    struct text sku_code;
    const struct price *before;
    const struct price *after;
};

static const struct price *rating_price(const struct price_list *list, const struct guarded_month *at,
                                        const struct price_edge **edge) {
    const struct price_place place = {at->terms->seller_id, at->terms->buyer_id, at->sku_id,
                                      at->terms->currency};
    return at->closed != NULL && at->closed->rules == RULES_FIRST
               ? price_list_for_month_first(list, &place, at->month, edge)
               : price_list_for_month(list, &place, at->month, edge);
}

/* Finds the two prices; `*differs` where they do not say the same, or in a closed month are not the same. */
static void compare(const struct price_guard *guard, struct guarded_month *at, bool *differs) {
    const struct price_edge *before_edge = NULL;
    const struct price_edge *after_edge = NULL;
    at->before = rating_price(&guard->before, at, &before_edge);
    at->after = rating_price(&guard->after, at, &after_edge);
    if (at->before == NULL || at->after == NULL) {
        *differs = at->before != at->after;
    } else if (at->closed != NULL) {
        *differs = at->before->id != at->after->id; /* its lines name the price */
    } else {
        *differs = !price_same(at->before, before_edge, at->after, after_edge);
    }
}

/* Whether the SKU was used in the month. What was closed before it was asked how usage was billed left out
 * what had no price, so its prices stay as they are; so do those of a month that is closing. */
static enum status find_use(struct price_guard *guard, const struct guarded_month *at, bool *is_used,
                            struct fault *fault) {
    struct month_span span;
    if (at->closed != NULL && at->closed->usage_billing == USAGE_NOT_ASKED) {
        *is_used = true;
        return STATUS_OK;
    }
    TRY(open_zone_of(guard, at->terms, fault));
    zone_month_span(guard->zone, at->month, &span);
    const struct sku_use use = {.seller_id = at->terms->seller_id,
                                .seller_depth = guard->pricing->seller.depth,
                                .buyer_id = at->terms->buyer_id,
                                .sku_id = at->sku_id,
                                .month = at->month,
                                .from_us = span.midnights_us[0],
                                .until_us = span.midnights_us[span.days]};
    return sku_is_used(guard->pricing->call->db, &use, is_used, fault);
}

static enum status refuse(struct price_guard *guard, const struct guarded_month *at, struct fault *fault) {
    struct call *call = guard->pricing->call;
    struct account buyer;
    TRY(account_load(call->db, call->arena, at->terms->buyer_id, &buyer, fault));
    struct text edge = text_format(call->arena, "%.*s → %.*s", TEXT_ARGS(guard->pricing->seller.code),
                                   TEXT_ARGS(buyer.code));
    struct text month = month_format(call->arena, at->month);
    if (at->closed != NULL && at->closed->is_closing) {
        return month_is_closing(call, at->month, "effective_from", fault);
    }
    if (at->closed != NULL) {
        return fault_set(
            fault, STATUS_CONFLICT, "month-closed", "effective_from", month,
            "%.*s was used on %.*s in %.*s, which is closed and keeps its price: let the new one "
            "begin in a later month. A wrong bill is set right by a credit note.",
            TEXT_ARGS(at->sku_code), TEXT_ARGS(edge), TEXT_ARGS(month));
    }
    if (at->after == NULL) {
        return fault_set(
            fault, STATUS_CONFLICT, "price-in-use", "effective_from", month,
            "%.*s is in use on %.*s in %.*s and would be left without a price: replace it, or set "
            "another one first.",
            TEXT_ARGS(at->sku_code), TEXT_ARGS(edge), TEXT_ARGS(month));
    }
    return fault_set(fault, STATUS_CONFLICT, "price-rises", "effective_from", month,
                     "%.*s is in use on %.*s in %.*s and would be dearer there: a dearer price begins in a "
                     "month that has not begun.",
                     TEXT_ARGS(at->sku_code), TEXT_ARGS(edge), TEXT_ARGS(month));
}

static enum status check_month(struct price_guard *guard, struct guarded_month *at, struct fault *fault) {
    bool differs = false;
    bool is_used = false;
    compare(guard, at, &differs);
    if (!differs) {
        return STATUS_OK;
    }
    bool is_harmless = at->closed == NULL &&
                       (at->before == NULL || (at->after != NULL && !price_is_dearer(at->after, at->before)));
    if (is_harmless) {
        return STATUS_OK;
    }
    TRY(find_use(guard, at, &is_used, fault));
    return is_used ? refuse(guard, at, fault) : STATUS_OK;
}

/* Whether the month has begun in the zone of its terms. */
static enum status has_begun(struct price_guard *guard, const struct guarded_month *at, bool *begun,
                             struct fault *fault) {
    *begun = at->month.index < guard->last.index;
    if (!*begun) {
        TRY(open_zone_of(guard, at->terms, fault));
        *begun = at->month.index <= zone_month_at(guard->zone, guard->pricing->call->now_us).index;
    }
    return STATUS_OK;
}

/* The edge's part of the closed months. */
struct closed_slice {
    const struct closed_month *items;
    size_t count;
};

static enum status check_edge(struct price_guard *guard, const struct seller_edge *edge,
                              struct closed_slice closed, struct month first, struct guarded_month at,
                              struct text currency, struct fault *fault) {
    size_t next = 0;
    at.edge = edge;
    for (at.month = first; at.month.index <= guard->last.index; at.month = month_plus(at.month, 1)) {
        bool begun = true;
        while (next < closed.count && closed.items[next].month.index < at.month.index) {
            next++;
        }
        bool is_closed = next < closed.count && closed.items[next].month.index == at.month.index;
        at.closed = is_closed ? &closed.items[next] : NULL;
        at.terms = is_closed ? seller_edge_terms_of(edge, at.closed->agreement_id, at.month)
                             : seller_edge_terms(edge, at.month);
        if (!text_equal(at.terms->currency, currency)) {
            continue;
        }
        TRY(has_begun(guard, &at, &begun, fault));
        if (begun) {
            TRY(check_month(guard, &at, fault));
        }
    }
    return STATUS_OK;
}

/* The first month that can matter: of the price, but not before the SKU was ever on or a month was closed. */
static struct month first_month(const struct price_guard *guard, const struct price *price,
                                struct closed_slice closed) {
    struct month first = date_month(price->effective_from);
    struct month earliest = month_plus(guard->last, 1);
    uint32_t index = 0;
    if (id_map_get(&guard->first_on_index, price->sku_id, 0, &index)) {
        int64_t day = guard->first_on[index].at_us / DAY_US;
        earliest = month_plus(date_month((struct date){(int32_t)day}), -1);
    }
    if (closed.count > 0 && closed.items[0].month.index < earliest.index) {
        earliest = closed.items[0].month;
    }
    return first.index < earliest.index ? earliest : first;
}

enum status price_guard_check(struct price_guard *guard, const struct price *price,
                              const struct price_edge *edge, struct text sku_code, struct fault *fault) {
    const struct guarded_month at = {.sku_id = price->sku_id, .sku_code = sku_code};
    size_t next = 0;
    if (date_month(price->effective_from).index > guard->last.index) {
        return STATUS_OK;
    }
    TRY(load_uses(guard, fault));
    for (size_t i = 0; i < guard->edges.count; i++) {
        const struct seller_edge *on = &guard->edges.items[i];
        while (next < guard->closed_count && guard->closed[next].buyer_id < on->buyer_id) {
            next++;
        }
        size_t begin = next;
        while (next < guard->closed_count && guard->closed[next].buyer_id == on->buyer_id) {
            next++;
        }
        const struct closed_slice closed = {guard->closed + begin, next - begin};
        TRY(check_edge(guard, on, closed, first_month(guard, price, closed), at, edge->currency, fault));
    }
    return STATUS_OK;
}
