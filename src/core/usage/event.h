/* Licence event: the append-only record from which every bill is computed, and its canonical bytes.
 *
 * The canonical encoding is what is hashed and proved. All integers are big-endian and every event has
 * the same EVENT_ENCODED_BYTES, so that there is exactly one encoding of an event:
 *   "SME1" | sequence u64 | at_us i64 | licence u64 | provider u64 | customer u64 | sku u64 |
 *   cause u64 | kind u8 | three zero bytes | own_seats i32 | seats_before i32 | seats_after i32 */
#ifndef SEATMETER_CORE_USAGE_EVENT_H
#define SEATMETER_CORE_USAGE_EVENT_H

#include "core/base/fault.h"

#include <stdint.h>

enum event_kind { EVENT_ON = 1, EVENT_OFF, EVENT_SEATS, EVENT_SUSPEND, EVENT_RESUME };

struct licence_event {
    int64_t sequence; /* 1, 2, 3, … without a gap over the whole store */
    int64_t at_us;    /* when it takes effect; never earlier than the licence's previous event */
    int64_t licence_id;
    int64_t provider_id; /* who sells to the end customer */
    int64_t customer_id;
    int64_t sku_id;
    int64_t cause_id; /* the agreement for suspend and resume, else 0 */
    enum event_kind kind;
    int32_t own_seats; /* the licence's own seats after the event, were nothing above suspended; 0 when off */
    int32_t seats_before; /* seats that counted just before */
    int32_t seats_after;  /* seats that count from here on */
};

enum { EVENT_ENCODED_BYTES = 4 + 7 * 8 + 4 + 3 * 4 };

void event_encode(const struct licence_event *event, unsigned char bytes[EVENT_ENCODED_BYTES]);

/* The inverse; fault "malformed-event" for anything that event_encode would not have written. */
enum status event_decode(const unsigned char *bytes, size_t length, struct licence_event *event,
                         struct fault *fault) MUST_CHECK;

/* "on", "off", "seats", "suspend", "resume". */
const char *event_kind_name(enum event_kind kind);
enum status event_kind_parse(struct text word, enum event_kind *kind, struct fault *fault) MUST_CHECK;

#endif
