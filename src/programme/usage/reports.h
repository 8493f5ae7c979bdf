/* Reports: the usage report of a month on one edge, filled in from the meter. decide_report.h has what its
 * two parties do with it.
 *
 * Reports are made on the edges that buy to sell on: of a provider or a sub-distributor from its seller. An
 * edge of a vendor has one only for a month that late changes lowered: the close submits it (R4.18).
 * Nobody types in what the meter knows: a draft is there from the month's first day, with the numbers as they
 * stand; submitting it, once the month has ended, freezes the month's events on the edge. A rejected report
 * is adjusted and submitted again. */
#ifndef SEATMETER_PROGRAMME_USAGE_REPORTS_H
#define SEATMETER_PROGRAMME_USAGE_REPORTS_H

#include "core/usage/report.h"
#include "programme/call/call.h"
#include "store/engine/page.h"

/* Which report: by its identifier, or by the edge's buyer and the month. */
struct report_name {
    struct text report;   /* rep_…; empty: by the two below */
    struct text provider; /* the edge's buyer: a provider or a distributor */
    struct text seller;   /* of the distributor's: the vendor; empty: the actor's own account */
    struct text month;    /* "2026-11" */
};

/* The report with its rows, and its version for ETags. */
struct report_detail {
    struct usage_report report;
    int64_t version; /* 0: nothing of it is kept yet */
    int64_t submitted_at_us;
    int64_t decided_at_us;
};
enum status show_report(struct call *call, const struct report_name *name, struct report_detail *out,
                        struct fault *fault) MUST_CHECK;

/* Reports that are kept (something has been adjusted or submitted). Empty texts leave a condition out. */
struct list_reports_input {
    struct text provider;
    struct text month;
    struct text state;
    struct page page;
};
struct report_view {
    int64_t id;
    struct text identifier; /* rep_… */
    struct text agreement;  /* agr_… */
    struct text seller_code;
    struct text provider_code;
    struct text provider_name;
    struct month month;
    enum report_state state;
    int64_t submitted_at_us;
    struct text submitted_by;
    int64_t decided_at_us;
    struct text decided_by;
    struct text rejection_reason;
    int64_t version;
};
struct report_page {
    struct report_view *items;
    size_t count;
    int64_t next_after;
};
enum status list_reports(struct call *call, const struct list_reports_input *input, struct report_page *out,
                         struct fault *fault) MUST_CHECK;

#endif
