/* Licence event: the append-only record from which every bill is computed. */
#ifndef SEATMETER_CORE_USAGE_EVENT_H
#define SEATMETER_CORE_USAGE_EVENT_H

#include <stdint.h>

/* `undo` takes earlier events of its licence back (R4.15): they are voided, and neither they nor the undo are
 * metered. */
enum event_kind { EVENT_ON = 1, EVENT_OFF, EVENT_SEATS, EVENT_SUSPEND, EVENT_RESUME, EVENT_UNDO };

struct licence_event {
    int64_t number; /* 1, 2, 3, … without a gap in the log of the provider */
    int64_t at_us; /* when it takes effect; of what is not voided never before the licence's previous event */
    int64_t licence_id;
    int64_t provider_id; /* who sells to the end customer */
    int64_t customer_id;
    int64_t sku_id;
    int64_t
        cause_id; /* the agreement of suspend and resume, the customer of an off that turned it off whole */
    enum event_kind kind;
    int32_t own_seats; /* the licence's own seats after the event, were nothing above suspended; 0 when off */
    int32_t seats_before;  /* seats that counted just before */
    int32_t seats_after;   /* seats that count from here on */
    int32_t licence_seats; /* the licence's seats just before, on or not; 0: not known, as of a suspension */
};

/* "on", "off", "seats", "suspend", "resume", "undo". */
const char *event_kind_name(enum event_kind kind);

#endif
