/* The groups are made again in memory, a provider at a time, and laid beside the rows that are stored.
 * Nothing of them is truth, so each finding names the command that makes them right. */
#include "programme/audit/audit_usage.h"

#include "programme/call/authorise.h"
#include "store/licensing/usage_groups.h"

#define REMEDY "Run seatmeter check --rebuild-usage, which makes it again from the log."

enum status audit_usage(struct audit *audit, struct fault *fault) {
    struct call *call = audit->call;
    struct usage_difference *differences = NULL;
    size_t count = 0;
    int64_t torn = 0;
    bool kept = false;
    TRY(usage_groups_are_kept(call->db, &kept, fault));
    if (!kept) {
        audit_found(audit, "usage-not-kept", TEXT("usage_groups"),
                    "What months are metered from is not kept whole beside the log. " REMEDY);
    }
    TRY(usage_groups_compare(call->db, call->arena, &differences, &count, &torn, fault));
    for (size_t i = 0; i < count; i++) {
        struct text sku = identifier_text(call, IDENTIFIER_SKU, differences[i].sku_id);
        audit_found(
            audit, "usage-group", identifier_text(call, IDENTIFIER_ACCOUNT, differences[i].customer_id),
            "What is kept of its usage of %.*s is not what the log comes to. " REMEDY, TEXT_ARGS(sku));
    }
    if (torn > 0) {
        audit_found(audit, "usage-month", TEXT("usage_months"),
                    "%lld of the months that usage was counted by are no months. " REMEDY, (long long)torn);
    }
    return STATUS_OK;
}
