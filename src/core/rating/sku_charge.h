/* SKU charge: what one SKU comes to on one edge in one month, customer by customer and tier by tier. */
#ifndef SEATMETER_CORE_RATING_SKU_CHARGE_H
#define SEATMETER_CORE_RATING_SKU_CHARGE_H

#include "core/money/billed_line.h"
#include "core/rating/rated_month.h"
#include "core/rating/rating.h"

/* One end customer of the SKU. */
struct customer_charge {
    int64_t customer_id;
    const struct usage_group *group;   /* NULL: nothing of it was ever on; something is set all the same */
    const struct usage *usage;         /* that the group is of: with the late events of corrections */
    const struct override *adjustment; /* NULL: none; so also below */
    const struct override *correction;
    struct measured measured;
    struct charged charged;
};

struct sku_charge {
    uint32_t agreement; /* index into the snapshot's; so also below */
    uint32_t sku;
    const struct price *price; /* NULL: none; then there are no lines */
    struct tax tax;
    struct metering metering;
    bool is_used;                      /* something was in use, or is set by hand */
    struct customer_charge *customers; /* with anything to tell, in the order of their ranks */
    size_t customer_count;
    struct rating_line *lines; /* `usage` is an index into customers */
    size_t line_count;
};

/* Faults "quantity-overflow" and "amount-overflow". */
enum status sku_charge_of(struct rated_month *month, struct arena *arena, const struct edge_month *on,
                          uint32_t agreement, uint32_t sku, struct sku_charge *charge,
                          struct fault *fault) MUST_CHECK;

/* Makes the edge_month and calls sku_charge_of. */
enum status sku_charge_on(struct rated_month *month, struct arena *arena, uint32_t agreement, uint32_t sku,
                          struct sku_charge *charge, struct fault *fault) MUST_CHECK;

/* A line as it goes onto an invoice, without the invoice's id and a position. */
struct billed_line sku_charge_line(const struct sku_charge *charge, size_t line);

#endif
