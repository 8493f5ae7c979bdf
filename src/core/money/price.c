/* Prices: their words, whether they make sense, and which one a month is rated at.
 *
 * A first tier from 0 and one from 1 are the same tier: there is no unit number 0. So a second tier begins at
 * 2 at the earliest, else the first one would price nothing. */
#include "core/money/price.h"

#include <assert.h>
#include <stdio.h>

static const char *const POLICY_NAMES[] = {
    [POLICY_PEAK] = "peak", [POLICY_SNAPSHOT] = "snapshot", [POLICY_ANY] = "any", [POLICY_DAILY] = "daily"};
static const char *const MODE_NAMES[] = {
    [TIER_FLAT] = "flat", [TIER_VOLUME] = "volume", [TIER_GRADUATED] = "graduated"};

enum {
    PRICE_DIGITS = 6,
    POLICY_COUNT = sizeof POLICY_NAMES / sizeof POLICY_NAMES[0],
    MODE_COUNT = sizeof MODE_NAMES / sizeof MODE_NAMES[0]
};

/* The place of the word in `names`, or `count` where it has none. */
static size_t find_name(const char *const *names, size_t count, struct text word) {
    size_t i = 0;
    while (i < count && !text_is(word, names[i])) {
        i++;
    }
    return i;
}

const char *metering_policy_name(enum metering_policy policy) {
    assert((size_t)policy < POLICY_COUNT);
    return POLICY_NAMES[policy];
}

enum status metering_policy_parse(struct text text, const char *field, enum metering_policy *policy,
                                  struct fault *fault) {
    size_t found = find_name(POLICY_NAMES, POLICY_COUNT, text);
    if (found == POLICY_COUNT) {
        return fault_set(fault, STATUS_INVALID, "unknown-policy", field, text,
                         "Give %s as peak, snapshot, any or daily.", field);
    }
    *policy = (enum metering_policy)found;
    return STATUS_OK;
}

const char *tier_mode_name(enum tier_mode mode) {
    assert((size_t)mode < MODE_COUNT);
    return MODE_NAMES[mode];
}

enum status tier_mode_parse(struct text text, const char *field, enum tier_mode *mode, struct fault *fault) {
    size_t found = find_name(MODE_NAMES, MODE_COUNT, text);
    if (found == MODE_COUNT) {
        return fault_set(fault, STATUS_INVALID, "unknown-tier-mode", field, text,
                         "Give %s as flat, volume or graduated.", field);
    }
    *mode = (enum tier_mode)found;
    return STATUS_OK;
}

/* A fault about a number; `right` says what would be right. */
static enum status wrong_number(struct fault *fault, const char *code, const char *field, int64_t value,
                                const char *right) {
    char digits[32];
    snprintf(digits, sizeof digits, "%lld", (long long)value);
    return fault_set(fault, STATUS_INVALID, code, field, text_of(digits), "%s", right);
}

/* A fault about a unit price, which is shown as the CSV writes it. */
static enum status wrong_price(struct fault *fault, const char *code, int64_t unit_price_millionths,
                               const char *right) {
    struct arena arena;
    arena_init(&arena);
    enum status status =
        fault_set(fault, STATUS_INVALID, code, "unit_price",
                  decimal_format_short(&arena, unit_price_millionths, PRICE_DIGITS), "%s", right);
    arena_clean_up(&arena);
    return status;
}

static enum status check_tier(const struct price *price, size_t at, struct fault *fault) {
    const struct price_tier *tier = &price->tiers[at];
    if (at == 0 && tier->from != 0 && tier->from != 1) {
        return wrong_number(fault, "first-tier-not-from-one", "tier_from", tier->from,
                            "Begin the first tier at unit 0 or 1, so that every unit has a price.");
    }
    if (at > 0 && (tier->from < 2 || tier->from <= price->tiers[at - 1].from)) {
        return wrong_number(fault, "tiers-not-ascending", "tier_from", tier->from,
                            "Begin each tier above the one before it, the second at unit 2 or later.");
    }
    if (tier->unit_price_millionths < 0) {
        return wrong_price(fault, "negative-price", tier->unit_price_millionths,
                           "Give a unit_price of 0 or above.");
    }
    if (price->terms.not_for_resale && tier->unit_price_millionths != 0) {
        return wrong_price(fault, "price-not-zero", tier->unit_price_millionths,
                           "Give a unit_price of 0 where the SKU is not for resale.");
    }
    return STATUS_OK;
}

enum status price_check(const struct price *price, struct fault *fault) {
    if (price->tier_count == 0) {
        return fault_set(fault, STATUS_INVALID, "no-tier", "tier_from", TEXT(""),
                         "Give the price at least one tier.");
    }
    if (price->mode == TIER_FLAT && price->tier_count != 1) {
        return wrong_number(
            fault, "flat-with-tiers", "tier_from", price->tiers[1].from,
            "Give a flat price one tier alone. Volume and graduated prices may have several.");
    }
    for (size_t i = 0; i < price->tier_count; i++) {
        enum status status = check_tier(price, i, fault);
        if (status != STATUS_OK) {
            return status;
        }
    }
    if (price->terms.minimum_units < 0) {
        return wrong_number(fault, "negative-minimum", "minimum", price->terms.minimum_units,
                            "Give a minimum of 0 (none) or above.");
    }
    if (price->terms.free_months < 0) {
        return wrong_number(fault, "negative-free-months", "free_months", price->terms.free_months,
                            "Give free_months of 0 (none) or above.");
    }
    return STATUS_OK;
}

const struct price *price_for_month(const struct price *prices, size_t count, struct month month) {
    struct date first = month_first_day(month);
    struct date next = month_first_day(month_plus(month, 1));
    const struct price *found = NULL;
    for (size_t i = 0; i < count; i++) {
        assert(i == 0 || prices[i - 1].effective_from.day <= prices[i].effective_from.day);
        bool in_force = prices[i].effective_from.day <= first.day;
        bool comes_first = found == NULL && prices[i].effective_from.day < next.day;
        if (in_force || comes_first) {
            found = &prices[i];
        }
    }
    return found;
}
