/* Prices: immutable, dated, an edge's own or a seller's standard ones, and nobody else's to see. */
#include "cast.h"

#include "programme/catalogue/import_catalogue.h"
#include "programme/catalogue/import_prices.h"
#include "programme/catalogue/prices.h"
#include "store/billing/months.h"
#include "store/catalogue/prices.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define assert_text(actual, expected) assert_string_equal(text_copy(&world->arena, (actual)).at, (expected))

static const char HEADER[] = "sku,currency,effective_from,policy,tier_mode,tier_from,unit_price\n";

static void a_cast_with_skus(struct world *world) {
    a_whole_cast(world);
    struct call call = world_call(world);
    struct import_problems problems = {0};
    struct import_catalogue_result result;
    const struct import_catalogue_input input = {.vendor = TEXT("VENDOR"),
                                                 .content = TEXT("sku,name\nA,One\nB,Two\nC,Three\n")};
    WORLD_OK(world, import_catalogue(&call, &input, &result, &problems, &world->fault));
}

struct imported {
    struct import_prices_result result;
    struct import_problems problems;
};

static enum status import_rows(struct world *world, const char *seller, const char *buyer, const char *rows,
                               struct imported *imported) {
    struct call call = call_of(world, seller, RIGHT_ALL);
    const struct import_prices_input input = {.buyer = text_of(buyer),
                                              .content = text_format(&world->arena, "%s%s", HEADER, rows)};
    *imported = (struct imported){0};
    return import_prices(&call, &input, &imported->result, &imported->problems, &world->fault);
}

static size_t count_prices(struct world *world, const char *who) {
    struct call call = call_of(world, who, RIGHT_READ);
    struct price_page page;
    const struct list_prices_input input = {0};
    WORLD_OK(world, list_prices(&call, &input, &page, &world->fault));
    return page.count;
}

/* ---- importing ---- */

static void rows_of_one_sku_and_date_are_the_tiers_of_one_price(void **state) {
    struct world *world = *state;
    a_cast_with_skus(world);
    struct imported imported;
    WORLD_OK(world, import_rows(world, "DIST", "ALPHA",
                                "A,USD,2026-11-01,peak,graduated,51,7.5\n"
                                "A,USD,2026-11-01,peak,graduated,1,10\n"
                                "B,USD,2026-11-01,daily,flat,1,0.000001\n"
                                "A,USD,2026-11-01,peak,graduated,11,8.25\n",
                                &imported));
    assert_int_equal(imported.result.prices, 2);
    assert_int_equal(imported.result.prices_added, 2);
    struct call call = call_of(world, "ALPHA", RIGHT_READ);
    struct price_page page;
    const struct list_prices_input input = {.sku = TEXT("A")};
    WORLD_OK(world, list_prices(&call, &input, &page, &world->fault));
    assert_int_equal(page.count, 1);
    const struct price *price = &page.items[0].price;
    assert_int_equal(price->mode, TIER_GRADUATED);
    assert_int_equal(price->tier_count, 3);
    assert_int_equal(price->tiers[1].from, 11);
    assert_int_equal(price->tiers[2].unit_price_millionths, 7500000);
    assert_text(page.items[0].seller_code, "DIST");
    assert_text(page.items[0].buyer_code, "ALPHA");
}

static void every_bad_row_is_listed_and_nothing_is_imported(void **state) {
    struct world *world = *state;
    a_cast_with_skus(world);
    struct imported imported;
    WORLD_FAULT(world, "negative-price",
                import_rows(world, "DIST", "ALPHA",
                            "A,USD,2026-11-01,peak,flat,1,10\n"   /* 2 */
                            "B,USD,2026-11-01,peak,flat,1,-1\n"   /* 3 */
                            "Z,USD,2026-11-01,peak,flat,1,1\n"    /* 4 */
                            "B,XYZ,2026-11-01,peak,flat,1,1\n"    /* 5 */
                            "B,EUR,2026-11-01,peak,flat,1,1\n"    /* 6 */
                            "B,USD,2026-02-30,peak,flat,1,1\n"    /* 7 */
                            "B,USD,2026-11-01,max,flat,1,1\n"     /* 8 */
                            "B,USD,2026-11-01,peak,stairs,1,1\n"  /* 9 */
                            "B,USD,2026-11-01,peak,flat,one,1\n"  /* 10 */
                            "B,USD,2026-11-01,peak,flat,1,1e3\n"  /* 11 */
                            "B,USD,2026-11-01,peak,flat\n"        /* 12 */
                            "A,USD,2026-11-01,any,flat,1,10\n"    /* 13: differs from line 2 */
                            "C,USD,2026-11-01,peak,volume,5,1\n", /* 14: no first tier */
                            &imported));
    static const struct {
        int64_t line;
        const char *code;
    } expected[] = {
        {3, "negative-price"},    {4, "unknown-sku"},          {5, "unknown-currency"},
        {6, "wrong-currency"},    {7, "malformed-date"},       {8, "unknown-policy"},
        {9, "unknown-tier-mode"}, {10, "number-out-of-range"}, {11, "malformed-number"},
        {12, "csv-field-count"},  {13, "row-differs"},         {14, "first-tier-not-from-one"},
    };
    assert_int_equal(imported.problems.total, 12);
    for (size_t i = 0; i < 12; i++) {
        assert_int_equal(imported.problems.items[i].line, expected[i].line);
        assert_string_equal(imported.problems.items[i].fault.code, expected[i].code);
    }
    assert_int_equal(count_prices(world, "DIST"), 0);
}

static void an_import_can_be_repeated_but_a_price_never_changes(void **state) {
    struct world *world = *state;
    a_cast_with_skus(world);
    struct imported imported;
    WORLD_OK(world, import_rows(world, "DIST", "ALPHA", "A,USD,2026-11-01,peak,flat,1,10\n", &imported));
    WORLD_OK(world,
             import_rows(world, "DIST", "ALPHA",
                         "A,USD,2026-11-01,peak,flat,1,10.00\nA,USD,2026-12-01,peak,flat,1,11\n", &imported));
    assert_int_equal(imported.result.prices, 2);
    assert_int_equal(imported.result.prices_added, 1);
    WORLD_FAULT(world, "price-exists",
                import_rows(world, "DIST", "ALPHA", "A,USD,2026-11-01,peak,flat,1,12\n", &imported));
    WORLD_OK(world, import_rows(world, "DIST", "BETA", "A,USD,2026-11-01,peak,flat,1,12\n", &imported));
}

static void terms_stand_in_columns_of_their_own(void **state) {
    struct world *world = *state;
    a_cast_with_skus(world);
    struct call call = call_of(world, "ALPHA", RIGHT_ALL);
    struct import_prices_result result;
    struct import_problems problems = {0};
    const struct import_prices_input input = {
        .buyer = TEXT("A1"),
        .content =
            TEXT("sku,currency,effective_from,policy,tier_mode,tier_from,unit_price,minimum,free_months,"
                 "trial_end,not_for_resale,tax_category,tax_rate\n"
                 "A,USD,2026-11-01,peak,flat,1,10,5,1,2026-12-15,no,S,8.25\n"
                 "B,,2026-11-01,,,,0,,,,yes,,\n")};
    WORLD_OK(world, import_prices(&call, &input, &result, &problems, &world->fault));
    struct price_page page;
    const struct list_prices_input list = {.buyer = TEXT("A1")};
    WORLD_OK(world, list_prices(&call, &list, &page, &world->fault));
    assert_int_equal(page.count, 2);
    const struct price_terms *terms = &page.items[0].price.terms;
    assert_int_equal(terms->minimum_units, 5);
    assert_int_equal(terms->free_months, 1);
    assert_true(terms->has_trial_end);
    assert_int_equal(terms->trial_end.day, date_of(2026, 12, 15).day);
    assert_text(page.items[0].tax_category, "S");
    assert_text(page.items[0].tax_rate, "8.25");
    assert_true(page.items[1].price.terms.not_for_resale);
    assert_text(page.items[1].currency, "USD");
    assert_text(page.items[1].tax_category, "");
}

static void import_of_dist(struct world *world, const char *code, const char *content) {
    struct call call = call_of(world, "DIST", RIGHT_ALL);
    struct import_prices_input input = {.buyer = TEXT("ALPHA"), .content = text_of(content)};
    struct import_prices_result result;
    struct import_problems problems = {0};
    enum status status = import_prices(&call, &input, &result, &problems, &world->fault);
    if (code == NULL) {
        world_must_be_ok(world, status, "import_prices", __FILE__, __LINE__);
    } else {
        assert_int_not_equal(status, STATUS_OK);
        assert_non_null(strstr(world->fault.message, code));
    }
}

#define COLUMNS "sku,currency,effective_from,policy,tier_mode,tier_from,unit_price"
#define PRICE ",USD,2026-11-01,peak,flat,1,5"

static void a_column_that_means_nothing_or_an_edge_that_contradicts_is_refused(void **state) {
    struct world *world = *state;
    a_cast_with_skus(world);
    import_of_dist(world, "or call it \"minimum\"", COLUMNS ",minimun\nA" PRICE ",25\n");
    import_of_dist(world, "a price of VENDOR", COLUMNS ",seller,buyer\nA" PRICE ",VENDOR,DIST\n");
    import_of_dist(world, "a price for BETA", COLUMNS ",seller,buyer\nA" PRICE ",DIST,BETA\n");
    import_of_dist(world, NULL, COLUMNS ",seller,buyer,\nA" PRICE ",DIST,ALPHA,\n");
}

/* ---- one ---- */

static enum status set_flat(struct world *world, const char *seller, const char *buyer, const char *sku,
                            const char *from, const char *unit_price) {
    struct call call = call_of(world, seller, RIGHT_ALL);
    struct price_view price;
    const struct tier_input tier = {.unit_price = text_of(unit_price)};
    const struct set_price_input input = {.buyer = text_of(buyer),
                                          .sku = text_of(sku),
                                          .effective_from = text_of(from),
                                          .tiers = &tier,
                                          .tier_count = 1};
    return set_price(&call, &input, &price, &world->fault);
}

static void only_a_seller_sets_its_prices_on_its_own_edges(void **state) {
    struct world *world = *state;
    a_cast_with_skus(world);
    WORLD_OK(world, set_flat(world, "DIST", "ALPHA", "A", "2026-11-01", "10"));
    WORLD_OK(world, set_flat(world, "DIST", "ALPHA", "A", "2026-11-01", "10"));
    WORLD_FAULT(world, "price-exists", set_flat(world, "DIST", "ALPHA", "A", "2026-11-01", "11"));
    WORLD_FAULT(world, "no-agreement", set_flat(world, "DIST", "A1", "A", "2026-11-01", "10"));
    WORLD_FAULT(world, "no-agreement", set_flat(world, "ALPHA", "DIST", "A", "2026-11-01", "10"));
    WORLD_FAULT(world, "unknown-account", set_flat(world, "ALPHA", "B1", "A", "2026-11-01", "10"));
    WORLD_FAULT(world, "wrong-seller", set_flat(world, "A1", "", "A", "2026-11-01", "10"));

    struct call technician = call_of(world, "DIST", RIGHT_READ | RIGHT_LICENCES);
    struct price_view price;
    const struct tier_input tier = {.unit_price = TEXT("1")};
    const struct set_price_input input = {
        .sku = TEXT("B"), .effective_from = TEXT("2026-11-01"), .tiers = &tier, .tier_count = 1};
    WORLD_FAULT(world, "right-missing", set_price(&technician, &input, &price, &world->fault));
    struct call other = call_of(world, "BETA", RIGHT_ALL);
    struct set_price_input of_dist = input;
    of_dist.seller = TEXT("DIST");
    WORLD_FAULT(world, "not-yours", set_price(&other, &of_dist, &price, &world->fault));
}

static void a_vendor_prices_its_own_skus_alone(void **state) {
    struct world *world = *state;
    a_cast_with_skus(world);
    an_account(world, "vendor", "SECOND", "");
    WORLD_OK(world, set_flat(world, "VENDOR", "DIST", "A", "2026-11-01", "3"));
    WORLD_FAULT(world, "unknown-sku", set_flat(world, "SECOND", "DIST", "A", "2026-11-01", "3"));
}

static void no_price_begins_in_a_month_that_was_closed_before_usage_was_asked_for(void **state) {
    struct world *world = *state;
    a_cast_with_skus(world);
    struct call call = world_call(world);
    struct agreement_view agreement;
    WORLD_OK(world, show_agreement(&call, TEXT(""), TEXT("DIST"), TEXT("ALPHA"), &agreement, &world->fault));
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, month_state_save(world->db, agreement.id, month_of(2026, 10), MONTH_CLOSED, world->now_us,
                                     &world->fault));
    WORLD_OK(world,
             db_run(world->db, "update months set usage_billing = 0", DB_NO_ARGS, NULL, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
    WORLD_FAULT(world, "month-closed", set_flat(world, "DIST", "ALPHA", "A", "2026-10-31", "10"));
    WORLD_FAULT(world, "month-closed", set_flat(world, "DIST", "ALPHA", "A", "2026-09-01", "10"));
    WORLD_FAULT(world, "month-closed", set_flat(world, "DIST", "", "A", "2026-10-01", "10"));
    WORLD_OK(world, set_flat(world, "DIST", "ALPHA", "A", "2026-11-01", "10"));
    WORLD_OK(world, set_flat(world, "DIST", "BETA", "A", "2026-10-01", "10"));
}

/* ---- who sees them ---- */

static void prices_of_an_edge_are_its_two_parties_alone(void **state) {
    struct world *world = *state;
    a_cast_with_skus(world);
    WORLD_OK(world, set_flat(world, "VENDOR", "DIST", "A", "2026-11-01", "1"));
    WORLD_OK(world, set_flat(world, "DIST", "", "A", "2026-11-01", "2"));
    WORLD_OK(world, set_flat(world, "DIST", "ALPHA", "A", "2026-12-01", "3"));
    WORLD_OK(world, set_flat(world, "DIST", "BETA", "A", "2026-12-01", "4"));
    WORLD_OK(world, set_flat(world, "ALPHA", "A1", "A", "2026-11-01", "5"));
    WORLD_OK(world, set_flat(world, "BETA", "B1", "A", "2026-11-01", "6"));
    assert_int_equal(count_prices(world, "VENDOR"), 1);
    assert_int_equal(count_prices(world, "DIST"), 4);
    assert_int_equal(count_prices(world, "ALPHA"), 3); /* its own, its customer's, the standard one */
    assert_int_equal(count_prices(world, "BETA"), 3);
    assert_int_equal(count_prices(world, "A1"), 1);
    assert_int_equal(count_prices(world, "B1"), 1);
}

/* ---- the list ---- */

static void prices_of_an_edges_own_go_before_standard_ones_from_their_date_on(void **state) {
    struct world *world = *state;
    a_cast_with_skus(world);
    WORLD_OK(world, set_flat(world, "DIST", "", "A", "2026-01-01", "1"));
    WORLD_OK(world, set_flat(world, "DIST", "", "A", "2026-06-01", "2"));
    WORLD_OK(world, set_flat(world, "DIST", "", "A", "2026-12-01", "3"));
    WORLD_OK(world, set_flat(world, "DIST", "ALPHA", "A", "2026-09-01", "4"));
    WORLD_OK(world, set_flat(world, "DIST", "ALPHA", "B", "2026-09-01", "5"));
    struct price_list list;
    WORLD_OK(world, db_begin(world->db, DB_READ, &world->fault));
    WORLD_OK(world, price_list_load(world->db, &world->arena, &list, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
    assert_int_equal(list.count, 5);
    int64_t dist = the_account(world, "DIST").id;
    int64_t alpha = the_account(world, "ALPHA").id;
    int64_t beta = the_account(world, "BETA").id;
    int64_t sku_a = list.prices[0].sku_id;
    int64_t sku_b = list.prices[4].sku_id;
    assert_int_not_equal(sku_a, sku_b);

    struct price_list range =
        price_list_of_edge(&list, &world->arena, &(struct price_place){dist, alpha, sku_a, TEXT("USD")});
    assert_int_equal(range.count, 3);
    assert_int_equal(range.prices[1].tiers[0].unit_price_millionths, 2000000);
    assert_int_equal(range.prices[2].tiers[0].unit_price_millionths, 4000000);
    assert_int_equal(
        price_list_of_edge(&list, &world->arena, &(struct price_place){dist, beta, sku_a, TEXT("USD")}).count,
        3);
    assert_int_equal(
        price_list_of_edge(&list, &world->arena, &(struct price_place){dist, beta, sku_b, TEXT("USD")}).count,
        0);
    assert_int_equal(
        price_list_of_edge(&list, &world->arena, &(struct price_place){alpha, beta, sku_a, TEXT("USD")})
            .count,
        0);
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(rows_of_one_sku_and_date_are_the_tiers_of_one_price),
        WORLD_TEST(every_bad_row_is_listed_and_nothing_is_imported),
        WORLD_TEST(an_import_can_be_repeated_but_a_price_never_changes),
        WORLD_TEST(terms_stand_in_columns_of_their_own),
        WORLD_TEST(a_column_that_means_nothing_or_an_edge_that_contradicts_is_refused),
        WORLD_TEST(only_a_seller_sets_its_prices_on_its_own_edges),
        WORLD_TEST(a_vendor_prices_its_own_skus_alone),
        WORLD_TEST(no_price_begins_in_a_month_that_was_closed_before_usage_was_asked_for),
        WORLD_TEST(prices_of_an_edge_are_its_two_parties_alone),
        WORLD_TEST(prices_of_an_edges_own_go_before_standard_ones_from_their_date_on),
    };
    return world_run_tests("prices", tests, sizeof tests / sizeof tests[0]);
}
