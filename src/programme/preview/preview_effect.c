/* What is rated stands on a ground: a part of the programme with its usage, without the change and with it.
 * The first ground has the accounts that the plan touches. An edge above them, on which a tier or a minimum
 * is reached by all its customers together, gets a ground of its own for each such SKU, which goes once the
 * edge is rated. */
#include "programme/preview/preview_effect.h"

#include "core/rating/bill.h"
#include "programme/billing/load_snapshot.h"
#include "programme/call/name_cache.h"
#include "programme/usage/load_usage.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { WITHOUT, WITH, SIDES };

/* The usage of one SKU, or of all (0). */
struct ground_usage {
    int64_t sku_id;
    struct usage usage[SIDES];
    struct usage_by_edge by_edge[SIDES];
};

struct ground {
    struct arena arena;
    struct call call; /* the caller's, in that arena */
    struct snapshot snapshot;
    struct snapshot priced; /* the same with other prices; its zones are the first one's */
    const struct snapshot *snapshots[SIDES];
    struct ground_usage *usages;
    size_t usage_count;
    size_t usage_capacity;
};

/* A SKU on an edge that the plan touches; both are indices into the first ground's. */
struct touched_pair {
    uint32_t edge;
    uint32_t sku_rank;
};

/* An edge while it is rated. */
struct edge_effect {
    struct preview_edge *edge;
    struct preview_row *rows[PREVIEW_MONTHS];
    size_t row_capacity[PREVIEW_MONTHS];
    struct month months[PREVIEW_MONTHS];
};

struct previewing {
    struct call *call;
    struct preview *preview;
    struct name_cache names;
    int64_t viewer_id;
    const struct planned_change *changes; /* none: every customer is told of */
    size_t change_count;
    struct id_map touched; /* (customer, SKU) of the changes */
};

/* ---- grounds ---- */

static void ground_begin(struct ground *ground, const struct call *call) {
    *ground = (struct ground){.call = *call};
    arena_init(&ground->arena);
    ground->call.arena = &ground->arena;
}

static void ground_end(struct ground *ground) {
    snapshot_close(&ground->snapshot);
    arena_clean_up(&ground->arena);
}

/* The earliest start of the running month, whatever zone it is in, and of the one before where an edge is
 * still in it. */
static int64_t usage_from_us(const struct ground *ground) {
    int64_t from_us = ground->call.now_us;
    int64_t until_us = ground->call.now_us;
    for (size_t i = 0; i < ground->snapshot.zone_count; i++) {
        struct month month = zone_month_at(snapshot_zone_at(&ground->snapshot, i), ground->call.now_us);
        snapshot_widen(&ground->snapshot, month, &from_us, &until_us);
    }
    return from_us;
}

/* Reads the usage of the part, of one SKU or of all (0), and lets the changes happen that are of it. */
static enum status ground_read_usage(struct ground *ground, int64_t under_id, int64_t sku_id,
                                     const struct planned_change *changes, size_t count,
                                     struct fault *fault) {
    struct planned_change *planned = ARENA_NEW(&ground->arena, struct planned_change, count);
    struct ground_usage made = {.sku_id = sku_id};
    size_t kept = 0;
    const struct usage_scope scope = {.from_us = usage_from_us(ground),
                                      .until_us = INT64_MAX,
                                      .under_account_id = under_id,
                                      .sku_id = sku_id};
    for (size_t i = 0; i < count; i++) {
        if (sku_id == 0 || changes[i].sku_id == sku_id) {
            planned[kept++] = changes[i];
        }
    }
    TRY(usage_load(ground->call.db, &ground->arena, &scope, &made.usage[WITHOUT], fault));
    made.usage[WITH] = usage_with_planned(&ground->arena, &made.usage[WITHOUT], planned, kept);
    for (int side = 0; side < SIDES; side++) {
        TRY(usage_by_edge_of(&ground->snapshot, &made.usage[side], &ground->arena, &made.by_edge[side],
                             fault));
    }
    ground->usages = arena_grow(&ground->arena, ground->usages, ground->usage_count, &ground->usage_capacity,
                                sizeof *ground->usages);
    ground->usages[ground->usage_count++] = made;
    return STATUS_OK;
}

/* The usage that has a SKU, or NULL. */
static const struct ground_usage *ground_usage_of(const struct ground *ground, int64_t sku_id) {
    for (size_t i = 0; i < ground->usage_count; i++) {
        if (ground->usages[i].sku_id == sku_id || ground->usages[i].sku_id == 0) {
            return &ground->usages[i];
        }
    }
    return NULL;
}

static enum status ground_load(struct ground *ground, const struct programme_part *part,
                               struct fault *fault) {
    TRY(snapshot_load(&ground->call, part, &ground->snapshot, fault));
    ground->snapshots[WITHOUT] = ground->snapshots[WITH] = &ground->snapshot;
    return STATUS_OK;
}

/* ---- months ---- */

/* The month of the edge that runs now, as rating has it; false where no agreement answers for it. */
static bool find_running_month(const struct snapshot *snapshot, uint32_t edge, int64_t now_us,
                               struct month *month) {
    const struct snapshot_edge *of = &snapshot->edges[edge];
    uint32_t last = snapshot->edge_agreements[of->first_agreement + of->agreement_count - 1];
    struct month first = month_plus(zone_month_at(snapshot_zone(snapshot, last), now_us), -1);
    for (int i = 0; i < 3; i++) {
        struct month tried = month_plus(first, i);
        uint32_t agreement = snapshot_agreement_of_month(snapshot, edge, tried, true);
        if (agreement == SNAPSHOT_NONE) {
            continue;
        }
        const struct month_span *span = snapshot_joined_span(snapshot, agreement, tried);
        if (now_us < span->midnights_us[span->days]) {
            *month = tried;
            return true;
        }
    }
    return false;
}

/* ---- rows ---- */

static const struct price *copy_price(struct arena *arena, const struct price *price) {
    if (price == NULL) {
        return NULL;
    }
    struct price *copy = ARENA_NEW(arena, struct price, 1);
    struct price_tier *tiers = ARENA_NEW(arena, struct price_tier, price->tier_count);
    memcpy(tiers, price->tiers, price->tier_count * sizeof *tiers);
    *copy = *price;
    copy->tiers = tiers;
    return copy;
}

/* The lines of one customer, or those of none (RATING_NO_CUSTOMER). */
static enum status fill_lines(struct arena *arena, const struct sku_charge *charge, int64_t customer,
                              struct preview_side *side, struct fault *fault) {
    struct preview_line *lines = NULL;
    size_t count = 0;
    for (size_t i = 0; i < charge->line_count; i++) {
        count += charge->lines[i].usage == customer ? 1 : 0;
    }
    lines = ARENA_NEW(arena, struct preview_line, count);
    for (size_t i = 0; i < charge->line_count; i++) {
        const struct rating_line *line = &charge->lines[i];
        if (line->usage != customer) {
            continue;
        }
        lines[side->line_count++] =
            (struct preview_line){line->quantity, line->unit_price_millionths,
                                  charge->price->tiers[line->tier].from, line->amount_minor};
        TRY(money_add(&side->amount_minor, line->amount_minor, fault));
        if (customer == RATING_NO_CUSTOMER) {
            side->charged.parts += line->quantity.parts;
        }
    }
    side->lines = lines;
    return STATUS_OK;
}

/* What the charge says of a customer (an index into its customers, or RATING_NO_CUSTOMER, or further below:
 * nothing). */
static enum status fill_side(struct arena *arena, const struct sku_charge *charge, int64_t customer,
                             struct preview_side *side, struct fault *fault) {
    int64_t parts_per_unit = charge->metering.parts_per_unit;
    *side = (struct preview_side){.price = copy_price(arena, charge->price),
                                  .measured = {0, parts_per_unit},
                                  .charged = {0, parts_per_unit}};
    if (customer >= 0) {
        side->measured = charge->customers[customer].measured.quantity;
        side->charged = charge->customers[customer].charged.quantity;
        side->why = charge->customers[customer].charged.why;
    }
    return customer >= RATING_NO_CUSTOMER ? fill_lines(arena, charge, customer, side, fault) : STATUS_OK;
}

static bool sides_differ(const struct preview_side *a, const struct preview_side *b) {
    bool differ = a->amount_minor != b->amount_minor || a->line_count != b->line_count ||
                  a->measured.parts != b->measured.parts || a->charged.parts != b->charged.parts ||
                  a->why != b->why;
    for (size_t i = 0; !differ && i < a->line_count; i++) {
        differ = a->lines[i].quantity.parts != b->lines[i].quantity.parts ||
                 a->lines[i].unit_price_millionths != b->lines[i].unit_price_millionths;
    }
    return differ;
}

static bool is_touched(const struct previewing *previewing, int64_t customer_id, int64_t sku_id) {
    uint32_t unused = 0;
    return previewing->changes == NULL || id_map_get(&previewing->touched, customer_id, sku_id, &unused);
}

static enum status name_row(struct previewing *previewing, int64_t customer_id, int64_t sku_id,
                            struct preview_row *row, struct fault *fault) {
    struct call *call = previewing->call;
    const struct sku *sku = NULL;
    const struct account *customer = NULL;
    TRY(name_cache_sku(&previewing->names, sku_id, &sku, fault));
    row->sku = identifier_text(call, IDENTIFIER_SKU, sku_id);
    row->sku_code = sku->code;
    row->sku_name = sku->name;
    if (customer_id != 0) {
        TRY(name_cache_account(&previewing->names, customer_id, &customer, fault));
        row->customer = identifier_text(call, IDENTIFIER_ACCOUNT, customer_id);
        row->customer_code = customer->code;
        row->customer_name = customer->name;
    }
    return STATUS_OK;
}

/* What both sides say of a customer (0: of none), where it is told of. */
static enum status add_row(struct previewing *previewing, struct edge_effect *effect, int month,
                           const struct sku_charge charges[SIDES], const int64_t customers[SIDES],
                           int64_t customer_id, int64_t sku_id, struct fault *fault) {
    struct arena *arena = previewing->call->arena;
    struct preview_month *of = &effect->edge->months[month];
    struct preview_row row = {0};
    TRY(fill_side(arena, &charges[WITHOUT], customers[WITHOUT], &row.before, fault));
    TRY(fill_side(arena, &charges[WITH], customers[WITH], &row.after, fault));
    bool is_told = customer_id != 0 && is_touched(previewing, customer_id, sku_id);
    if (!is_told && !sides_differ(&row.before, &row.after)) {
        return STATUS_OK;
    }
    TRY(name_row(previewing, customer_id, sku_id, &row, fault));
    row.difference_minor = (money_wide)row.after.amount_minor - row.before.amount_minor;
    of->before_minor += row.before.amount_minor;
    of->after_minor += row.after.amount_minor;
    effect->rows[month] = arena_grow(arena, effect->rows[month], of->row_count, &effect->row_capacity[month],
                                     sizeof *effect->rows[month]);
    effect->rows[month][of->row_count++] = row;
    of->rows = effect->rows[month];
    return STATUS_OK;
}

static uint32_t rank_of_customer(const struct snapshot *snapshot, const struct sku_charge *charge, size_t i) {
    return i < charge->customer_count
               ? snapshot->account_rank[snapshot_account(snapshot, charge->customers[i].customer_id)]
               : UINT32_MAX;
}

/* Goes through the customers of both sides, which are sorted alike. */
static enum status add_rows(struct previewing *previewing, struct edge_effect *effect, int month,
                            const struct snapshot *snapshot, const struct sku_charge charges[SIDES],
                            int64_t sku_id, struct fault *fault) {
    enum { NOTHING = RATING_NO_CUSTOMER - 1 };
    size_t at[SIDES] = {0};
    const int64_t minimum[SIDES] = {RATING_NO_CUSTOMER, RATING_NO_CUSTOMER};
    for (;;) {
        uint32_t ranks[SIDES];
        int64_t customers[SIDES];
        for (int side = 0; side < SIDES; side++) {
            ranks[side] = rank_of_customer(snapshot, &charges[side], at[side]);
        }
        uint32_t rank = ranks[WITHOUT] < ranks[WITH] ? ranks[WITHOUT] : ranks[WITH];
        if (rank == UINT32_MAX) {
            break;
        }
        int64_t customer_id = 0;
        for (int side = 0; side < SIDES; side++) {
            customers[side] = NOTHING;
            if (ranks[side] == rank) {
                customer_id = charges[side].customers[at[side]].customer_id;
                customers[side] = (int64_t)at[side]++;
            }
        }
        TRY(add_row(previewing, effect, month, charges, customers, customer_id, sku_id, fault));
    }
    return add_row(previewing, effect, month, charges, minimum, 0, sku_id, fault);
}

/* ---- an edge ---- */

static void tell_problem(struct previewing *previewing, struct preview_month *month, const char *reason,
                         struct text message) {
    if (month->reason.length == 0) {
        month->reason = text_copy(previewing->call->arena, text_of(reason));
        month->message = text_copy(previewing->call->arena, message);
    }
}

/* The edge of two accounts on a ground. */
static uint32_t find_edge(const struct snapshot *snapshot, int64_t seller_id, int64_t buyer_id) {
    for (size_t e = 0; e < snapshot->edge_count; e++) {
        if (snapshot->accounts[snapshot->edges[e].seller].id == seller_id &&
            snapshot->accounts[snapshot->edges[e].buyer].id == buyer_id) {
            return (uint32_t)e;
        }
    }
    return SNAPSHOT_NONE;
}

/* Charges a SKU without the change and with it. */
static enum status charge_sides(struct ground *ground, uint32_t agreement, uint32_t sku, struct month month,
                                struct sku_charge charges[SIDES], struct text *missing, struct fault *fault) {
    const struct ground_usage *of = ground_usage_of(ground, ground->snapshot.skus[sku].id);
    assert(of != NULL);
    for (int side = 0; side < SIDES; side++) {
        struct rated_month rated;
        const struct rated_month_input input = {.snapshot = ground->snapshots[side],
                                                .usage = &of->usage[side],
                                                .by_edge = &of->by_edge[side],
                                                .month = month};
        TRY(rated_month_open(&ground->arena, &input, &rated, fault));
        enum status status = sku_charge_on(&rated, &ground->arena, agreement, sku, &charges[side], fault);
        if (status != STATUS_OK) {
            return fault_prefix(fault, "%.*s", TEXT_ARGS(ground->snapshot.skus[sku].code));
        }
        if (side == WITH && charges[side].price == NULL && charges[side].is_used) {
            *missing =
                bill_missing_message(&rated, &ground->arena, agreement, ground->snapshot.skus[sku].code);
        }
    }
    return STATUS_OK;
}

/* Adds what a SKU comes to in one month of the edge, which is one of the ground's. */
static enum status rate_sku(struct previewing *previewing, struct ground *ground, uint32_t edge,
                            int64_t sku_id, struct edge_effect *effect, int at, struct fault *fault) {
    const struct snapshot *snapshot = &ground->snapshot;
    struct preview_month *month = &effect->edge->months[at];
    uint32_t agreement = snapshot_agreement_of_month(snapshot, edge, month->month, true);
    uint32_t sku = snapshot_sku_find(snapshot, sku_id);
    struct sku_charge charges[SIDES];
    struct text missing = TEXT("");
    if (!month->is_there || month->billed_elsewhere || agreement == SNAPSHOT_NONE) {
        return STATUS_OK;
    }
    TRY(snapshot_has_sku(snapshot, sku_id, fault));
    enum status status = charge_sides(ground, agreement, sku, month->month, charges, &missing, fault);
    if (bill_is_refused(status)) {
        tell_problem(previewing, month, fault->code, text_of(fault->message));
        return STATUS_OK;
    }
    TRY(status);
    if (missing.length > 0) {
        tell_problem(previewing, month, "price-missing", missing);
    }
    return add_rows(previewing, effect, at, snapshot, charges, sku_id, fault);
}

/* Whether each customer is charged by itself in both months: no tier and no minimum is reached by all of the
 * edge together. */
static bool is_charged_alone(const struct ground *ground, uint32_t edge, int64_t sku_id,
                             const struct edge_effect *effect) {
    const struct snapshot *snapshot = &ground->snapshot;
    uint32_t sku = snapshot_sku_find(snapshot, sku_id);
    struct tax tax;
    for (int at = 0; at < PREVIEW_MONTHS; at++) {
        struct month month = effect->months[at];
        uint32_t agreement = snapshot_agreement_of_month(snapshot, edge, month, true);
        const struct price *price =
            agreement == SNAPSHOT_NONE || sku == SNAPSHOT_NONE
                ? NULL
                : snapshot_price(snapshot, agreement, sku, month, RULES_PRESENT, &tax);
        if (price != NULL && (price->tier_count > 1 || price->terms.minimum_units > 0)) {
            return false;
        }
    }
    return true;
}

/* Begins the edge: its names, its months, and how it is billed in each. False where none answers for it. */
static enum status begin_edge(struct previewing *previewing, const struct ground *ground, uint32_t edge,
                              struct month whole_from, struct edge_effect *effect, bool *is_there,
                              struct fault *fault) {
    const struct snapshot *snapshot = &ground->snapshot;
    struct call *call = previewing->call;
    int64_t seller_id = snapshot->accounts[snapshot->edges[edge].seller].id;
    int64_t buyer_id = snapshot->accounts[snapshot->edges[edge].buyer].id;
    const struct account *seller = NULL;
    const struct account *buyer = NULL;
    *is_there = find_running_month(snapshot, edge, call->now_us, &effect->months[0]);
    if (!*is_there) {
        return STATUS_OK;
    }
    effect->months[1] = month_plus(effect->months[0], 1);
    if (effect->months[1].index < whole_from.index) {
        effect->months[1] = whole_from;
    }
    TRY(name_cache_account(&previewing->names, seller_id, &seller, fault));
    TRY(name_cache_account(&previewing->names, buyer_id, &buyer, fault));
    *effect->edge = (struct preview_edge){.seller_code = seller->code,
                                          .seller_name = seller->name,
                                          .buyer_code = buyer->code,
                                          .buyer_name = buyer->name,
                                          .is_revenue = previewing->viewer_id == seller_id,
                                          .is_cost = previewing->viewer_id == buyer_id};
    for (int at = 0; at < PREVIEW_MONTHS; at++) {
        struct preview_month *month = &effect->edge->months[at];
        uint32_t agreement = snapshot_agreement_of_month(snapshot, edge, effect->months[at], true);
        *month = (struct preview_month){.is_there = agreement != SNAPSHOT_NONE, .month = effect->months[at]};
        if (month->is_there) {
            month->currency = snapshot->currencies[agreement];
            month->billed_elsewhere =
                snapshot_bills_elsewhere(snapshot, snapshot->edges[edge].seller, month->month);
        }
        if (at == 0 && month->is_there) {
            effect->edge->agreement =
                identifier_text(call, IDENTIFIER_AGREEMENT, snapshot->agreements[agreement].id);
        }
    }
    return STATUS_OK;
}

static struct preview_total *total_of(struct previewing *previewing, struct currency currency) {
    struct preview *preview = previewing->preview;
    for (size_t i = 0; i < preview->total_count; i++) {
        if (strcmp(preview->totals[i].currency.code, currency.code) == 0) {
            return &preview->totals[i];
        }
    }
    preview->totals = arena_grow(previewing->call->arena, preview->totals, preview->total_count,
                                 &preview->total_capacity, sizeof *preview->totals);
    preview->totals[preview->total_count] = (struct preview_total){.currency = currency};
    return &preview->totals[preview->total_count++];
}

/* Keeps the edge, and adds it to what the account keeps. */
static void end_edge(struct previewing *previewing, const struct preview_edge *edge) {
    struct preview *preview = previewing->preview;
    preview->edges = arena_grow(previewing->call->arena, preview->edges, preview->edge_count,
                                &preview->edge_capacity, sizeof *preview->edges);
    preview->edges[preview->edge_count++] = *edge;
    for (int at = 0; at < PREVIEW_MONTHS; at++) {
        const struct preview_month *month = &edge->months[at];
        if (month->is_there && (edge->is_revenue || edge->is_cost)) {
            struct preview_total *total = total_of(previewing, month->currency);
            money_wide difference = month->after_minor - month->before_minor;
            *(edge->is_revenue ? &total->revenue_minor[at] : &total->cost_minor[at]) += difference;
        }
    }
}

/* ---- changes of what counts ---- */

static bool is_visible(const struct previewing *previewing, const struct snapshot *snapshot, uint32_t edge) {
    int64_t viewer_id = previewing->viewer_id;
    return viewer_id == 0 || snapshot->accounts[snapshot->edges[edge].seller].id == viewer_id ||
           snapshot->accounts[snapshot->edges[edge].buyer].id == viewer_id;
}

struct pairs {
    struct arena *arena;
    const struct previewing *previewing;
    const struct snapshot *snapshot;
    struct id_map known;
    struct touched_pair *items;
    size_t count;
    size_t capacity;
};

static void touch(struct pairs *pairs, uint32_t edge, uint32_t sku) {
    uint32_t next = (uint32_t)pairs->count;
    uint32_t sku_rank = pairs->snapshot->sku_rank[sku];
    if (edge == SNAPSHOT_NONE || !is_visible(pairs->previewing, pairs->snapshot, edge) ||
        id_map_put(&pairs->known, edge, sku_rank, next) != next) {
        return;
    }
    pairs->items =
        arena_grow(pairs->arena, pairs->items, pairs->count, &pairs->capacity, sizeof *pairs->items);
    pairs->items[pairs->count++] = (struct touched_pair){edge, sku_rank};
}

/* The edges on which the licence of a change is billed, from the customer up, and its vendor's. */
static enum status touch_path(struct pairs *pairs, const struct planned_change *change, struct fault *fault) {
    const struct snapshot *snapshot = pairs->snapshot;
    TRY(snapshot_has_account(snapshot, change->customer_id, fault));
    TRY(snapshot_has_sku(snapshot, change->sku_id, fault));
    uint32_t sku = snapshot_sku_find(snapshot, change->sku_id);
    uint32_t buyer = snapshot_account(snapshot, change->customer_id);
    while (snapshot->accounts[buyer].seller_id != 0) {
        uint32_t seller = snapshot_account(snapshot, snapshot->accounts[buyer].seller_id);
        int64_t depth = snapshot->accounts[seller].depth;
        if (change->first_edge <= depth && depth <= change->last_edge) {
            touch(pairs, snapshot->edge_to_buyer[buyer], sku);
        }
        buyer = seller;
    }
    uint32_t owner = snapshot_account(snapshot, snapshot->skus[sku].owner_id);
    if (snapshot->accounts[owner].kind == ACCOUNT_VENDOR && change->first_edge == 0) {
        touch(pairs, snapshot->vendor_edge[owner], sku);
    }
    return STATUS_OK;
}

static int compare_pairs(const void *left, const void *right) {
    const struct touched_pair *a = left;
    const struct touched_pair *b = right;
    if (a->edge != b->edge) {
        return a->edge < b->edge ? -1 : 1;
    }
    return a->sku_rank < b->sku_rank ? -1 : a->sku_rank > b->sku_rank;
}

static enum status find_pairs(const struct previewing *previewing, struct ground *ground, struct pairs *pairs,
                              struct fault *fault) {
    *pairs = (struct pairs){.arena = &ground->arena, .previewing = previewing, .snapshot = &ground->snapshot};
    id_map_init(&pairs->known, &ground->arena, 16);
    for (size_t i = 0; i < previewing->change_count; i++) {
        TRY(touch_path(pairs, &previewing->changes[i], fault));
    }
    if (pairs->count > 0) {
        qsort(pairs->items, pairs->count, sizeof *pairs->items, compare_pairs);
    }
    return STATUS_OK;
}

static enum status rate_both_months(struct previewing *previewing, struct ground *ground, uint32_t edge,
                                    int64_t sku_id, struct edge_effect *effect, struct fault *fault) {
    for (int at = 0; at < PREVIEW_MONTHS; at++) {
        TRY(rate_sku(previewing, ground, edge, sku_id, effect, at, fault));
    }
    return STATUS_OK;
}

/* A SKU of an edge above the accounts of the plan, with the usage of all the edge's customers. */
static enum status rate_together(struct previewing *previewing, int64_t seller_id, int64_t buyer_id,
                                 int64_t sku_id, struct edge_effect *effect, struct fault *fault) {
    const struct programme_part part = {buyer_id, buyer_id, sku_id};
    struct ground ground;
    ground_begin(&ground, previewing->call);
    enum status status = ground_load(&ground, &part, fault);
    if (status == STATUS_OK) {
        status = ground_read_usage(&ground, buyer_id, sku_id, previewing->changes, previewing->change_count,
                                   fault);
    }
    uint32_t edge = status == STATUS_OK ? find_edge(&ground.snapshot, seller_id, buyer_id) : SNAPSHOT_NONE;
    if (edge != SNAPSHOT_NONE) {
        status = rate_both_months(previewing, &ground, edge, sku_id, effect, fault);
    }
    ground_end(&ground);
    return status;
}

/* Whether the ground has all customers of the edge: its buyer is not above the accounts of the plan. */
static bool has_all_customers(const struct snapshot *snapshot, uint32_t edge, int64_t around_id) {
    uint32_t at = snapshot_account(snapshot, around_id);
    while (snapshot->accounts[at].seller_id != 0) {
        at = snapshot_account(snapshot, snapshot->accounts[at].seller_id);
        if (at == snapshot->edges[edge].buyer) {
            return false;
        }
    }
    return true;
}

static enum status rate_pairs(struct previewing *previewing, struct ground *ground, int64_t around_id,
                              const struct pairs *pairs, struct fault *fault) {
    const struct snapshot *snapshot = &ground->snapshot;
    for (size_t i = 0; i < pairs->count;) {
        uint32_t edge = pairs->items[i].edge;
        struct preview_edge made;
        struct edge_effect effect = {.edge = &made};
        bool is_there = false;
        bool has_all = has_all_customers(snapshot, edge, around_id);
        TRY(begin_edge(previewing, ground, edge, (struct month){0}, &effect, &is_there, fault));
        for (; i < pairs->count && pairs->items[i].edge == edge; i++) {
            int64_t sku_id = snapshot->skus[snapshot->sku_of_rank[pairs->items[i].sku_rank]].id;
            if (!is_there) {
                continue;
            }
            TRY(has_all || is_charged_alone(ground, edge, sku_id, &effect)
                    ? rate_both_months(previewing, ground, edge, sku_id, &effect, fault)
                    : rate_together(previewing, snapshot->accounts[snapshot->edges[edge].seller].id,
                                    snapshot->accounts[snapshot->edges[edge].buyer].id, sku_id, &effect,
                                    fault));
        }
        if (is_there) {
            end_edge(previewing, &made);
        }
    }
    return STATUS_OK;
}

static void previewing_begin(struct previewing *previewing, struct call *call, int64_t viewer_id,
                             struct preview *preview) {
    *previewing = (struct previewing){.call = call, .preview = preview, .viewer_id = viewer_id};
    name_cache_init(&previewing->names, call);
}

/* Reads the usage of each SKU that the plan changes, or of all where it names none. */
static enum status read_usages(struct ground *ground, const struct preview_plan *plan, struct fault *fault) {
    struct id_map known;
    if (plan->sku_id == 0) {
        return ground_read_usage(ground, plan->around_id, 0, plan->changes, plan->count, fault);
    }
    id_map_init(&known, &ground->arena, 4);
    for (size_t i = 0; i < plan->count; i++) {
        int64_t sku_id = plan->changes[i].sku_id;
        uint32_t next = (uint32_t)ground->usage_count;
        if (id_map_put(&known, sku_id, 0, next) == next) {
            TRY(ground_read_usage(ground, plan->around_id, sku_id, plan->changes, plan->count, fault));
        }
    }
    return STATUS_OK;
}

enum status preview_planned(struct call *call, const struct preview_plan *plan, struct preview *preview,
                            struct fault *fault) {
    const struct programme_part part = {.around_id = plan->around_id, .sku_id = plan->sku_id};
    struct previewing previewing;
    struct ground ground;
    struct pairs pairs;
    if (plan->count == 0) {
        return STATUS_OK;
    }
    previewing_begin(&previewing, call, plan->viewer_id, preview);
    previewing.changes = plan->changes;
    previewing.change_count = plan->count;
    id_map_init(&previewing.touched, call->arena, plan->count);
    for (size_t i = 0; i < plan->count; i++) {
        id_map_put(&previewing.touched, plan->changes[i].customer_id, plan->changes[i].sku_id, 0);
    }
    ground_begin(&ground, call);
    enum status status = ground_load(&ground, &part, fault);
    if (status == STATUS_OK) {
        status = find_pairs(&previewing, &ground, &pairs, fault);
    }
    if (status == STATUS_OK) {
        status = read_usages(&ground, plan, fault);
    }
    if (status == STATUS_OK) {
        status = rate_pairs(&previewing, &ground, plan->around_id, &pairs, fault);
    }
    ground_end(&ground);
    return status;
}

/* ---- other prices ---- */

/* Whether any customer of the edge has the SKU. */
static bool is_in_use(const struct ground *ground, uint32_t edge, int64_t sku_id) {
    const struct ground_usage *of = ground_usage_of(ground, sku_id);
    uint32_t sku = snapshot_sku_find(&ground->snapshot, sku_id);
    if (of == NULL || sku == SNAPSHOT_NONE) {
        return false;
    }
    return usage_by_edge_entries_of_sku(&of->by_edge[WITHOUT], edge, ground->snapshot.sku_rank[sku]).count >
           0;
}

static enum status rate_priced(struct previewing *previewing, struct ground *ground,
                               const struct preview_pricing *pricing, struct fault *fault) {
    uint32_t edge = find_edge(&ground->snapshot, pricing->seller_id, pricing->buyer_id);
    struct preview_edge made;
    struct edge_effect effect = {.edge = &made};
    bool is_there = false;
    bool is_used = false;
    if (edge == SNAPSHOT_NONE) {
        return STATUS_OK;
    }
    for (size_t i = 0; !is_used && i < pricing->sku_count; i++) {
        is_used = is_in_use(ground, edge, pricing->sku_ids[i]);
    }
    if (is_used) {
        TRY(begin_edge(previewing, ground, edge, pricing->whole_from, &effect, &is_there, fault));
    }
    for (size_t i = 0; is_there && i < pricing->sku_count; i++) {
        if (is_in_use(ground, edge, pricing->sku_ids[i])) {
            TRY(rate_both_months(previewing, ground, edge, pricing->sku_ids[i], &effect, fault));
        }
    }
    if (is_there) {
        end_edge(previewing, &made);
    }
    return STATUS_OK;
}

enum status preview_priced(struct call *call, const struct preview_pricing *pricing, struct preview *preview,
                           struct fault *fault) {
    int64_t sku_id = pricing->sku_count == 1 ? pricing->sku_ids[0] : 0;
    const struct programme_part part = {pricing->buyer_id, pricing->buyer_id, sku_id};
    struct previewing previewing;
    struct ground ground;
    previewing_begin(&previewing, call, pricing->viewer_id, preview);
    ground_begin(&ground, call);
    enum status status = ground_load(&ground, &part, fault);
    if (status == STATUS_OK) {
        ground.priced = ground.snapshot;
        ground.priced.prices = pricing->prices;
        ground.snapshots[WITH] = &ground.priced;
        status = ground_read_usage(&ground, pricing->buyer_id, sku_id, NULL, 0, fault);
    }
    if (status == STATUS_OK) {
        status = rate_priced(&previewing, &ground, pricing, fault);
    }
    ground_end(&ground);
    return status;
}
