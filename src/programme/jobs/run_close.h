/* Run close: works off a close that was asked for, in transactions so short that nobody waits for more than
 * one of them (docs/decisions/close-in-batches.md).
 *
 * The month is taken hold of on the edges that are ready, then everything is read at once and billed from
 * memory, and each transaction writes some edges whole: so a close that is killed leaves edges that are
 * closed and others that are not, and nothing half done that anybody sees. A long bill alone has its lines
 * written before, under an id that the job's row remembers. */
#ifndef SEATMETER_PROGRAMME_JOBS_RUN_CLOSE_H
#define SEATMETER_PROGRAMME_JOBS_RUN_CLOSE_H

#include "programme/billing/closing.h"
#include "store/billing/jobs.h"

/* What a door gives a job; all may be NULL or 0. */
struct job_watch {
    bool (*wants_pause)(void *context); /* asked between transactions */
    void *context;
    bool waits_then;              /* the job waits to be taken up, and is not paused */
    struct closing_limits limits; /* edges 0: the usual ones */
    int64_t (*now_us)(void);      /* the clock, for what is written later; NULL: the call's instant holds */
};

/* Runs the job to its end, from wherever it stands. Outside of a transaction the claim of jobs must be held
 * (claim_jobs.h). Faults: "job-paused" where it was paused under way, "job-taken" where somebody else has
 * taken it up; others are kept in its row, and it can be resumed. */
enum status run_close(struct call *call, int64_t job_id, const struct job_watch *watch,
                      struct fault *fault) MUST_CHECK;

/* Puts in order what a process that is gone has left: the months that it had taken hold of, and lines of
 * documents that have no head. What it ran waits again. For whoever holds the claim. */
enum status tidy_jobs(struct call *call, struct fault *fault) MUST_CHECK;

#endif
