#include "programme/billing/keep_months.h"

#include "programme/call/open_zone.h"
#include "store/billing/kept_months.h"

static enum status keep_one(struct call *call, const struct kept_month *missing, struct fault *fault) {
    struct zone *zone = NULL;
    TRY(open_zone(call, missing->time_zone, &zone, fault));
    struct kept_month kept = zone_kept_month(zone, missing->month);
    enum status status = kept_month_insert(call->db, call->arena, &kept, fault);
    zone_close(zone);
    return status;
}

static enum status do_keep(struct call *call, const void *input, void *output, struct fault *fault) {
    struct kept_month *missing = NULL;
    size_t count = 0;
    (void)input;
    (void)output;
    TRY(kept_months_missing(call->db, call->arena, &missing, &count, fault));
    for (size_t i = 0; i < count; i++) {
        TRY(keep_one(call, &missing[i], fault));
    }
    return STATUS_OK;
}

enum status keep_months_of_before(struct call *call, struct fault *fault) {
    return call_run(call, DB_WRITE, do_keep, NULL, NULL, fault);
}
