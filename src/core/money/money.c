/* Exact money.
 *
 * Every product of two 64-bit numbers is taken in 128 bits and divided once, half away from zero (commercial
 * rounding: what a buyer owes and what a seller credits are mirror images). A unit price has six decimals and
 * a currency at most three, so scaling to minor units only ever makes the divisor larger: no product here can
 * outgrow 128 bits, and what the result outgrows is found by comparing before it is narrowed. */
#include "core/money/money.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

typedef money_wide wide;

enum { PRICE_DIGITS = 6, DECIMAL_DIGITS_MAX = 18 };
static const int64_t MILLION = 1000000;

/* ISO 4217 list one as of 2026, without funds codes, units of account, metals and testing codes: nobody holds
 * an account in those. The three-letter codes stand one after another, ascending. */
static const char WITHOUT_DECIMALS[] = "BIFCLPDJFGNFISKJPYKMFKRWPYGRWFUGXVNDVUVXAFXOFXPF";
static const char WITH_TWO_DECIMALS[] =
    "AEDAFNALLAMDAOAARSAUDAWGAZNBAMBBDBDTBMDBNDBOBBRLBSDBTNBWPBYNBZDCADCDFCHFCNYCOPCRCCUPCVECZKDKKDOPDZD"
    "EGPERNETBEURFJDFKPGBPGELGHSGIPGMDGTQGYDHKDHNLHTGHUFIDRILSINRIRRJMDKESKGSKHRKPWKYDKZTLAKLBPLKRLRDLSL"
    "MADMDLMGAMKDMMKMNTMOPMRUMURMVRMWKMXNMYRMZNNADNGNNIONOKNPRNZDPABPENPGKPHPPKRPLNQARRONRSDRUBSARSBDSCR"
    "SDGSEKSGDSHPSLESOSSRDSSPSTNSVCSYPSZLTHBTJSTMTTOPTRYTTDTWDTZSUAHUSDUYUUZSVEDVESWSTXCDXCGYERZARZMWZWG";
static const char WITH_THREE_DECIMALS[] = "BHDIQDJODKWDLYDOMRTND";

enum { CURRENCY_CODE_LENGTH = 3 };

static bool lists(const char *codes, struct text code) {
    for (const char *at = codes; *at != '\0'; at += CURRENCY_CODE_LENGTH) {
        if (memcmp(at, code.at, CURRENCY_CODE_LENGTH) == 0) {
            return true;
        }
    }
    return false;
}

/* The decimals of the currency, or -1 where there is no such currency. */
static int minor_digits_of(struct text code) {
    if (code.length != CURRENCY_CODE_LENGTH) {
        return -1;
    }
    return lists(WITH_TWO_DECIMALS, code)     ? 2
           : lists(WITHOUT_DECIMALS, code)    ? 0
           : lists(WITH_THREE_DECIMALS, code) ? 3
                                              : -1;
}

enum status currency_find(struct text code, const char *field, struct currency *currency,
                          struct fault *fault) {
    int minor_digits = minor_digits_of(code);
    if (minor_digits < 0) {
        return fault_set(fault, STATUS_INVALID, "unknown-currency", field, code,
                         "Give %s as the upper-case ISO 4217 code of a currency in use, such as USD or EUR.",
                         field);
    }
    *currency = (struct currency){.minor_digits = minor_digits};
    memcpy(currency->code, code.at, CURRENCY_CODE_LENGTH);
    return STATUS_OK;
}

static enum status amount_overflow(struct fault *fault) {
    return fault_set(fault, STATUS_INVALID, "amount-overflow", "amount", TEXT(""),
                     "The amount is more than 64 bits of the currency's smallest unit hold. Give less.");
}

static int64_t power_of_ten(int exponent) {
    assert(exponent >= 0 && exponent <= DECIMAL_DIGITS_MAX);
    int64_t power = 1;
    for (int i = 0; i < exponent; i++) {
        power *= 10;
    }
    return power;
}

/* numerator / denominator, half away from zero. */
static wide divide_rounded(wide numerator, wide denominator) {
    assert(denominator > 0);
    wide quotient = numerator / denominator;
    wide remainder = numerator % denominator;
    wide distance = remainder < 0 ? -remainder : remainder;
    if (distance >= denominator - distance) {
        quotient += numerator < 0 ? -1 : 1;
    }
    return quotient;
}

/* The number as a 64-bit amount; fault "amount-overflow" where it does not fit. */
static enum status divide_to_amount(wide numerator, wide denominator, int64_t *amount_minor,
                                    struct fault *fault) {
    wide quotient = divide_rounded(numerator, denominator);
    if (quotient < INT64_MIN || quotient > INT64_MAX) {
        return amount_overflow(fault);
    }
    *amount_minor = (int64_t)quotient;
    return STATUS_OK;
}

enum status money_line_amount(struct quantity quantity, int64_t unit_price_millionths,
                              struct currency currency, int64_t *amount_minor, struct fault *fault) {
    assert(currency.minor_digits >= 0 && currency.minor_digits <= 3);
    if (quantity.parts_per_unit < 1) {
        return fault_set(fault, STATUS_INTERNAL, "quantity-broken", "quantity", TEXT(""),
                         "A quantity in the store is in parts of which %lld make a unit.",
                         (long long)quantity.parts_per_unit);
    }
    wide product = (wide)quantity.parts * unit_price_millionths;
    wide divisor = (wide)quantity.parts_per_unit * power_of_ten(PRICE_DIGITS - currency.minor_digits);
    return divide_to_amount(product, divisor, amount_minor, fault);
}

enum status money_add(int64_t *sum_minor, int64_t add_minor, struct fault *fault) {
    int64_t sum;
    if (__builtin_add_overflow(*sum_minor, add_minor, &sum)) {
        return amount_overflow(fault);
    }
    *sum_minor = sum;
    return STATUS_OK;
}

enum status money_share(int64_t base_minor, int64_t rate_millionths, int64_t *amount_minor,
                        struct fault *fault) {
    return divide_to_amount((wide)base_minor * rate_millionths, MILLION, amount_minor, fault);
}

/* The part of one share that rounding down took. */
struct remainder {
    wide rest;
    size_t index;
};

/* Largest first; of equal ones the one that stands first. */
static int compare_remainders(const void *a, const void *b) {
    const struct remainder *left = a;
    const struct remainder *right = b;
    if (left->rest != right->rest) {
        return left->rest > right->rest ? -1 : 1;
    }
    return (left->index > right->index) - (left->index < right->index);
}

/* The sum of the weights, or 0 where they cannot divide anything. */
static wide sum_of_weights(const int64_t *weights, size_t count) {
    wide sum = 0;
    for (size_t i = 0; i < count; i++) {
        if (weights[i] < 0) {
            return 0;
        }
        sum += weights[i];
    }
    return sum;
}

static wide sum_of_shares(const int64_t *shares, size_t count) {
    wide sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += shares[i];
    }
    return sum;
}

enum status money_allocate(struct arena *arena, int64_t total, const int64_t *weights, size_t count,
                           int64_t *shares, struct fault *fault) {
    wide sum = sum_of_weights(weights, count);
    if (total < 0 || sum == 0) {
        return fault_set(fault, STATUS_INVALID, "bad-weights", "weights", TEXT(""),
                         "Split a total from 0 on by weights from 0 on whose sum is above 0.");
    }
    if (count == 1) {
        shares[0] = total;
        return STATUS_OK;
    }
    struct remainder *remainders = ARENA_NEW(arena, struct remainder, count);
    int64_t left = total;
    for (size_t i = 0; i < count; i++) {
        wide product = (wide)total * weights[i];
        shares[i] = (int64_t)(product / sum);
        remainders[i] = (struct remainder){product % sum, i};
        left -= shares[i];
    }
    assert(left >= 0 && (size_t)left < count);
    if (left > 0) {
        qsort(remainders, count, sizeof *remainders, compare_remainders);
    }
    for (size_t i = 0; i < (size_t)left; i++) {
        assert(remainders[i].rest > 0);
        shares[remainders[i].index]++;
    }
    assert(sum_of_shares(shares, count) == total);
    return STATUS_OK;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* The number of digits that `t` has from `from` on. */
static size_t digits_from(struct text t, size_t from) {
    size_t at = from;
    while (at < t.length && is_digit(t.at[at])) {
        at++;
    }
    return at - from;
}

static enum status malformed_number(struct text text, int digits, const char *field, struct fault *fault) {
    if (digits == 0) {
        return fault_set(fault, STATUS_INVALID, "malformed-number", field, text,
                         "Give %s as a whole number: digits with an optional minus sign, nothing else.",
                         field);
    }
    return fault_set(fault, STATUS_INVALID, "malformed-number", field, text,
                     "Give %s as a number such as 12 or 12.5, with a point and at most %d decimals.", field,
                     digits);
}

/* Appends a decimal digit to a number that is built up on its own side of zero. */
static bool append_digit(int64_t *value, int64_t digit) {
    return !__builtin_mul_overflow(*value, (int64_t)10, value) &&
           !__builtin_add_overflow(*value, digit, value);
}

enum status decimal_parse(struct text text, int digits, const char *field, int64_t *value,
                          struct fault *fault) {
    assert(digits >= 0 && digits <= DECIMAL_DIGITS_MAX);
    bool negative = text.length > 0 && text.at[0] == '-';
    size_t whole_at = negative ? 1 : 0;
    size_t whole = digits_from(text, whole_at);
    size_t end = whole_at + whole;
    size_t decimals = 0;
    if (end < text.length && text.at[end] == '.') {
        decimals = digits_from(text, end + 1);
        if (decimals == 0) {
            return malformed_number(text, digits, field, fault);
        }
        end += 1 + decimals;
    }
    if (whole == 0 || end != text.length || decimals > (size_t)digits) {
        return malformed_number(text, digits, field, fault);
    }
    int64_t result = 0;
    bool fits = true;
    for (size_t i = whole_at; fits && i < end; i++) {
        if (text.at[i] != '.') {
            fits = append_digit(&result, negative ? '0' - text.at[i] : text.at[i] - '0');
        }
    }
    for (size_t i = decimals; fits && i < (size_t)digits; i++) {
        fits = append_digit(&result, 0);
    }
    if (!fits) {
        return fault_set(fault, STATUS_INVALID, "amount-overflow", field, text,
                         "Give a smaller %s: with %d decimals it is more than 64 bits hold.", field, digits);
    }
    *value = result;
    return STATUS_OK;
}

static uint64_t magnitude(int64_t value) {
    return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

static struct text without_trailing_zeros(struct text t) {
    if (t.length == 0 || memchr(t.at, '.', t.length) == NULL) {
        return t;
    }
    while (t.at[t.length - 1] == '0') {
        t.length--;
    }
    if (t.at[t.length - 1] == '.') {
        t.length--;
    }
    return t;
}

struct text decimal_format(struct arena *arena, int64_t value, int digits) {
    uint64_t scale = (uint64_t)power_of_ten(digits);
    uint64_t whole = magnitude(value) / scale;
    uint64_t decimals = magnitude(value) % scale;
    const char *sign = value < 0 ? "-" : "";
    if (digits == 0) {
        return text_format(arena, "%s%llu", sign, (unsigned long long)whole);
    }
    return text_format(arena, "%s%llu.%0*llu", sign, (unsigned long long)whole, digits,
                       (unsigned long long)decimals);
}

/* Shortened in a copy, so that there is a zero behind it as behind all text of an arena. */
struct text decimal_format_short(struct arena *arena, int64_t value, int digits) {
    return text_copy(arena, without_trailing_zeros(decimal_format(arena, value, digits)));
}

struct text money_format(struct arena *arena, int64_t amount_minor, struct currency currency) {
    return decimal_format(arena, amount_minor, currency.minor_digits);
}

struct text money_format_wide(struct arena *arena, money_wide amount_minor, struct currency currency) {
    enum { LOW_DIGITS = 18 };
    money_wide positive = amount_minor < 0 ? -amount_minor : amount_minor;
    money_wide base = power_of_ten(LOW_DIGITS);
    if (positive < base) {
        return money_format(arena, (int64_t)amount_minor, currency);
    }
    assert(positive / base < base);
    struct text digits = text_format(arena, "%lld%0*lld", (long long)(positive / base), LOW_DIGITS,
                                     (long long)(positive % base));
    size_t whole = digits.length - (size_t)currency.minor_digits;
    return text_format(arena, "%s%.*s%s%s", amount_minor < 0 ? "-" : "", (int)whole, digits.at,
                       currency.minor_digits > 0 ? "." : "", digits.at + whole);
}

/* Millionths of a large whole quantity outgrow 64 bits, so the whole units are printed apart. */
struct text quantity_format(struct arena *arena, struct quantity quantity) {
    if (quantity.parts_per_unit < 1) {
        return TEXT("(no quantity)"); /* of a damaged store, which the audit shows */
    }
    wide millionths = divide_rounded((wide)quantity.parts * MILLION, quantity.parts_per_unit);
    wide positive = millionths < 0 ? -millionths : millionths;
    struct text decimal =
        text_format(arena, "%s%llu.%06llu", millionths < 0 ? "-" : "",
                    (unsigned long long)(positive / MILLION), (unsigned long long)(positive % MILLION));
    return text_copy(arena, without_trailing_zeros(decimal));
}
