#include "core/money/price_rise.h"

/* For the same usage `any` never measures less than `peak`, and `peak` never less than the other two. */
static bool may_measure_more(enum metering_policy policy, enum metering_policy than) {
    return policy != than && than != POLICY_ANY && !(than == POLICY_PEAK && policy != POLICY_ANY);
}

/* The unit price of the tier that a number of units reaches. */
static int64_t unit_price_at(const struct price *price, int64_t units) {
    size_t tier = 0;
    while (tier + 1 < price->tier_count && price->tiers[tier + 1].from <= units) {
        tier++;
    }
    return price->tiers[tier].unit_price_millionths;
}

static int64_t dearest(const struct price *price) {
    int64_t most = price->tiers[0].unit_price_millionths;
    for (size_t i = 1; i < price->tier_count; i++) {
        most = price->tiers[i].unit_price_millionths > most ? price->tiers[i].unit_price_millionths : most;
    }
    return most;
}

static int64_t cheapest(const struct price *price) {
    int64_t least = price->tiers[0].unit_price_millionths;
    for (size_t i = 1; i < price->tier_count; i++) {
        least = price->tiers[i].unit_price_millionths < least ? price->tiers[i].unit_price_millionths : least;
    }
    return least;
}

static bool is_any_unit_dearer(const struct price *price, const struct price *than,
                               const struct price *bounds) {
    for (size_t i = 0; i < bounds->tier_count; i++) {
        int64_t units = bounds->tiers[i].from;
        if (unit_price_at(price, units) > unit_price_at(than, units)) {
            return true;
        }
    }
    return false;
}

/* Whether both charge the same units, whatever is used. */
static bool charge_the_same_units(const struct price *price, const struct price *than) {
    const struct price_terms *a = &price->terms;
    const struct price_terms *b = &than->terms;
    return price->policy == than->policy && a->free_months == b->free_months &&
           a->has_trial_end == b->has_trial_end &&
           (!a->has_trial_end || a->trial_end.day == b->trial_end.day);
}

/* One tier is flat, volume and graduated all the same. By volume, fewer units can cost more than more do: so
 * unit by unit is enough only where both charge the same ones. */
static bool may_have_dearer_units(const struct price *price, const struct price *than) {
    bool is_alike = price->mode == than->mode || price->tier_count == 1 || than->tier_count == 1;
    bool is_by_volume = price->mode == TIER_VOLUME && price->tier_count > 1;
    if (!is_alike || (is_by_volume && !charge_the_same_units(price, than))) {
        return dearest(price) > cheapest(than);
    }
    return is_any_unit_dearer(price, than, price) || is_any_unit_dearer(price, than, than);
}

static bool is_charged_sooner(const struct price_terms *terms, const struct price_terms *than) {
    if (terms->free_months < than->free_months) {
        return true;
    }
    return than->has_trial_end && (!terms->has_trial_end || terms->trial_end.day < than->trial_end.day);
}

bool price_is_dearer(const struct price *price, const struct price *than) {
    if (dearest(price) == 0) {
        return false;
    }
    return may_have_dearer_units(price, than) || may_measure_more(price->policy, than->policy) ||
           price->terms.minimum_units > than->terms.minimum_units ||
           is_charged_sooner(&price->terms, &than->terms);
}
