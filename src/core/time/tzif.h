/* TZif: what a compiled time zone file of the system says (RFC 9636, tzfile(5)): a list of instants at which
 * the offset from UTC changed, and the rule by which it goes on behind the last of them.
 *
 * Bytes in, values out: who has a file reads it first (core/time/zone.c). */
#ifndef SEATMETER_CORE_TIME_TZIF_H
#define SEATMETER_CORE_TIME_TZIF_H

#include "core/base/fault.h"
#include "core/time/tz_rule.h"

struct tzif_change {
    int64_t at_s;
    int32_t offset_s; /* from then on */
};

struct tzif {
    int32_t first_offset_s; /* before all changes */
    size_t count;
    const struct tzif_change *changes; /* in the arena, ascending, each to another offset */
    bool has_rule;
    int64_t rule_from_s; /* INT64_MIN: it is all there is */
    struct tz_rule rule;
};

/* Checks everything and keeps nothing of `bytes`. Fault "time-zone-data-broken" (STATUS_INTERNAL: the
 * machine's data is at fault, not an input), with `name` for the message. */
enum status tzif_parse(struct text bytes, struct text name, struct arena *arena, struct tzif *tzif,
                       struct fault *fault) MUST_CHECK;

/* The stretch around an instant within TZ_REACH_S. */
struct tz_span tzif_span(const struct tzif *tzif, int64_t at_s);

#endif
