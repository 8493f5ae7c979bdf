/* Find report: naming a report, and describing it with its rows. */
#ifndef SEATMETER_PROGRAMME_USAGE_FIND_REPORT_H
#define SEATMETER_PROGRAMME_USAGE_FIND_REPORT_H

#include "core/time/zone.h"
#include "programme/usage/report_rows.h"
#include "programme/usage/reports.h"

/* A report on its edge; `report.id` is 0 while nothing of it is kept. */
struct edge_report {
    struct report_edge edge;
    struct report report;
    struct date due_on; /* set by find_report */
};

/* When the month begins and is over on the edge, and when its report is overdue. The deadline of a month that
 * was over before the agreement was signed counts from the signature (R6.7); where nobody has adjusted
 * anything there is nothing to wait for, and the month's own deadline stands. */
struct report_times {
    int64_t start_us;
    int64_t end_us;
    struct date due_on; /* the last day on which the buyer can still report */
    int64_t overdue_us; /* the end of that day */
    int64_t unadjusted_overdue_us;
};

struct report_times report_times_of(struct zone *zone, const struct agreement *agreement, struct month month);

/* The report that is meant, where the actor is a party of its edge and the month has begun. Faults
 * "unknown-report", "agreement-not-signed", "month-in-future". */
enum status find_report(const struct call *call, const struct report_name *name, struct edge_report *report,
                        struct report_times *times, struct fault *fault) MUST_CHECK;

/* Measures the rows, with the adjustments that are kept. */
enum status measure_report(struct call *call, const struct edge_report *report, struct report_rows *rows,
                           struct fault *fault) MUST_CHECK;

/* The report with these rows, for its readers, and what late changes take away of each in money, which is
 * set in the rows. */
struct report_detail describe_report(const struct call *call, const struct edge_report *report,
                                     struct report_rows *rows);

#endif
