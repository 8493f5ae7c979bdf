/* Correction: what should have been charged for a closed month. The edge's next close carries the difference.
 */
#ifndef SEATMETER_CORE_MONEY_CORRECTION_H
#define SEATMETER_CORE_MONEY_CORRECTION_H

#include "core/time/date.h"

struct correction {
    int64_t id;
    int64_t agreement_id;
    struct month month; /* the closed month that is corrected */
    int64_t customer_id;
    int64_t sku_id;
    int64_t units;
    struct text reason;
    int64_t invoice_id; /* 0: it waits */
    int64_t created_at_us;
    struct text created_by;
};

#endif
