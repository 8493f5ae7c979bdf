/* Jobs: asking for a close that somebody else runs, looking how far one has come, pausing it and letting it
 * go on.
 *
 * The operator sees all jobs, and a seller those of its own edges; to anybody else there is none. A service
 * runs what waits (run_next_job). */
#ifndef SEATMETER_PROGRAMME_JOBS_JOBS_H
#define SEATMETER_PROGRAMME_JOBS_JOBS_H

#include "programme/jobs/close_month.h"

struct job_view {
    struct text identifier; /* job_… */
    struct month month;
    struct text seller; /* acc_…: only the edges that it sells on; empty: everybody's */
    struct text seller_code;
    struct text state;
    int64_t edges_done;
    int64_t edges_total; /* 0: not known yet */
    int64_t invoice_count;
    int64_t line_count;
    int64_t created_at_us;
    int64_t started_at_us; /* 0: not yet; so also below */
    int64_t ended_at_us;
    struct text fault_code; /* why it failed; empty: it did not */
    struct text fault_message;
    bool has_result; /* of show_job: what it has done until now */
    struct close_month_result result;
};

/* Asks for a close and does not wait: a job of the same month and seller that is not done is the one. Faults
 * of close_month. */
enum status ask_to_close(struct call *call, const struct close_month_input *input, struct job_view *out,
                         struct fault *fault) MUST_CHECK;

/* Fault "unknown-job". */
enum status show_job(struct call *call, struct text job, struct job_view *out,
                     struct fault *fault) MUST_CHECK;

struct job_page {
    struct job_view *items;
    size_t count;
    int64_t next_after;
};
enum status list_jobs(struct call *call, struct page where, struct job_page *out,
                      struct fault *fault) MUST_CHECK;

/* Faults "unknown-job", "wrong-state". */
enum status pause_job(struct call *call, struct text job, struct job_view *out,
                      struct fault *fault) MUST_CHECK;
enum status resume_job(struct call *call, struct text job, struct job_view *out,
                       struct fault *fault) MUST_CHECK;

/* Runs the first job that waits, or that was under way when its process ended, as whoever asked for it; for
 * the system. `*ran` is false where there is none, or somebody else runs jobs. */
enum status run_next_job(struct call *call, const struct job_watch *watch, bool *ran,
                         struct fault *fault) MUST_CHECK;

/* Runs a job here and now, as resume_job does where no service does it. */
enum status run_job(struct call *call, struct text job, const struct job_watch *watch, struct job_view *out,
                    struct fault *fault) MUST_CHECK;

#endif
