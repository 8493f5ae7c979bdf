/* TZ rules. Reading is a walk over the notation, part by part. Evaluating lays out the summer times of the
 * five years around an instant as intervals and looks where the instant lies. Intervals (not "the year's two
 * changes") because a summer may span the new year, in the southern half, or last the whole year and touch
 * the next one
 * ("<-03>3<-02>,0/0,J365/25"), and because a change may lie in the year before or after its own in UTC. */
#include "core/time/tz_rule.h"
#include "core/time/civil.h"
#include "core/time/date.h"

#include <assert.h>

enum { NAME_MIN = 3, HOUR_S = 3600, TIME_DEFAULT_S = 2 * HOUR_S };

/* What is left to read; behind the end there is only '\0', which no part takes. */
struct reader {
    const char *at;
    const char *end;
};

static char peek(const struct reader *reader) {
    return reader->at < reader->end ? *reader->at : '\0';
}

static bool take(struct reader *reader, char c) {
    bool is_there = reader->at < reader->end && *reader->at == c;
    reader->at += is_there;
    return is_there;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A digit, or as many as `high` has. */
static bool take_number(struct reader *reader, int low, int high, int *value) {
    int digits_max = high > 99 ? 3 : high > 9 ? 2 : 1;
    int digits = 0, read = 0;
    for (; digits < digits_max && is_digit(peek(reader)); digits++) {
        read = read * 10 + (*reader->at++ - '0');
    }
    if (digits == 0 || read < low || read > high) {
        return false;
    }
    *value = read;
    return true;
}

/* "CEST" or "<+03>". What it says is of no use here. */
static bool take_name(struct reader *reader) {
    bool is_quoted = take(reader, '<');
    const char *from = reader->at;
    while (is_letter(peek(reader)) ||
           (is_quoted && (is_digit(peek(reader)) || peek(reader) == '+' || peek(reader) == '-'))) {
        reader->at++;
    }
    return reader->at - from >= NAME_MIN && (!is_quoted || take(reader, '>'));
}

/* [+-]hours[:minutes[:seconds]] */
static bool take_time(struct reader *reader, int hour_max, int32_t *seconds) {
    bool is_negative = take(reader, '-');
    if (!is_negative) {
        (void)take(reader, '+');
    }
    int hours, minute = 0, second = 0;
    if (!take_number(reader, 0, hour_max, &hours)) {
        return false;
    }
    if (take(reader, ':')) {
        if (!take_number(reader, 0, 59, &minute) ||
            (take(reader, ':') && !take_number(reader, 0, 59, &second))) {
            return false;
        }
    }
    int32_t sum = hours * HOUR_S + minute * 60 + second;
    *seconds = is_negative ? -sum : sum;
    return true;
}

/* POSIX counts offsets to the west. */
static bool take_offset(struct reader *reader, int32_t *offset_s) {
    int32_t west_s;
    if (!take_time(reader, 24, &west_s)) {
        return false;
    }
    *offset_s = -west_s;
    return true;
}

static bool take_day(struct reader *reader, struct tz_change *change) {
    if (take(reader, 'J')) {
        change->kind = TZ_DAY_WITHOUT_LEAP;
        return take_number(reader, 1, 365, &change->day);
    }
    if (take(reader, 'M')) {
        change->kind = TZ_DAY_OF_WEEK;
        return take_number(reader, 1, 12, &change->month) && take(reader, '.') &&
               take_number(reader, 1, 5, &change->week) && take(reader, '.') &&
               take_number(reader, 0, 6, &change->day);
    }
    change->kind = TZ_DAY_FROM_ZERO;
    return take_number(reader, 0, 365, &change->day);
}

static bool take_change(struct reader *reader, struct tz_change *change) {
    change->time_s = TIME_DEFAULT_S;
    return take(reader, ',') && take_day(reader, change) &&
           (!take(reader, '/') || take_time(reader, 167, &change->time_s));
}

static bool take_saving(struct reader *reader, struct tz_rule *rule) {
    if (!take_name(reader)) {
        return false;
    }
    rule->has_saving = true;
    rule->saving_s = rule->standard_s + HOUR_S;
    return (peek(reader) == ',' || take_offset(reader, &rule->saving_s)) &&
           take_change(reader, &rule->start) && take_change(reader, &rule->end);
}

bool tz_rule_parse(struct text text, struct tz_rule *rule) {
    struct text readable = text.length == 0 ? TEXT("") : text;
    struct reader reader = {readable.at, readable.at + readable.length};
    struct tz_rule read = {0};
    if (!take_name(&reader) || !take_offset(&reader, &read.standard_s) ||
        (reader.at < reader.end && !take_saving(&reader, &read)) || reader.at < reader.end) {
        return false;
    }
    assert(read.standard_s >= TZ_OFFSET_MIN_S && read.standard_s <= TZ_OFFSET_MAX_S);
    assert(read.saving_s >= TZ_OFFSET_MIN_S && read.saving_s <= TZ_OFFSET_MAX_S);
    *rule = read;
    return true;
}

static int32_t nth_weekday(int year, const struct tz_change *change) {
    struct month month = month_of(year, change->month);
    int32_t first = month_first_day(month).day;
    int weekday = (int)((first % 7 + 4 + 7) % 7); /* 1970 began on a Thursday */
    int32_t day = first + (change->day - weekday + 7) % 7 + (change->week - 1) * 7;
    return day < first + month_days(month) ? day : day - 7;
}

static int64_t change_at_s(const struct tz_change *change, int year, int32_t offset_before_s) {
    int32_t day;
    if (change->kind == TZ_DAY_OF_WEEK) {
        day = nth_weekday(year, change);
    } else {
        day = date_of(year, 1, 1).day + change->day;
        if (change->kind == TZ_DAY_WITHOUT_LEAP) {
            bool is_behind_leap_day = month_days(month_of(year, 2)) == 29 && change->day >= 31 + 29;
            day += is_behind_leap_day ? 0 : -1;
        }
    }
    return day * INT64_C(86400) + change->time_s - offset_before_s;
}

/* The summer time that begins in the year; of the south it ends in the next. */
static struct tz_span saving_of_year(const struct tz_rule *rule, int year) {
    struct tz_span saving = {.from_s = change_at_s(&rule->start, year, rule->standard_s),
                             .until_s = change_at_s(&rule->end, year, rule->saving_s),
                             .offset_s = rule->saving_s};
    if (saving.until_s <= saving.from_s) {
        saving.until_s = change_at_s(&rule->end, year + 1, rule->saving_s);
    }
    return saving;
}

struct tz_span tz_rule_span(const struct tz_rule *rule, int64_t at_s) {
    assert(at_s >= -TZ_REACH_S && at_s <= TZ_REACH_S);
    struct tz_span standard = {INT64_MIN, INT64_MAX, rule->standard_s};
    if (!rule->has_saving) {
        return standard;
    }
    /* A change is at most ten days off its year, so two years back one has begun, and two ahead none. */
    int year = month_year(date_month((struct date){(int32_t)divide_down(at_s, 86400)}));
    for (int y = year - 2; y <= year + 2; y++) {
        struct tz_span saving = saving_of_year(rule, y);
        if (at_s < saving.from_s) {
            standard.until_s = saving.from_s;
            break;
        }
        if (at_s < saving.until_s) {
            return saving;
        }
        if (saving.until_s > standard.from_s) {
            standard.from_s = saving.until_s;
        }
    }
    assert(standard.from_s != INT64_MIN && standard.from_s <= at_s);
    assert(standard.until_s != INT64_MAX && standard.until_s > at_s);
    return standard;
}
