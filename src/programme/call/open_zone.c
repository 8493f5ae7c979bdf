#include "programme/call/open_zone.h"

#include "store/billing/kept_months.h"

enum status open_zone(const struct call *call, struct text name, struct zone **zone, struct fault *fault) {
    struct kept_month *months = NULL;
    size_t count = 0;
    struct zone *opened = NULL;
    TRY(kept_months_of_zone(call->db, call->arena, name, &months, &count, fault));
    TRY(zone_open(name, "time_zone", &opened, fault));
    zone_keep_months(opened, months, count);
    *zone = opened;
    return STATUS_OK;
}
