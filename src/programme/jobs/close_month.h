/* Close month: rates every edge that is ready and issues its invoices.
 *
 * An edge is ready when the month has ended in its time zone, everything used on it has a price and, where
 * its buyer is a provider, the report is approved or overdue (then the system approves what it measured).
 * Run again it closes what has become ready since and nothing twice. What is computed depends on the records
 * alone, in the order of labels, so that a close after a crash gives the same invoices.
 *
 * A close is a job: it is done in many short transactions (run_close.h), and nobody waits for it. One that
 * was killed or paused is taken up by the next close of the same month and seller. In a dry run (struct
 * call), and inside of another transaction, all of it happens in that one: the result of a dry run says what
 * a close would bill now. */
#ifndef SEATMETER_PROGRAMME_JOBS_CLOSE_MONTH_H
#define SEATMETER_PROGRAMME_JOBS_CLOSE_MONTH_H

#include "programme/billing/close_result.h"
#include "programme/jobs/run_close.h"

struct close_month_input {
    struct text month;  /* "2026-11" */
    struct text seller; /* only the edges that this account sells on; empty: all that the actor may close */
};

/* Closes, and waits for the end. While another close is under way it waits its turn. Faults:
 * "malformed-month"; "month-not-ended" where the month has ended on no edge at all; "forbidden";
 * "job-running"; "job-paused". */
enum status close_month(struct call *call, const struct close_month_input *input,
                        struct close_month_result *result, struct fault *fault) MUST_CHECK;

/* The same with a watch, which may be NULL. */
enum status close_month_watched(struct call *call, const struct close_month_input *input,
                                const struct job_watch *watch, struct close_month_result *result,
                                struct fault *fault) MUST_CHECK;

/* Finds the seller whose edges are meant, and whether the actor may close them. Inside a transaction. */
enum status close_month_check(struct call *call, const struct close_month_input *input, struct month *month,
                              int64_t *seller_id, struct fault *fault) MUST_CHECK;

/* What a job has done until now, from the store. Inside a transaction. */
enum status close_result_load(struct call *call, const struct job *job, struct close_month_result *result,
                              struct fault *fault) MUST_CHECK;

/* A job of that close that is not done yet, or a new one; it waits to be run. Inside a transaction. */
enum status close_job_find_or_add(struct call *call, struct month month, int64_t seller_id, struct job *job,
                                  struct fault *fault) MUST_CHECK;

#endif
