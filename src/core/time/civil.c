#include "core/time/civil.h"

#include <assert.h>
#include <stdbool.h>

static bool is_leap_year(int year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int civil_days_in(int year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap_year(year) ? 29 : days[month - 1];
}

/* Days since 1970-01-01, counted in years that begin in March, so that a leap day is the last of its year,
 * and in eras of 400 years, which all have 146097 days. */
int32_t civil_to_day(struct civil civil) {
    int64_t year = civil.month <= 2 ? civil.year - 1 : civil.year;
    int64_t era = divide_down(year, 400);
    int64_t year_of_era = year - era * 400;
    int64_t month_from_march = (civil.month + 9) % 12;
    int64_t day_of_year = (153 * month_from_march + 2) / 5 + civil.day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return (int32_t)(era * 146097 + day_of_era - 719468);
}

struct civil civil_of_day(int64_t day) {
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
    assert(civil.day >= 1 && civil.day <= civil_days_in(civil.year, civil.month));
    return civil;
}
