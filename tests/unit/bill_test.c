/* The bill of an edge, from a snapshot made by hand: its parts and their order; then random small programmes,
 * each under two sets of internal numbers, which must not show. */
#include "core/base/rng.h"
#include "core/rating/bill.h"
#include "core/rating/usage_grouping.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static struct arena arena;

static int open_arena(void **state) {
    (void)state;
    arena_init(&arena);
    return 0;
}

static int close_arena(void **state) {
    (void)state;
    arena_clean_up(&arena);
    return 0;
}

/* ---- a programme: VEND → DIST → P1 → customers A, B, C; SKUs S0, S1, S2 of VEND ---- */

enum { VEND, DIST, P1, A, B, C, ACCOUNT_COUNT };
enum { VEND_DIST, DIST_P1, P1_A, P1_B, P1_C, AGREEMENT_COUNT };
enum { SKU_COUNT = 3, PRICES_MAX = 24, LICENCES_MAX = 24, EVENTS_MAX = 96, SET_MAX = 12 };

static const char *const NAMES[] = {"VEND", "DIST", "P1", "A", "B", "C"};
static const char *const CODES[] = {"S0", "S1", "S2"};
static const int SELLER_OF[] = {-1, -1, DIST, P1, P1, P1};
static const int64_t DEPTH[] = {0, 1, 2, 3, 3, 3};
static const int PARTIES[][2] = {{VEND, DIST}, {DIST, P1}, {P1, A}, {P1, B}, {P1, C}};

/* Everything by place in the lists above; the internal numbers come in when the programme is made. */
struct test_price {
    int seller;
    int buyer; /* −1: standard */
    int sku;
    struct price price;
};

struct test_licence {
    int customer;
    int sku;
    int32_t first_edge;
    int32_t last_edge;
};

struct test_event {
    int licence;
    int64_t at_us;
    int32_t seats; /* that count from then on */
};

struct test_set {
    int agreement;
    int customer;
    int sku;
    int64_t units;
};

struct test_programme {
    int64_t account_ids[ACCOUNT_COUNT];
    int64_t agreement_ids[AGREEMENT_COUNT];
    int64_t sku_ids[SKU_COUNT];
    int64_t licence_ids[LICENCES_MAX];
    int64_t signed_at_us[AGREEMENT_COUNT];
    struct test_price prices[PRICES_MAX];
    size_t price_count;
    struct test_licence licences[LICENCES_MAX];
    size_t licence_count;
    struct test_event events[EVENTS_MAX]; /* by time */
    size_t event_count;
    struct test_set adjustments[SET_MAX]; /* of November */
    size_t adjustment_count;
    struct test_set corrections[SET_MAX]; /* of October, waiting; later ones count */
    size_t correction_count;
    struct test_set charges[SET_MAX]; /* of November; no SKU; a customer of −1: none */
    size_t charge_count;
};

/* What is made of it. */
struct made {
    struct snapshot snapshot;
    struct usage usage;
    struct usage_by_edge by_edge;
    struct rated_month october; /* as its close rated it */
    struct rated_month november;
    struct bill_waiting waiting;
};

static const struct month OCTOBER = {2026 * 12 + 9};
static const struct month NOVEMBER = {2026 * 12 + 10};

/* Day and hour of 2026, from October 1st on: at(32, 0) is November 1st. */
static int64_t at(int day, int hour) {
    int64_t october_us = (int64_t)date_of(2026, 10, 1).day * INT64_C(86400000000);
    return october_us + ((int64_t)(day - 1) * 24 + hour) * INT64_C(3600000000);
}

static struct test_programme a_programme(void) {
    struct test_programme programme = {0};
    for (int64_t i = 0; i < LICENCES_MAX; i++) {
        programme.licence_ids[i] = 1 + i;
    }
    for (int64_t i = 0; i < ACCOUNT_COUNT; i++) {
        programme.account_ids[i] = 1 + i;
    }
    for (int64_t i = 0; i < AGREEMENT_COUNT; i++) {
        programme.agreement_ids[i] = 1 + i;
        programme.signed_at_us[i] = at(1, 0) - 1;
    }
    for (int64_t i = 0; i < SKU_COUNT; i++) {
        programme.sku_ids[i] = 1 + i;
    }
    return programme;
}

/* A flat price of that many whole units of money from September on. */
static struct price *a_price(struct test_programme *programme, int seller, int buyer, int sku,
                             int64_t money) {
    struct price_tier *tier = ARENA_NEW(&arena, struct price_tier, 1);
    struct test_price *made = &programme->prices[programme->price_count++];
    *tier = (struct price_tier){1, money * 1000000};
    *made = (struct test_price){.seller = seller,
                                .buyer = buyer,
                                .sku = sku,
                                .price = {.id = (int64_t)programme->price_count,
                                          .effective_from = date_of(2026, 9, 1),
                                          .policy = POLICY_PEAK,
                                          .mode = TIER_FLAT,
                                          .tier_count = 1,
                                          .tiers = tier}};
    return &made->price;
}

/* A licence that is on with so many seats from then on; returns its place. */
static int a_licence(struct test_programme *programme, int customer, int sku, int64_t at_us, int32_t seats) {
    int licence = (int)programme->licence_count++;
    programme->licences[licence] = (struct test_licence){customer, sku, 0, 127};
    programme->events[programme->event_count++] = (struct test_event){licence, at_us, seats};
    return licence;
}

/* ---- making it ---- */

static int compare_accounts(const void *left, const void *right) {
    const struct account *a = left;
    const struct account *b = right;
    return a->id < b->id ? -1 : 1;
}

static int compare_agreements(const void *left, const void *right) {
    const struct agreement *a = left;
    const struct agreement *b = right;
    return a->id < b->id ? -1 : 1;
}

static int compare_skus(const void *left, const void *right) {
    const struct sku *a = left;
    const struct sku *b = right;
    return a->id < b->id ? -1 : 1;
}

static void make_parties(const struct test_programme *programme, struct snapshot *snapshot) {
    snapshot->accounts = ARENA_NEW(&arena, struct account, ACCOUNT_COUNT);
    snapshot->agreements = ARENA_NEW(&arena, struct agreement, AGREEMENT_COUNT);
    snapshot->skus = ARENA_NEW(&arena, struct sku, SKU_COUNT);
    snapshot->account_count = ACCOUNT_COUNT;
    snapshot->agreement_count = AGREEMENT_COUNT;
    snapshot->sku_count = SKU_COUNT;
    for (int i = 0; i < ACCOUNT_COUNT; i++) {
        snapshot->accounts[i] =
            (struct account){.id = programme->account_ids[i],
                             .kind = i == VEND   ? ACCOUNT_VENDOR
                                     : i == DIST ? ACCOUNT_DISTRIBUTOR
                                     : i == P1   ? ACCOUNT_PROVIDER
                                                 : ACCOUNT_CUSTOMER,
                             .code = text_of(NAMES[i]),
                             .label = text_of(NAMES[i]),
                             .seller_id = SELLER_OF[i] < 0 ? 0 : programme->account_ids[SELLER_OF[i]],
                             .depth = DEPTH[i]};
    }
    for (int i = 0; i < AGREEMENT_COUNT; i++) {
        snapshot->agreements[i] = (struct agreement){.id = programme->agreement_ids[i],
                                                     .seller_id = programme->account_ids[PARTIES[i][0]],
                                                     .buyer_id = programme->account_ids[PARTIES[i][1]],
                                                     .state = AGREEMENT_SIGNED,
                                                     .currency = TEXT("USD"),
                                                     .time_zone = TEXT("UTC"),
                                                     .tax = {"S", 200000},
                                                     .signed_at_us = programme->signed_at_us[i]};
    }
    for (int i = 0; i < SKU_COUNT; i++) {
        snapshot->skus[i] = (struct sku){
            .id = programme->sku_ids[i], .owner_id = programme->account_ids[VEND], .code = text_of(CODES[i])};
    }
    qsort(snapshot->accounts, ACCOUNT_COUNT, sizeof *snapshot->accounts, compare_accounts);
    qsort(snapshot->agreements, AGREEMENT_COUNT, sizeof *snapshot->agreements, compare_agreements);
    qsort(snapshot->skus, SKU_COUNT, sizeof *snapshot->skus, compare_skus);
}

struct kept_price {
    struct price price;
    struct price_edge edge;
};

static int compare_prices(const void *left, const void *right) {
    const struct kept_price *a = left;
    const struct kept_price *b = right;
    const int64_t keys[][2] = {{a->edge.seller_id, b->edge.seller_id},
                               {a->edge.buyer_id, b->edge.buyer_id},
                               {a->price.sku_id, b->price.sku_id},
                               {a->price.effective_from.day, b->price.effective_from.day}};
    for (size_t i = 0; i < 4; i++) {
        if (keys[i][0] != keys[i][1]) {
            return keys[i][0] < keys[i][1] ? -1 : 1;
        }
    }
    return 0;
}

static void make_prices(const struct test_programme *programme, struct snapshot *snapshot) {
    size_t count = programme->price_count;
    struct kept_price *kept = ARENA_NEW(&arena, struct kept_price, count);
    struct price *prices = ARENA_NEW(&arena, struct price, count);
    struct price_edge *edges = ARENA_NEW(&arena, struct price_edge, count);
    for (size_t i = 0; i < count; i++) {
        const struct test_price *from = &programme->prices[i];
        kept[i].price = from->price;
        kept[i].price.sku_id = programme->sku_ids[from->sku];
        kept[i].edge =
            (struct price_edge){.seller_id = programme->account_ids[from->seller],
                                .buyer_id = from->buyer < 0 ? 0 : programme->account_ids[from->buyer],
                                .currency = TEXT("USD")};
    }
    qsort(kept, count, sizeof *kept, compare_prices);
    for (size_t i = 0; i < count; i++) {
        prices[i] = kept[i].price;
        edges[i] = kept[i].edge;
    }
    snapshot->prices = (struct price_list){prices, edges, count};
}

static void make_usage(const struct test_programme *programme, struct usage *usage) {
    struct usage_grouping grouping;
    struct fault fault;
    usage_grouping_init(&grouping, &arena, INT64_MAX, false);
    for (size_t i = 0; i < programme->licence_count; i++) {
        const struct test_licence *from = &programme->licences[i];
        struct metered_licence licence = {.id = programme->licence_ids[i],
                                          .customer_id = programme->account_ids[from->customer],
                                          .sku_id = programme->sku_ids[from->sku],
                                          .first_edge = from->first_edge,
                                          .last_edge = from->last_edge};
        for (size_t k = programme->event_count; k-- > 0;) {
            if (programme->events[k].licence == (int)i) {
                licence.counted_seats =
                    licence.first_on_at_us == 0 ? programme->events[k].seats : licence.counted_seats;
                licence.first_on_at_us = programme->events[k].at_us;
            }
        }
        usage_grouping_add_licence(&grouping, &licence);
    }
    usage_grouping_end_licences(&grouping);
    int32_t seats[LICENCES_MAX] = {0};
    for (size_t k = 0; k < programme->event_count; k++) {
        const struct test_event *from = &programme->events[k];
        struct metered_event event = {from->at_us, programme->licence_ids[from->licence],
                                      from->seats - seats[from->licence]};
        seats[from->licence] = from->seats;
        assert_int_equal(usage_grouping_add_event(&grouping, &event, &fault), STATUS_OK);
    }
    assert_int_equal(usage_grouping_finish(&grouping, usage, &fault), STATUS_OK);
    usage_grouping_clean_up(&grouping);
}

static uint32_t agreement_at(const struct test_programme *programme, const struct made *made, int agreement) {
    return snapshot_agreement_find(&made->snapshot, programme->agreement_ids[agreement]);
}

/* A line as the store gives it back: of October, on document 1 or a credit note of it. */
static struct issued_line issued_line_of(const struct billed_line *line) {
    return (struct issued_line){.line = *line,
                                .month = OCTOBER,
                                .document_id = 1,
                                .number = TEXT("DIST-1"),
                                .takes_invoice_id = line->takes_invoice_id,
                                .takes_position = line->takes_position};
}

/* What October's closes billed for a place, as if each agreement's document were number 1. */
static void make_billed(const struct test_programme *programme, struct made *made,
                        struct corrected_place *place) {
    struct edge_bill bill;
    struct fault fault;
    uint32_t agreement = snapshot_agreement_find(&made->snapshot, place->agreement_id);
    (void)programme;
    assert_int_equal(bill_edge(&made->october, NULL, &arena, agreement, &bill, &fault), STATUS_OK);
    struct issued_line *issued = ARENA_NEW(&arena, struct issued_line, bill.line_count);
    for (size_t i = 0; i < bill.line_count; i++) {
        bill.lines[i].invoice_id = 1;
        if (bill.lines[i].sku_id == place->sku_id) {
            issued[place->billed_count++] = issued_line_of(&bill.lines[i]);
        }
    }
    place->billed = issued;
    place->document_id = 1;
    place->number = TEXT("DIST-1");
}

static void make_places(const struct test_programme *programme, struct made *made) {
    struct corrected_place *places = ARENA_NEW(&arena, struct corrected_place, programme->correction_count);
    size_t count = 0;
    for (size_t i = 0; i < programme->correction_count; i++) {
        const struct test_set *from = &programme->corrections[i];
        struct corrected_place place = {.agreement_id = programme->agreement_ids[from->agreement],
                                        .month = OCTOBER,
                                        .sku_id = programme->sku_ids[from->sku]};
        bool is_known = false;
        for (size_t k = 0; k < count; k++) {
            is_known = is_known ||
                       (places[k].agreement_id == place.agreement_id && places[k].sku_id == place.sku_id);
        }
        if (!is_known) {
            make_billed(programme, made, &place);
            places[count++] = place;
        }
    }
    corrected_places_sort(&made->snapshot, places, count);
    made->waiting.places = places;
    made->waiting.place_count = count;
}

static int compare_charges(const void *left, const void *right, void *context) {
    const struct one_off_charge *a = left;
    const struct one_off_charge *b = right;
    const struct snapshot *snapshot = context;
    int order =
        agreement_pair_compare(&snapshot->agreements[snapshot_agreement_find(snapshot, a->agreement_id)],
                               &snapshot->agreements[snapshot_agreement_find(snapshot, b->agreement_id)]);
    if (order != 0) {
        return order;
    }
    return a->id < b->id ? -1 : 1;
}

static void make_charges(const struct test_programme *programme, struct made *made) {
    struct bill_waiting *waiting = &made->waiting;
    struct one_off_charge *charges = ARENA_NEW(&arena, struct one_off_charge, programme->charge_count);
    for (size_t i = 0; i < programme->charge_count; i++) {
        const struct test_set *from = &programme->charges[i];
        charges[i] = (struct one_off_charge){
            .id = (int64_t)i + 1,
            .agreement_id = programme->agreement_ids[from->agreement],
            .customer_id = from->customer < 0 ? 0 : programme->account_ids[from->customer],
            .month = NOVEMBER,
            .description = text_format(&arena, "charge %zu", i),
            .quantity = from->units,
            .unit_price_millionths = 1500000,
            .tax = {"Z", 0}};
    }
    qsort_r(charges, programme->charge_count, sizeof *charges, compare_charges, &made->snapshot);
    waiting->charges = charges;
    waiting->charge_count = programme->charge_count;
}

/* Everything that bill_edge reads; snapshot_close gives the zone back. */
static struct made *make(const struct test_programme *programme) {
    struct made *made = ARENA_NEW(&arena, struct made, 1);
    struct fault fault;
    int64_t *agreements = ARENA_NEW(&arena, int64_t, programme->adjustment_count);
    struct report_adjustment *adjustments =
        ARENA_NEW(&arena, struct report_adjustment, programme->adjustment_count);
    struct correction *corrections = ARENA_NEW(&arena, struct correction, programme->correction_count);
    make_parties(programme, &made->snapshot);
    make_prices(programme, &made->snapshot);
    assert_int_equal(snapshot_index(&made->snapshot, &arena, &fault), STATUS_OK);
    make_usage(programme, &made->usage);
    assert_int_equal(usage_by_edge_of(&made->snapshot, &made->usage, &arena, &made->by_edge, &fault),
                     STATUS_OK);
    for (size_t i = 0; i < programme->adjustment_count; i++) {
        const struct test_set *from = &programme->adjustments[i];
        agreements[i] = programme->agreement_ids[from->agreement];
        adjustments[i] = (struct report_adjustment){.customer_id = programme->account_ids[from->customer],
                                                    .sku_id = programme->sku_ids[from->sku],
                                                    .units = from->units,
                                                    .reason = TEXT("agreed")};
    }
    for (size_t i = 0; i < programme->correction_count; i++) {
        const struct test_set *from = &programme->corrections[i];
        corrections[i] = (struct correction){.id = (int64_t)i + 1,
                                             .agreement_id = programme->agreement_ids[from->agreement],
                                             .month = OCTOBER,
                                             .customer_id = programme->account_ids[from->customer],
                                             .sku_id = programme->sku_ids[from->sku],
                                             .units = from->units,
                                             .reason = TEXT("counted again")};
    }
    struct rated_month_input input = {
        .snapshot = &made->snapshot, .usage = &made->usage, .by_edge = &made->by_edge, .month = OCTOBER};
    assert_int_equal(rated_month_open(&arena, &input, &made->october, &fault), STATUS_OK);
    input.corrections = corrections;
    input.correction_count = programme->correction_count;
    made->waiting.months = ARENA_NEW(&arena, struct rated_month, 1);
    made->waiting.month_count = 1;
    assert_int_equal(rated_month_open(&arena, &input, &made->waiting.months[0], &fault), STATUS_OK);
    input.month = NOVEMBER;
    input.corrections = NULL;
    input.correction_count = 0;
    input.adjustment_agreements = agreements;
    input.adjustments = adjustments;
    input.adjustment_count = programme->adjustment_count;
    assert_int_equal(rated_month_open(&arena, &input, &made->november, &fault), STATUS_OK);
    make_places(programme, made);
    make_charges(programme, made);
    return made;
}

/* ---- looking at a bill ---- */

static struct edge_bill bill_of(const struct test_programme *programme, struct made *made, int agreement) {
    struct edge_bill bill;
    struct fault fault;
    assert_int_equal(bill_edge(&made->november, &made->waiting, &arena,
                               agreement_at(programme, made, agreement), &bill, &fault),
                     STATUS_OK);
    return bill;
}

/* The lines in the words of everybody: no internal number. */
static struct text words_of(const struct made *made, const struct edge_bill *bill) {
    struct text words = TEXT("");
    for (size_t i = 0; i < bill->line_count; i++) {
        const struct billed_line *line = &bill->lines[i];
        uint32_t customer = snapshot_account_find(&made->snapshot, line->customer_id);
        uint32_t sku = snapshot_sku_find(&made->snapshot, line->sku_id);
        words = text_format(
            &arena, "%.*s%lld %.*s %.*s %.*s × %.*s = %lld%s%.*s\n", TEXT_ARGS(words),
            (long long)line->position,
            TEXT_ARGS(customer == SNAPSHOT_NONE ? TEXT("-") : made->snapshot.accounts[customer].label),
            TEXT_ARGS(sku == SNAPSHOT_NONE ? line->description : made->snapshot.skus[sku].code),
            TEXT_ARGS(quantity_format(&arena, (struct quantity){line->quantity_parts, line->parts_per_unit})),
            TEXT_ARGS(decimal_format_short(&arena, line->unit_price_millionths, 6)),
            (long long)line->amount_minor, line->note.length > 0 ? " " : "", TEXT_ARGS(line->note));
    }
    return text_format(&arena, "%.*smissing: %.*s; net %lld\n", TEXT_ARGS(words), TEXT_ARGS(bill->missing),
                       (long long)bill->total.net_minor);
}

static void the_bill_says(const struct test_programme *programme, int agreement, const char *expected) {
    struct made *made = make(programme);
    struct edge_bill bill = bill_of(programme, made, agreement);
    assert_string_equal(words_of(made, &bill).at, expected);
    snapshot_close(&made->snapshot);
}

/* ---- by hand ---- */

static void usage_comes_by_customer_then_corrections_then_charges(void **state) {
    (void)state;
    struct test_programme programme = a_programme();
    a_price(&programme, DIST, -1, 0, 10);
    a_price(&programme, DIST, -1, 1, 20);
    a_licence(&programme, B, 0, at(2, 0), 2);
    a_licence(&programme, A, 1, at(3, 0), 3);
    a_licence(&programme, A, 0, at(40, 0), 4); /* in November */
    programme.corrections[programme.correction_count++] = (struct test_set){DIST_P1, B, 0, 1};
    programme.charges[programme.charge_count++] = (struct test_set){DIST_P1, -1, -1, 3};
    the_bill_says(&programme, DIST_P1,
                  "1 A S0 4 × 10 = 4000\n"
                  "2 A S1 3 × 20 = 6000\n"
                  "3 B S0 2 × 10 = 2000\n"
                  "4 B S0 -2 × 10 = -2000 corrects 2026-10 (DIST-1): reversal\n"
                  "5 B S0 1 × 10 = 1000 corrects 2026-10 (DIST-1): counted again\n"
                  "6 - charge 0 3 × 1.5 = 450\n"
                  "missing: ; net 11450\n");
}

static void what_has_no_price_is_missing_and_the_rest_is_billed(void **state) {
    (void)state;
    struct test_programme programme = a_programme();
    a_price(&programme, DIST, -1, 1, 20);
    a_licence(&programme, A, 2, at(2, 0), 1);
    a_licence(&programme, A, 1, at(2, 0), 1);
    a_licence(&programme, A, 0, at(2, 0), 1);
    the_bill_says(&programme, DIST_P1, "1 A S1 1 × 20 = 2000\nmissing: S0, S2; net 2000\n");
}

static void an_edge_without_prices_bills_charges_and_misses_a_price(void **state) {
    (void)state;
    struct test_programme programme = a_programme();
    a_licence(&programme, A, 0, at(2, 0), 1);
    programme.charges[programme.charge_count++] = (struct test_set){P1_A, A, -1, 2};
    the_bill_says(&programme, P1_A, "1 A charge 0 2 × 1.5 = 300\nmissing: S0; net 300\n");
}

static void a_closed_month_is_rated_by_the_rules_it_was_closed_by(void **state) {
    (void)state;
    struct test_programme programme = a_programme();
    struct made *made = make(&programme);
    struct fault fault;
    struct id_map rules;
    uint32_t closed = agreement_at(&programme, made, DIST_P1);
    uint32_t open = agreement_at(&programme, made, P1_A);
    id_map_init(&rules, &arena, 1);
    id_map_put(&rules, made->snapshot.agreements[closed].id, 0, RULES_FIRST);
    struct rated_month_input input = {.snapshot = &made->snapshot,
                                      .usage = &made->usage,
                                      .by_edge = &made->by_edge,
                                      .month = OCTOBER,
                                      .rules = &rules};
    struct rated_month month;
    assert_int_equal(rated_month_open(&arena, &input, &month, &fault), STATUS_OK);
    assert_int_equal(rated_month_on(&month, closed).rules, RULES_FIRST);
    assert_int_equal(rated_month_on(&month, open).rules, RULES_PRESENT);
    input.rules = NULL;
    assert_int_equal(rated_month_open(&arena, &input, &month, &fault), STATUS_OK);
    assert_int_equal(rated_month_on(&month, closed).rules, RULES_PRESENT);
    snapshot_close(&made->snapshot);
}

static void a_correction_goes_before_a_free_month_and_that_before_an_adjustment(void **state) {
    (void)state;
    struct test_programme programme = a_programme();
    a_price(&programme, DIST, -1, 0, 10)->terms.free_months = 2;
    a_licence(&programme, A, 0, at(2, 0), 5); /* October and November are free */
    a_licence(&programme, B, 0, at(2, 0), 5);
    programme.adjustments[programme.adjustment_count++] = (struct test_set){DIST_P1, B, 0, 3};
    programme.corrections[programme.correction_count++] = (struct test_set){DIST_P1, A, 0, 7};
    the_bill_says(&programme, DIST_P1,
                  "1 A S0 0 × 10 = 0 free month\n"
                  "2 B S0 0 × 10 = 0 free month\n"
                  "3 A S0 7 × 10 = 7000 corrects 2026-10 (DIST-1): counted again\n"
                  "missing: ; net 7000\n");
}

static void parts_of_a_bundle_are_billed_above_its_composer_alone(void **state) {
    (void)state;
    struct test_programme programme = a_programme();
    a_price(&programme, DIST, -1, 0, 10);
    a_price(&programme, P1, -1, 0, 20);
    programme.licences[a_licence(&programme, A, 0, at(2, 0), 5)].last_edge = 1; /* a part */
    a_licence(&programme, A, 0, at(3, 0), 3);
    the_bill_says(&programme, DIST_P1, "1 A S0 8 × 10 = 8000\nmissing: ; net 8000\n");
    the_bill_says(&programme, P1_A, "1 A S0 3 × 20 = 6000\nmissing: ; net 6000\n");
}

static void an_agreement_signed_afterwards_answers_where_something_is_to_be_billed(void **state) {
    (void)state;
    struct test_programme programme = a_programme();
    for (int i = P1_A; i <= P1_C; i++) {
        programme.signed_at_us[i] = at(70, 0); /* in December */
    }
    a_licence(&programme, A, 0, at(40, 0), 1);
    programme.charges[programme.charge_count++] = (struct test_set){P1_B, B, -1, 1};
    struct made *made = make(&programme);
    uint32_t answers[] = {0, 0, 0};
    for (int i = 0; i < 3; i++) {
        uint32_t agreement = agreement_at(&programme, made, P1_A + i);
        answers[i] =
            bill_agreement(&made->november, &made->waiting, made->snapshot.edge_of_agreement[agreement]);
    }
    assert_int_equal(answers[0], agreement_at(&programme, made, P1_A)); /* used */
    assert_int_equal(answers[1], agreement_at(&programme, made, P1_B)); /* charged */
    assert_int_equal(answers[2], SNAPSHOT_NONE);
    snapshot_close(&made->snapshot);
}

/* ---- random programmes ---- */

/* `count` different numbers, in no order. */
static void draw_ids(struct rng *rng, int64_t *ids, size_t count) {
    for (size_t i = 0; i < count; i++) {
        bool is_taken = true;
        while (is_taken) {
            ids[i] = rng_between(rng, 1, 1000);
            is_taken = false;
            for (size_t k = 0; k < i; k++) {
                is_taken = is_taken || ids[k] == ids[i];
            }
        }
    }
}

static void draw_all_ids(struct rng *rng, struct test_programme *programme) {
    draw_ids(rng, programme->account_ids, ACCOUNT_COUNT);
    draw_ids(rng, programme->agreement_ids, AGREEMENT_COUNT);
    draw_ids(rng, programme->sku_ids, SKU_COUNT);
    draw_ids(rng, programme->licence_ids, LICENCES_MAX);
}

static void draw_price(struct rng *rng, struct test_programme *programme, int seller, int buyer, int sku) {
    struct price *price = a_price(programme, seller, buyer, sku, 1);
    struct price_tier *tiers = ARENA_NEW(&arena, struct price_tier, 3);
    price->policy = (enum metering_policy)rng_below(rng, 4);
    price->mode = (enum tier_mode)rng_below(rng, 3);
    price->tier_count = price->mode == TIER_FLAT ? 1 : 3;
    for (int64_t i = 0; i < 3; i++) {
        tiers[i] = (struct price_tier){1 + 4 * i, rng_between(rng, 0, 20000000)};
    }
    price->tiers = tiers;
    if (rng_chance(rng, 1, 4)) {
        price->terms.minimum_units = rng_between(rng, 1, 20);
    }
    if (rng_chance(rng, 1, 4)) {
        price->terms.free_months = 1;
    }
    if (rng_chance(rng, 1, 6)) {
        price->terms.has_trial_end = true;
        price->terms.trial_end = (struct date){date_of(2026, 10, 20).day + (int32_t)rng_below(rng, 50)};
    }
}

static struct test_set draw_set(struct rng *rng) {
    return (struct test_set){(int)rng_below(rng, AGREEMENT_COUNT), A, (int)rng_below(rng, SKU_COUNT),
                             rng_between(rng, 0, 9)};
}

/* A customer of the agreement's edge. */
static int customer_below(struct rng *rng, int agreement) {
    return agreement >= P1_A ? PARTIES[agreement][1] : A + (int)rng_below(rng, 3);
}

static struct test_programme draw_programme(struct rng *rng) {
    struct test_programme programme = a_programme();
    for (int edge = 0; edge < 3; edge++) {
        for (int sku = 0; sku < SKU_COUNT; sku++) {
            draw_price(rng, &programme, PARTIES[edge][0], -1, sku);
            if (rng_chance(rng, 1, 4)) {
                draw_price(rng, &programme, PARTIES[edge][0], PARTIES[edge][1], sku);
            }
        }
    }
    size_t licences = rng_below(rng, LICENCES_MAX);
    int64_t now = at(1, 0);
    for (size_t i = 0; i < licences; i++) {
        now += rng_between(rng, 0, 3) * INT64_C(3600000000) * 12;
        a_licence(&programme, A + (int)rng_below(rng, 3), (int)rng_below(rng, SKU_COUNT), now,
                  (int32_t)rng_between(rng, 1, 9));
        if (rng_chance(rng, 1, 3)) {
            programme.licences[i].last_edge = (int32_t)rng_below(rng, 3);
        }
    }
    for (size_t i = 0; licences > 0 && i < 2 * licences; i++) {
        now += rng_between(rng, 0, 3) * INT64_C(3600000000) * 8;
        programme.events[programme.event_count++] =
            (struct test_event){(int)rng_below(rng, licences), now, (int32_t)rng_between(rng, 0, 9)};
    }
    programme.adjustment_count = rng_below(rng, 4);
    programme.correction_count = rng_below(rng, 5);
    programme.charge_count = rng_below(rng, 4);
    for (size_t i = 0; i < SET_MAX; i++) {
        programme.adjustments[i] = draw_set(rng);
        programme.corrections[i] = draw_set(rng);
        programme.charges[i] = draw_set(rng);
        programme.adjustments[i].customer = customer_below(rng, programme.adjustments[i].agreement);
        programme.corrections[i].customer = customer_below(rng, programme.corrections[i].agreement);
        programme.charges[i].customer =
            rng_chance(rng, 1, 2) ? -1 : customer_below(rng, programme.charges[i].agreement);
        /* Of two adjustments of one place none would be the later: each is of its own. */
        programme.adjustments[i].agreement = i % 2 == 0 ? DIST_P1 : VEND_DIST;
        programme.adjustments[i].customer = A + (int)(i / 2 % 3);
    }
    return programme;
}

/* Positions from 1, parts in order, and a net that is the sum however it is taken. */
static void must_add_up(const struct edge_bill *bill) {
    struct billed_total total;
    struct fault fault;
    int64_t sum = 0;
    for (size_t i = 0; i < bill->line_count; i++) {
        const struct billed_line *line = &bill->lines[i];
        bool is_correction = line->corrects_month.index != INVOICE_NO_MONTH;
        assert_int_equal(line->position, i + 1);
        assert_int_equal(is_correction,
                         i >= bill->usage_count && i < bill->usage_count + bill->correction_count);
        assert_int_equal(line->price_id == 0 && !is_correction,
                         i >= bill->usage_count + bill->correction_count);
        sum += line->amount_minor;
    }
    assert_int_equal(billed_lines_total(&arena, bill->lines, bill->line_count, &total, &fault), STATUS_OK);
    assert_int_equal(sum, bill->total.net_minor);
    assert_int_equal(total.net_minor, bill->total.net_minor);
    assert_int_equal(total.gross_minor, total.net_minor + total.tax_minor);
}

/* Adds to a place what a document of that number bills for it. */
static void issue_for(struct corrected_place *place, struct issued_line *issued,
                      const struct billed_line *lines, size_t count, int64_t invoice_id) {
    for (size_t i = 0; i < count; i++) {
        struct billed_line line = lines[i];
        line.invoice_id = invoice_id;
        if (line.sku_id == place->sku_id && line.price_id != 0 &&
            line.corrects_month.index == place->month.index) {
            issued[place->billed_count++] = issued_line_of(&line);
        }
    }
}

/* Once corrections are billed, on an invoice and on credit notes, the same corrections change nothing more.
 */
static void must_be_corrected(struct made *made, uint32_t agreement, const struct edge_bill *bill) {
    struct corrected_place *places = ARENA_NEW(&arena, struct corrected_place, made->waiting.place_count);
    struct bill_waiting again = made->waiting;
    struct edge_bill then;
    struct fault fault;
    for (size_t i = 0; i < again.place_count; i++) {
        enum { ISSUED_MAX = 200 };
        struct issued_line *issued = ARENA_NEW(&arena, struct issued_line, ISSUED_MAX);
        places[i] = again.places[i];
        assert_in_range(places[i].billed_count, 0, ISSUED_MAX / 2);
        for (size_t k = 0; k < places[i].billed_count; k++) {
            issued[k] = places[i].billed[k];
        }
        places[i].billed = issued;
        if (made->snapshot.agreements[agreement].id == places[i].agreement_id) {
            issue_for(&places[i], issued, bill->lines, bill->line_count, 2);
            for (size_t k = 0; k < bill->credit_note_count; k++) {
                issue_for(&places[i], issued, bill->credit_notes[k].lines, bill->credit_notes[k].line_count,
                          3 + (int64_t)k);
            }
        }
    }
    again.places = places;
    assert_int_equal(bill_edge(&made->november, &again, &arena, agreement, &then, &fault), STATUS_OK);
    assert_int_equal(then.credit_note_count, 0);
    for (size_t i = 0; i < then.correction_count; i++) {
        assert_int_equal(then.lines[then.usage_count + i].quantity_parts, 0);
    }
}

/* A document asks for nothing below zero, and a credit note for nothing at all. */
static void must_ask_rightly(const struct edge_bill *bill) {
    struct billed_total total;
    struct fault fault;
    assert_int_equal(billed_lines_total(&arena, bill->lines, bill->line_count, &total, &fault), STATUS_OK);
    assert_true(total.gross_minor >= 0);
    for (size_t i = 0; i < bill->credit_note_count; i++) {
        const struct bill_credit_note *note = &bill->credit_notes[i];
        assert_true(note->document_id != 0 && note->line_count > 0);
        assert_int_equal(billed_lines_total(&arena, note->lines, note->line_count, &total, &fault),
                         STATUS_OK);
        assert_true(total.gross_minor < 0);
    }
}

static void a_bill_adds_up_and_tells_no_internal_number(void **state) {
    (void)state;
    struct rng rng;
    rng_seed(&rng, 11);
    for (int round = 0; round < 300; round++) {
        struct test_programme programme = draw_programme(&rng);
        struct test_programme renumbered = programme;
        draw_all_ids(&rng, &renumbered);
        struct made *made = make(&programme);
        struct made *other = make(&renumbered);
        for (int agreement = 0; agreement < AGREEMENT_COUNT; agreement++) {
            struct edge_bill bill = bill_of(&programme, made, agreement);
            struct edge_bill same = bill_of(&renumbered, other, agreement);
            must_add_up(&bill);
            must_ask_rightly(&bill);
            must_be_corrected(made, agreement_at(&programme, made, agreement), &bill);
            assert_string_equal(words_of(made, &bill).at, words_of(other, &same).at);
        }
        snapshot_close(&made->snapshot);
        snapshot_close(&other->snapshot);
        arena_clean_up(&arena);
    }
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(usage_comes_by_customer_then_corrections_then_charges, open_arena,
                                        close_arena),
        cmocka_unit_test_setup_teardown(what_has_no_price_is_missing_and_the_rest_is_billed, open_arena,
                                        close_arena),
        cmocka_unit_test_setup_teardown(an_edge_without_prices_bills_charges_and_misses_a_price, open_arena,
                                        close_arena),
        cmocka_unit_test_setup_teardown(a_closed_month_is_rated_by_the_rules_it_was_closed_by, open_arena,
                                        close_arena),
        cmocka_unit_test_setup_teardown(a_correction_goes_before_a_free_month_and_that_before_an_adjustment,
                                        open_arena, close_arena),
        cmocka_unit_test_setup_teardown(parts_of_a_bundle_are_billed_above_its_composer_alone, open_arena,
                                        close_arena),
        cmocka_unit_test_setup_teardown(
            an_agreement_signed_afterwards_answers_where_something_is_to_be_billed, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(a_bill_adds_up_and_tells_no_internal_number, open_arena, close_arena),
    };
    return cmocka_run_group_tests_name("bill", tests, NULL, NULL);
}
