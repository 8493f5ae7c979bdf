/* Money: exact examples at every border, and splits and lines against naive arithmetic. */
#include "core/base/rng.h"
#include "core/money/money.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

__extension__ typedef __int128 wide;

static const struct currency USD = {"USD", 2};
static const struct currency JPY = {"JPY", 0};
static const struct currency KWD = {"KWD", 3};

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

static int digits_of(const char *code) {
    struct currency currency;
    struct fault fault;
    assert_int_equal(currency_find(text_of(code), "currency", &currency, &fault), STATUS_OK);
    assert_string_equal(currency.code, code);
    return currency.minor_digits;
}

static void currencies_in_use_are_known_with_their_decimals(void **state) {
    (void)state;
    const char *two[] = {"AED", "CHF", "EUR", "GBP", "IDR", "INR", "PLN", "USD", "XCG", "ZWG", "SLE", "VES"};
    const char *none[] = {"BIF", "CLP", "ISK", "JPY", "KRW", "UGX", "VND", "XAF", "XOF", "XPF"};
    const char *three[] = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"};
    for (size_t i = 0; i < sizeof two / sizeof two[0]; i++) {
        assert_int_equal(digits_of(two[i]), 2);
    }
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        assert_int_equal(digits_of(none[i]), 0);
    }
    for (size_t i = 0; i < sizeof three / sizeof three[0]; i++) {
        assert_int_equal(digits_of(three[i]), 3);
    }
}

static void what_nobody_holds_money_in_is_an_unknown_currency(void **state) {
    (void)state;
    /* past currencies, funds, metals, testing codes, and words that straddle two codes of the table */
    const char *wrong[] = {"DEM", "HRK", "ANG", "CHE", "CLF",  "UYW", "XAU", "XDR", "XXX",
                           "XTS", "usd", "US",  "",    "USDX", "EDA", "SDU", "US ", "\xE2\x82\xAC"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct currency currency = USD;
        struct fault fault;
        assert_int_equal(currency_find(text_of(wrong[i]), "currency", &currency, &fault), STATUS_INVALID);
        assert_string_equal(fault.code, "unknown-currency");
        assert_string_equal(fault.field, "currency");
        assert_string_equal(currency.code, "USD");
    }
}

static int64_t line(int64_t parts, int64_t parts_per_unit, int64_t price, struct currency currency) {
    int64_t amount = 0;
    struct fault fault;
    assert_int_equal(
        money_line_amount((struct quantity){parts, parts_per_unit}, price, currency, &amount, &fault),
        STATUS_OK);
    return amount;
}

static void a_line_is_rounded_once_half_away_from_zero(void **state) {
    (void)state;
    assert_int_equal(line(3, 1, 12500000, USD), 3750);    /* 3 × 12.50 */
    assert_int_equal(line(1, 1, 5000, USD), 1);           /* 0.005 */
    assert_int_equal(line(1, 1, 4999, USD), 0);           /* 0.004999 */
    assert_int_equal(line(-1, 1, 5000, USD), -1);         /* −0.005 */
    assert_int_equal(line(-1, 1, 4999, USD), 0);          /* −0.004999 */
    assert_int_equal(line(-1, 1, 15000, USD), -2);        /* −0.015 */
    assert_int_equal(line(1, 1, -15000, USD), -2);        /* a credit's price */
    assert_int_equal(line(217, 30, 10000000, USD), 7233); /* 217 seat-days of 30 at 10.00 = 72.333… */
    assert_int_equal(line(1, 2, 10000, USD), 1);          /* half a unit at 0.01 = 0.005 */
    assert_int_equal(line(1, 3, 10000, USD), 0);
    assert_int_equal(line(2, 3, 10000, USD), 1);
}

static void a_line_is_rounded_to_the_minor_unit_of_its_currency(void **state) {
    (void)state;
    assert_int_equal(line(1, 1, 500000, JPY), 1); /* 0.5 yen */
    assert_int_equal(line(1, 1, 499999, JPY), 0);
    assert_int_equal(line(-3, 1, 500000, JPY), -2);
    assert_int_equal(line(7, 31, 1000000000, JPY), 226); /* 225.8… */
    assert_int_equal(line(1, 1, 500, KWD), 1);           /* 0.0005 dinar */
    assert_int_equal(line(1, 1, 499, KWD), 0);
    assert_int_equal(line(-1, 1, 1500, KWD), -2);
    assert_int_equal(line(3, 1, 1234567, KWD), 3704); /* 3.703701 */
}

static void a_line_at_the_limits_of_64_bits_is_exact_or_refused(void **state) {
    (void)state;
    assert_int_equal(line(INT64_MAX, 1, 10000, USD), INT64_MAX);
    assert_int_equal(line(INT64_MIN, 1, 10000, USD), INT64_MIN);
    assert_int_equal(line(INT64_MAX, INT64_MAX, INT64_MAX, JPY), 9223372036855); /* …854.775807 */
    assert_int_equal(line(INT64_MIN, INT64_MAX, INT64_MAX, JPY), -9223372036855);
    struct fault fault;
    int64_t amount = 7;
    assert_int_equal(money_line_amount((struct quantity){INT64_MAX, 1}, 10001, USD, &amount, &fault),
                     STATUS_INVALID);
    assert_string_equal(fault.code, "amount-overflow");
    assert_int_equal(money_line_amount((struct quantity){INT64_MIN, 1}, INT64_MIN, KWD, &amount, &fault),
                     STATUS_INVALID);
    assert_int_equal(amount, 7);
}

static void a_sum_that_does_not_fit_is_refused_and_left_as_it_was(void **state) {
    (void)state;
    struct fault fault;
    int64_t sum = INT64_MAX - 1;
    assert_int_equal(money_add(&sum, 1, &fault), STATUS_OK);
    assert_int_equal(sum, INT64_MAX);
    assert_int_equal(money_add(&sum, 1, &fault), STATUS_INVALID);
    assert_string_equal(fault.code, "amount-overflow");
    assert_int_equal(sum, INT64_MAX);
    sum = INT64_MIN;
    assert_int_equal(money_add(&sum, -1, &fault), STATUS_INVALID);
    assert_int_equal(sum, INT64_MIN);
}

static void a_share_is_rounded_half_away_from_zero(void **state) {
    (void)state;
    struct {
        int64_t base, rate, share;
    } examples[] = {{1000, 200000, 200}, {1003, 190000, 191}, {5, 100000, 1},
                    {-5, 100000, -1},    {4, 100000, 0},      {INT64_MAX, 1000000, INT64_MAX},
                    {-4, 100000, 0},     {-15, 100000, -2},   {INT64_MIN, 1000000, INT64_MIN},
                    {INT64_MIN, 0, 0}};
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        struct fault fault;
        int64_t share;
        assert_int_equal(money_share(examples[i].base, examples[i].rate, &share, &fault), STATUS_OK);
        assert_int_equal(share, examples[i].share);
    }
    struct fault fault;
    int64_t share = 7;
    assert_int_equal(money_share(INT64_MAX, 1000001, &share, &fault), STATUS_INVALID);
    assert_string_equal(fault.code, "amount-overflow");
    assert_int_equal(share, 7);
}

static void a_split_gives_what_is_left_to_the_largest_remainders_then_to_the_first(void **state) {
    (void)state;
    struct fault fault;
    int64_t shares[4];
    const int64_t equal[] = {1, 1, 1};
    assert_int_equal(money_allocate(&arena, 100, equal, 3, shares, &fault), STATUS_OK);
    assert_int_equal(shares[0], 34);
    assert_int_equal(shares[1], 33);
    assert_int_equal(shares[2], 33);
    const int64_t unequal[] = {1, 0, 4, 5}; /* of 7: 0.7, 0, 2.8, 3.5 */
    assert_int_equal(money_allocate(&arena, 7, unequal, 4, shares, &fault), STATUS_OK);
    assert_int_equal(shares[0], 1);
    assert_int_equal(shares[1], 0);
    assert_int_equal(shares[2], 3);
    assert_int_equal(shares[3], 3);
    const int64_t huge[] = {INT64_MAX, INT64_MAX, INT64_MAX, 1};
    assert_int_equal(money_allocate(&arena, INT64_MAX, huge, 4, shares, &fault), STATUS_OK);
    assert_int_equal(shares[0] + shares[1] + shares[2] + shares[3], INT64_MAX);
}

static void a_split_without_sense_is_refused(void **state) {
    (void)state;
    struct fault fault;
    int64_t share = 7;
    const int64_t zero[] = {0};
    const int64_t negative[] = {-1};
    const int64_t one[] = {1};
    assert_int_equal(money_allocate(&arena, 5, zero, 1, &share, &fault), STATUS_INVALID);
    assert_int_equal(money_allocate(&arena, 5, negative, 1, &share, &fault), STATUS_INVALID);
    assert_int_equal(money_allocate(&arena, -5, one, 1, &share, &fault), STATUS_INVALID);
    assert_int_equal(money_allocate(&arena, 5, NULL, 0, &share, &fault), STATUS_INVALID);
    assert_string_equal(fault.code, "bad-weights");
    assert_int_equal(share, 7);
}

/* Numbers of every size are as likely as small ones. */
static int64_t of_any_size(struct rng *rng) {
    return (int64_t)(rng_next(rng) >> (1 + rng_below(rng, 63)));
}

static void every_split_adds_up_and_no_share_is_off_by_one_or_more(void **state) {
    (void)state;
    struct rng rng;
    rng_seed(&rng, 41);
    for (int round = 0; round < 3000; round++) {
        int64_t weights[12];
        int64_t shares[12];
        size_t count = 1 + rng_below(&rng, 12);
        wide weight_sum = 0;
        bool small = rng_chance(&rng, 1, 2);
        for (size_t i = 0; i < count; i++) {
            weights[i] = small ? rng_between(&rng, 0, 5) : of_any_size(&rng);
            weight_sum += weights[i];
        }
        if (weight_sum == 0) {
            weights[0] = 1;
            weight_sum = 1;
        }
        int64_t total = small ? rng_between(&rng, 0, 40) : of_any_size(&rng);
        struct fault fault;
        assert_int_equal(money_allocate(&arena, total, weights, count, shares, &fault), STATUS_OK);
        wide share_sum = 0;
        for (size_t i = 0; i < count; i++) {
            share_sum += shares[i];
            /* |share − total × weight / sum| < 1, and who weighs nothing gets nothing */
            wide share = shares[i];
            assert_true(share >= 0 && (weights[i] > 0 || share == 0));
            wide exact = (wide)total * weights[i];
            assert_true(share == exact / weight_sum ||
                        (share == exact / weight_sum + 1 && exact % weight_sum != 0));
            for (size_t k = 0; k < i; k++) {
                /* the larger weight never gets less; of equals the first gets at least as much */
                assert_true(weights[k] < weights[i] || shares[k] >= shares[i]);
                assert_true(weights[k] > weights[i] || weights[k] == weights[i] || shares[k] <= shares[i]);
            }
        }
        assert_true(share_sum == total);
    }
}

/* The amount by the definition: the multiple of the minor unit nearest to the exact product. */
static void every_line_is_the_nearest_amount_and_its_negative_mirrors_it(void **state) {
    (void)state;
    struct rng rng;
    rng_seed(&rng, 42);
    const struct currency currencies[] = {USD, JPY, KWD};
    const int64_t scales[] = {10000, 1000000, 1000};
    for (int round = 0; round < 5000; round++) {
        size_t which = rng_below(&rng, 3);
        struct quantity quantity = {rng_between(&rng, 0, 1000000), rng_between(&rng, 1, 31)};
        int64_t price = rng_between(&rng, 0, 2000000000);
        int64_t amount = line(quantity.parts, quantity.parts_per_unit, price, currencies[which]);
        wide twice_error =
            2 * ((wide)quantity.parts * price - (wide)amount * quantity.parts_per_unit * scales[which]);
        wide unit = (wide)quantity.parts_per_unit * scales[which];
        assert_true(twice_error >= -unit && twice_error < unit);
        assert_int_equal(line(-quantity.parts, quantity.parts_per_unit, price, currencies[which]), -amount);
    }
}

static int64_t parse(const char *text, int digits) {
    int64_t value = 0;
    struct fault fault;
    assert_int_equal(decimal_parse(text_of(text), digits, "unit_price", &value, &fault), STATUS_OK);
    return value;
}

static void a_decimal_is_read_exactly(void **state) {
    (void)state;
    assert_int_equal(parse("12.5", 6), 12500000);
    assert_int_equal(parse("-0.000001", 6), -1);
    assert_int_equal(parse("0", 6), 0);
    assert_int_equal(parse("-0", 2), 0);
    assert_int_equal(parse("007.10", 2), 710);
    assert_int_equal(parse("5", 0), 5);
    assert_int_equal(parse("9223372036854.775807", 6), INT64_MAX);
    assert_int_equal(parse("-9223372036854.775808", 6), INT64_MIN);
    assert_int_equal(parse("-9223372036854775808", 0), INT64_MIN);
    assert_int_equal(parse("9.223372036854775807", 18), INT64_MAX);
}

static void what_is_not_a_plain_decimal_is_malformed(void **state) {
    (void)state;
    const char *wrong[] = {"",      "-",         ".",   ".5",       "5.",
                           "1.2.3", "1,5",       "1e3", "+1",       " 1",
                           "1 ",    "--1",       "1-",  "0x10",     "1_000",
                           "1.-5",  "1.0000000", "NaN", "\xD9\xA1", "99999999999999999999999x"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        int64_t value = 7;
        struct fault fault;
        assert_int_equal(decimal_parse(text_of(wrong[i]), 6, "unit_price", &value, &fault), STATUS_INVALID);
        assert_string_equal(fault.code, "malformed-number");
        assert_string_equal(fault.field, "unit_price");
        assert_int_equal(value, 7);
    }
    struct fault fault;
    int64_t value;
    assert_int_equal(decimal_parse(TEXT("5.0"), 0, "amount", &value, &fault), STATUS_INVALID);
    assert_string_equal(fault.code, "malformed-number");
}

static void a_decimal_beyond_64_bits_is_an_overflow(void **state) {
    (void)state;
    const char *wrong[] = {"9223372036854.775808", "-9223372036854.775809", "10000000000000",
                           "99999999999999999999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        int64_t value = 7;
        struct fault fault;
        assert_int_equal(decimal_parse(text_of(wrong[i]), 6, "unit_price", &value, &fault), STATUS_INVALID);
        assert_string_equal(fault.code, "amount-overflow");
        assert_int_equal(value, 7);
    }
}

static void amounts_and_prices_are_written_with_the_decimals_they_need(void **state) {
    (void)state;
    assert_string_equal(money_format(&arena, 1250, USD).at, "12.50");
    assert_string_equal(money_format(&arena, -5, USD).at, "-0.05");
    assert_string_equal(money_format(&arena, 1250, JPY).at, "1250");
    assert_string_equal(money_format(&arena, -1250, KWD).at, "-1.250");
    assert_string_equal(money_format(&arena, INT64_MIN, USD).at, "-92233720368547758.08");
    assert_string_equal(money_format(&arena, INT64_MIN, JPY).at, "-9223372036854775808");
    assert_string_equal(decimal_format_short(&arena, 12500000, 6).at, "12.5");
    assert_string_equal(decimal_format_short(&arena, 3000000, 6).at, "3");
    assert_string_equal(decimal_format_short(&arena, 0, 6).at, "0");
    assert_string_equal(decimal_format_short(&arena, 100, 0).at, "100");
    assert_string_equal(decimal_format_short(&arena, -1, 6).at, "-0.000001");
}

static void a_quantity_is_written_with_up_to_six_decimals(void **state) {
    (void)state;
    assert_string_equal(quantity_format(&arena, (struct quantity){12, 1}).at, "12");
    assert_string_equal(quantity_format(&arena, (struct quantity){217, 30}).at, "7.233333");
    assert_string_equal(quantity_format(&arena, (struct quantity){20, 30}).at, "0.666667");
    assert_string_equal(quantity_format(&arena, (struct quantity){-15, 30}).at, "-0.5");
    assert_string_equal(quantity_format(&arena, (struct quantity){59999999, 60000000}).at, "1");
    assert_string_equal(quantity_format(&arena, (struct quantity){1, 2000000}).at, "0.000001");
    assert_string_equal(quantity_format(&arena, (struct quantity){-1, 2000000}).at, "-0.000001");
    assert_string_equal(quantity_format(&arena, (struct quantity){-1, 2000001}).at, "0");
    assert_string_equal(quantity_format(&arena, (struct quantity){INT64_MIN, 1}).at, "-9223372036854775808");
    assert_string_equal(quantity_format(&arena, (struct quantity){INT64_MAX, 31}).at,
                        "297528130221121800.225806");
}

static void what_is_written_is_read_back_as_the_same_number(void **state) {
    (void)state;
    struct rng rng;
    rng_seed(&rng, 43);
    for (int round = 0; round < 5000; round++) {
        int digits = (int)rng_below(&rng, 19);
        int64_t value = rng_chance(&rng, 1, 2) ? of_any_size(&rng) : -1 - of_any_size(&rng);
        assert_int_equal(parse(decimal_format(&arena, value, digits).at, digits), value);
        assert_int_equal(parse(decimal_format_short(&arena, value, digits).at, digits), value);
    }
}

#define IN_ARENA(test) cmocka_unit_test_setup_teardown(test, open_arena, close_arena)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(currencies_in_use_are_known_with_their_decimals),
        cmocka_unit_test(what_nobody_holds_money_in_is_an_unknown_currency),
        cmocka_unit_test(a_line_is_rounded_once_half_away_from_zero),
        cmocka_unit_test(a_line_is_rounded_to_the_minor_unit_of_its_currency),
        cmocka_unit_test(a_line_at_the_limits_of_64_bits_is_exact_or_refused),
        cmocka_unit_test(a_sum_that_does_not_fit_is_refused_and_left_as_it_was),
        cmocka_unit_test(a_share_is_rounded_half_away_from_zero),
        IN_ARENA(a_split_gives_what_is_left_to_the_largest_remainders_then_to_the_first),
        IN_ARENA(a_split_without_sense_is_refused),
        IN_ARENA(every_split_adds_up_and_no_share_is_off_by_one_or_more),
        cmocka_unit_test(every_line_is_the_nearest_amount_and_its_negative_mirrors_it),
        cmocka_unit_test(a_decimal_is_read_exactly),
        cmocka_unit_test(what_is_not_a_plain_decimal_is_malformed),
        cmocka_unit_test(a_decimal_beyond_64_bits_is_an_overflow),
        IN_ARENA(amounts_and_prices_are_written_with_the_decimals_they_need),
        IN_ARENA(a_quantity_is_written_with_up_to_six_decimals),
        IN_ARENA(what_is_written_is_read_back_as_the_same_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
