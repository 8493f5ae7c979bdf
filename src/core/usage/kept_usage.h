/* Kept usage: what the meter needs to know of one group in one month, in a few numbers that go on with each
 * event.
 *
 * meter.h measures a month from all its changes. A kept month comes to the same under every policy, and takes
 * the next change without looking at those before it: it holds S(t) after the last instant at which something
 * changed, and what stood strictly before that instant, because further changes of the same instant belong to
 * the same step. Nothing of it is truth: it is made again from the log by kept_usage_replay. */
#ifndef SEATMETER_CORE_USAGE_KEPT_USAGE_H
#define SEATMETER_CORE_USAGE_KEPT_USAGE_H

#include "core/money/price.h"
#include "core/time/zone.h"

/* A group's month up to its last change. In a month without a change `changed_at_us` lies before it. */
struct kept_usage {
    int64_t opening_seats; /* S just before the month */
    int64_t seats;         /* S after the last change */
    int64_t changed_at_us;
    int64_t
        peak_before;   /* the highest S in the month strictly before changed_at_us; 0: there is no instant */
    int64_t any_seats; /* the sum over licences of each one's own highest seats in the month */
    int64_t day;       /* of the last change: an index into the month's days */
    int64_t day_peak;  /* the highest S of that day strictly before changed_at_us; 0: there is no instant */
    int64_t seat_days; /* of the days before that one */
    int64_t first_on_at_us; /* the first `on` ever of its licences; 0: none */
};

/* A licence's change, as a group's month takes it. */
struct kept_change {
    int64_t at_us;
    int32_t seats_before;
    int32_t seats_after;
    int32_t highest_before; /* the licence's own highest seats in the month strictly before at_us, with what
                               it carried into the month; anything where at_us is the month's first instant */
};

/* A month in which nothing has changed yet. */
struct kept_usage kept_usage_begin(int64_t opening_seats, int64_t first_on_at_us,
                                   const struct month_span *span);

/* Whether the numbers can be those of a month of that span; what is stored may be anything. */
bool kept_usage_is_sound(const struct kept_usage *kept, const struct month_span *span);

/* Lets a change happen; false, and nothing happens, where it lies before the last one or outside of the
 * month. `kept` is sound. */
bool kept_usage_append(struct kept_usage *kept, const struct month_span *span,
                       const struct kept_change *change) MUST_CHECK;

/* What meter_measure says of the month, from its first instant on. The span may have been cut off at an
 * instant after the last change. `kept` is sound. */
struct quantity kept_usage_quantity(const struct kept_usage *kept, const struct month_span *span,
                                    enum metering_policy policy);

/* What a month comes to, whichever instant after its last change it is measured at. */
struct kept_total {
    int64_t peak;
    int64_t seats; /* after the last change */
    int64_t any_seats;
    int64_t daily_base;    /* the seat-days are this and `seats` for each day of the month */
    int64_t changed_at_us; /* the last change; INT64_MIN: none */
    int64_t first_on_at_us;
};

/* Of a month that is kept, and of one in which nothing changed. `kept` and `seats` are sound. */
struct kept_total kept_total_of(const struct kept_usage *kept);
struct kept_total kept_total_of_seats(int64_t seats, int64_t first_on_at_us);
bool kept_seats_are_sound(int64_t seats);

/* As kept_usage_quantity. */
struct quantity kept_total_quantity(const struct kept_total *total, const struct month_span *span,
                                    enum metering_policy policy);

/* An event of a licence that changed what counts. */
struct kept_step {
    int64_t at_us;
    int32_t seats_before;
};

/* What `highest_before` is of the last of a licence's events: of all of them from the beginning of the month
 * on, or more, in the order of the log. */
int32_t kept_highest_before(const struct kept_step *steps, size_t count, const struct month_span *span);

/* One licence while events are replayed: {0} before its first. */
struct kept_licence {
    int64_t changed_at_us;
    int32_t seats;
    int32_t highest_before; /* as in struct kept_change, of changed_at_us */
    bool has_changed;
};

/* The change that brings the licence to `seats_after`, in the month of that span. Changes of a licence come
 * in the order of time. */
struct kept_change kept_licence_change(struct kept_licence *licence, const struct month_span *span,
                                       int64_t at_us, int32_t seats_after);

#endif
