/* Date: civil days and months, counted, and as texts say them. No zone and no clock.
 *
 * Years 1 to 9999 are what texts can say; arithmetic goes further. */
#ifndef SEATMETER_CORE_TIME_DATE_H
#define SEATMETER_CORE_TIME_DATE_H

#include "core/base/fault.h"

#include <stdint.h>

/* A civil month, counted from year 0: year × 12 + (month − 1). Comparable, and +1 is the next. */
struct month {
    int32_t index;
};

/* A civil day in the proleptic Gregorian calendar, counted from 1970-01-01. */
struct date {
    int32_t day;
};

struct month month_of(int year, int month_1_to_12);
int month_year(struct month month);
int month_number(struct month month); /* 1 to 12 */
struct month month_plus(struct month month, int months);
struct date month_first_day(struct month month);
int month_days(struct month month);
struct date date_of(int year, int month_1_to_12, int day); /* a day that exists */
struct month date_month(struct date date);

/* Whether the year is one that texts can say. Whoever takes a month or a day from outside asks this first. */
bool month_is_sayable(struct month month);
bool date_is_sayable(struct date date);

/* "2026-11", years 1 to 9999; fault "malformed-month" on `field`. */
enum status month_parse(struct text text, const char *field, struct month *month,
                        struct fault *fault) MUST_CHECK;
struct text month_format(struct arena *arena, struct month month);

/* "2026-11-24"; fault "malformed-date" (also for a day that the month does not have). */
enum status date_parse(struct text text, const char *field, struct date *date,
                       struct fault *fault) MUST_CHECK;
struct text date_format(struct arena *arena, struct date date);

#endif
