#include "programme/billing/margins.h"

#include "programme/billing/month_rating.h"
#include "programme/call/authorise.h"
#include "programme/call/lookup_account.h"
#include "store/billing/margin_queries.h"
#include "store/billing/one_off_charges.h"
#include "store/parties/programme.h"

#include <stdlib.h>

__extension__ typedef __int128 wide;

/* One amount on its way into a row. Ranks sort; SNAPSHOT_NONE: not in the grouping, or none. */
struct margin_item {
    uint32_t buyer;
    uint32_t customer;
    uint32_t sku;
    struct currency currency;
    int64_t revenue_minor;
    int64_t cost_minor;
    int64_t revenue_so_far_minor;
    int64_t cost_so_far_minor;
};

struct margins {
    struct call *call;
    struct snapshot snapshot;
    struct month month;
    struct account account;
    struct margin_item *items;
    size_t count;
    size_t capacity;
};

static const char *const GROUPINGS[] = {"total", "buyer", "customer", "sku", "customer-sku"};

enum status margin_grouping_parse(struct text word, const char *field, enum margin_grouping *grouping,
                                  struct fault *fault) {
    for (int i = 0; i <= MARGIN_BY_CUSTOMER_AND_SKU; i++) {
        if (text_is(word, GROUPINGS[i])) {
            *grouping = (enum margin_grouping)i;
            return STATUS_OK;
        }
    }
    return fault_set(fault, STATUS_INVALID, "unknown-grouping", field, word,
                     "margins are grouped by total, buyer, customer, sku or customer-sku");
}

/* ---- gathering ---- */

/* The account's direct buyer through which a customer is supplied, or SNAPSHOT_NONE. */
static uint32_t direct_buyer(const struct margins *margins, int64_t customer_id) {
    const struct snapshot *snapshot = &margins->snapshot;
    uint32_t at = customer_id == 0 ? SNAPSHOT_NONE : snapshot_account_find(snapshot, customer_id);
    while (at != SNAPSHOT_NONE && snapshot->accounts[at].seller_id != 0) {
        if (snapshot->accounts[at].seller_id == margins->account.id) {
            return at;
        }
        at = snapshot_account_find(snapshot, snapshot->accounts[at].seller_id);
    }
    /* Of a vendor everything goes through the distributor. */
    return margins->account.kind == ACCOUNT_VENDOR ? at : SNAPSHOT_NONE;
}

/* What is on an edge is revenue to its seller and cost to its buyer. */
static void add_item(struct margins *margins, const struct margin_sum *sum, struct currency currency,
                     bool so_far) {
    const struct snapshot *snapshot = &margins->snapshot;
    bool is_revenue = sum->seller_id == margins->account.id;
    struct margin_item item = {
        .buyer =
            is_revenue ? snapshot_account(snapshot, sum->buyer_id) : direct_buyer(margins, sum->customer_id),
        .customer = sum->customer_id == 0 ? SNAPSHOT_NONE : snapshot_account(snapshot, sum->customer_id),
        .sku = sum->sku_id == 0 ? SNAPSHOT_NONE : snapshot_sku_find(snapshot, sum->sku_id),
        .currency = currency,
    };
    *(so_far       ? is_revenue ? &item.revenue_so_far_minor : &item.cost_so_far_minor
      : is_revenue ? &item.revenue_minor
                   : &item.cost_minor) = sum->amount_minor;
    margins->items = arena_grow(margins->call->arena, margins->items, margins->count, &margins->capacity,
                                sizeof(*margins->items));
    margins->items[margins->count++] = item;
}

static enum status gather_billed(struct margins *margins, struct fault *fault) {
    struct margin_sum *sums = NULL;
    size_t count = 0;
    enum status status = margin_sums_load(margins->call->db, margins->call->arena, margins->account.id,
                                          margins->month, &sums, &count, fault);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        struct currency currency;
        status = currency_find(sums[i].currency, "currency", &currency, fault);
        if (status == STATUS_OK) {
            add_item(margins, &sums[i], currency, false);
        }
    }
    return status;
}

/* ---- forecasting ---- */

/* Rates the account's edges; `so_far`: as if the month ended now. */
static enum status gather_rated(struct margins *margins, struct month_rating *rating, bool so_far,
                                struct fault *fault) {
    const struct snapshot *snapshot = &margins->snapshot;
    struct arena scratch;
    enum status status = STATUS_OK;
    arena_init(&scratch);
    for (size_t e = 0; status == STATUS_OK && e < snapshot->edge_count; e++) {
        int64_t seller_id = snapshot->accounts[snapshot->edges[e].seller].id;
        int64_t buyer_id = snapshot->accounts[snapshot->edges[e].buyer].id;
        struct edge_bill bill = {0};
        if (seller_id != margins->account.id && buyer_id != margins->account.id) {
            continue;
        }
        uint32_t agreement = snapshot_agreement_of_month(snapshot, (uint32_t)e, margins->month, true);
        if (agreement == SNAPSHOT_NONE || !snapshot->edges[e].has_prices) {
            continue;
        }
        status = month_rating_edge(rating, &scratch, agreement, &bill, fault);
        for (size_t i = 0; status == STATUS_OK && i < bill.line_count; i++) {
            struct margin_sum sum = {.seller_id = seller_id,
                                     .buyer_id = buyer_id,
                                     .customer_id = bill.lines[i].customer_id,
                                     .sku_id = bill.lines[i].sku_id,
                                     .amount_minor = bill.lines[i].amount_minor};
            add_item(margins, &sum, snapshot->currencies[agreement], so_far);
        }
        arena_clean_up(&scratch);
    }
    arena_clean_up(&scratch);
    return status;
}

/* Charges that wait for the month's close belong to it already. */
static enum status gather_charges(struct margins *margins, struct fault *fault) {
    const struct snapshot *snapshot = &margins->snapshot;
    struct one_off_charge *charges = NULL;
    size_t count = 0;
    enum status status = one_off_charges_waiting(margins->call->db, margins->call->arena, margins->month,
                                                 &charges, &count, fault);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        uint32_t agreement = snapshot_agreement_find(snapshot, charges[i].agreement_id);
        struct margin_sum sum = {.seller_id = snapshot->agreements[agreement].seller_id,
                                 .buyer_id = snapshot->agreements[agreement].buyer_id,
                                 .customer_id = charges[i].customer_id};
        bool is_buyer =
            sum.buyer_id == margins->account.id && snapshot->agreements[agreement].state != AGREEMENT_DRAFT;
        if (sum.seller_id != margins->account.id && !is_buyer) {
            continue;
        }
        struct currency currency = snapshot->currencies[agreement];
        status = money_line_amount((struct quantity){charges[i].quantity, 1},
                                   charges[i].unit_price_millionths, currency, &sum.amount_minor, fault);
        if (status != STATUS_OK) {
            break;
        }
        add_item(margins, &sum, currency, false);
        add_item(margins, &sum, currency, true);
    }
    return status;
}

/* The earliest start of the month among the zones. */
static int64_t month_start_us(const struct margins *margins) {
    int64_t start_us = INT64_MAX;
    for (size_t i = 0; i < margins->snapshot.agreement_count; i++) {
        int64_t m0 = snapshot_span(&margins->snapshot, (uint32_t)i, margins->month)->midnights_us[0];
        start_us = m0 < start_us ? m0 : start_us;
    }
    return start_us;
}

static enum status gather_forecast(struct margins *margins, struct fault *fault) {
    struct call *call = margins->call;
    struct usage usage;
    int64_t *agreements = NULL;
    struct report_adjustment *adjustments = NULL;
    size_t adjustment_count = 0;
    struct usage_scope scope = {
        .from_us = month_start_us(margins),
        .until_us = INT64_MAX,
        .under_account_id = margins->account.kind == ACCOUNT_VENDOR ? 0 : margins->account.id,
    };
    enum status status = report_adjustments_of_month(call->db, call->arena, margins->month, &agreements,
                                                     &adjustments, &adjustment_count, fault);
    if (status == STATUS_OK) {
        status = usage_load(call->db, call->arena, &scope, &usage, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    struct month_rating_input input = {
        .snapshot = &margins->snapshot,
        .usage = &usage,
        .month = margins->month,
        .adjustment_agreements = agreements,
        .adjustments = adjustments,
        .adjustment_count = adjustment_count,
    };
    for (int so_far = 0; status == STATUS_OK && so_far < 2; so_far++) {
        struct month_rating rating;
        input.until_us = so_far ? call->now_us : 0;
        month_rating_open(call->arena, &input, &rating);
        status = gather_rated(margins, &rating, so_far != 0, fault);
    }
    return status == STATUS_OK ? gather_charges(margins, fault) : status;
}

/* ---- grouping ---- */

static uint32_t account_rank(const struct snapshot *snapshot, uint32_t account) {
    return account == SNAPSHOT_NONE ? SNAPSHOT_NONE : snapshot->account_rank[account];
}

static uint32_t sku_rank(const struct snapshot *snapshot, uint32_t sku) {
    return sku == SNAPSHOT_NONE ? SNAPSHOT_NONE : snapshot->sku_rank[sku];
}

static int compare_numbers(uint32_t a, uint32_t b) {
    return a < b ? -1 : a > b;
}

static int compare_items(const void *left, const void *right, void *context) {
    const struct snapshot *snapshot = context;
    const struct margin_item *a = left;
    const struct margin_item *b = right;
    int order = compare_numbers(account_rank(snapshot, a->buyer), account_rank(snapshot, b->buyer));
    if (order == 0) {
        order = compare_numbers(account_rank(snapshot, a->customer), account_rank(snapshot, b->customer));
    }
    if (order == 0) {
        order = compare_numbers(sku_rank(snapshot, a->sku), sku_rank(snapshot, b->sku));
    }
    return order != 0 ? order : text_compare(text_of(a->currency.code), text_of(b->currency.code));
}

/* Leaves in an item what the grouping asks for. */
static void reduce(struct margin_item *item, enum margin_grouping grouping) {
    bool keep_buyer = grouping == MARGIN_BY_BUYER;
    bool keep_customer = grouping == MARGIN_BY_CUSTOMER || grouping == MARGIN_BY_CUSTOMER_AND_SKU;
    bool keep_sku = grouping == MARGIN_BY_SKU || grouping == MARGIN_BY_CUSTOMER_AND_SKU;
    item->buyer = keep_buyer ? item->buyer : SNAPSHOT_NONE;
    item->customer = keep_customer ? item->customer : SNAPSHOT_NONE;
    item->sku = keep_sku ? item->sku : SNAPSHOT_NONE;
}

static enum status add_amounts(struct margin_row *row, const struct margin_item *item, struct fault *fault) {
    enum status status = money_add(&row->revenue_minor, item->revenue_minor, fault);
    if (status == STATUS_OK) {
        status = money_add(&row->cost_minor, item->cost_minor, fault);
    }
    if (status == STATUS_OK) {
        status = money_add(&row->revenue_so_far_minor, item->revenue_so_far_minor, fault);
    }
    if (status == STATUS_OK) {
        status = money_add(&row->cost_so_far_minor, item->cost_so_far_minor, fault);
    }
    return status;
}

static enum status finish_row(struct margin_row *row, struct fault *fault) {
    row->margin_minor = row->revenue_minor;
    enum status status = money_add(&row->margin_minor, -row->cost_minor, fault);
    if (status != STATUS_OK || row->revenue_minor <= 0) {
        return status;
    }
    wide scaled = (wide)row->margin_minor * 1000000 * 2;
    wide rounded = scaled + (scaled < 0 ? -(wide)row->revenue_minor : (wide)row->revenue_minor);
    row->margin_millionths = (int64_t)(rounded / ((wide)row->revenue_minor * 2));
    return STATUS_OK;
}

static struct margin_row row_of(const struct snapshot *snapshot, const struct margin_item *item) {
    struct margin_row row = {.currency = item->currency};
    if (item->buyer != SNAPSHOT_NONE) {
        row.buyer_code = snapshot->accounts[item->buyer].code;
        row.buyer_name = snapshot->accounts[item->buyer].name;
    }
    if (item->customer != SNAPSHOT_NONE) {
        row.customer_code = snapshot->accounts[item->customer].code;
        row.customer_name = snapshot->accounts[item->customer].name;
    }
    if (item->sku != SNAPSHOT_NONE) {
        row.sku = snapshot->skus[item->sku].code;
        row.sku_name = snapshot->skus[item->sku].name;
    }
    return row;
}

/* Reduces all items to the grouping and adds up those that are alike then. */
static enum status group(struct margins *margins, enum margin_grouping grouping,
                         const struct margin_row **rows, size_t *row_count, struct fault *fault) {
    struct margin_row *made = ARENA_NEW(margins->call->arena, struct margin_row, margins->count + 1);
    size_t count = 0;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < margins->count; i++) {
        reduce(&margins->items[i], grouping);
    }
    if (margins->count > 0) {
        qsort_r(margins->items, margins->count, sizeof(*margins->items), compare_items, &margins->snapshot);
    }
    for (size_t i = 0; status == STATUS_OK && i < margins->count; i++) {
        const struct margin_item *item = &margins->items[i];
        if (i == 0 || compare_items(item, item - 1, &margins->snapshot) != 0) {
            made[count++] = row_of(&margins->snapshot, item);
        }
        status = add_amounts(&made[count - 1], item, fault);
    }
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        status = finish_row(&made[i], fault);
    }
    *rows = made;
    *row_count = count;
    return status;
}

/* ---- the use case ---- */

static enum status find_whose(struct margins *margins, struct text word, struct fault *fault) {
    struct call *call = margins->call;
    struct programme programme;
    int64_t id = call->actor.account_id;
    if (word.length > 0) {
        return find_account_with_right(call, word, "account", RIGHT_READ, &margins->account, fault);
    }
    enum status status = require_any_right(call, RIGHT_READ, fault);
    if (status == STATUS_OK && id == 0) {
        status = programme_load(call->db, call->arena, &programme, fault);
        id = programme.distributor_id;
    }
    return status == STATUS_OK ? account_load(call->db, call->arena, id, &margins->account, fault) : status;
}

enum status show_margins(struct call *call, const struct show_margins_input *input,
                         struct show_margins_result *result, struct fault *fault) {
    struct margins margins = {.call = call};
    struct show_margins_result made = {.forecast = input->forecast};
    enum status status = month_parse(input->month, "month", &margins.month, fault);
    if (status != STATUS_OK) {
        return status;
    }
    made.month = margins.month;
    status = call_begin(call, DB_READ, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = find_whose(&margins, input->account, fault);
    if (status == STATUS_OK) {
        status = snapshot_load(call, &margins.snapshot, fault);
    }
    if (status == STATUS_OK) {
        status = input->forecast ? gather_forecast(&margins, fault) : gather_billed(&margins, fault);
    }
    if (status == STATUS_OK) {
        status = group(&margins, input->grouping, &made.rows, &made.count, fault);
    }
    if (status == STATUS_OK) {
        status = group(&margins, MARGIN_TOTAL, &made.totals, &made.total_count, fault);
    }
    if (status == STATUS_OK) {
        *result = made;
    }
    snapshot_close(&margins.snapshot);
    return call_end(call, status, fault);
}
