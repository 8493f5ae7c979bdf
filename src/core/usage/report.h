/* Usage report: what was in use on one edge in one month, as its two parties read, adjust and approve it.
 *
 * A plain value like struct invoice: the programme fills it, the documents room prints it. `used` is what
 * devices tell by checking in, in the month of UTC, as they know no other. Where the SKU's vendor never had
 * a device, has_used is false and none of the three numbers means anything, which is not the same as 0. */
#ifndef SEATMETER_CORE_USAGE_REPORT_H
#define SEATMETER_CORE_USAGE_REPORT_H

#include "core/base/state_machine.h"
#include "core/money/money.h"
#include "core/time/date.h"

#include <stdbool.h>

enum report_state { REPORT_DRAFT, REPORT_SUBMITTED, REPORT_APPROVED, REPORT_REJECTED };
extern const struct state_machine report_machine;

/* A month that is closing takes no change that its bill is made of, as a closed one; where it could not be
 * closed it thaws to what it was. */
enum month_state { MONTH_OPEN, MONTH_REPORTING, MONTH_CLOSING, MONTH_CLOSED };
extern const struct state_machine month_machine;

/* Units that the buyer says in the place of what was measured, for one end customer and SKU. */
struct report_adjustment {
    int64_t report_id;
    int64_t customer_id;
    int64_t sku_id;
    int64_t units;
    struct text reason;
};

/* One end customer's use of one SKU. */
struct usage_report_row {
    struct text customer_code;
    struct text customer_name;
    struct text sku; /* the SKU's code */
    struct text description;
    struct text policy; /* "peak", …, which `measured` follows; empty where the edge has no price for it */
    int64_t provisioned_units; /* the most seats that were on at once in the month; none: those that stand
                                  ready */
    bool has_used;
    int64_t used_units; /* the most at once by machines that worked; of a part, times its quantity */
    int64_t over_provisioned_units; /* the most seats on at once − used, never below 0 */
    int64_t unlicensed_units;       /* devices that were told to stop in the month, counted alike */
    struct quantity measured;       /* what the meter says */
    struct quantity late; /* how much more it would say, had late changes counted from when they were told */
    bool has_late_amount; /* the edge has a price for it, and what it comes to can be computed */
    int64_t late_minor; /* how much more its lines would come to then, without tax. Below 0 where what others
                           lost makes its own tier dearer */
    bool has_adjustment;
    int64_t adjusted_units; /* what the buyer says instead, with its reason */
    struct text reason;
    struct quantity
        chargeable; /* what will be charged: 0 in a free month, else adjusted units, else as measured */
};

struct usage_report {
    struct text identifier; /* rep_… */
    struct text agreement;  /* agr_… */
    struct text seller_code;
    struct text seller_name;
    struct text provider_code; /* the edge's buyer, who reports */
    struct text provider_name;
    struct month month;
    enum report_state state;
    struct date due_on;           /* past it the system submits and approves what it measured */
    struct text submitted_by;     /* empty while nobody has */
    struct text decided_by;       /* who approved or rejected it; empty while nobody has */
    struct text rejection_reason; /* empty unless it was rejected */
    struct currency currency;     /* of this edge, as are all amounts */
    bool has_late_amount;         /* every SKU that late changes touched has one */
    int64_t late_minor; /* what late changes take away in all, with what makes up minimums (without tax) */
    size_t row_count;
    const struct usage_report_row *rows; /* by customer, then SKU */
};

#endif
