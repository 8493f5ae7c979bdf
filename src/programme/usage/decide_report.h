/* Decide report: adjusted and submitted by the buyer, approved or rejected by the seller, or by the system
 * when the deadline has passed. */
#ifndef SEATMETER_PROGRAMME_USAGE_DECIDE_REPORT_H
#define SEATMETER_PROGRAMME_USAGE_DECIDE_REPORT_H

#include "programme/usage/reports.h"

struct adjust_report_input {
    struct report_name name;
    struct text customer;
    struct text sku;
    int64_t units;
    struct text reason; /* required */
    bool withdraw;      /* take an adjustment back: units and reason do not count */
    int64_t if_version;
};
enum status adjust_report(struct call *call, const struct adjust_report_input *input,
                          struct report_detail *out, struct fault *fault) MUST_CHECK;

struct decide_report_input {
    struct report_name name;
    struct text reason; /* of reject_report: required */
    int64_t if_version;
};
enum status submit_report(struct call *call, const struct decide_report_input *input,
                          struct report_detail *out, struct fault *fault) MUST_CHECK;
enum status approve_report(struct call *call, const struct decide_report_input *input,
                           struct report_detail *out, struct fault *fault) MUST_CHECK;
enum status reject_report(struct call *call, const struct decide_report_input *input,
                          struct report_detail *out, struct fault *fault) MUST_CHECK;

/* Past the deadline: as the system, submits what is not submitted and approves what was measured, on every
 * edge of the seller (0: of all) whose buyer must report the month and whose deadline is not after
 * `call->now_us`. An adjustment that the seller has not approved by then is dropped. `*count` is how many.
 * For close_month; some in a transaction, so that nobody waits for all of them. Checks no rights. */
enum status submit_overdue_reports(struct call *call, struct month month, int64_t seller_id, int64_t *count,
                                   struct fault *fault) MUST_CHECK;

#endif
