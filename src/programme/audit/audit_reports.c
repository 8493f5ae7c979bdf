/* A report of which late changes took something away is approved by its seller, never by silence (R4.18). */
#include "programme/audit/audit_reports.h"

#include "core/time/instant.h"
#include "programme/call/authorise.h"
#include "programme/call/open_zone.h"
#include "programme/usage/find_report.h"
#include "programme/usage/lowered_late.h"
#include "store/billing/reports.h"
#include "store/parties/amendments.h"

#include <string.h>

static enum status times_of(const struct call *call, const struct agreement *agreement, struct month month,
                            struct report_times *times, struct fault *fault) {
    struct zone *zone = NULL;
    TRY(open_zone(call, agreement->time_zone, &zone, fault));
    *times = report_times_of(zone, agreement, month);
    zone_close(zone);
    return STATUS_OK;
}

static enum status check_report(struct audit *audit, const struct report *report, struct fault *fault) {
    struct call *call = audit->call;
    struct agreement agreement = {0};
    struct report_times times;
    bool lowered = false;
    TRY(agreement_load(call->db, call->arena, report->agreement_id, &agreement, fault));
    TRY(agreement_in_month(call->db, call->arena, report->month, &agreement, fault));
    TRY(times_of(call, &agreement, report->month, &times, fault));
    enum status status =
        lowered_late(call, &agreement, report->month, times.start_us, times.end_us, &lowered, fault);
    if (status == STATUS_INTERNAL && strcmp(fault->code, "seats-not-of-log") == 0) {
        return STATUS_OK; /* nothing can be measured; audit_events has said why */
    }
    TRY(status);
    if (lowered) {
        audit_found(audit, "late-unasked", identifier_text(call, IDENTIFIER_REPORT, report->id),
                    "was approved at %s by its seller's silence, and late changes had taken usage away",
                    instant_format(call->arena, report->decided_at_us).at);
    }
    return STATUS_OK;
}

enum status audit_reports(struct audit *audit, struct fault *fault) {
    struct report *reports = NULL;
    size_t count = 0;
    TRY(reports_approved_by_silence(audit->call->db, audit->call->arena, &reports, &count, fault));
    for (size_t i = 0; i < count; i++) {
        TRY(check_report(audit, &reports[i], fault));
    }
    return STATUS_OK;
}
