#include "core/usage/kept_calendar.h"

#include "core/base/search.h"

#include <string.h>

static int64_t begin_of(const struct kept_span *kept) {
    return kept->span.midnights_us[0];
}

static int64_t end_of(const struct kept_span *kept) {
    return kept->span.midnights_us[kept->span.days];
}

bool kept_span_is_sound(const struct month_span *span) {
    static const int64_t day_us = INT64_C(86400) * 1000000;
    if (span->days < 1 || span->days > MONTH_DAYS_MAX) {
        return false;
    }
    for (int day = 0; day < span->days; day++) {
        int64_t length_us = 0;
        if (__builtin_sub_overflow(span->midnights_us[day + 1], span->midnights_us[day], &length_us) ||
            length_us < 1 || length_us > 3 * day_us) {
            return false;
        }
    }
    return true;
}

struct sought_instant {
    const struct kept_calendar *calendar;
    int64_t at_us;
};

static bool is_begun(const void *context, size_t i) {
    const struct sought_instant *sought = context;
    return begin_of(sought->calendar->spans[i]) <= sought->at_us;
}

/* How many months begin at the instant or before it. */
static size_t begun_at(const struct kept_calendar *calendar, int64_t at_us) {
    return lower_bound(calendar->count, is_begun, &(struct sought_instant){calendar, at_us});
}

static struct kept_span *insert(struct kept_calendar *calendar, struct month month,
                                const struct month_span *span) {
    size_t at = begun_at(calendar, span->midnights_us[0]);
    const struct kept_span *before = at == 0 ? NULL : calendar->spans[at - 1];
    const struct kept_span *behind = at == calendar->count ? NULL : calendar->spans[at];
    if ((before != NULL && (before->month.index >= month.index || end_of(before) > span->midnights_us[0])) ||
        (behind != NULL &&
         (behind->month.index <= month.index || begin_of(behind) < span->midnights_us[span->days]))) {
        return NULL;
    }
    struct kept_span *made = ARENA_NEW(calendar->arena, struct kept_span, 1);
    *made = (struct kept_span){.month = month, .span = *span};
    calendar->spans = arena_grow(calendar->arena, calendar->spans, calendar->count, &calendar->capacity,
                                 sizeof(struct kept_span *));
    memmove(&calendar->spans[at + 1], &calendar->spans[at],
            (calendar->count - at) * sizeof(struct kept_span *));
    calendar->spans[at] = made;
    calendar->count++;
    return made;
}

bool kept_calendar_add(struct kept_calendar *calendar, struct month month, const struct month_span *span) {
    return kept_span_is_sound(span) && insert(calendar, month, span) != NULL;
}

const struct kept_span *kept_calendar_find(const struct kept_calendar *calendar, int64_t at_us) {
    size_t begun = begun_at(calendar, at_us);
    bool is_within = begun > 0 && at_us < end_of(calendar->spans[begun - 1]);
    return is_within ? calendar->spans[begun - 1] : NULL;
}

const struct kept_span *kept_calendar_at(struct kept_calendar *calendar, int64_t at_us) {
    struct month_span span;
    const struct kept_span *kept = kept_calendar_find(calendar, at_us);
    if (kept != NULL) {
        return kept;
    }
    struct month month = zone_month_at(calendar->zone, at_us);
    if (!month_is_sayable(month)) {
        return NULL;
    }
    zone_month_span(calendar->zone, month, &span);
    if (!kept_span_is_sound(&span) || at_us < span.midnights_us[0] || at_us >= span.midnights_us[span.days]) {
        return NULL;
    }
    struct kept_span *made = insert(calendar, month, &span);
    if (made != NULL) {
        made->is_new = true;
    }
    return made;
}
