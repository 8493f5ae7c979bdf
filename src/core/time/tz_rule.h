/* TZ rule: the rule by which a zone goes on after the last change that its file lists, in the notation of
 * POSIX's TZ variable: "CET-1CEST,M3.5.0,M10.5.0/3". TZif files end in one (RFC 9636, 3.3).
 *
 * Of POSIX's freedoms those that a file must not use are refused: a summer time without its two dates (what
 * then holds is up to the system), and ":" with whatever a system makes of it. The extension is taken that a
 * change's hour may lie from -167 to 167, a week before or after its day ("M3.4.4/50" of Asia/Gaza: the
 * Saturday after the fourth Thursday). */
#ifndef SEATMETER_CORE_TIME_TZ_RULE_H
#define SEATMETER_CORE_TIME_TZ_RULE_H

#include "core/base/text.h"

/* Seconds east of UTC that a clock may be: what RFC 9636 has, and what rules can say. */
#define TZ_OFFSET_MIN_S (-89999)
#define TZ_OFFSET_MAX_S 93599

/* Seconds since 1970, before or after, that can be asked for: days that core/time/date.h can count. */
#define TZ_REACH_S (INT64_C(32000000) * 86400)

/* A stretch [from_s, until_s) of time with one offset; INT64_MIN and INT64_MAX where it has no end. What is
 * next to it may have the same offset. */
struct tz_span {
    int64_t from_s;
    int64_t until_s;
    int32_t offset_s;
};

/* When in a year clocks change. */
struct tz_change {
    enum {
        TZ_DAY_WITHOUT_LEAP, /* Jn: day n of the year, 29 February not counted: 1 to 365 */
        TZ_DAY_FROM_ZERO,    /* n: days after 1 January: 0 to 365 */
        TZ_DAY_OF_WEEK       /* Mm.w.d: the w-th weekday d (0 is Sunday) of month m; w = 5 is the last */
    } kind;
    int month;
    int week;
    int day;
    int32_t time_s; /* after that day's midnight, on the clock as it is before the change */
};

struct tz_rule {
    int32_t standard_s;
    bool has_saving;
    int32_t
        saving_s; /* "summer time"; less than standard_s where a country sees its winter as the exception */
    struct tz_change start;
    struct tz_change end;
};

/* False leaves `rule` alone. */
bool tz_rule_parse(struct text text, struct tz_rule *rule);

/* The stretch around an instant within TZ_REACH_S. */
struct tz_span tz_rule_span(const struct tz_rule *rule, int64_t at_s);

#endif
