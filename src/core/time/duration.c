#include "core/time/duration.h"

#include <assert.h>
#include <string.h>

static const char UNITS[] = "dhms";
static const int64_t UNIT_SECONDS[] = {86400, 3600, 60, 1};
static const int64_t DURATION_SECONDS_MAX = INT64_C(1) << 53;

enum status duration_parse(struct text text, const char *field, int64_t *seconds, struct fault *fault) {
    struct text number = text_trim(text);
    int64_t unit_s = 1;
    if (number.length > 0) {
        const char *unit = memchr(UNITS, number.at[number.length - 1], sizeof UNITS - 1);
        if (unit != NULL) {
            unit_s = UNIT_SECONDS[unit - UNITS];
            number.length--;
        }
    }
    int64_t count = 0;
    int64_t product = 0;
    bool is_number = number.length > 0 && number.at[0] != '-' && text_to_int64(number, &count);
    if (!is_number || __builtin_mul_overflow(count, unit_s, &product) || product > DURATION_SECONDS_MAX) {
        return fault_set(fault, STATUS_INVALID, "malformed-duration", field, text,
                         "Give a whole number with s, m, h or d behind it: 90s, 15m, 24h, 30d.");
    }
    *seconds = product;
    return STATUS_OK;
}

struct text duration_format(struct arena *arena, int64_t seconds) {
    assert(seconds >= 0);
    size_t unit = 0;
    while (seconds == 0 ? unit < sizeof UNITS - 2 : seconds % UNIT_SECONDS[unit] != 0) {
        unit++;
    }
    return text_format(arena, "%lld%c", (long long)(seconds / UNIT_SECONDS[unit]), UNITS[unit]);
}
