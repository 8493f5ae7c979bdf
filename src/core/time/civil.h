/* Civil: years, months and days of the proleptic Gregorian calendar, and the day that each is when counted
 * from 1970-01-01. Arithmetic alone: no zone and no text. */
#ifndef SEATMETER_CORE_TIME_CIVIL_H
#define SEATMETER_CORE_TIME_CIVIL_H

#include <stdint.h>

#define MICROSECONDS_PER_SECOND INT64_C(1000000)
#define MICROSECONDS_PER_DAY (INT64_C(86400) * MICROSECONDS_PER_SECOND)

/* Years that can be counted in, before or after year 0; texts can say less. */
enum { CIVIL_YEAR_LIMIT = 90000 };

struct civil {
    int year;
    int month; /* 1 to 12 */
    int day;   /* 1 to 31 */
};

int civil_days_in(int year, int month_1_to_12);
int32_t civil_to_day(struct civil civil);
struct civil civil_of_day(int64_t day);

/* Division that rounds down, for times before 1970. */
static inline int64_t divide_down(int64_t value, int64_t by) {
    int64_t quotient = value / by;
    return value % by < 0 ? quotient - 1 : quotient;
}

#endif
