#include "programme/billing/margins.h"

#include "programme/billing/load_month.h"
#include "programme/billing/load_snapshot.h"
#include "programme/call/authorise.h"
#include "programme/call/lookup_account.h"
#include "programme/call/name_cache.h"
#include "store/billing/close_queries.h"
#include "store/billing/margin_queries.h"
#include "store/parties/programme.h"

#include <stdlib.h>

/* One amount on its way into a row. Ranks sort; SNAPSHOT_NONE: not in the grouping, or none. */
struct margin_item {
    uint32_t buyer;
    uint32_t customer;
    uint32_t sku;
    struct currency currency;
    money_wide revenue_minor;
    money_wide cost_minor;
    money_wide revenue_so_far_minor;
    money_wide cost_so_far_minor;
};

struct margins {
    struct call *call;
    struct snapshot snapshot;
    struct programme_part part; /* that the snapshot holds: what concerns the account */
    struct month month;
    struct account account;
    struct margin_item *items;
    size_t count;
    size_t capacity;
    struct margin_problem *problems;
    size_t problem_count;
    size_t problem_capacity;
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
                     "Group margins by total, buyer, customer, sku or customer-sku.");
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
    /* Everything of a vendor goes through the distributor. */
    return margins->account.kind == ACCOUNT_VENDOR ? at : SNAPSHOT_NONE;
}

/* An amount on an edge is revenue to its seller and cost to its buyer. */
static enum status add_item(struct margins *margins, const struct margin_sum *sum, struct currency currency,
                            bool so_far, struct fault *fault) {
    const struct snapshot *snapshot = &margins->snapshot;
    TRY(snapshot_has_account(snapshot, sum->buyer_id, fault));
    if (sum->customer_id != 0) {
        TRY(snapshot_has_account(snapshot, sum->customer_id, fault));
    }
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
    return STATUS_OK;
}

static bool is_party(const struct margins *margins, const struct agreement *agreement) {
    return agreement->seller_id == margins->account.id || agreement->buyer_id == margins->account.id;
}

/* Says why an edge is not among the sums. */
static void add_problem(struct margins *margins, uint32_t agreement, const char *reason,
                        struct text message) {
    const struct snapshot *snapshot = &margins->snapshot;
    const struct snapshot_edge *edge = &snapshot->edges[snapshot->edge_of_agreement[agreement]];
    struct arena *arena = margins->call->arena;
    margins->problems = arena_grow(arena, margins->problems, margins->problem_count,
                                   &margins->problem_capacity, sizeof *margins->problems);
    margins->problems[margins->problem_count++] =
        (struct margin_problem){snapshot->accounts[edge->seller].code, snapshot->accounts[edge->seller].name,
                                snapshot->accounts[edge->buyer].code,  snapshot->accounts[edge->buyer].name,
                                text_copy(arena, text_of(reason)),     message};
}

/* Of a month that is closed on some of the account's edges: those on which it is open still. Without them a
 * margin has revenue without cost, or cost without revenue. */
static enum status tell_open_edges(struct margins *margins, struct fault *fault) {
    struct call *call = margins->call;
    const struct snapshot *snapshot = &margins->snapshot;
    struct month_row *rows = NULL;
    struct id_map closed;
    size_t count = 0;
    uint32_t index = 0;
    bool some_closed = false;
    TRY(month_rows_load(call->db, call->arena, &margins->part, margins->month, &rows, &count, fault));
    id_map_init(&closed, call->arena, count);
    for (size_t i = 0; i < count; i++) {
        uint32_t agreement = snapshot_agreement_find(snapshot, rows[i].agreement_id);
        if (rows[i].state == MONTH_CLOSED && agreement != SNAPSHOT_NONE) {
            id_map_put(&closed, rows[i].agreement_id, 0, 0);
            some_closed |= is_party(margins, &snapshot->agreements[agreement]);
        }
    }
    for (size_t e = 0; some_closed && e < snapshot->edge_count; e++) {
        uint32_t agreement = snapshot_agreement_of_month(snapshot, (uint32_t)e, margins->month, false);
        if (agreement != SNAPSHOT_NONE && is_party(margins, &snapshot->agreements[agreement]) &&
            !id_map_get(&closed, snapshot->agreements[agreement].id, 0, &index)) {
            add_problem(margins, agreement, "month-open",
                        TEXT("The month is not closed on this edge yet: its amounts are missing."));
        }
    }
    return STATUS_OK;
}

static enum status gather_billed(struct margins *margins, struct fault *fault) {
    struct call *call = margins->call;
    struct margin_sum *sums = NULL;
    size_t count = 0;
    TRY(margin_sums_load(call->db, call->arena, margins->account.id, margins->month, &sums, &count, fault));
    for (size_t i = 0; i < count; i++) {
        struct currency currency;
        TRY(currency_find(sums[i].currency, "currency", &currency, fault));
        TRY(add_item(margins, &sums[i], currency, false, fault));
    }
    return tell_open_edges(margins, fault);
}

/* ---- forecasting ---- */

/* The forecast's month, as if it ended now or at its end. */
struct forecast {
    struct loaded_month loaded;
    struct rated_month rated;
    bool so_far;
    bool *is_billed; /* per edge: an agreement answers for the month */
    bool *is_told;   /* per agreement: its problem is among the result's */
};

/* Says it once: of an amount so far and of the forecast. */
static void tell_problem(struct margins *margins, struct forecast *forecast, uint32_t agreement,
                         const char *reason, struct text message) {
    if (!forecast->is_told[agreement]) {
        forecast->is_told[agreement] = true;
        add_problem(margins, agreement, reason, message);
    }
}

static enum status gather_lines(struct margins *margins, const struct forecast *forecast, uint32_t agreement,
                                const struct billed_line *lines, size_t count, struct fault *fault) {
    const struct snapshot *snapshot = &margins->snapshot;
    for (size_t i = 0; i < count; i++) {
        struct margin_sum sum = {.seller_id = snapshot->agreements[agreement].seller_id,
                                 .buyer_id = snapshot->agreements[agreement].buyer_id,
                                 .customer_id = lines[i].customer_id,
                                 .sku_id = lines[i].sku_id,
                                 .amount_minor = lines[i].amount_minor};
        TRY(add_item(margins, &sum, snapshot->currencies[agreement], forecast->so_far, fault));
    }
    return STATUS_OK;
}

/* Bills an edge of the account's, in `scratch`: its invoice, and what would be on credit notes beside it. One
 * that cannot be billed leaves the others as they are. */
static enum status gather_edge(struct margins *margins, struct forecast *forecast, uint32_t agreement,
                               struct arena *scratch, struct fault *fault) {
    struct arena *arena = margins->call->arena;
    struct edge_bill bill;
    enum status status =
        bill_edge(&forecast->rated, &forecast->loaded.waiting, scratch, agreement, &bill, fault);
    if (bill_is_refused(status)) {
        tell_problem(margins, forecast, agreement, fault->code, text_copy(arena, text_of(fault->message)));
        forecast->is_billed[margins->snapshot.edge_of_agreement[agreement]] = true;
        return STATUS_OK;
    }
    TRY(status);
    if (bill.missing.length > 0) {
        tell_problem(margins, forecast, agreement, "price-missing",
                     bill_missing_message(&forecast->rated, arena, agreement, bill.missing));
    }
    TRY(gather_lines(margins, forecast, agreement, bill.lines, bill.line_count, fault));
    for (size_t i = 0; i < bill.credit_note_count; i++) {
        TRY(gather_lines(margins, forecast, agreement, bill.credit_notes[i].lines,
                         bill.credit_notes[i].line_count, fault));
    }
    forecast->is_billed[margins->snapshot.edge_of_agreement[agreement]] = true;
    return STATUS_OK;
}

static enum status gather_edges(struct margins *margins, struct forecast *forecast, struct fault *fault) {
    const struct snapshot *snapshot = &margins->snapshot;
    struct arena scratch;
    enum status status = STATUS_OK;
    arena_init(&scratch);
    for (size_t e = 0; status == STATUS_OK && e < snapshot->edge_count; e++) {
        uint32_t agreement = snapshot_agreement_of_month(snapshot, (uint32_t)e, margins->month, true);
        if (agreement != SNAPSHOT_NONE && is_party(margins, &snapshot->agreements[agreement])) {
            status = gather_edge(margins, forecast, agreement, &scratch, fault);
            arena_clean_up(&scratch);
        }
    }
    return status;
}

/* Charges of an agreement that does not answer for the month yet, as nobody signed it, are expected too. A
 * draft's are its seller's alone (R1.6). */
static enum status gather_unsigned_charges(struct margins *margins, struct forecast *forecast,
                                           struct fault *fault) {
    const struct snapshot *snapshot = &margins->snapshot;
    const struct bill_waiting *waiting = &forecast->loaded.waiting;
    for (size_t i = 0; i < waiting->charge_count; i++) {
        const struct one_off_charge *charge = &waiting->charges[i];
        uint32_t at = snapshot_agreement_in(snapshot, charge->agreement_id, charge->month);
        const struct agreement *agreement = &snapshot->agreements[at];
        bool is_hidden = agreement->state == AGREEMENT_DRAFT && agreement->seller_id != margins->account.id;
        struct margin_sum sum = {.seller_id = agreement->seller_id,
                                 .buyer_id = agreement->buyer_id,
                                 .customer_id = charge->customer_id};
        int64_t amount_minor = 0;
        if (forecast->is_billed[snapshot->edge_of_agreement[at]] || is_hidden) {
            continue;
        }
        if (one_off_charge_amount(charge, snapshot->currencies[at], &amount_minor, fault) != STATUS_OK) {
            tell_problem(margins, forecast, at, fault->code,
                         text_format(margins->call->arena, "%.*s: %s", TEXT_ARGS(charge->description),
                                     fault->message));
            continue;
        }
        sum.amount_minor = amount_minor;
        TRY(add_item(margins, &sum, snapshot->currencies[at], forecast->so_far, fault));
    }
    return STATUS_OK;
}

static enum status gather_forecast(struct margins *margins, struct fault *fault) {
    struct call *call = margins->call;
    struct forecast forecast;
    struct load_month_input input = {
        .snapshot = &margins->snapshot,
        .part = &margins->part,
        .month = margins->month,
        .runs_on = true,
        .under_account_id = margins->account.seller_id == 0 ? 0 : margins->account.id,
        .party_id = margins->account.id,
    };
    TRY(load_month(call, &input, &forecast.loaded, fault));
    forecast.is_billed = ARENA_NEW(call->arena, bool, margins->snapshot.edge_count);
    forecast.is_told = ARENA_NEW(call->arena, bool, margins->snapshot.edge_count);
    for (int i = 0; i < 2; i++) {
        forecast.so_far = i == 1;
        TRY(loaded_month_rate(&forecast.loaded, call->arena, forecast.so_far ? call->now_us : 0,
                              &forecast.rated, fault));
        TRY(gather_edges(margins, &forecast, fault));
        TRY(gather_unsigned_charges(margins, &forecast, fault));
    }
    return STATUS_OK;
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
static void reduce_item(struct margin_item *item, enum margin_grouping grouping) {
    bool keep_buyer = grouping == MARGIN_BY_BUYER;
    bool keep_customer = grouping == MARGIN_BY_CUSTOMER || grouping == MARGIN_BY_CUSTOMER_AND_SKU;
    bool keep_sku = grouping == MARGIN_BY_SKU || grouping == MARGIN_BY_CUSTOMER_AND_SKU;
    item->buyer = keep_buyer ? item->buyer : SNAPSHOT_NONE;
    item->customer = keep_customer ? item->customer : SNAPSHOT_NONE;
    item->sku = keep_sku ? item->sku : SNAPSHOT_NONE;
}

/* Sums are of 128 bits: however much lines come to, a row says what it is. */
static void add_amounts(struct margin_row *row, const struct margin_item *item) {
    row->revenue_minor += item->revenue_minor;
    row->cost_minor += item->cost_minor;
    row->revenue_so_far_minor += item->revenue_so_far_minor;
    row->cost_so_far_minor += item->cost_so_far_minor;
}

static void compute_margin(struct margin_row *row) {
    row->margin_minor = row->revenue_minor - row->cost_minor;
    if (row->revenue_minor <= 0) {
        return;
    }
    money_wide scaled = row->margin_minor * 1000000 * 2;
    money_wide rounded = scaled + (scaled < 0 ? -row->revenue_minor : row->revenue_minor);
    money_wide share = rounded / (row->revenue_minor * 2);
    row->margin_millionths = share < INT64_MIN ? INT64_MIN : share > INT64_MAX ? INT64_MAX : (int64_t)share;
}

static enum status fill_row(struct name_cache *names, const struct snapshot *snapshot,
                            const struct margin_item *item, struct margin_row *out, struct fault *fault) {
    struct margin_row row = {.currency = item->currency};
    const struct account *account = NULL;
    if (item->buyer != SNAPSHOT_NONE) {
        TRY(name_cache_account(names, snapshot->accounts[item->buyer].id, &account, fault));
        row.buyer_code = account->code;
        row.buyer_name = account->name;
    }
    if (item->customer != SNAPSHOT_NONE) {
        TRY(name_cache_account(names, snapshot->accounts[item->customer].id, &account, fault));
        row.customer_code = account->code;
        row.customer_name = account->name;
    }
    if (item->sku != SNAPSHOT_NONE) {
        row.sku = snapshot->skus[item->sku].code;
        row.sku_name = snapshot->skus[item->sku].name;
    }
    *out = row;
    return STATUS_OK;
}

/* Reduces all items to the grouping and adds up those that are alike then. */
static enum status group_items(struct margins *margins, enum margin_grouping grouping,
                               const struct margin_row **rows, size_t *row_count, struct fault *fault) {
    struct name_cache names;
    name_cache_init(&names, margins->call);
    struct margin_row *made = ARENA_NEW(margins->call->arena, struct margin_row, margins->count);
    size_t count = 0;
    for (size_t i = 0; i < margins->count; i++) {
        reduce_item(&margins->items[i], grouping);
    }
    if (margins->count > 0) {
        qsort_r(margins->items, margins->count, sizeof(*margins->items), compare_items, &margins->snapshot);
    }
    for (size_t i = 0; i < margins->count; i++) {
        const struct margin_item *item = &margins->items[i];
        if (i == 0 || compare_items(item, item - 1, &margins->snapshot) != 0) {
            TRY(fill_row(&names, &margins->snapshot, item, &made[count++], fault));
        }
        add_amounts(&made[count - 1], item);
    }
    for (size_t i = 0; i < count; i++) {
        compute_margin(&made[i]);
    }
    *rows = made;
    *row_count = count;
    return STATUS_OK;
}

/* ---- the use case ---- */

/* The account whose margins are asked for; the operator's are the distributor's. */
static enum status find_owner(struct margins *margins, struct text word, struct fault *fault) {
    struct call *call = margins->call;
    int64_t id = call->actor.account_id;
    if (word.length > 0) {
        return find_account_with_right(call, word, "account", RIGHT_READ, &margins->account, fault);
    }
    TRY(require_any_right(call, RIGHT_READ, fault));
    if (id == 0) {
        struct programme programme;
        TRY(programme_load(call->db, call->arena, &programme, fault));
        id = programme.distributor_id;
    }
    return account_load(call->db, call->arena, id, &margins->account, fault);
}

/* A vendor's customers are those of the distributor. */
static enum status find_part(struct margins *margins, struct fault *fault) {
    struct programme programme;
    margins->part =
        (struct programme_part){.around_id = margins->account.id, .party_id = margins->account.id};
    if (margins->account.kind == ACCOUNT_VENDOR) {
        TRY(programme_load(margins->call->db, margins->call->arena, &programme, fault));
        margins->part.around_id = programme.distributor_id;
    }
    return STATUS_OK;
}

static enum status compute_margins(struct margins *margins, const struct show_margins_input *input,
                                   struct show_margins_result *result, struct fault *fault) {
    TRY(find_owner(margins, input->account, fault));
    TRY(find_part(margins, fault));
    TRY(snapshot_load(margins->call, &margins->part, &margins->snapshot, fault));
    TRY(input->forecast ? gather_forecast(margins, fault) : gather_billed(margins, fault));
    TRY(group_items(margins, input->grouping, &result->rows, &result->count, fault));
    TRY(group_items(margins, MARGIN_TOTAL, &result->totals, &result->total_count, fault));
    result->problems = margins->problems;
    result->problem_count = margins->problem_count;
    return STATUS_OK;
}

static enum status show_margins_body(struct call *call, const void *input, void *output,
                                     struct fault *fault) {
    struct show_margins_result *result = output;
    struct margins margins = {.call = call, .month = result->month};
    enum status status = compute_margins(&margins, input, result, fault);
    snapshot_close(&margins.snapshot);
    return status;
}

enum status show_margins(struct call *call, const struct show_margins_input *input,
                         struct show_margins_result *result, struct fault *fault) {
    struct show_margins_result made = {.forecast = input->forecast};
    TRY(month_parse(input->month, "month", &made.month, fault));
    TRY(call_run(call, DB_READ, show_margins_body, input, &made, fault));
    *result = made;
    return STATUS_OK;
}
