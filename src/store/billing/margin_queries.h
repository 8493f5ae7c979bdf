/* Margin rows: what was billed in a month on the edges that an account sells or buys on, summed up. */
#ifndef SEATMETER_STORE_BILLING_MARGIN_QUERIES_H
#define SEATMETER_STORE_BILLING_MARGIN_QUERIES_H

#include "core/money/money.h"
#include "core/time/date.h"
#include "store/engine/db.h"

struct margin_sum {
    int64_t seller_id;
    int64_t buyer_id;
    int64_t customer_id; /* 0: for no one end customer */
    int64_t sku_id;      /* 0: a charge */
    struct text currency;
    money_wide amount_minor; /* net, credit notes taken off */
};

enum status margin_sums_load(struct db *db, struct arena *arena, int64_t account_id, struct month month,
                             struct margin_sum **sums, size_t *count, struct fault *fault) MUST_CHECK;

#endif
