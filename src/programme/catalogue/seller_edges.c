#include "programme/catalogue/seller_edges.h"

#include "core/base/search.h"
#include "store/parties/agreements.h"
#include "store/parties/amendments.h"

#include <assert.h>
#include <stdlib.h>

/* The agreements as they come, page by page. */
struct gathering {
    struct agreement *items;
    size_t count;
    size_t capacity;
};

/* What an amendment amends. */
struct amended_agreement {
    const struct gathering *among;
    int64_t id;
};

static enum status gather_agreements(struct call *call, int64_t seller_id, int64_t buyer_id,
                                     struct gathering *gathering, struct fault *fault) {
    const struct agreement_filter filter = {.seller_id = seller_id, .buyer_id = buyer_id};
    struct page page = {.limit = PAGE_LIMIT_MAX};
    do {
        struct agreement *some = NULL;
        size_t count = 0;
        int64_t next_after = 0;
        TRY(agreement_list(call->db, call->arena, &filter, page, &some, &count, &next_after, fault));
        for (size_t i = 0; i < count; i++) {
            gathering->items = arena_grow(call->arena, gathering->items, gathering->count,
                                          &gathering->capacity, sizeof *gathering->items);
            gathering->items[gathering->count++] = some[i];
        }
        page.after_id = next_after;
    } while (page.after_id != 0);
    return STATUS_OK;
}

/* An amendment belongs behind its agreement's other terms; of two from one month the later holds. */
static int compare_terms(const void *a, const void *b) {
    const struct agreement *first = a;
    const struct agreement *second = b;
    int order = (first->buyer_id > second->buyer_id) - (first->buyer_id < second->buyer_id);
    if (order == 0) {
        order = (first->id > second->id) - (first->id < second->id);
    }
    return order != 0 ? order
                      : (first->terms_from.index > second->terms_from.index) -
                            (first->terms_from.index < second->terms_from.index);
}

static bool is_before_id(const void *context, size_t i) {
    const struct amended_agreement *sought = context;
    return sought->among->items[i].id < sought->id;
}

/* Among the agreements, which came by id. */
static const struct agreement *find_first(const struct gathering *gathering, int64_t id) {
    size_t at = lower_bound(gathering->count, is_before_id, &(struct amended_agreement){gathering, id});
    return at < gathering->count && gathering->items[at].id == id ? &gathering->items[at] : NULL;
}

/* Adds what amendments make of the agreements, of two that begin in one month the later alone. */
static enum status add_amended(struct call *call, struct gathering *gathering, struct fault *fault) {
    struct amendment *amendments = NULL;
    size_t count = 0;
    const struct gathering first = *gathering;
    TRY(amendments_accepted(call->db, call->arena, &amendments, &count, fault));
    for (size_t i = 0; i < count; i++) {
        const struct agreement *of = find_first(&first, amendments[i].agreement_id);
        bool is_replaced = i + 1 < count && amendments[i + 1].agreement_id == amendments[i].agreement_id &&
                           amendments[i + 1].from.index == amendments[i].from.index;
        if (of == NULL || is_replaced) {
            continue;
        }
        const struct agreement amended = agreement_amended(of, &amendments[i]);
        gathering->items = arena_grow(call->arena, gathering->items, gathering->count, &gathering->capacity,
                                      sizeof *gathering->items);
        gathering->items[gathering->count++] = amended;
    }
    return STATUS_OK;
}

enum status seller_edges_load(struct call *call, int64_t seller_id, int64_t buyer_id,
                              struct seller_edges *edges, struct fault *fault) {
    struct gathering gathering = {0};
    TRY(gather_agreements(call, seller_id, buyer_id, &gathering, fault));
    TRY(add_amended(call, &gathering, fault));
    if (gathering.count > 1) {
        qsort(gathering.items, gathering.count, sizeof *gathering.items, compare_terms);
    }
    *edges = (struct seller_edges){.items = ARENA_NEW(call->arena, struct seller_edge, gathering.count)};
    for (size_t i = 0; i < gathering.count; i++) {
        int64_t buyer = gathering.items[i].buyer_id;
        if (edges->count == 0 || edges->items[edges->count - 1].buyer_id != buyer) {
            edges->items[edges->count++] =
                (struct seller_edge){.buyer_id = buyer, .terms = &gathering.items[i]};
        }
        edges->items[edges->count - 1].count++;
    }
    return STATUS_OK;
}

const struct agreement *seller_edge_terms_of(const struct seller_edge *edge, int64_t agreement_id,
                                             struct month month) {
    const struct agreement *last = NULL;
    for (size_t i = 0; i < edge->count; i++) {
        const struct agreement *terms = &edge->terms[i];
        if (terms->id == agreement_id && (last == NULL || terms->terms_from.index <= month.index)) {
            last = terms;
        }
    }
    return last;
}

/* By days of UTC: which agreement a month of a renewal goes by is settled by its close. */
static bool was_signed_by_end_of(const struct agreement *terms, struct month month) {
    static const int64_t DAY_US = INT64_C(86400) * 1000000;
    return terms->signed_at_us > 0 &&
           terms->signed_at_us / DAY_US < month_first_day(month_plus(month, 1)).day;
}

bool seller_edge_is_over(const struct seller_edge *edge) {
    return edge->terms[edge->count - 1].state == AGREEMENT_TERMINATED;
}

const struct agreement *seller_edge_terms(const struct seller_edge *edge, struct month month) {
    assert(edge->count > 0);
    const struct agreement *chosen = &edge->terms[0];
    for (size_t i = 0; i < edge->count; i++) {
        if (was_signed_by_end_of(&edge->terms[i], month)) {
            chosen = &edge->terms[i];
        }
    }
    return seller_edge_terms_of(edge, chosen->id, month);
}
