/* Metered: what is read of licences and their events for a meter. */
#ifndef SEATMETER_CORE_USAGE_METERED_H
#define SEATMETER_CORE_USAGE_METERED_H

#include <stdint.h>

/* A licence that was ever on. */
struct metered_licence {
    int64_t id;
    int64_t customer_id;
    int64_t sku_id;
    int32_t first_edge;    /* billed on the edges whose seller's depth is from first_edge */
    int32_t last_edge;     /* to last_edge (R3.3) */
    int32_t counted_seats; /* now */
    int64_t first_on_at_us;
};

/* An event that changed what counts. */
struct metered_event {
    int64_t at_us;
    int64_t licence_id;
    int32_t change; /* of the seats that count */
};

#endif
