#include "core/rating/bill.h"

#include "core/base/search.h"

#include <assert.h>
#include <stdlib.h>

static const uint32_t NO_CUSTOMER_RANK = UINT32_MAX;

/* An edge while it is billed. */
struct billing {
    struct rated_month *month;
    struct arena *arena;
    uint32_t agreement;
    struct edge_month on;
    struct line_list list;
    struct bill_stuck *stuck;
    size_t stuck_count;
    size_t stuck_capacity;
};

/* ---- usage ---- */

static int compare_ranks(const void *left, const void *right) {
    const uint32_t *a = left;
    const uint32_t *b = right;
    return *a < *b ? -1 : *a > *b;
}

/* Sorts ranks where they are not sorted, and leaves each once. Returns how many are left. */
static size_t settle_ranks(uint32_t *ranks, size_t count) {
    bool is_sorted = true;
    size_t kept = 0;
    for (size_t i = 1; i < count; i++) {
        is_sorted = is_sorted && ranks[i - 1] <= ranks[i];
    }
    if (!is_sorted) {
        qsort(ranks, count, sizeof *ranks, compare_ranks);
    }
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || ranks[i] != ranks[kept - 1]) {
            ranks[kept++] = ranks[i];
        }
    }
    return kept;
}

/* The ranks of the SKUs that the edge has anything to do with, ascending, each once: those in use, those that
 * something is set for, and by the first rules those with a minimum. */
static uint32_t *find_skus(const struct billing *billing, size_t *count) {
    const struct rated_month *month = billing->month;
    const struct snapshot *snapshot = month->snapshot;
    const struct agreement *agreement = &snapshot->agreements[billing->agreement];
    struct overrides adjustments = overrides_slice(&month->adjustments, agreement->id, SNAPSHOT_NONE);
    struct overrides corrections = overrides_slice(&month->corrections, agreement->id, SNAPSHOT_NONE);
    struct edge_entries entries =
        usage_by_edge_entries(month->by_edge, snapshot->edge_of_agreement[billing->agreement]);
    size_t minimum_count = 0;
    const uint32_t *minimums = billing->on.rules != RULES_FIRST
                                   ? NULL
                                   : snapshot_minimums(snapshot, agreement->seller_id, &minimum_count);
    uint32_t *ranks = ARENA_NEW(billing->arena, uint32_t,
                                entries.count + adjustments.count + corrections.count + minimum_count);
    size_t found = 0;
    for (size_t i = 0; i < entries.count; i++) {
        if (i == 0 || entries.items[i].sku_rank != entries.items[i - 1].sku_rank) {
            ranks[found++] = entries.items[i].sku_rank;
        }
    }
    for (size_t i = 0; i < adjustments.count; i++) {
        ranks[found++] = adjustments.items[i].sku_rank;
    }
    for (size_t i = 0; i < corrections.count; i++) {
        ranks[found++] = corrections.items[i].sku_rank;
    }
    for (size_t i = 0; i < minimum_count; i++) {
        const struct price_edge *edge = &snapshot->prices.edges[minimums[i]];
        if (edge->buyer_id == 0 || edge->buyer_id == agreement->buyer_id) {
            int64_t sku_id = snapshot->prices.prices[minimums[i]].sku_id;
            ranks[found++] = snapshot->sku_rank[snapshot_sku_find(snapshot, sku_id)];
        }
    }
    *count = settle_ranks(ranks, found);
    return ranks;
}

/* A line and what it is sorted by. */
struct line_key {
    uint32_t customer_rank;
    uint32_t position;
};

static int compare_line_keys(const void *left, const void *right) {
    const struct line_key *a = left;
    const struct line_key *b = right;
    if (a->customer_rank != b->customer_rank) {
        return a->customer_rank < b->customer_rank ? -1 : 1;
    }
    return a->position < b->position ? -1 : a->position > b->position;
}

/* From SKU by SKU to customer by customer; lines for no one customer come last. */
static enum status sort_lines(struct billing *billing, struct fault *fault) {
    const struct snapshot *snapshot = billing->month->snapshot;
    size_t count = billing->list.count;
    struct line_key *keys = ARENA_NEW(billing->arena, struct line_key, count);
    struct billed_line *sorted = ARENA_NEW(billing->arena, struct billed_line, count);
    for (size_t i = 0; i < count; i++) {
        int64_t customer_id = billing->list.lines[i].customer_id;
        if (customer_id != 0) {
            TRY(snapshot_has_account(snapshot, customer_id, fault));
        }
        keys[i].customer_rank = customer_id == 0
                                    ? NO_CUSTOMER_RANK
                                    : snapshot->account_rank[snapshot_account(snapshot, customer_id)];
        keys[i].position = (uint32_t)i;
    }
    qsort(keys, count, sizeof *keys, compare_line_keys);
    for (size_t i = 0; i < count; i++) {
        sorted[i] = billing->list.lines[keys[i].position];
    }
    billing->list = (struct line_list){sorted, count, count};
    return STATUS_OK;
}

static enum status add_usage(struct billing *billing, struct text *missing, struct fault *fault) {
    const struct snapshot *snapshot = billing->month->snapshot;
    size_t sku_count = 0;
    const uint32_t *ranks = find_skus(billing, &sku_count);
    for (size_t i = 0; i < sku_count; i++) {
        uint32_t sku = snapshot->sku_of_rank[ranks[i]];
        struct sku_charge charge;
        if (sku_charge_of(billing->month, billing->arena, &billing->on, billing->agreement, sku, &charge,
                          fault) != STATUS_OK) {
            return fault_prefix(fault, "%.*s", TEXT_ARGS(snapshot->skus[sku].code));
        }
        if (charge.price == NULL && charge.is_used) {
            struct text code = snapshot->skus[sku].code;
            *missing = missing->length == 0
                           ? code
                           : text_format(billing->arena, "%.*s, %.*s", TEXT_ARGS(*missing), TEXT_ARGS(code));
        }
        for (size_t k = 0; k < charge.line_count; k++) {
            struct billed_line line = sku_charge_line(&charge, k);
            line_list_add(&billing->list, billing->arena, &line);
        }
    }
    return sort_lines(billing, fault);
}

/* ---- what waits ---- */

/* The first place or charge of a seller and buyer, or of a pair behind them: what waits is theirs, whichever
 * of their agreements it was made under (R7.20). */
struct sought_pair {
    const struct snapshot *snapshot;
    const struct bill_waiting *waiting;
    const struct agreement *of;
    int wanted; /* a pair is before the place that is sought where its order is less than this */
};

static bool is_pair_before(const struct sought_pair *sought, int64_t agreement_id) {
    const struct snapshot *snapshot = sought->snapshot;
    const struct agreement *agreement =
        &snapshot->agreements[snapshot_agreement_find(snapshot, agreement_id)];
    return agreement_pair_compare(agreement, sought->of) < sought->wanted;
}

static bool is_place_before(const void *context, size_t i) {
    const struct sought_pair *sought = context;
    return is_pair_before(sought, sought->waiting->places[i].agreement_id);
}

static bool is_charge_before(const void *context, size_t i) {
    const struct sought_pair *sought = context;
    return is_pair_before(sought, sought->waiting->charges[i].agreement_id);
}

const struct corrected_place *bill_places_of(const struct snapshot *snapshot,
                                             const struct bill_waiting *waiting, uint32_t agreement,
                                             size_t *count) {
    struct sought_pair sought = {snapshot, waiting, &snapshot->agreements[agreement], 0};
    size_t first = lower_bound(waiting->place_count, is_place_before, &sought);
    sought.wanted = 1;
    *count = lower_bound(waiting->place_count, is_place_before, &sought) - first;
    return *count == 0 ? NULL : waiting->places + first;
}

const struct one_off_charge *bill_charges_of(const struct snapshot *snapshot,
                                             const struct bill_waiting *waiting, uint32_t agreement,
                                             size_t *count) {
    struct sought_pair sought = {snapshot, waiting, &snapshot->agreements[agreement], 0};
    size_t first = lower_bound(waiting->charge_count, is_charge_before, &sought);
    sought.wanted = 1;
    *count = lower_bound(waiting->charge_count, is_charge_before, &sought) - first;
    return *count == 0 ? NULL : waiting->charges + first;
}

/* Whether something of a month can be on the bill: it is in the bill's currency. */
static bool is_in_currency(const struct billing *billing, uint32_t agreement) {
    const struct snapshot *snapshot = billing->month->snapshot;
    return text_equal(snapshot->agreements[agreement].currency,
                      snapshot->agreements[billing->agreement].currency);
}

static struct rated_month *corrected_month(const struct bill_waiting *waiting, struct month month) {
    for (size_t i = 0; i < waiting->month_count; i++) {
        if (waiting->months[i].month.index == month.index) {
            return &waiting->months[i];
        }
    }
    return NULL;
}

/* What the bill cannot carry; `agreement` has the terms that it is by. */
static void add_stuck(struct billing *billing, uint32_t agreement, struct bill_stuck stuck) {
    billing->stuck = arena_grow(billing->arena, billing->stuck, billing->stuck_count,
                                &billing->stuck_capacity, sizeof *billing->stuck);
    stuck.currency = billing->month->snapshot->agreements[agreement].currency;
    billing->stuck[billing->stuck_count++] = stuck;
}

static enum status add_corrections(struct billing *billing, const struct bill_waiting *waiting,
                                   struct fault *fault) {
    size_t count = 0;
    const struct corrected_place *places =
        bill_places_of(billing->month->snapshot, waiting, billing->agreement, &count);
    for (size_t i = 0; i < count; i++) {
        struct rated_month *month = corrected_month(waiting, places[i].month);
        assert(month != NULL);
        /* By the terms of the month that is corrected. */
        uint32_t agreement = snapshot_agreement_in(month->snapshot, places[i].agreement_id, places[i].month);
        if (!is_in_currency(billing, agreement)) {
            add_stuck(billing, agreement,
                      (struct bill_stuck){.sku_id = places[i].sku_id, .month = places[i].month});
            continue;
        }
        if (corrections_add(month, billing->arena, agreement, &places[i], &billing->list, fault) !=
            STATUS_OK) {
            uint32_t sku = snapshot_sku_find(month->snapshot, places[i].sku_id);
            return fault_prefix(fault, "%.*s, corrected in %.*s", TEXT_ARGS(month->snapshot->skus[sku].code),
                                TEXT_ARGS(month_format(billing->arena, places[i].month)));
        }
    }
    return STATUS_OK;
}

static enum status add_charges(struct billing *billing, const struct bill_waiting *waiting,
                               struct fault *fault) {
    const struct snapshot *snapshot = billing->month->snapshot;
    size_t count = 0;
    const struct one_off_charge *charges = bill_charges_of(snapshot, waiting, billing->agreement, &count);
    for (size_t i = 0; i < count; i++) {
        struct billed_line line = {
            .customer_id = charges[i].customer_id,
            .policy = TEXT(""),
            .measured_parts = charges[i].quantity,
            .quantity_parts = charges[i].quantity,
            .parts_per_unit = 1,
            .unit_price_millionths = charges[i].unit_price_millionths,
            .tax = charges[i].tax,
            .corrects_month = {INVOICE_NO_MONTH},
            .description = charges[i].description,
            .note = TEXT(""),
        };
        uint32_t agreement = snapshot_agreement_in(snapshot, charges[i].agreement_id, charges[i].month);
        if (!is_in_currency(billing, agreement)) {
            add_stuck(billing, agreement,
                      (struct bill_stuck){.charge_id = charges[i].id, .month = charges[i].month});
            continue;
        }
        if (one_off_charge_amount(&charges[i], snapshot->currencies[billing->agreement], &line.amount_minor,
                                  fault) != STATUS_OK) {
            return fault_prefix(fault, "%.*s", TEXT_ARGS(charges[i].description));
        }
        line_list_add(&billing->list, billing->arena, &line);
    }
    return STATUS_OK;
}

/* ---- the whole ---- */

enum status bill_edge(struct rated_month *month, const struct bill_waiting *waiting, struct arena *arena,
                      uint32_t agreement, struct edge_bill *bill, struct fault *fault) {
    const struct snapshot *snapshot = month->snapshot;
    struct billing billing = {.month = month, .arena = arena, .agreement = agreement};
    struct edge_bill made = {0};
    assert(agreement < snapshot->agreement_count);
    made.usage_billing = rated_month_usage_billing(month, agreement);
    if (made.usage_billing != USAGE_BILLED_ELSEWHERE) {
        billing.on = rated_month_on(month, agreement);
        TRY(add_usage(&billing, &made.missing, fault));
    }
    if (made.usage_billing == USAGE_NOT_ASKED) {
        made.missing = TEXT("");
    }
    made.usage_count = billing.list.count;
    if (waiting != NULL) {
        TRY(add_corrections(&billing, waiting, fault));
        size_t before = billing.list.count;
        TRY(add_charges(&billing, waiting, fault));
        size_t charge_count = billing.list.count - before;
        if (bill_credit_notes_take_out(arena, &billing.list, &made.credit_notes, &made.credit_note_count,
                                       fault) != STATUS_OK) {
            return fault_prefix(fault, "The sum of all lines");
        }
        made.correction_count = billing.list.count - made.usage_count - charge_count;
    }
    made.stuck = billing.stuck;
    made.stuck_count = billing.stuck_count;
    made.lines = billing.list.lines;
    made.line_count = billing.list.count;
    for (size_t i = 0; i < made.line_count; i++) {
        made.lines[i].position = (int64_t)i + 1;
    }
    if (billed_lines_total(arena, made.lines, made.line_count, &made.total, fault) != STATUS_OK) {
        return fault_prefix(fault, "The sum of all lines");
    }
    *bill = made;
    return STATUS_OK;
}

bool bill_is_refused(enum status status) {
    return status == STATUS_INVALID || status == STATUS_CONFLICT;
}

struct text bill_missing_message(const struct rated_month *month, struct arena *arena, uint32_t agreement,
                                 struct text missing) {
    const struct snapshot *snapshot = month->snapshot;
    uint32_t seller = snapshot->edges[snapshot->edge_of_agreement[agreement]].seller;
    struct text code = snapshot->accounts[seller].code;
    struct text message =
        text_format(arena,
                    "In %.*s this was used and has no price here: %.*s. Set one with a date in "
                    "that month or before.",
                    TEXT_ARGS(month_format(arena, month->month)), TEXT_ARGS(missing));
    if (snapshot->edge_to_buyer[seller] == SNAPSHOT_NONE) {
        return message; /* nobody has an agreement with it that could say so */
    }
    return text_format(arena,
                       "%.*s Or, if %.*s bills elsewhere, let it say so: bills_elsewhere of the agreement by "
                       "which it buys.",
                       TEXT_ARGS(message), TEXT_ARGS(code));
}

/* Whether anything on the edge was in use in the month or adjusted by hand. */
static bool is_used(struct rated_month *month, uint32_t edge, uint32_t agreement) {
    const struct snapshot *snapshot = month->snapshot;
    struct edge_month on = rated_month_on(month, agreement);
    struct metering metering = metering_of(&on, NULL);
    struct edge_entries entries = usage_by_edge_entries(month->by_edge, edge);
    if (overrides_slice(&month->adjustments, snapshot->agreements[agreement].id, SNAPSHOT_NONE).count > 0) {
        return true;
    }
    for (size_t i = 0; i < entries.count; i++) {
        struct measured measured;
        struct fault fault;
        enum status status =
            charge_measure(&on, &metering, &month->usage->groups[entries.items[i].group], &measured, &fault);
        if (status != STATUS_OK || measured.quantity.parts > 0) {
            return true; /* what cannot be measured is told when it is billed */
        }
    }
    return false;
}

uint32_t bill_agreement(struct rated_month *month, const struct bill_waiting *waiting, uint32_t edge) {
    const struct snapshot *snapshot = month->snapshot;
    uint32_t agreement = snapshot_agreement_of_month(snapshot, edge, month->month, false);
    size_t place_count = 0;
    size_t charge_count = 0;
    assert(waiting != NULL);
    if (agreement != SNAPSHOT_NONE) {
        return agreement;
    }
    agreement = snapshot_agreement_of_month(snapshot, edge, month->month, true);
    if (agreement == SNAPSHOT_NONE) {
        return SNAPSHOT_NONE;
    }
    bill_places_of(snapshot, waiting, agreement, &place_count);
    bill_charges_of(snapshot, waiting, agreement, &charge_count);
    bool is_wanted = place_count > 0 || charge_count > 0 || is_used(month, edge, agreement);
    return is_wanted ? agreement : SNAPSHOT_NONE;
}
