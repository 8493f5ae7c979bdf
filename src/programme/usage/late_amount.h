/* Late amount: what late changes take away of what an edge bills for a month, in its own money (R4.18). */
#ifndef SEATMETER_PROGRAMME_USAGE_LATE_AMOUNT_H
#define SEATMETER_PROGRAMME_USAGE_LATE_AMOUNT_H

#include "programme/usage/report_rows.h"

struct late_amount {
    bool is_known; /* false where what a late change touched has no price or cannot be computed */
    int64_t minor; /* without tax, with the lines that make up minimums */
};

/* Rates the rows' SKUs as they are charged and as they would be, had late changes counted from when they were
 * told. Sets the difference in each row, and gives the sum. */
void late_amount_of(struct arena *arena, struct report_rows *rows, struct late_amount *sum);

#endif
