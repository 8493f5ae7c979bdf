#include "core/time/date.h"

#include "core/time/time_text.h"

#include <assert.h>

struct month month_of(int year, int month_1_to_12) {
    assert(year >= -CIVIL_YEAR_LIMIT && year <= CIVIL_YEAR_LIMIT);
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
    assert(year >= -CIVIL_YEAR_LIMIT && year <= CIVIL_YEAR_LIMIT);
    return (struct date){civil_to_day((struct civil){year, month_number(month), 1})};
}

int month_days(struct month month) {
    return civil_days_in(month_year(month), month_number(month));
}

struct date date_of(int year, int month_1_to_12, int day) {
    assert(year >= -CIVIL_YEAR_LIMIT && year <= CIVIL_YEAR_LIMIT);
    assert(month_1_to_12 >= 1 && month_1_to_12 <= 12);
    assert(day >= 1 && day <= civil_days_in(year, month_1_to_12));
    return (struct date){civil_to_day((struct civil){year, month_1_to_12, day})};
}

struct month date_month(struct date date) {
    struct civil civil = civil_of_day(date.day);
    return (struct month){civil.year * 12 + civil.month - 1};
}

bool month_is_sayable(struct month month) {
    return month.index >= 1 * 12 && month.index < 10000 * 12;
}

bool date_is_sayable(struct date date) {
    return date.day >= date_of(1, 1, 1).day && date.day <= date_of(9999, 12, 31).day;
}

enum status month_parse(struct text text, const char *field, struct month *month, struct fault *fault) {
    struct time_text cursor = time_text_of(text);
    struct civil civil;
    if (!time_text_take_month(&cursor, &civil) || !time_text_is_at_end(&cursor)) {
        return fault_set(fault, STATUS_INVALID, "malformed-month", field, text,
                         "Give %s as a month such as 2026-11.", time_text_subject(field));
    }
    *month = month_of(civil.year, civil.month);
    return STATUS_OK;
}

struct text month_format(struct arena *arena, struct month month) {
    return text_format(arena, "%04d-%02d", month_year(month), month_number(month));
}

enum status date_parse(struct text text, const char *field, struct date *date, struct fault *fault) {
    struct time_text cursor = time_text_of(text);
    struct civil civil;
    if (!time_text_take_date(&cursor, &civil) || !time_text_is_at_end(&cursor)) {
        return fault_set(fault, STATUS_INVALID, "malformed-date", field, text,
                         "Give %s as a day that exists, such as 2026-11-24.", time_text_subject(field));
    }
    *date = date_of(civil.year, civil.month, civil.day);
    return STATUS_OK;
}

struct text date_format(struct arena *arena, struct date date) {
    struct civil civil = civil_of_day(date.day);
    return text_format(arena, "%04d-%02d-%02d", civil.year, civil.month, civil.day);
}
