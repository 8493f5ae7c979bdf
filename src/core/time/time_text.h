/* Time text: reads the digits of months, dates and times from a text, one part after the other. */
#ifndef SEATMETER_CORE_TIME_TIME_TEXT_H
#define SEATMETER_CORE_TIME_TIME_TEXT_H

#include "core/base/text.h"
#include "core/time/civil.h"

/* What is left to read of a text. */
struct time_text {
    const char *at;
    const char *end;
};

struct time_text time_text_of(struct text text);
bool time_text_is_at_end(const struct time_text *rest);

/* Each takes what it names from the front and is false, with the place undefined, where something else stands
 * there. A number has exactly `count` digits and a value from `low` to `high`; a month is "2026-11"; a date,
 * "2026-11-24", is a day that exists. Years 1 to 9999. */
bool time_text_take(struct time_text *rest, char c);
bool time_text_take_number(struct time_text *rest, int count, int low, int high, int *value);
bool time_text_take_month(struct time_text *rest, struct civil *civil);
bool time_text_take_date(struct time_text *rest, struct civil *civil);

/* How a message calls the field: its name, or "it" where it has none. */
const char *time_text_subject(const char *field);

#endif
