#include "programme/usage/lowered_late.h"

#include "programme/usage/report_rows.h"
#include "store/licensing/events.h"

enum status lowered_late(struct call *call, const struct agreement *agreement, struct month month,
                         int64_t from_us, int64_t to_us, bool *yes, struct fault *fault) {
    struct report_edge edge = {.agreement = *agreement, .month = month};
    struct report_rows rows = {0};
    bool touched = false;
    *yes = false;
    TRY(licence_events_lowered_late(call->db, agreement->buyer_id, from_us, to_us, &touched, fault));
    if (!touched) {
        return STATUS_OK;
    }
    TRY(account_load(call->db, call->arena, agreement->seller_id, &edge.seller, fault));
    TRY(account_load(call->db, call->arena, agreement->buyer_id, &edge.buyer, fault));
    TRY(report_rows_measure(call, &edge, NULL, 0, &rows, fault));
    for (size_t i = 0; i < rows.count; i++) {
        *yes = *yes || rows.items[i].late.parts > 0;
    }
    return STATUS_OK;
}
