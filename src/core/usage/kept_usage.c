/* An instant is one step (core/usage/meter.c), so S(t) becomes a maximum only once a change of a later
 * instant shows that the step is over. What a licence adds to the sum of highest seats is the higher of its
 * seats now and its highest before this instant: the difference to what it added until now is a matter of
 * that licence alone. */
#include "core/usage/kept_usage.h"

#include <assert.h>

/* More seats than any sum of a programme's licences, and few enough that a month of them is a number. */
static const int64_t KEPT_SEATS_MAX = INT64_C(1) << 56;

static bool is_seats(int64_t seats) {
    return seats >= 0 && seats <= KEPT_SEATS_MAX;
}

static int64_t higher(int64_t a, int64_t b) {
    return a > b ? a : b;
}

/* The day of an instant of the month. */
static int day_of(const struct month_span *span, int64_t at_us) {
    int low = 0;
    int high = span->days;
    while (high - low > 1) {
        int middle = low + (high - low) / 2;
        if (span->midnights_us[middle] <= at_us) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

struct kept_usage kept_usage_begin(int64_t opening_seats, int64_t first_on_at_us,
                                   const struct month_span *span) {
    return (struct kept_usage){.opening_seats = opening_seats,
                               .seats = opening_seats,
                               .changed_at_us = span->midnights_us[0] - 1,
                               .any_seats = opening_seats,
                               .first_on_at_us = first_on_at_us};
}

bool kept_usage_is_sound(const struct kept_usage *kept, const struct month_span *span) {
    assert(span->days >= 1 && span->days <= MONTH_DAYS_MAX);
    if (!is_seats(kept->opening_seats) || !is_seats(kept->seats) || !is_seats(kept->peak_before) ||
        !is_seats(kept->any_seats) || !is_seats(kept->day_peak) || kept->seat_days < 0 ||
        kept->seat_days > KEPT_SEATS_MAX * MONTH_DAYS_MAX || kept->day < 0 || kept->day >= span->days) {
        return false;
    }
    if (kept->changed_at_us < span->midnights_us[0]) {
        return kept->changed_at_us == span->midnights_us[0] - 1 && kept->day == 0;
    }
    return kept->changed_at_us < span->midnights_us[span->days] &&
           kept->day == day_of(span, kept->changed_at_us);
}

/* Lets time come to a later instant of the month: what stood until then has been. */
static void pass_time(struct kept_usage *kept, const struct month_span *span, int64_t at_us) {
    int day = day_of(span, at_us);
    if (at_us > span->midnights_us[0]) {
        kept->peak_before = higher(kept->peak_before, kept->seats);
    }
    if (day > kept->day) {
        kept->seat_days += higher(kept->day_peak, kept->seats) + kept->seats * (day - kept->day - 1);
        kept->day_peak = 0;
        kept->day = day;
    }
    if (at_us > span->midnights_us[day]) {
        kept->day_peak = higher(kept->day_peak, kept->seats);
    }
    kept->changed_at_us = at_us;
}

bool kept_usage_append(struct kept_usage *kept, const struct month_span *span,
                       const struct kept_change *change) {
    assert(kept_usage_is_sound(kept, span));
    int64_t highest = change->at_us > span->midnights_us[0] ? change->highest_before : 0;
    struct kept_usage made = *kept;
    if (change->at_us < kept->changed_at_us || change->at_us >= span->midnights_us[span->days]) {
        return false;
    }
    if (change->at_us > made.changed_at_us) {
        pass_time(&made, span, change->at_us);
    }
    made.seats += (int64_t)change->seats_after - change->seats_before;
    made.any_seats += higher(highest, change->seats_after) - higher(highest, change->seats_before);
    if (!kept_usage_is_sound(&made, span)) {
        return false;
    }
    *kept = made;
    return true;
}

struct kept_total kept_total_of(const struct kept_usage *kept) {
    int64_t highest_of_day = higher(kept->day_peak, kept->seats);
    return (struct kept_total){.peak = higher(kept->peak_before, kept->seats),
                               .seats = kept->seats,
                               .any_seats = kept->any_seats,
                               .daily_base = kept->seat_days + highest_of_day - kept->seats * (kept->day + 1),
                               .changed_at_us = kept->changed_at_us,
                               .first_on_at_us = kept->first_on_at_us};
}

bool kept_seats_are_sound(int64_t seats) {
    return is_seats(seats);
}

struct kept_total kept_total_of_seats(int64_t seats, int64_t first_on_at_us) {
    assert(is_seats(seats));
    return (struct kept_total){.peak = seats,
                               .seats = seats,
                               .any_seats = seats,
                               .changed_at_us = INT64_MIN,
                               .first_on_at_us = first_on_at_us};
}

struct quantity kept_total_quantity(const struct kept_total *total, const struct month_span *span,
                                    enum metering_policy policy) {
    assert(span->days >= 1 && total->changed_at_us < span->midnights_us[span->days]);
    switch (policy) {
    case POLICY_PEAK:
        return (struct quantity){total->peak, 1};
    case POLICY_SNAPSHOT:
        return (struct quantity){total->seats, 1};
    case POLICY_ANY:
        return (struct quantity){total->any_seats, 1};
    case POLICY_DAILY:
        break;
    }
    return (struct quantity){total->daily_base + total->seats * span->days, span->days};
}

struct quantity kept_usage_quantity(const struct kept_usage *kept, const struct month_span *span,
                                    enum metering_policy policy) {
    struct kept_total total = kept_total_of(kept);
    return kept_total_quantity(&total, span, policy);
}

int32_t kept_highest_before(const struct kept_step *steps, size_t count, const struct month_span *span) {
    int32_t highest = 0;
    for (size_t i = 0; i < count; i++) {
        /* The first event of an instant says what the licence had at the instants before it. */
        bool is_first = i == 0 || steps[i].at_us > steps[i - 1].at_us;
        if (is_first && steps[i].at_us > span->midnights_us[0] && steps[i].seats_before > highest) {
            highest = steps[i].seats_before;
        }
    }
    return highest;
}

struct kept_change kept_licence_change(struct kept_licence *licence, const struct month_span *span,
                                       int64_t at_us, int32_t seats_after) {
    assert(!licence->has_changed || at_us >= licence->changed_at_us);
    if (!licence->has_changed || licence->changed_at_us < span->midnights_us[0]) {
        licence->highest_before = licence->seats; /* carried into the month */
    } else if (at_us > licence->changed_at_us) {
        /* At the month's first instant nothing lay before: what the licence held until then does not count.
         */
        int32_t before = licence->changed_at_us == span->midnights_us[0] ? 0 : licence->highest_before;
        licence->highest_before = licence->seats > before ? licence->seats : before;
    }
    struct kept_change change = {at_us, licence->seats, seats_after, licence->highest_before};
    licence->changed_at_us = at_us;
    licence->seats = seats_after;
    licence->has_changed = true;
    return change;
}
