/* Categories of tax need what EN 16931 says of their documents: tax numbers, a country, no other beside O. */
#include "programme/billing/one_off_charges.h"
#include "programme/catalogue/prices.h"
#include "programme/parties/accounts.h"
#include "programme/parties/amend_agreement.h"
#include "trade.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void a_trade(struct trade *trade, struct world *world) {
    trade_begin(trade, world, "Europe/Berlin", "EUR");
    trade_sku(trade, "S");
    trade_price(trade, "VEND", "DIST", "S", POLICY_PEAK, TIER_FLAT, "1:1", NULL);
    trade_price(trade, "DIST", "P1", "S", POLICY_PEAK, TIER_FLAT, "1:10", NULL);
    trade_price(trade, "P1", NULL, "S", POLICY_PEAK, TIER_FLAT, "1:20", NULL);
}

/* NULL leaves as it is. */
static void say_of(struct trade *trade, const char *account, const char *tax_number, const char *country) {
    struct text number = text_of(tax_number);
    struct text where = text_of(country);
    const struct edit_account_input edit = {.account = text_of(account),
                                            .tax_number = tax_number == NULL ? NULL : &number,
                                            .country = country == NULL ? NULL : &where};
    struct account_view view;
    WORLD_OK(trade->world, edit_account(&trade->call, &edit, &view, &trade->world->fault));
}

/* Sets the category by each way there is; `code` NULL: it is taken. Each way is tried in turn. */
static void set_everywhere(struct trade *trade, const char *category, const char *code) {
    struct world *world = trade->world;
    struct terms_view terms;
    struct one_off_charge_view charge;
    struct price_view price;
    struct account_view account;
    const struct amend_agreement_input amend = {
        .agreement = {.seller = TEXT("P1"), .buyer = TEXT("A")},
        .from = TEXT("2026-12"),
        .terms = {.tax_category = text_of(category), .payment_days = code == NULL ? TEXT("9") : TEXT("")}};
    const struct add_one_off_charge_input add = {.seller = TEXT("P1"),
                                                 .buyer = TEXT("A"),
                                                 .month = TEXT("2026-09"),
                                                 .description = TEXT("visit"),
                                                 .quantity = 1,
                                                 .unit_price = TEXT("5"),
                                                 .tax_category = text_of(category)};
    const struct tier_input tier = {.unit_price = TEXT("3")};
    const struct set_price_input set = {.seller = TEXT("P1"),
                                        .buyer = TEXT("A"),
                                        .sku = TEXT("S"),
                                        .effective_from = TEXT("2026-12-01"),
                                        .tiers = &tier,
                                        .tier_count = 1,
                                        .tax_category = text_of(category)};
    const struct add_account_input begin = {.kind = TEXT("customer"),
                                            .name = TEXT("New"),
                                            .code = TEXT("NEW"),
                                            .seller = TEXT("P1"),
                                            .country = TEXT("AT"),
                                            .tax_number = TEXT("ATU1"),
                                            .terms = {.tax_category = text_of(category)}};
    if (code == NULL) {
        WORLD_OK(world, add_one_off_charge(&trade->call, &add, &charge, &world->fault));
        WORLD_OK(world, set_price(&trade->call, &set, &price, &world->fault));
        WORLD_OK(world, amend_agreement(&trade->call, &amend, &terms, &world->fault));
        WORLD_OK(world, add_account(&trade->call, &begin, &account, &world->fault));
        return;
    }
    WORLD_FAULT(world, code, add_one_off_charge(&trade->call, &add, &charge, &world->fault));
    WORLD_FAULT(world, code, set_price(&trade->call, &set, &price, &world->fault));
    WORLD_FAULT(world, code, amend_agreement(&trade->call, &amend, &terms, &world->fault));
}

static void reverse_charge_needs_both_tax_numbers(void **state) {
    struct trade trade;
    a_trade(&trade, *state);
    set_everywhere(&trade, "AE", "tax-number-missing");
    assert_non_null(strstr(trade.world->fault.message, "give P1 its tax number first"));
    assert_string_equal(trade.world->fault.field, "tax_category");
    say_of(&trade, "P1", "DE1", NULL);
    set_everywhere(&trade, "AE", "tax-number-missing");
    assert_non_null(strstr(trade.world->fault.message, "give A its tax number first"));
    say_of(&trade, "A", "ATU2", NULL);
    set_everywhere(&trade, "AE", NULL);
}

static void a_supply_within_the_union_needs_the_buyers_country_too(void **state) {
    struct trade trade;
    a_trade(&trade, *state);
    say_of(&trade, "P1", "DE1", NULL);
    say_of(&trade, "A", "ATU2", NULL);
    set_everywhere(&trade, "K", "country-missing");
    say_of(&trade, "A", NULL, "AT");
    set_everywhere(&trade, "K", NULL);
}

static void what_is_not_taxed_needs_no_number_and_has_no_rate(void **state) {
    static const char *const categories[] = {"Z", "E", "AE", "K", "O"};
    struct trade trade;
    struct terms_view view;
    a_trade(&trade, *state);
    for (size_t i = 0; i < sizeof categories / sizeof categories[0]; i++) {
        const struct amend_agreement_input amend = {
            .agreement = {.seller = TEXT("DIST"), .buyer = TEXT("P1")},
            .from = TEXT("2026-12"),
            .terms = {.tax_category = text_of(categories[i]), .tax_rate = TEXT("7")}};
        WORLD_FAULT(trade.world, "tax-rate-unsuitable",
                    amend_agreement(&trade.call, &amend, &view, &trade.world->fault));
        assert_string_equal(trade.world->fault.field, "tax_rate");
        assert_string_equal(trade.world->fault.value, "7");
    }
    set_everywhere(&trade, "O", NULL);
}

static void a_standard_price_asks_its_seller_alone(void **state) {
    struct trade trade;
    struct price_view price;
    a_trade(&trade, *state);
    const struct tier_input tier = {.unit_price = TEXT("3")};
    const struct set_price_input set = {.seller = TEXT("P1"),
                                        .sku = TEXT("S"),
                                        .effective_from = TEXT("2026-12-01"),
                                        .tiers = &tier,
                                        .tier_count = 1,
                                        .tax_category = TEXT("K")};
    WORLD_FAULT(trade.world, "tax-number-missing", set_price(&trade.call, &set, &price, &trade.world->fault));
    say_of(&trade, "P1", "DE1", NULL);
    WORLD_OK(trade.world, set_price(&trade.call, &set, &price, &trade.world->fault));
}

static void not_subject_to_tax_stands_beside_no_other_category(void **state) {
    struct trade trade;
    a_trade(&trade, *state);
    /* The edge of the provider is taxed at 20 %. */
    const struct add_one_off_charge_input add = {.seller = TEXT("DIST"),
                                                 .buyer = TEXT("P1"),
                                                 .month = TEXT("2026-09"),
                                                 .description = TEXT("visit"),
                                                 .quantity = 1,
                                                 .unit_price = TEXT("5"),
                                                 .tax_category = TEXT("O")};
    struct one_off_charge_view charge;
    WORLD_FAULT(trade.world, "tax-category-alone",
                add_one_off_charge(&trade.call, &add, &charge, &trade.world->fault));
    const struct tier_input tier = {.unit_price = TEXT("3")};
    const struct set_price_input set = {.seller = TEXT("DIST"),
                                        .buyer = TEXT("P1"),
                                        .sku = TEXT("S"),
                                        .effective_from = TEXT("2026-12-01"),
                                        .tiers = &tier,
                                        .tier_count = 1,
                                        .tax_category = TEXT("O")};
    struct price_view price;
    WORLD_FAULT(trade.world, "tax-category-alone", set_price(&trade.call, &set, &price, &trade.world->fault));
}

/* The remark of the closed edge from P1 to A. */
static struct text remark_of(struct trade *trade, bool dry_run) {
    struct close_month_result result;
    const struct close_month_input input = {.month = TEXT("2026-09")};
    trade->call.dry_run = dry_run;
    WORLD_OK(trade->world, close_month(&trade->call, &input, &result, &trade->world->fault));
    trade->call.dry_run = false;
    for (size_t i = 0; i < result.closed_count; i++) {
        if (text_is(result.closed[i].seller_code, "P1") && text_is(result.closed[i].buyer_code, "A")) {
            return result.closed[i].tax_remark;
        }
    }
    fail();
    return TEXT("");
}

static void what_is_kept_already_is_billed_and_the_close_says_what_it_lacks(void **state) {
    struct trade trade;
    a_trade(&trade, *state);
    trade_on(&trade, trade_licence(&trade, "P1", "A", "S", 2));
    say_of(&trade, "P1", "DE1", NULL);
    trade_sabotage(&trade,
                   "update agreements set tax_category = 'AE' where buyer_id = (select id from accounts "
                   "where code = 'A')");
    trade_at(&trade, "2026-10-10T00:00:00Z");
    assert_non_null(strstr(remark_of(&trade, true).at, "give A its tax number first"));
    assert_non_null(strstr(remark_of(&trade, false).at, "give A its tax number first"));
    assert_int_equal(trade_invoice(&trade, "P1", "A", "2026-09").invoice.gross_minor, 4000);
}

static void a_taxed_charge_beside_what_is_not_subject_to_tax_is_told_by_the_close(void **state) {
    struct trade trade;
    a_trade(&trade, *state);
    trade_on(&trade, trade_licence(&trade, "P1", "A", "S", 2));
    const struct add_one_off_charge_input add = {.seller = TEXT("P1"),
                                                 .buyer = TEXT("A"),
                                                 .month = TEXT("2026-09"),
                                                 .description = TEXT("visit"),
                                                 .quantity = 1,
                                                 .unit_price = TEXT("5"),
                                                 .tax_rate = TEXT("20")};
    struct one_off_charge_view charge;
    WORLD_OK(trade.world, add_one_off_charge(&trade.call, &add, &charge, &trade.world->fault));
    assert_string_equal(charge.tax.category, "S");
    trade_at(&trade, "2026-10-10T00:00:00Z");
    assert_non_null(strstr(remark_of(&trade, false).at, "Category O stands beside another"));
}

static void a_rate_is_asked_for_with_an_example(void **state) {
    static const char *const rates[] = {"19%", "19,5", "abc", "1900", "-1", "19.12345"};
    struct trade trade;
    struct terms_view view;
    a_trade(&trade, *state);
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        const struct amend_agreement_input amend = {
            .agreement = {.seller = TEXT("DIST"), .buyer = TEXT("P1")},
            .from = TEXT("2026-12"),
            .terms = {.tax_rate = text_of(rates[i])}};
        enum status status = amend_agreement(&trade.call, &amend, &view, &trade.world->fault);
        assert_int_equal(status, STATUS_INVALID);
        assert_string_equal(trade.world->fault.field, "tax_rate");
        assert_string_equal(trade.world->fault.value, rates[i]);
        assert_non_null(strstr(trade.world->fault.message, "such as 19 or 8.875"));
    }
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(reverse_charge_needs_both_tax_numbers),
        WORLD_TEST(a_supply_within_the_union_needs_the_buyers_country_too),
        WORLD_TEST(what_is_not_taxed_needs_no_number_and_has_no_rate),
        WORLD_TEST(a_standard_price_asks_its_seller_alone),
        WORLD_TEST(not_subject_to_tax_stands_beside_no_other_category),
        WORLD_TEST(what_is_kept_already_is_billed_and_the_close_says_what_it_lacks),
        WORLD_TEST(a_taxed_charge_beside_what_is_not_subject_to_tax_is_told_by_the_close),
        WORLD_TEST(a_rate_is_asked_for_with_an_example),
    };
    return world_run_tests("tax_categories", tests, sizeof tests / sizeof tests[0]);
}
