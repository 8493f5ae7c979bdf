#include "core/usage/report.h"

static const char *const report_states[] = {
    [REPORT_DRAFT] = "draft",
    [REPORT_SUBMITTED] = "submitted",
    [REPORT_APPROVED] = "approved",
    [REPORT_REJECTED] = "rejected",
};
static const struct transition report_transitions[] = {
    {REPORT_DRAFT, "submit", REPORT_SUBMITTED},
    {REPORT_SUBMITTED, "approve", REPORT_APPROVED},
    {REPORT_SUBMITTED, "reject", REPORT_REJECTED},
    {REPORT_REJECTED, "revise", REPORT_DRAFT},
};

const struct state_machine report_machine = STATE_MACHINE("report", report_states, report_transitions);

static const char *const month_states[] = {
    [MONTH_OPEN] = "open",
    [MONTH_REPORTING] = "reporting",
    [MONTH_CLOSING] = "closing",
    [MONTH_CLOSED] = "closed",
};
static const struct transition month_transitions[] = {
    {MONTH_OPEN, "report", MONTH_REPORTING},
    {MONTH_OPEN, "freeze", MONTH_CLOSING}, /* an edge that needs no report */
    {MONTH_REPORTING, "freeze", MONTH_CLOSING},
    {MONTH_CLOSING, "close", MONTH_CLOSED},
    {MONTH_CLOSING, "thaw", MONTH_OPEN},
    {MONTH_CLOSING, "thaw-reported", MONTH_REPORTING},
};

const struct state_machine month_machine = STATE_MACHINE("month", month_states, month_transitions);
