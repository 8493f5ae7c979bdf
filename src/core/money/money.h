/* Money: exact amounts, unit prices and quantities.
 *
 * An amount is a 64-bit integer of the currency's minor units (ISO 4217: 0, 2 or 3 decimals); a
 * unit price is a 64-bit integer of millionths of the major unit. A quantity is a whole number of
 * parts of a unit, because a `daily` meter counts seat-days: 217 parts of which 30 make one unit.
 * Products are taken in 128 bits and rounded once, half away from zero. Overflow is an error. */
#ifndef SEATMETER_CORE_MONEY_MONEY_H
#define SEATMETER_CORE_MONEY_MONEY_H

#include "core/base/fault.h"

#include <stdint.h>

/* A sum of any number of amounts: of an account's month, of its books. */
__extension__ typedef __int128 money_wide;

struct currency {
    char code[4];     /* ISO 4217, "USD" */
    int minor_digits; /* 0, 2 or 3 */
};

/* A quantity of `parts` / `parts_per_unit`; parts_per_unit is at least 1, and 1 for whole units. */
struct quantity {
    int64_t parts;
    int64_t parts_per_unit;
};

/* The currency of an upper-case ISO 4217 code that money can be held in today.
 * Fault "unknown-currency" names `field`. */
enum status currency_find(struct text code, const char *field, struct currency *currency,
                          struct fault *fault) MUST_CHECK;

/* quantity × unit price in minor units, rounded half away from zero.
 * Fault "amount-overflow" where it does not fit 64 bits. */
enum status money_line_amount(struct quantity quantity, int64_t unit_price_millionths,
                              struct currency currency, int64_t *amount_minor,
                              struct fault *fault) MUST_CHECK;

/* Adds `add_minor` to `*sum_minor`; fault "amount-overflow". */
enum status money_add(int64_t *sum_minor, int64_t add_minor, struct fault *fault) MUST_CHECK;

/* base × rate, where the rate is in millionths (20 % = 200000), rounded half away from zero. */
enum status money_share(int64_t base_minor, int64_t rate_millionths, int64_t *amount_minor,
                        struct fault *fault) MUST_CHECK;

/* Splits `total` over `count` weights (none negative, their sum above zero) by largest remainder:
 * shares[i] is total × weights[i] / sum, rounded down, and the units left over go one each to the
 * largest remainders; of equal remainders the one that stands first gets it. The shares add up to
 * `total` exactly. Scratch memory comes from `arena`. Fault "bad-weights" for a negative total or weight or a
 * sum of zero. */
enum status money_allocate(struct arena *arena, int64_t total, const int64_t *weights, size_t count,
                           int64_t *shares, struct fault *fault) MUST_CHECK;

/* A decimal such as "12.5" or "-0.000001" with at most `digits` decimals, as an integer of
 * 10^-digits. Refuses anything else (exponents, blanks, thousands separators, a bare point) with
 * fault "malformed-number" on `field`, one too large with "amount-overflow". */
enum status decimal_parse(struct text text, int digits, const char *field, int64_t *value,
                          struct fault *fault) MUST_CHECK;

/* The decimal of an integer of 10^-digits: all decimals (amounts: "12.50"). */
struct text decimal_format(struct arena *arena, int64_t value, int digits);

/* A decimal without trailing zeros or a bare point (unit prices: "12.5", "3"). */
struct text decimal_format_short(struct arena *arena, int64_t value, int digits);

/* An amount with the currency's decimals: "12.50". */
struct text money_format(struct arena *arena, int64_t amount_minor, struct currency currency);

/* The same of a sum that has outgrown 64 bits. */
struct text money_format_wide(struct arena *arena, money_wide amount_minor, struct currency currency);

/* A quantity with up to six decimals, rounded half away from zero, trailing zeros left out. */
struct text quantity_format(struct arena *arena, struct quantity quantity);

#endif
