/* Duration: a time span as a person writes it: "90s", "15m", "24h", "30d", or plain seconds. */
#ifndef SEATMETER_CORE_TIME_DURATION_H
#define SEATMETER_CORE_TIME_DURATION_H

#include "core/base/fault.h"

#include <stdint.h>

/* Seconds, from 0 to 2^53; fault "malformed-duration" on `field`. */
enum status duration_parse(struct text text, const char *field, int64_t *seconds,
                           struct fault *fault) MUST_CHECK;

/* In the largest unit that leaves nothing over: 86400 is "1d", 90000 is "25h". */
struct text duration_format(struct arena *arena, int64_t seconds);

#endif
