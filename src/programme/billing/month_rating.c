#include "programme/billing/month_rating.h"

#include "core/rating/rating.h"
#include "core/time/zone.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const uint32_t NO_CUSTOMER_RANK = UINT32_MAX;

const struct rating_override *month_rating_correction(const struct month_rating *rating, uint32_t agreement,
                                                      uint32_t sku, int64_t customer_id) {
    struct rating_overrides slice = rating_overrides_of(
        &rating->corrections, rating->snapshot->agreements[agreement].id, rating->snapshot->sku_rank[sku]);
    for (size_t i = 0; i < slice.count; i++) {
        if (slice.items[i].customer_id == customer_id) {
            return &slice.items[i];
        }
    }
    return NULL;
}

/* ---- joining groups to edges ---- */

struct joined_group {
    uint32_t sku_rank;
    uint32_t customer_rank;
    uint32_t customer;
    uint32_t sku;
    uint32_t group;
};

static int compare_joined(const void *left, const void *right) {
    const struct joined_group *a = left;
    const struct joined_group *b = right;
    if (a->sku_rank != b->sku_rank) {
        return a->sku_rank < b->sku_rank ? -1 : 1;
    }
    return a->customer_rank < b->customer_rank ? -1 : a->customer_rank > b->customer_rank;
}

enum { PATH_EDGES_MAX = 128 };

/* An edge of a group's path: `edge` is SNAPSHOT_NONE where there is no agreement. */
struct path_edge {
    uint32_t edge;
    uint32_t seller;
    uint32_t buyer;
};

/* The edges on which licences of the group may be billed, from the customer up. */
static int path_of(const struct month_rating *rating, const struct joined_group *joined,
                   struct path_edge path[PATH_EDGES_MAX]) {
    const struct snapshot *snapshot = rating->snapshot;
    const struct usage_group *group = &rating->usage->groups[joined->group];
    const struct usage_licence *licence = &rating->usage->licences[group->first_licence];
    int count = 0;
    uint32_t buyer = joined->customer;
    while (snapshot->accounts[buyer].seller_id != 0) {
        uint32_t seller = snapshot_account(snapshot, snapshot->accounts[buyer].seller_id);
        int64_t depth = snapshot->accounts[seller].depth;
        assert(count < PATH_EDGES_MAX - 1);
        if (!group->one_range || (licence->first_edge <= depth && depth <= licence->last_edge)) {
            path[count++] = (struct path_edge){snapshot->edge_to_buyer[buyer], seller, buyer};
        }
        buyer = seller;
    }
    uint32_t owner = snapshot_account(snapshot, snapshot->skus[joined->sku].owner_id);
    if (snapshot->accounts[owner].kind == ACCOUNT_VENDOR && (!group->one_range || licence->first_edge == 0)) {
        path[count++] = (struct path_edge){snapshot->vendor_edge[owner], owner, buyer};
    }
    return count;
}

static struct joined_group *sort_groups(const struct month_rating *rating, struct arena *arena) {
    const struct usage *usage = rating->usage;
    struct joined_group *joined = ARENA_NEW(arena, struct joined_group, usage->group_count + 1);
    for (size_t i = 0; i < usage->group_count; i++) {
        uint32_t customer = snapshot_account(rating->snapshot, usage->groups[i].customer_id);
        uint32_t sku = snapshot_sku_find(rating->snapshot, usage->groups[i].sku_id);
        assert(sku != SNAPSHOT_NONE);
        joined[i] =
            (struct joined_group){rating->snapshot->sku_rank[sku], rating->snapshot->account_rank[customer],
                                  customer, sku, (uint32_t)i};
    }
    qsort(joined, usage->group_count, sizeof(*joined), compare_joined);
    return joined;
}

static void note_orphan(struct month_rating *rating, struct arena *arena, struct id_map *known,
                        size_t *capacity, const struct path_edge *edge) {
    uint32_t at = id_map_put(known, edge->seller, edge->buyer, (uint32_t)rating->orphan_count);
    if (at < rating->orphan_count) {
        return;
    }
    rating->orphans =
        arena_grow(arena, rating->orphans, rating->orphan_count, capacity, sizeof(*rating->orphans));
    rating->orphans[rating->orphan_count++] = (struct rating_orphan){edge->seller, edge->buyer};
}

static bool group_is_used(const struct month_rating *rating, const struct usage_group *group) {
    for (uint32_t i = 0; i < group->licence_count; i++) {
        if (rating->usage->opening_seats[group->first_licence + i] > 0) {
            return true;
        }
    }
    return group->change_count > 0;
}

/* Counts, then fills: a counting sort by edge, which keeps the order of SKU and customer. */
static void join_groups(struct month_rating *rating, struct arena *arena) {
    struct arena scratch;
    arena_init(&scratch);
    const struct joined_group *joined = sort_groups(rating, &scratch);
    size_t edge_count = rating->snapshot->edge_count;
    size_t group_count = rating->usage->group_count;
    struct path_edge path[PATH_EDGES_MAX];
    struct id_map known;
    size_t capacity = 0;
    id_map_init(&known, &scratch, 8);
    rating->first_entry = ARENA_NEW(arena, uint32_t, edge_count + 2);
    for (size_t i = 0; i < group_count; i++) {
        int count = path_of(rating, &joined[i], path);
        for (int k = 0; k < count; k++) {
            if (path[k].edge != SNAPSHOT_NONE) {
                rating->first_entry[path[k].edge + 1]++;
            } else if (group_is_used(rating, &rating->usage->groups[joined[i].group])) {
                note_orphan(rating, arena, &known, &capacity, &path[k]);
            }
        }
    }
    for (size_t e = 0; e < edge_count; e++) {
        rating->first_entry[e + 1] += rating->first_entry[e];
    }
    rating->entries = ARENA_NEW(arena, struct rating_entry, rating->first_entry[edge_count] + 1u);
    uint32_t *filled = ARENA_NEW(&scratch, uint32_t, edge_count + 1);
    for (size_t i = 0; i < group_count; i++) {
        int count = path_of(rating, &joined[i], path);
        for (int k = 0; k < count; k++) {
            if (path[k].edge != SNAPSHOT_NONE) {
                rating->entries[rating->first_entry[path[k].edge] + filled[path[k].edge]++] =
                    (struct rating_entry){joined[i].sku_rank, joined[i].customer_rank, joined[i].group};
            }
        }
    }
    arena_clean_up(&scratch);
}

void month_rating_open(struct arena *arena, const struct month_rating_input *input,
                       struct month_rating *rating) {
    *rating = (struct month_rating){
        .snapshot = input->snapshot,
        .usage = input->usage,
        .month = input->month,
        .until_us = input->until_us == 0 ? INT64_MAX : input->until_us,
        .adjustments.items = ARENA_NEW(arena, struct rating_override, input->adjustment_count + 1),
        .corrections.items = ARENA_NEW(arena, struct rating_override, input->correction_count + 1),
        .meter_scratch.arena = arena,
        .usage_scratch.arena = arena,
    };
    for (size_t i = 0; i < input->adjustment_count; i++) {
        const struct report_adjustment *from = &input->adjustments[i];
        rating_overrides_add(input->snapshot, &rating->adjustments, input->adjustment_agreements[i],
                             from->customer_id, from->sku_id, from->units, from->reason, 0);
    }
    for (size_t i = 0; i < input->correction_count; i++) {
        const struct correction *from = &input->corrections[i];
        if (from->month.index == input->month.index) {
            rating_overrides_add(input->snapshot, &rating->corrections, from->agreement_id, from->customer_id,
                                 from->sku_id, from->units, from->reason, from->id);
        }
    }
    rating_overrides_settle(&rating->adjustments);
    rating_overrides_settle(&rating->corrections);
    join_groups(rating, arena);
}

/* ---- rating one SKU ---- */

/* What is the same for every SKU of an edge. */
struct edge_context {
    struct month_rating *rating;
    struct arena *arena;
    uint32_t agreement;
    uint32_t edge;
    int64_t seller_depth;
    struct month_span span;
    bool has_time; /* false where until_us lies before the month */
};

/* One end customer of the SKU under work. */
struct rated_customer {
    int64_t customer_id;
    uint32_t customer_rank;
    struct quantity measured;
    int64_t charged_parts;
    struct text note;
};

/* The month as the agreement's zone has it, cut off at until_us. */
static struct edge_context context_of(struct month_rating *rating, struct arena *arena, uint32_t agreement) {
    const struct snapshot *snapshot = rating->snapshot;
    uint32_t edge = snapshot->edge_of_agreement[agreement];
    struct edge_context context = {rating,
                                   arena,
                                   agreement,
                                   edge,
                                   snapshot->accounts[snapshot->edges[edge].seller].depth,
                                   *snapshot_span(snapshot, agreement, rating->month),
                                   true};
    struct month_span *span = &context.span;
    if (rating->until_us >= span->midnights_us[span->days]) {
        return context;
    }
    while (span->days > 0 && span->midnights_us[span->days - 1] >= rating->until_us) {
        span->days--;
    }
    if (span->days > 0) {
        span->midnights_us[span->days] = rating->until_us;
    }
    context.has_time = span->days > 0;
    return context;
}

static enum status measure(const struct edge_context *context, const struct usage_group *group,
                           enum metering_policy policy, int64_t from_us, struct quantity *measured,
                           int64_t *first_on_at_us, struct fault *fault) {
    struct month_rating *rating = context->rating;
    struct usage_meter meter;
    *measured = (struct quantity){0, policy == POLICY_DAILY ? context->span.days : 1};
    *first_on_at_us = 0;
    if (!context->has_time ||
        !usage_meter_at(rating->usage, group, context->seller_depth, &rating->usage_scratch, &meter)) {
        return STATUS_OK;
    }
    *first_on_at_us = meter.first_on_at_us;
    return meter_measure(&meter.meter, policy, &context->span, from_us, &rating->meter_scratch, measured,
                         fault);
}

/* Whether the month is one of the customer's first with the SKU that cost nothing. */
static bool is_free_month(const struct edge_context *context, const struct price *price,
                          int64_t first_on_at_us) {
    if (price->terms.free_months == 0 || first_on_at_us == 0) {
        return false;
    }
    struct month first =
        zone_month_at(snapshot_zone(context->rating->snapshot, context->agreement), first_on_at_us);
    return context->rating->month.index < first.index + price->terms.free_months;
}

/* The next customer of three sorted lists: the meter's, the adjustments', the corrections'. */
struct merged_customers {
    const struct rating_entry *entries;
    size_t entry_count;
    struct rating_overrides adjustments;
    struct rating_overrides corrections;
};

static struct merged_customers customers_of(const struct edge_context *context, uint32_t sku_rank) {
    const struct month_rating *rating = context->rating;
    int64_t agreement_id = rating->snapshot->agreements[context->agreement].id;
    size_t low = rating->first_entry[context->edge];
    size_t end = rating->first_entry[context->edge + 1];
    size_t high = end;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (rating->entries[middle].sku_rank < sku_rank) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    size_t last = low;
    while (last < end && rating->entries[last].sku_rank == sku_rank) {
        last++;
    }
    return (struct merged_customers){
        rating->entries + low,
        last - low,
        rating_overrides_of(&rating->adjustments, agreement_id, sku_rank),
        rating_overrides_of(&rating->corrections, agreement_id, sku_rank),
    };
}

/* Takes an override off the front of its list where it is of that customer. */
static const struct rating_override *take_override(struct rating_overrides *overrides, uint32_t rank) {
    if (overrides->count == 0 || overrides->items[0].customer_rank != rank) {
        return NULL;
    }
    overrides->count--;
    return overrides->items++;
}

static bool next_customer(struct merged_customers *merged, uint32_t *rank, const struct rating_entry **entry,
                          const struct rating_override **adjustment,
                          const struct rating_override **correction) {
    *rank = UINT32_MAX;
    if (merged->entry_count > 0) {
        *rank = merged->entries[0].customer_rank;
    }
    if (merged->adjustments.count > 0 && merged->adjustments.items[0].customer_rank < *rank) {
        *rank = merged->adjustments.items[0].customer_rank;
    }
    if (merged->corrections.count > 0 && merged->corrections.items[0].customer_rank < *rank) {
        *rank = merged->corrections.items[0].customer_rank;
    }
    if (*rank == UINT32_MAX) {
        return false;
    }
    *entry = NULL;
    if (merged->entry_count > 0 && merged->entries[0].customer_rank == *rank) {
        *entry = merged->entries++;
        merged->entry_count--;
    }
    *adjustment = take_override(&merged->adjustments, *rank);
    *correction = take_override(&merged->corrections, *rank);
    return true;
}

static enum status units_to_parts(int64_t units, int64_t parts_per_unit, int64_t *parts,
                                  struct fault *fault) {
    if (!__builtin_mul_overflow(units, parts_per_unit, parts)) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_INVALID, "quantity-overflow", "units", (struct text){0},
                     "%lld units do not fit", (long long)units);
}

/* One customer's measured and charged quantity; `*shown` is false where there is nothing to tell. */
static enum status rate_customer(const struct edge_context *context, const struct price *price,
                                 int64_t from_us, const struct rating_entry *entry,
                                 const struct rating_override *adjustment,
                                 const struct rating_override *correction, struct rated_customer *customer,
                                 bool *shown, struct fault *fault) {
    int64_t first_on_at_us = 0;
    enum status status = STATUS_OK;
    customer->measured = (struct quantity){0, price->policy == POLICY_DAILY ? context->span.days : 1};
    customer->note = (struct text){0};
    if (entry != NULL) {
        status = measure(context, &context->rating->usage->groups[entry->group], price->policy, from_us,
                         &customer->measured, &first_on_at_us, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    int64_t parts_per_unit = customer->measured.parts_per_unit;
    customer->charged_parts = customer->measured.parts;
    if (adjustment != NULL) {
        customer->note = adjustment->reason;
        status = units_to_parts(adjustment->units, parts_per_unit, &customer->charged_parts, fault);
    }
    if (is_free_month(context, price, first_on_at_us)) {
        customer->note = TEXT("free month");
        customer->charged_parts = 0;
    }
    if (correction != NULL && status == STATUS_OK) {
        customer->note = correction->reason;
        status = units_to_parts(correction->units, parts_per_unit, &customer->charged_parts, fault);
    }
    *shown = customer->measured.parts > 0 || adjustment != NULL || correction != NULL;
    return status;
}

static struct billed_line row_of(const struct price *price, const struct tax *tax,
                                 const struct rating_line *line, const struct rated_customer *customers) {
    bool is_minimum = line->usage == RATING_NO_CUSTOMER;
    const struct rated_customer *customer = is_minimum ? NULL : &customers[line->usage];
    struct text note = is_minimum ? TEXT("minimum") : customer->note;
    if (price->terms.not_for_resale && note.length == 0) {
        note = TEXT("not for resale");
    }
    return (struct billed_line){
        .customer_id = is_minimum ? 0 : customer->customer_id,
        .sku_id = price->sku_id,
        .price_id = price->id,
        .policy = text_of(metering_policy_name(price->policy)),
        .measured_parts = is_minimum ? 0 : customer->measured.parts,
        .quantity_parts = line->quantity.parts,
        .parts_per_unit = line->quantity.parts_per_unit,
        .unit_price_millionths = line->unit_price_millionths,
        .amount_minor = line->amount_minor,
        .tax = *tax,
        .corrects_month = {INVOICE_NO_MONTH},
        .note = note,
    };
}

/* Rates the customers at the price. */
static enum status rate_at_price(const struct edge_context *context, const struct price *price,
                                 const struct tax *tax, struct merged_customers merged,
                                 struct billed_line **lines, size_t *count, struct fault *fault) {
    const struct snapshot *snapshot = context->rating->snapshot;
    struct arena *arena = context->arena;
    size_t most = merged.entry_count + merged.adjustments.count + merged.corrections.count;
    struct rated_customer *customers = ARENA_NEW(arena, struct rated_customer, most + 1);
    struct rating_usage *usages = ARENA_NEW(arena, struct rating_usage, most + 1);
    struct rating_line *rated = NULL;
    struct price charged_price = *price;
    size_t customer_count = 0;
    int64_t m0 = context->span.midnights_us[0];
    int64_t from_us = m0;
    enum status status = STATUS_OK;
    const struct rating_entry *entry;
    const struct rating_override *adjustment;
    const struct rating_override *correction;
    uint32_t rank;
    if (price->terms.has_trial_end) {
        int64_t trial_end_us =
            zone_midnight_us(snapshot_zone(snapshot, context->agreement), price->terms.trial_end);
        from_us = trial_end_us > m0 ? trial_end_us : m0;
        /* A month that lies in the trial whole has no minimum either. */
        if (from_us >= context->span.midnights_us[context->span.days]) {
            charged_price.terms.minimum_units = 0;
        }
    }
    while (status == STATUS_OK && next_customer(&merged, &rank, &entry, &adjustment, &correction)) {
        struct rated_customer *customer = &customers[customer_count];
        bool shown = false;
        status =
            rate_customer(context, price, from_us, entry, adjustment, correction, customer, &shown, fault);
        customer->customer_rank = rank;
        customer->customer_id = entry != NULL ? context->rating->usage->groups[entry->group].customer_id
                                : adjustment != NULL ? adjustment->customer_id
                                                     : correction->customer_id;
        usages[customer_count] = (struct rating_usage){customer->measured.parts, customer->charged_parts};
        customer_count += shown;
    }
    if (status != STATUS_OK) {
        return status;
    }
    *count = 0;
    *lines = NULL;
    if (customer_count == 0 && charged_price.terms.minimum_units == 0) {
        return STATUS_OK;
    }
    int64_t parts_per_unit = price->policy == POLICY_DAILY ? context->span.days : 1;
    status = rating_rate(arena, &charged_price, snapshot->currencies[context->agreement], parts_per_unit,
                         usages, customer_count, &rated, count, fault);
    if (status != STATUS_OK) {
        return status;
    }
    *lines = ARENA_NEW(arena, struct billed_line, *count + 1);
    for (size_t i = 0; i < *count; i++) {
        (*lines)[i] = row_of(price, tax, &rated[i], customers);
    }
    return STATUS_OK;
}

/* Whether a SKU without a price was used all the same. */
static enum status is_used(const struct edge_context *context, const struct merged_customers *merged,
                           bool *used, struct fault *fault) {
    enum status status = STATUS_OK;
    *used = merged->adjustments.count > 0 || merged->corrections.count > 0;
    for (size_t i = 0; status == STATUS_OK && !*used && i < merged->entry_count; i++) {
        struct quantity measured;
        int64_t first_on_at_us;
        status = measure(context, &context->rating->usage->groups[merged->entries[i].group], POLICY_PEAK,
                         context->span.midnights_us[0], &measured, &first_on_at_us, fault);
        *used = measured.parts > 0;
    }
    return status;
}

/* Rates a SKU: lines, or `*unpriced` where it was used and has no price. */
static enum status rate_sku(const struct edge_context *context, uint32_t sku, struct billed_line **lines,
                            size_t *count, bool *unpriced, struct fault *fault) {
    struct tax tax;
    struct merged_customers merged = customers_of(context, context->rating->snapshot->sku_rank[sku]);
    const struct price *price = snapshot_price(context->rating->snapshot, context->arena, context->agreement,
                                               sku, context->rating->month, &tax);
    *lines = NULL;
    *count = 0;
    *unpriced = false;
    if (price == NULL) {
        return is_used(context, &merged, unpriced, fault);
    }
    if (!context->has_time) {
        return STATUS_OK;
    }
    return rate_at_price(context, price, &tax, merged, lines, count, fault);
}

enum status month_rating_sku(struct month_rating *rating, struct arena *arena, uint32_t agreement,
                             uint32_t sku, struct billed_line **lines, size_t *count, bool *priced,
                             struct fault *fault) {
    struct edge_context context = context_of(rating, arena, agreement);
    bool unpriced = false;
    enum status status = rate_sku(&context, sku, lines, count, &unpriced, fault);
    *priced = !unpriced;
    return status;
}

/* ---- rating an edge ---- */

static int compare_ranks(const void *left, const void *right) {
    const uint32_t *a = left;
    const uint32_t *b = right;
    return *a < *b ? -1 : *a > *b;
}

/* The ranks of the SKUs that the edge has anything to do with, ascending, each once. */
static uint32_t *skus_of_edge(const struct edge_context *context, size_t *count) {
    const struct month_rating *rating = context->rating;
    const struct snapshot *snapshot = rating->snapshot;
    const struct agreement *agreement = &snapshot->agreements[context->agreement];
    struct rating_overrides adjustments =
        rating_overrides_of(&rating->adjustments, agreement->id, SNAPSHOT_NONE);
    struct rating_overrides corrections =
        rating_overrides_of(&rating->corrections, agreement->id, SNAPSHOT_NONE);
    uint32_t first = rating->first_entry[context->edge];
    uint32_t end = rating->first_entry[context->edge + 1];
    size_t minimum_count = 0;
    const uint32_t *minimums = snapshot_minimums(snapshot, agreement->seller_id, &minimum_count);
    size_t most = end - first + adjustments.count + corrections.count + minimum_count;
    uint32_t *ranks = ARENA_NEW(context->arena, uint32_t, most + 1);
    size_t found = 0;
    for (uint32_t i = first; i < end; i++) {
        if (i == first || rating->entries[i].sku_rank != rating->entries[i - 1].sku_rank) {
            ranks[found++] = rating->entries[i].sku_rank;
        }
    }
    size_t sorted = found;
    for (size_t i = 0; i < adjustments.count; i++) {
        ranks[found++] = adjustments.items[i].sku_rank;
    }
    for (size_t i = 0; i < corrections.count; i++) {
        ranks[found++] = corrections.items[i].sku_rank;
    }
    for (size_t i = 0; i < minimum_count; i++) {
        const struct price_edge *edge = &snapshot->prices.edges[minimums[i]];
        int64_t sku_id = snapshot->prices.prices[minimums[i]].sku_id;
        if (edge->buyer_id == 0 || edge->buyer_id == agreement->buyer_id) {
            ranks[found++] = snapshot->sku_rank[snapshot_sku_find(snapshot, sku_id)];
        }
    }
    if (found > sorted) {
        qsort(ranks, found, sizeof(*ranks), compare_ranks);
    }
    size_t kept = 0;
    for (size_t i = 0; i < found; i++) {
        if (kept == 0 || ranks[i] != ranks[kept - 1]) {
            ranks[kept++] = ranks[i];
        }
    }
    *count = kept;
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

/* From SKU by SKU to customer by customer; lines for no one come last. */
static void sort_lines(const struct edge_context *context, struct edge_bill *bill) {
    const struct snapshot *snapshot = context->rating->snapshot;
    if (bill->line_count == 0) {
        return;
    }
    struct line_key *keys = ARENA_NEW(context->arena, struct line_key, bill->line_count);
    struct billed_line *sorted = ARENA_NEW(context->arena, struct billed_line, bill->line_count);
    for (size_t i = 0; i < bill->line_count; i++) {
        int64_t customer_id = bill->lines[i].customer_id;
        keys[i].customer_rank = customer_id == 0
                                    ? NO_CUSTOMER_RANK
                                    : snapshot->account_rank[snapshot_account(snapshot, customer_id)];
        keys[i].position = (uint32_t)i;
    }
    qsort(keys, bill->line_count, sizeof(*keys), compare_line_keys);
    for (size_t i = 0; i < bill->line_count; i++) {
        sorted[i] = bill->lines[keys[i].position];
        sorted[i].position = (int64_t)i + 1;
    }
    bill->lines = sorted;
}

enum status month_rating_edge(struct month_rating *rating, struct arena *arena, uint32_t agreement,
                              struct edge_bill *bill, struct fault *fault) {
    struct edge_context context = context_of(rating, arena, agreement);
    enum status status = STATUS_OK;
    size_t capacity = 0;
    size_t sku_count = 0;
    const uint32_t *ranks = skus_of_edge(&context, &sku_count);
    *bill = (struct edge_bill){0};
    for (size_t i = 0; status == STATUS_OK && i < sku_count; i++) {
        struct billed_line *lines = NULL;
        size_t count = 0;
        bool unpriced = false;
        uint32_t sku = rating->snapshot->sku_of_rank[ranks[i]];
        status = rate_sku(&context, sku, &lines, &count, &unpriced, fault);
        if (unpriced) {
            bill->missing = bill->missing.length == 0
                                ? rating->snapshot->skus[sku].code
                                : text_format(arena, "%.*s, %.*s", TEXT_ARGS(bill->missing),
                                              TEXT_ARGS(rating->snapshot->skus[sku].code));
        }
        bill->used = bill->used || unpriced || count > 0;
        for (size_t k = 0; status == STATUS_OK && k < count; k++) {
            bill->lines = arena_grow(arena, bill->lines, bill->line_count, &capacity, sizeof(*bill->lines));
            bill->lines[bill->line_count++] = lines[k];
        }
    }
    if (status == STATUS_OK) {
        sort_lines(&context, bill);
    }
    return status;
}

bool month_rating_is_used(struct month_rating *rating, uint32_t edge, uint32_t agreement) {
    struct arena scratch;
    struct fault fault;
    bool used = false;
    arena_init(&scratch);
    struct edge_context context = context_of(rating, &scratch, agreement);
    struct merged_customers merged = {
        .entries = rating->entries + rating->first_entry[edge],
        .entry_count = rating->first_entry[edge + 1] - rating->first_entry[edge],
        .adjustments = rating_overrides_of(&rating->adjustments, rating->snapshot->agreements[agreement].id,
                                           SNAPSHOT_NONE),
    };
    enum status status = is_used(&context, &merged, &used, &fault);
    arena_clean_up(&scratch);
    return used || status != STATUS_OK;
}
