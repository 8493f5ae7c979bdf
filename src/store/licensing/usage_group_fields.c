#include "store/licensing/usage_group_fields.h"

#define USAGE_FIELD(member) DB_FIELD_INT(struct usage_group_row, usage.member, #member, DB_SAVED)

static const struct db_field USAGE_GROUP_FIELDS[] = {
    DB_FIELD_INT(struct usage_group_row, provider_id, "provider_id"),
    DB_FIELD_INT(struct usage_group_row, customer_id, "customer_id"),
    DB_FIELD_INT(struct usage_group_row, sku_id, "sku_id"),
    DB_FIELD_INT(struct usage_group_row, zone, "zone"),
    DB_FIELD_INT(struct usage_group_row, first_edge, "first_edge"),
    DB_FIELD_INT(struct usage_group_row, last_edge, "last_edge"),
    DB_FIELD_INT(struct usage_group_row, month, "month", DB_SAVED),
    USAGE_FIELD(opening_seats),
    USAGE_FIELD(seats),
    USAGE_FIELD(changed_at_us),
    USAGE_FIELD(peak_before),
    USAGE_FIELD(any_seats),
    USAGE_FIELD(day),
    USAGE_FIELD(day_peak),
    USAGE_FIELD(seat_days),
    USAGE_FIELD(first_on_at_us),
};
const struct db_fields USAGE_GROUP = DB_FIELDS(struct usage_group_row, USAGE_GROUP_FIELDS);
