#include "core/rating/charge.h"

#include <assert.h>

struct edge_month edge_month_of(const struct usage *usage, struct month month, struct zone *zone,
                                const struct month_span *span, int64_t seller_depth) {
    return (struct edge_month){.usage = usage,
                               .month = month,
                               .zone = zone,
                               .span = *span,
                               .rules = RULES_PRESENT,
                               .has_time = true,
                               .seller_depth = seller_depth,
                               .kept_zone = usage_kept_zone(usage, zone_name(zone), month, span)};
}

void edge_month_cut(struct edge_month *on, int64_t until_us) {
    struct month_span *span = &on->span;
    if (until_us >= span->midnights_us[span->days]) {
        return;
    }
    while (span->days > 0 && span->midnights_us[span->days - 1] >= until_us) {
        span->days--;
    }
    if (span->days > 0) {
        span->midnights_us[span->days] = until_us;
    }
    on->has_time = span->days > 0;
}

/* What a month's seat-days are divided by: its days. The first rules counted a day that the zone leaves out.
 */
static int days_of(const struct edge_month *on) {
    return on->rules == RULES_FIRST ? month_days(on->month) : on->span.days;
}

struct month metering_first_free(const struct edge_month *on, int32_t free_months) {
    const struct month earliest =
        month_of(1, 1); /* a damaged price may have more free months than there are */
    int64_t first = (int64_t)on->month.index + 1 - free_months;
    return first < earliest.index ? earliest : (struct month){(int32_t)first};
}

struct metering metering_of(const struct edge_month *on, const struct price *price) {
    struct metering metering = {
        .policy = POLICY_PEAK, .parts_per_unit = 1, .from_us = on->span.midnights_us[0]};
    if (price == NULL) {
        return metering;
    }
    metering.policy = price->policy;
    metering.parts_per_unit = price->policy == POLICY_DAILY ? days_of(on) : 1;
    metering.minimum_units = price->terms.minimum_units;
    metering.free_months = price->terms.free_months;
    if (metering.free_months > 0) {
        metering.free_from_us =
            zone_midnight_us(on->zone, month_first_day(metering_first_free(on, metering.free_months)));
    }
    metering.not_for_resale = price->terms.not_for_resale;
    if (price->terms.has_trial_end) {
        int64_t trial_end_us = zone_midnight_us(on->zone, price->terms.trial_end);
        metering.from_us = trial_end_us > metering.from_us ? trial_end_us : metering.from_us;
        if (metering.from_us >= on->span.midnights_us[on->span.days]) {
            metering.minimum_units = 0;
        }
    }
    return metering;
}

/* Whether the month is one of the customer's first with the SKU that cost nothing (R3.10). */
static bool is_free_month(const struct metering *metering, int64_t first_on_at_us) {
    return metering->free_months > 0 && first_on_at_us > 0 && first_on_at_us >= metering->free_from_us;
}

/* What seats come to that do not change from an instant of the month on. */
static int64_t parts_of_seats(const struct edge_month *on, const struct metering *metering, int64_t seats) {
    int64_t days = 0;
    for (int day = 0; day < on->span.days; day++) {
        days += on->span.midnights_us[day + 1] > metering->from_us;
    }
    return metering->policy == POLICY_DAILY ? seats * days : seats;
}

/* Measures by what is kept; false where the log must be asked: something changed after the end of a trial
 * within the month, or at the instant at which the month is cut off or later. */
static bool measure_kept(const struct edge_month *on, const struct metering *metering,
                         const struct usage_group *group, struct measured *measured) {
    const struct usage_kept *kept = NULL;
    int64_t end_us = on->span.midnights_us[on->span.days];
    if (on->kept_zone == USAGE_NO_ZONE ||
        !usage_kept_at(on->usage, group, on->kept_zone, on->seller_depth, &kept)) {
        return false;
    }
    if (kept == NULL) {
        return true;
    }
    const struct kept_total *total = &kept->total;
    measured->first_on_at_us = total->first_on_at_us;
    if (metering->from_us >= end_us) {
        return true;
    }
    if (total->changed_at_us >= end_us) {
        return false;
    }
    if (metering->from_us == on->span.midnights_us[0]) {
        measured->quantity.parts = kept_total_quantity(total, &on->span, metering->policy).parts;
        return true;
    }
    measured->quantity.parts = parts_of_seats(on, metering, total->seats);
    return total->changed_at_us <= metering->from_us;
}

static enum status measure_log(const struct edge_month *on, const struct metering *metering,
                               const struct usage_group *group, struct measured *measured,
                               struct fault *fault) {
    struct usage_meter meter;
    *measured = (struct measured){.quantity = {0, metering->parts_per_unit}};
    if (group->licence_count == 0) {
        return fault_set(fault, STATUS_INTERNAL, "usage-not-read", NULL, (struct text){0},
                         "The log of customer number %lld, SKU number %lld, was not read.",
                         (long long)group->customer_id, (long long)group->sku_id);
    }
    if (!usage_meter_at(on->usage, group, on->seller_depth, on->usage_scratch, &meter)) {
        return STATUS_OK;
    }
    measured->first_on_at_us = meter.first_on_at_us;
    return meter_measure(&meter.meter, metering->policy, &on->span, metering->from_us, on->meter_scratch,
                         &measured->quantity, fault);
}

enum status charge_measure(const struct edge_month *on, const struct metering *metering,
                           const struct usage_group *group, struct measured *measured, struct fault *fault) {
    struct measured made = {.quantity = {0, metering->parts_per_unit}};
    if (group != NULL && on->has_time && !measure_kept(on, metering, group, &made)) {
        TRY(measure_log(on, metering, group, &made, fault));
    }
    assert(made.quantity.parts >= 0);
    made.is_free = is_free_month(metering, made.first_on_at_us);
    made.quantity.parts_per_unit = metering->parts_per_unit;
    *measured = made;
    return STATUS_OK;
}

const char *charge_reason_name(enum charge_reason reason) {
    static const char *const names[] = {"measured", "not for resale", "adjusted", "free month", "corrected"};
    return names[reason];
}

static enum status set_units(struct charged *charged, const struct override *override, enum charge_reason why,
                             struct fault *fault) {
    charged->why = why;
    charged->note = override->reason;
    if (!__builtin_mul_overflow(override->units, charged->quantity.parts_per_unit,
                                &charged->quantity.parts)) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_INVALID, "quantity-overflow", "units", (struct text){0},
                     "%lld units are more than a month can be charged for.", (long long) override->units);
}

enum status charge_of(const struct metering *metering, const struct measured *measured,
                      const struct override *adjustment, const struct override *correction,
                      struct charged *charged, struct fault *fault) {
    struct charged made = {.quantity = measured->quantity, .why = CHARGE_MEASURED};
    if (metering->not_for_resale) {
        made.why = CHARGE_NOT_FOR_RESALE;
    }
    if (adjustment != NULL) {
        TRY(set_units(&made, adjustment, CHARGE_ADJUSTED, fault));
    }
    if (measured->is_free) {
        made.quantity.parts = 0;
        made.why = CHARGE_FREE_MONTH;
        made.note = TEXT("free month");
    }
    if (correction != NULL) {
        TRY(set_units(&made, correction, CHARGE_CORRECTED, fault));
    }
    if (metering->not_for_resale && made.note.length == 0) {
        made.note = TEXT("not for resale");
    }
    *charged = made;
    return STATUS_OK;
}
