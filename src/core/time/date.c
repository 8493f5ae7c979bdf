/* The civil calendar: counting days and months (proleptic Gregorian), and dates, months and instants as text.
 */
#include "core/time/date.h"
#include "core/time/zone.h"

#include <assert.h>
#include <stdio.h>

/* Years that can be counted in; texts can say less. */
enum { YEAR_LIMIT = 90000 };

struct civil {
    int year;
    int month; /* 1 to 12 */
    int day;   /* 1 to 31 */
};

static bool is_leap_year(int year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in(int year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap_year(year) ? 29 : days[month - 1];
}

/* Days since 1970-01-01, counted in years that begin in March, so that a leap day is the last of its year,
 * and in eras of 400 years, which all have 146097 days. */
static int32_t day_of_civil(struct civil civil) {
    int64_t year = civil.month <= 2 ? civil.year - 1 : civil.year;
    int64_t era = divide_down(year, 400);
    int64_t year_of_era = year - era * 400;
    int64_t month_from_march = (civil.month + 9) % 12;
    int64_t day_of_year = (153 * month_from_march + 2) / 5 + civil.day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return (int32_t)(era * 146097 + day_of_era - 719468);
}

static struct civil civil_of_day(int64_t day) {
    day += 719468;
    int64_t era = divide_down(day, 146097);
    int64_t day_of_era = day - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    int64_t year = year_of_era + era * 400 + (month <= 2);
    struct civil civil = {.year = (int)year,
                          .month = (int)month,
                          .day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1)};
    assert(civil.day >= 1 && civil.day <= days_in(civil.year, civil.month));
    return civil;
}

struct month month_of(int year, int month_1_to_12) {
    assert(year >= -YEAR_LIMIT && year <= YEAR_LIMIT);
    assert(month_1_to_12 >= 1 && month_1_to_12 <= 12);
    return (struct month){year * 12 + month_1_to_12 - 1};
}

int month_year(struct month month) {
    return (int)divide_down(month.index, 12);
}

int month_number(struct month month) {
    return month.index - month_year(month) * 12 + 1;
}

struct month month_plus(struct month month, int months) {
    int32_t index;
    bool overflows = __builtin_add_overflow(month.index, months, &index);
    assert(!overflows);
    return (struct month){index};
}

struct date month_first_day(struct month month) {
    int year = month_year(month);
    assert(year >= -YEAR_LIMIT && year <= YEAR_LIMIT);
    return (struct date){day_of_civil((struct civil){year, month_number(month), 1})};
}

int month_days(struct month month) {
    return days_in(month_year(month), month_number(month));
}

struct date date_of(int year, int month_1_to_12, int day) {
    assert(year >= -YEAR_LIMIT && year <= YEAR_LIMIT);
    assert(month_1_to_12 >= 1 && month_1_to_12 <= 12);
    assert(day >= 1 && day <= days_in(year, month_1_to_12));
    return (struct date){day_of_civil((struct civil){year, month_1_to_12, day})};
}

struct month date_month(struct date date) {
    struct civil civil = civil_of_day(date.day);
    return (struct month){civil.year * 12 + civil.month - 1};
}

/* What is left to read of a text. */
struct cursor {
    const char *at;
    const char *end;
};

static struct cursor cursor_of(struct text text) {
    struct text readable = text.length == 0 ? TEXT("") : text;
    return (struct cursor){readable.at, readable.at + readable.length};
}

static bool is_at_end(const struct cursor *cursor) {
    return cursor->at == cursor->end;
}

static bool take(struct cursor *cursor, char c) {
    if (is_at_end(cursor) || *cursor->at != c) {
        return false;
    }
    cursor->at++;
    return true;
}

/* Exactly `count` digits with a value from `low` to `high`. */
static bool take_number(struct cursor *cursor, int count, int low, int high, int *value) {
    *value = 0;
    for (int i = 0; i < count; i++) {
        if (is_at_end(cursor) || *cursor->at < '0' || *cursor->at > '9') {
            return false;
        }
        *value = *value * 10 + (*cursor->at++ - '0');
    }
    return *value >= low && *value <= high;
}

static bool take_month(struct cursor *cursor, struct civil *civil) {
    return take_number(cursor, 4, 1, 9999, &civil->year) && take(cursor, '-') &&
           take_number(cursor, 2, 1, 12, &civil->month);
}

static bool take_date(struct cursor *cursor, struct civil *civil) {
    return take_month(cursor, civil) && take(cursor, '-') &&
           take_number(cursor, 2, 1, days_in(civil->year, civil->month), &civil->day);
}

static const char *or_it(const char *field) {
    return field == NULL ? "it" : field;
}

enum status month_parse(struct text text, const char *field, struct month *month, struct fault *fault) {
    struct cursor cursor = cursor_of(text);
    struct civil civil;
    if (!take_month(&cursor, &civil) || !is_at_end(&cursor)) {
        return fault_set(fault, STATUS_INVALID, "malformed-month", field, text,
                         "%s must be a month such as 2026-11", or_it(field));
    }
    *month = month_of(civil.year, civil.month);
    return STATUS_OK;
}

struct text month_format(struct arena *arena, struct month month) {
    return text_format(arena, "%04d-%02d", month_year(month), month_number(month));
}

enum status date_parse(struct text text, const char *field, struct date *date, struct fault *fault) {
    struct cursor cursor = cursor_of(text);
    struct civil civil;
    if (!take_date(&cursor, &civil) || !is_at_end(&cursor)) {
        return fault_set(fault, STATUS_INVALID, "malformed-date", field, text,
                         "%s must be a day that exists, such as 2026-11-24", or_it(field));
    }
    *date = date_of(civil.year, civil.month, civil.day);
    return STATUS_OK;
}

struct text date_format(struct arena *arena, struct date date) {
    struct civil civil = civil_of_day(date.day);
    return text_format(arena, "%04d-%02d-%02d", civil.year, civil.month, civil.day);
}

/* A local time as "2026-03-29T02:30:00" and, with `offset_us` not NULL, its offset. */
enum { LOCAL_BYTES = 48 };
static void format_local(char out[LOCAL_BYTES], int64_t local_us, const int64_t *offset_us) {
    int64_t day = divide_down(local_us, MICROSECONDS_PER_DAY);
    int second = (int)((local_us - day * MICROSECONDS_PER_DAY) / MICROSECONDS_PER_SECOND);
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

static bool take_fraction(struct cursor *cursor, int64_t *microseconds) {
    *microseconds = 0;
    if (!take(cursor, '.')) {
        return true;
    }
    int64_t weight = MICROSECONDS_PER_SECOND / 10;
    int digit;
    while (weight > 0 && take_number(cursor, 1, 0, 9, &digit)) {
        *microseconds += digit * weight;
        weight /= 10;
    }
    return weight < MICROSECONDS_PER_SECOND / 10; /* at least one; a seventh is left over and refused */
}

static bool take_time(struct cursor *cursor, int64_t *of_day_us) {
    int hour, minute, second = 0;
    int64_t microseconds = 0;
    if (!take_number(cursor, 2, 0, 23, &hour) || !take(cursor, ':') ||
        !take_number(cursor, 2, 0, 59, &minute)) {
        return false;
    }
    if (take(cursor, ':') &&
        (!take_number(cursor, 2, 0, 59, &second) || !take_fraction(cursor, &microseconds))) {
        return false;
    }
    *of_day_us = (hour * 3600 + minute * 60 + second) * MICROSECONDS_PER_SECOND + microseconds;
    return true;
}

static bool take_offset(struct cursor *cursor, int64_t *offset_us) {
    *offset_us = 0;
    if (take(cursor, 'Z') || take(cursor, 'z')) {
        return true;
    }
    bool negative = take(cursor, '-');
    int hours, minutes;
    if ((!negative && !take(cursor, '+')) || !take_number(cursor, 2, 0, 23, &hours) || !take(cursor, ':') ||
        !take_number(cursor, 2, 0, 59, &minutes)) {
        return false;
    }
    int64_t seconds = hours * 3600 + minutes * 60;
    *offset_us = (negative ? -seconds : seconds) * MICROSECONDS_PER_SECOND;
    return true;
}

static bool read_instant(struct text text, struct said *said) {
    *said = (struct said){0};
    struct cursor cursor = cursor_of(text);
    struct civil civil;
    if (!take_date(&cursor, &civil)) {
        return false;
    }
    said->local_us = day_of_civil(civil) * MICROSECONDS_PER_DAY;
    if (is_at_end(&cursor)) {
        return true;
    }
    int64_t of_day_us;
    if ((!take(&cursor, 'T') && !take(&cursor, 't') && !take(&cursor, ' ')) ||
        !take_time(&cursor, &of_day_us)) {
        return false;
    }
    said->has_time = true;
    said->local_us += of_day_us;
    if (is_at_end(&cursor)) {
        return true;
    }
    said->has_offset = true;
    return take_offset(&cursor, &said->offset_us) && is_at_end(&cursor);
}

static enum status refuse_instant(struct text text, const char *field, const char *why, struct fault *fault) {
    return fault_set(fault, STATUS_INVALID, "malformed-time", field, text, "%s must be %s", or_it(field),
                     why);
}

static enum status refuse_skipped(struct text text, struct zone *zone, int64_t skip_us, const char *field,
                                  struct fault *fault) {
    char before[LOCAL_BYTES], after[LOCAL_BYTES];
    format_local(before, skip_us + zone_offset_us(zone, skip_us - 1), NULL);
    format_local(after, skip_us + zone_offset_us(zone, skip_us), NULL);
    return fault_set(fault, STATUS_INVALID, "time-skipped", field, text,
                     "%s is a time that does not exist in %s, where clocks went from %s straight to %s",
                     or_it(field), zone_name(zone), before, after);
}

static enum status refuse_ambiguous(struct text text, struct zone *zone, int64_t local_us,
                                    const struct zone_instants *found, const char *field,
                                    struct fault *fault) {
    char first[LOCAL_BYTES], last[LOCAL_BYTES];
    int64_t first_offset_us = local_us - found->first_us, last_offset_us = local_us - found->last_us;
    format_local(first, local_us, &first_offset_us);
    format_local(last, local_us, &last_offset_us);
    return fault_set(fault, STATUS_INVALID, "time-ambiguous", field, text,
                     "%s is a time that occurs twice in %s; say which by its offset: %s or %s", or_it(field),
                     zone_name(zone), first, last);
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
    int64_t microseconds = at_us - divide_down(at_us, MICROSECONDS_PER_SECOND) * MICROSECONDS_PER_SECOND;
    return text_format(arena, "%s.%06dZ", local, (int)microseconds);
}

struct text instant_format_local(struct arena *arena, struct zone *zone, int64_t at_us) {
    const int64_t minute_us = 60 * MICROSECONDS_PER_SECOND;
    int64_t offset_us = zone_offset_us(zone, at_us) / minute_us * minute_us;
    char local[LOCAL_BYTES];
    format_local(local, at_us + offset_us, &offset_us);
    return text_format(arena, "%s", local);
}
