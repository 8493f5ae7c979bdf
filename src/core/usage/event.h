/* Licence event: the append-only record from which every bill is computed. */
#ifndef SEATMETER_CORE_USAGE_EVENT_H
#define SEATMETER_CORE_USAGE_EVENT_H

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

/* "on", "off", "seats", "suspend", "resume". */
const char *event_kind_name(enum event_kind kind);

#endif
