#include "core/time/instant.h"

#include "core/time/time_text.h"

#include <assert.h>
#include <stdio.h>

/* How far a time is within its day or second; also of the earliest that there is. */
static int64_t within(int64_t time_us, int64_t size_us) {
    int64_t rest_us = time_us % size_us;
    return rest_us < 0 ? rest_us + size_us : rest_us;
}

/* A local time as "2026-03-29T02:30:00" and, with `offset_us` not NULL, its offset. */
enum { LOCAL_BYTES = 48 };
static void format_local(char out[LOCAL_BYTES], int64_t local_us, const int64_t *offset_us) {
    int64_t day = divide_down(local_us, MICROSECONDS_PER_DAY);
    int second = (int)(within(local_us, MICROSECONDS_PER_DAY) / MICROSECONDS_PER_SECOND);
    struct civil civil = civil_of_day(day);
    int length = snprintf(out, LOCAL_BYTES, "%04d-%02d-%02dT%02d:%02d:%02d", civil.year, civil.month,
                          civil.day, second / 3600, second / 60 % 60, second % 60);
    assert(length > 0 && length < LOCAL_BYTES);
    if (offset_us != NULL) {
        int minutes = (int)(*offset_us / (60 * MICROSECONDS_PER_SECOND));
        int positive = minutes < 0 ? -minutes : minutes;
        int added = snprintf(out + length, (size_t)(LOCAL_BYTES - length), "%c%02d:%02d",
                             minutes < 0 ? '-' : '+', positive / 60, positive % 60);
        assert(added == 6);
    }
}

/* What a text says about an instant, before any zone is asked. */
struct said {
    int64_t local_us;
    bool has_time;   /* else it is a date alone */
    bool has_offset; /* "Z" is 0 */
    int64_t offset_us;
};

static bool take_fraction(struct time_text *cursor, int64_t *microseconds) {
    *microseconds = 0;
    if (!time_text_take(cursor, '.')) {
        return true;
    }
    int64_t weight = MICROSECONDS_PER_SECOND / 10;
    int digit;
    while (weight > 0 && time_text_take_number(cursor, 1, 0, 9, &digit)) {
        *microseconds += digit * weight;
        weight /= 10;
    }
    return weight < MICROSECONDS_PER_SECOND / 10; /* at least one; a seventh is left over and refused */
}

static bool take_time(struct time_text *cursor, int64_t *of_day_us) {
    int hour, minute, second = 0;
    int64_t microseconds = 0;
    if (!time_text_take_number(cursor, 2, 0, 23, &hour) || !time_text_take(cursor, ':') ||
        !time_text_take_number(cursor, 2, 0, 59, &minute)) {
        return false;
    }
    if (time_text_take(cursor, ':') &&
        (!time_text_take_number(cursor, 2, 0, 59, &second) || !take_fraction(cursor, &microseconds))) {
        return false;
    }
    *of_day_us = (hour * 3600 + minute * 60 + second) * MICROSECONDS_PER_SECOND + microseconds;
    return true;
}

static bool take_offset(struct time_text *cursor, int64_t *offset_us) {
    *offset_us = 0;
    if (time_text_take(cursor, 'Z') || time_text_take(cursor, 'z')) {
        return true;
    }
    bool negative = time_text_take(cursor, '-');
    int hours, minutes;
    if ((!negative && !time_text_take(cursor, '+')) || !time_text_take_number(cursor, 2, 0, 23, &hours) ||
        !time_text_take(cursor, ':') || !time_text_take_number(cursor, 2, 0, 59, &minutes)) {
        return false;
    }
    int64_t seconds = hours * 3600 + minutes * 60;
    *offset_us = (negative ? -seconds : seconds) * MICROSECONDS_PER_SECOND;
    return true;
}

static bool read_instant(struct text text, struct said *said) {
    *said = (struct said){0};
    struct time_text cursor = time_text_of(text);
    struct civil civil;
    if (!time_text_take_date(&cursor, &civil)) {
        return false;
    }
    said->local_us = civil_to_day(civil) * MICROSECONDS_PER_DAY;
    if (time_text_is_at_end(&cursor)) {
        return true;
    }
    int64_t of_day_us;
    if ((!time_text_take(&cursor, 'T') && !time_text_take(&cursor, 't') && !time_text_take(&cursor, ' ')) ||
        !take_time(&cursor, &of_day_us)) {
        return false;
    }
    said->has_time = true;
    said->local_us += of_day_us;
    if (time_text_is_at_end(&cursor)) {
        return true;
    }
    said->has_offset = true;
    return take_offset(&cursor, &said->offset_us) && time_text_is_at_end(&cursor);
}

static enum status refuse_instant(struct text text, const char *field, const char *why, struct fault *fault) {
    return fault_set(fault, STATUS_INVALID, "malformed-time", field, text, "Give %s as %s.",
                     time_text_subject(field), why);
}

static enum status refuse_skipped(struct text text, struct zone *zone, int64_t skip_us, const char *field,
                                  struct fault *fault) {
    char before[LOCAL_BYTES], after[LOCAL_BYTES];
    format_local(before, skip_us + zone_offset_us(zone, skip_us - 1), NULL);
    format_local(after, skip_us + zone_offset_us(zone, skip_us), NULL);
    return fault_set(fault, STATUS_INVALID, "time-skipped", field, text,
                     "Give %s as a time that exists in %s, where clocks went from %s straight to %s.",
                     time_text_subject(field), zone_name(zone), before, after);
}

static enum status refuse_ambiguous(struct text text, struct zone *zone, int64_t local_us,
                                    const struct zone_instants *found, const char *field,
                                    struct fault *fault) {
    char first[LOCAL_BYTES], last[LOCAL_BYTES];
    int64_t first_offset_us = local_us - found->first_us, last_offset_us = local_us - found->last_us;
    format_local(first, local_us, &first_offset_us);
    format_local(last, local_us, &last_offset_us);
    return fault_set(fault, STATUS_INVALID, "time-ambiguous", field, text,
                     "Give %s with its offset, as the time occurs twice in %s: %s or %s.",
                     time_text_subject(field), zone_name(zone), first, last);
}

/* The instant of what was said without an offset. */
static enum status resolve_in_zone(struct text text, struct zone *zone, const struct said *said,
                                   const char *field, int64_t *at_us, struct fault *fault) {
    struct zone_instants found = zone_instants_of(zone, said->local_us);
    if (!said->has_time) {
        struct date date = {(int32_t)(said->local_us / MICROSECONDS_PER_DAY)};
        int64_t midnight_us = zone_midnight_us(zone, date);
        if (midnight_us == zone_midnight_us(zone, (struct date){date.day + 1})) {
            return refuse_skipped(text, zone, found.skip_us, field, fault);
        }
        *at_us = midnight_us;
        return STATUS_OK;
    }
    if (found.count == 0) {
        return refuse_skipped(text, zone, found.skip_us, field, fault);
    }
    if (found.count > 1) {
        return refuse_ambiguous(text, zone, said->local_us, &found, field, fault);
    }
    *at_us = found.first_us;
    return STATUS_OK;
}

enum status instant_parse(struct text text, struct zone *zone, const char *field, int64_t *at_us,
                          struct fault *fault) {
    struct said said;
    if (!read_instant(text, &said)) {
        return refuse_instant(
            text, field,
            "a time such as 2026-11-24T16:30:00Z, 2026-11-24T16:30:00+01:00, 2026-11-24T16:30 "
            "or 2026-11-24, with at most six decimals of a second",
            fault);
    }
    int64_t parsed_us = 0;
    if (said.has_offset) {
        parsed_us = said.local_us - said.offset_us;
    } else if (zone == NULL) {
        return refuse_instant(text, field, "a time with its offset, such as 2026-11-24T16:30:00Z", fault);
    } else {
        enum status status = resolve_in_zone(text, zone, &said, field, &parsed_us, fault);
        if (status != STATUS_OK) {
            return status;
        }
    }
    int64_t end_us = date_of(10000, 1, 1).day * MICROSECONDS_PER_DAY;
    if (parsed_us < 0 || parsed_us >= end_us) {
        return refuse_instant(text, field, "a time in the years 1970 to 9999", fault);
    }
    *at_us = parsed_us;
    return STATUS_OK;
}

struct text instant_format(struct arena *arena, int64_t at_us) {
    char local[LOCAL_BYTES];
    format_local(local, at_us, NULL);
    return text_format(arena, "%s.%06dZ", local, (int)within(at_us, MICROSECONDS_PER_SECOND));
}
