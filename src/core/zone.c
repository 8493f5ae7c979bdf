/* Zones: ICU is asked for one thing only, the offset at an instant and how long it lasts. The civil calendar
 * is arithmetic (days and months are counted, core/calendar.c), so what ICU's calendars do on their own (the
 * Julian calendar before 1582, lenient local times) cannot reach us. A stretch of time with one offset is a
 * segment; the last few are remembered, so a month with its 30 midnights costs one or two questions. */
#include "core/zone.h"

#include <assert.h>
#include <string.h>

#include <unicode/ucal.h>

/* A stretch [from_us, until_us) of one offset. */
struct segment {
    int64_t from_us;
    int64_t until_us;
    int64_t offset_us;
};

enum { SEGMENTS = 8, MONTHS = 8, NAME_MAX_BYTES = 48 };

struct zone {
    struct arena arena; /* holds the zone itself */
    UCalendar *calendar;
    char name[NAME_MAX_BYTES + 1];
    struct segment segments[SEGMENTS]; /* an unused one is empty: from_us = until_us */
    size_t next_segment;               /* the one to overwrite next */
    struct {
        bool known;
        struct month month;
        struct month_span span;
    } months[MONTHS]; /* by month modulo MONTHS */
};

/* No zone has ever been further from UTC (Manila had -15:56, Alaska +15:02). */
static const int64_t offset_max_us = 26 * 3600 * MICROSECONDS_PER_SECOND;

/* Days that can be asked for: some hundred thousand years, exact in ICU's doubles. */
static const int32_t day_max = 36 * 1000 * 1000;

static bool is_in_range(int64_t at_us) {
    return at_us / MICROSECONDS_PER_DAY <= day_max + 2 && at_us / MICROSECONDS_PER_DAY >= -day_max - 2;
}

static bool is_place(struct text name) {
    static const char *const regions[] = {"Africa/",   "America/",   "Antarctica/", "Arctic/", "Asia/",
                                          "Atlantic/", "Australia/", "Europe/",     "Indian/", "Pacific/"};
    for (size_t i = 0; i < sizeof regions / sizeof regions[0]; i++) {
        if (text_starts_with(name, text_of(regions[i]))) {
            return true;
        }
    }
    return text_is(name, "UTC");
}

/* Whether ICU's data has the zone. ucal_open would take any text and quietly give UTC. */
static bool is_known(const UChar *name, int32_t length) {
    UErrorCode error = U_ZERO_ERROR;
    UChar canonical[128];
    UBool is_system = false;
    ucal_getCanonicalTimeZoneID(name, length, canonical, 128, &is_system, &error);
    return U_SUCCESS(error) && is_system;
}

static enum status refuse_name(struct text name, const char *field, struct fault *fault) {
    return fault_set(fault, STATUS_INVALID, "unknown-time-zone", field, name,
                     "%s must be an IANA time zone such as Europe/Berlin or America/New_York, or UTC",
                     field == NULL ? "it" : field);
}

enum status zone_open(struct text iana_name, const char *field, struct zone **zone, struct fault *fault) {
    if (iana_name.length > NAME_MAX_BYTES || !is_place(iana_name)) {
        return refuse_name(iana_name, field, fault);
    }
    UChar name[NAME_MAX_BYTES];
    int32_t length = (int32_t)iana_name.length;
    for (int32_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)iana_name.at[i];
        if (c <= ' ' || c >= 0x7F) {
            return refuse_name(iana_name, field, fault);
        }
        name[i] = (UChar)c;
    }
    if (!is_known(name, length)) {
        return refuse_name(iana_name, field, fault);
    }
    UErrorCode error = U_ZERO_ERROR;
    UCalendar *calendar = ucal_open(name, length, "", UCAL_GREGORIAN, &error);
    if (U_FAILURE(error)) {
        return fault_set(fault, STATUS_INTERNAL, "time-zone-failed", field, iana_name,
                         "the time zone's rules cannot be loaded: %s", u_errorName(error));
    }
    struct arena arena;
    arena_init(&arena);
    struct zone *opened = ARENA_NEW(&arena, struct zone, 1);
    opened->arena = arena;
    opened->calendar = calendar;
    memcpy(opened->name, iana_name.at, iana_name.length);
    *zone = opened;
    return STATUS_OK;
}

void zone_close(struct zone *zone) {
    if (zone == NULL) {
        return;
    }
    ucal_close(zone->calendar);
    struct arena arena = zone->arena;
    arena_clean_up(&arena);
}

const char *zone_name(const struct zone *zone) {
    return zone->name;
}

static UDate transition(struct zone *zone, UTimeZoneTransitionType type, UDate otherwise, UErrorCode *error) {
    UDate at_ms = otherwise;
    return ucal_getTimeZoneTransitionDate(zone->calendar, type, &at_ms, error) ? at_ms : otherwise;
}

static struct segment ask_icu(struct zone *zone, int64_t at_us) {
    UErrorCode error = U_ZERO_ERROR;
    const double never_ms = (double)INT64_MAX; /* out of reach of every instant in range */
    ucal_setMillis(zone->calendar, (UDate)divide_down(at_us, 1000), &error);
    int64_t offset_ms = ucal_get(zone->calendar, UCAL_ZONE_OFFSET, &error) +
                        ucal_get(zone->calendar, UCAL_DST_OFFSET, &error);
    UDate from_ms = transition(zone, UCAL_TZ_TRANSITION_PREVIOUS_INCLUSIVE, -never_ms, &error);
    UDate until_ms = transition(zone, UCAL_TZ_TRANSITION_NEXT, never_ms, &error);
    assert(U_SUCCESS(error));
    struct segment segment = {.from_us = from_ms == -never_ms ? INT64_MIN : (int64_t)from_ms * 1000,
                              .until_us = until_ms == never_ms ? INT64_MAX : (int64_t)until_ms * 1000,
                              .offset_us = offset_ms * 1000};
    assert(segment.from_us <= at_us && at_us < segment.until_us);
    assert(segment.offset_us > -offset_max_us && segment.offset_us < offset_max_us);
    return segment;
}

static struct segment segment_at(struct zone *zone, int64_t at_us) {
    assert(is_in_range(at_us));
    for (size_t i = 0; i < SEGMENTS; i++) {
        const struct segment *segment = &zone->segments[i];
        if (at_us >= segment->from_us && at_us < segment->until_us) {
            return *segment;
        }
    }
    struct segment segment = ask_icu(zone, at_us);
    zone->segments[zone->next_segment] = segment;
    zone->next_segment = (zone->next_segment + 1) % SEGMENTS;
    return segment;
}

int64_t zone_offset_us(struct zone *zone, int64_t at_us) {
    return segment_at(zone, at_us).offset_us;
}

/* The first instant at which the wall shows `local_us` or later. */
static int64_t first_instant_from(struct zone *zone, int64_t local_us) {
    struct segment segment =
        segment_at(zone, local_us - offset_max_us); /* earlier than any zone gets there */
    for (;;) {
        int64_t at_us = local_us - segment.offset_us;
        if (at_us < segment.until_us) {
            return at_us > segment.from_us ? at_us : segment.from_us;
        }
        segment = segment_at(zone, segment.until_us);
    }
}

int64_t zone_midnight_us(struct zone *zone, struct date date) {
    assert(date.day >= -day_max && date.day <= day_max);
    return first_instant_from(zone, date.day * MICROSECONDS_PER_DAY);
}

void zone_month_span(struct zone *zone, struct month month, struct month_span *span) {
    size_t slot = (size_t)((uint32_t)month.index % MONTHS);
    if (!zone->months[slot].known || zone->months[slot].month.index != month.index) {
        struct month_span *made = &zone->months[slot].span;
        int32_t first = month_first_day(month).day;
        made->days = month_days(month);
        for (int day = 0; day <= made->days; day++) {
            made->midnights_us[day] = zone_midnight_us(zone, (struct date){first + day});
        }
        zone->months[slot].month = month;
        zone->months[slot].known = true;
    }
    *span = zone->months[slot].span;
    assert(span->midnights_us[0] < span->midnights_us[span->days]);
}

struct date zone_date_at(struct zone *zone, int64_t at_us) {
    struct segment segment = segment_at(zone, at_us);
    struct date date = {(int32_t)divide_down(at_us + segment.offset_us, MICROSECONDS_PER_DAY)};
    bool wall_may_have_gone_back = segment.from_us != INT64_MIN && at_us - segment.from_us < offset_max_us;
    if (wall_may_have_gone_back && zone_midnight_us(zone, (struct date){date.day + 1}) <= at_us) {
        date.day++;
    }
    return date;
}

struct month zone_month_at(struct zone *zone, int64_t at_us) {
    return date_month(zone_date_at(zone, at_us));
}

struct zone_instants zone_instants_of(struct zone *zone, int64_t local_us) {
    struct zone_instants found = {0};
    struct segment segment = segment_at(zone, local_us - offset_max_us);
    for (;;) {
        int64_t at_us = local_us - segment.offset_us;
        if (at_us >= segment.from_us && at_us < segment.until_us) {
            found.first_us = found.count == 0 ? at_us : found.first_us;
            found.last_us = at_us;
            found.count++;
        }
        if (segment.until_us > local_us + offset_max_us) {
            break;
        }
        segment = segment_at(zone, segment.until_us);
    }
    if (found.count == 0) {
        found.skip_us = first_instant_from(zone, local_us);
    }
    return found;
}
