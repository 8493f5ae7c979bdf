/* Rating an edge's total of one SKU.
 *
 * The shortfall to the minimum is one more share behind those of the customers, so that it reaches tiers and
 * takes part in every split by the same code. Tiers count whole units and a daily quantity is in parts, so a
 * tier's border is (from − 1) × parts_per_unit parts; one that does not fit 64 bits is never reached. */
#include "core/rating/rating.h"

#include "core/rating/rules.h"

#include <assert.h>

/* The quantities to be priced: one per customer and, last, the shortfall. */
struct shares {
    int64_t *parts;
    size_t count;
    int64_t total;
    int64_t parts_per_unit;
};

/* Lines as they are made. */
struct rated {
    struct rating_line *lines;
    size_t count;
    size_t capacity;
};

static enum status quantity_overflow(struct fault *fault) {
    return fault_set(fault, STATUS_INVALID, "quantity-overflow", "quantity", TEXT(""),
                     "The units of the edge are more than 64 bits hold. Split them over several SKUs.");
}

static enum status gather_shares(struct arena *arena, const struct price *price, int64_t parts_per_unit,
                                 const struct rating_usage *usages, size_t usage_count, struct shares *shares,
                                 struct fault *fault) {
    struct shares made = {.parts = ARENA_NEW(arena, int64_t, usage_count + 1),
                          .count = usage_count + 1,
                          .parts_per_unit = parts_per_unit};
    for (size_t i = 0; i < usage_count; i++) {
        assert(usages[i].charged_parts >= 0);
        made.parts[i] = usages[i].charged_parts;
        if (__builtin_add_overflow(made.total, usages[i].charged_parts, &made.total)) {
            return quantity_overflow(fault);
        }
    }
    int64_t minimum;
    if (__builtin_mul_overflow(price->terms.minimum_units, parts_per_unit, &minimum)) {
        return quantity_overflow(fault);
    }
    if (minimum > made.total) {
        made.parts[usage_count] = minimum - made.total;
        made.total = minimum;
    }
    *shares = made;
    return STATUS_OK;
}

/* `units` in parts, at most INT64_MAX. */
static int64_t parts_of(int64_t units, int64_t parts_per_unit) {
    int64_t parts;
    return __builtin_mul_overflow(units, parts_per_unit, &parts) ? INT64_MAX : parts;
}

/* The last tier that the total reaches, or the first where it reaches none. */
static size_t volume_tier(const struct price *price, const struct shares *shares) {
    size_t tier = 0;
    for (size_t i = 1; i < price->tier_count; i++) {
        int64_t from;
        if (!__builtin_mul_overflow(price->tiers[i].from, shares->parts_per_unit, &from) &&
            from <= shares->total) {
            tier = i;
        }
    }
    return tier;
}

static enum status add_line(struct arena *arena, const struct price *price, struct currency currency,
                            const struct shares *shares, size_t share, int64_t parts, size_t tier,
                            struct rated *rated, struct fault *fault) {
    struct rating_line line = {
        .usage = share + 1 == shares->count ? RATING_NO_CUSTOMER : (int64_t)share,
        .quantity = {parts, shares->parts_per_unit},
        .unit_price_millionths = price->tiers[tier].unit_price_millionths,
        .tier = tier,
    };
    TRY(money_line_amount(line.quantity, line.unit_price_millionths, currency, &line.amount_minor, fault));
    rated->lines = arena_grow(arena, rated->lines, rated->count, &rated->capacity, sizeof line);
    rated->lines[rated->count++] = line;
    return STATUS_OK;
}

/* Whether a share without a quantity is shown all the same: a customer's is, a shortfall's is not. */
static bool is_shown_empty(const struct shares *shares, size_t share) {
    return shares->parts[share] == 0 && share + 1 < shares->count;
}

static enum status rate_at_one_tier(struct arena *arena, const struct price *price, struct currency currency,
                                    const struct shares *shares, size_t tier, struct rated *rated,
                                    struct fault *fault) {
    for (size_t i = 0; i < shares->count; i++) {
        if (shares->parts[i] > 0 || is_shown_empty(shares, i)) {
            TRY(add_line(arena, price, currency, shares, i, shares->parts[i], tier, rated, fault));
        }
    }
    return STATUS_OK;
}

/* How many parts of the total fall into each tier. Returns the number of tiers reached. */
static size_t fill_tiers(const struct price *price, const struct shares *shares, int64_t *tier_parts) {
    size_t reached = 0;
    int64_t left = shares->total;
    int64_t begin = 0;
    for (size_t tier = 0; tier < price->tier_count && left > 0; tier++) {
        int64_t end = tier + 1 < price->tier_count
                          ? parts_of(price->tiers[tier + 1].from - 1, shares->parts_per_unit)
                          : INT64_MAX;
        assert(begin < end || begin == INT64_MAX);
        tier_parts[tier] = left < end - begin ? left : end - begin;
        left -= tier_parts[tier];
        begin = end;
        reached = tier + 1;
    }
    assert(left == 0);
    return reached;
}

/* Splits each tier over what the shares have left: split[tier × count + share]. */
static enum status split_tiers(struct arena *arena, const struct shares *shares, const int64_t *tier_parts,
                               size_t reached, int64_t *split, struct fault *fault) {
    int64_t *left = ARENA_NEW(arena, int64_t, shares->count);
    for (size_t i = 0; i < shares->count; i++) {
        left[i] = shares->parts[i];
    }
    for (size_t tier = 0; tier < reached; tier++) {
        int64_t *row = &split[tier * shares->count];
        TRY(money_allocate(arena, tier_parts[tier], left, shares->count, row, fault));
        for (size_t i = 0; i < shares->count; i++) {
            assert(row[i] >= 0 && row[i] <= left[i]);
            left[i] -= row[i];
        }
    }
    return STATUS_OK;
}

static enum status rate_graduated(struct arena *arena, const struct price *price, struct currency currency,
                                  const struct shares *shares, struct rated *rated, struct fault *fault) {
    int64_t *tier_parts = ARENA_NEW(arena, int64_t, price->tier_count);
    size_t reached = fill_tiers(price, shares, tier_parts);
    if (reached <= 1) {
        return rate_at_one_tier(arena, price, currency, shares, 0, rated, fault);
    }
    int64_t *split = ARENA_NEW(arena, int64_t, reached * shares->count);
    TRY(split_tiers(arena, shares, tier_parts, reached, split, fault));
    for (size_t i = 0; i < shares->count; i++) {
        if (is_shown_empty(shares, i)) {
            TRY(add_line(arena, price, currency, shares, i, 0, 0, rated, fault));
        }
        for (size_t tier = 0; tier < reached; tier++) {
            int64_t parts = split[tier * shares->count + i];
            if (parts > 0) {
                TRY(add_line(arena, price, currency, shares, i, parts, tier, rated, fault));
            }
        }
    }
    return STATUS_OK;
}

static enum status rate_shares(struct arena *arena, const struct price *price, struct currency currency,
                               const struct shares *shares, struct rated *rated, struct fault *fault) {
    switch (price->mode) {
    case TIER_FLAT:
        assert(price->tier_count == 1);
        return rate_at_one_tier(arena, price, currency, shares, 0, rated, fault);
    case TIER_VOLUME:
        return rate_at_one_tier(arena, price, currency, shares, volume_tier(price, shares), rated, fault);
    case TIER_GRADUATED:
        return rate_graduated(arena, price, currency, shares, rated, fault);
    }
    assert(false && "a tier mode that is none");
    return STATUS_INTERNAL;
}

/* The lines charge exactly the total: what was split over tiers and customers adds up again. */
static void assert_complete(const struct rated *rated, const struct shares *shares) {
    int64_t left = shares->total;
    for (size_t i = 0; i < rated->count; i++) {
        assert(rated->lines[i].quantity.parts >= 0 && rated->lines[i].quantity.parts <= left);
        left -= rated->lines[i].quantity.parts;
    }
    assert(left == 0);
}

int64_t rating_minimum(int rules, int64_t minimum_units, const struct rating_usage *usages,
                       size_t usage_count) {
    bool holds = rules == RULES_FIRST;
    for (size_t i = 0; i < usage_count; i++) {
        holds = holds || usages[i].charged_parts > 0;
    }
    return holds ? minimum_units : 0;
}

enum status rating_rate(struct arena *arena, const struct price *price, struct currency currency,
                        int64_t parts_per_unit, const struct rating_usage *usages, size_t usage_count,
                        struct rating_line **lines, size_t *line_count, struct fault *fault) {
    struct shares shares = {0};
    assert(parts_per_unit >= 1);
    assert(price->tier_count >= 1 && price->terms.minimum_units >= 0);
    TRY(gather_shares(arena, price, parts_per_unit, usages, usage_count, &shares, fault));
    struct rated rated = {.lines = ARENA_NEW(arena, struct rating_line, shares.count),
                          .capacity = shares.count};
    TRY(rate_shares(arena, price, currency, &shares, &rated, fault));
    assert_complete(&rated, &shares);
    *lines = rated.lines;
    *line_count = rated.count;
    return STATUS_OK;
}
