/* The rows of usage_groups and ended_usage, for the files that write, make and read them. Private to the
 * store. */
#ifndef SEATMETER_STORE_LICENSING_USAGE_GROUP_FIELDS_H
#define SEATMETER_STORE_LICENSING_USAGE_GROUP_FIELDS_H

#include "core/usage/kept_usage.h"
#include "store/engine/rows.h"

/* Every number is read as it is: what cannot be is found where it is used. */
struct usage_group_row {
    int64_t provider_id;
    int64_t customer_id;
    int64_t sku_id;
    int64_t zone;
    int64_t first_edge;
    int64_t last_edge;
    int64_t month;
    struct kept_usage usage;
};

extern const struct db_fields USAGE_GROUP;

#endif
