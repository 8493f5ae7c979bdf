/* Claim jobs: one process at a time runs jobs, over all that work on a store.
 *
 * The claim is a connection's of its own, and goes with it: also where the process is killed. */
#ifndef SEATMETER_PROGRAMME_JOBS_CLAIM_JOBS_H
#define SEATMETER_PROGRAMME_JOBS_CLAIM_JOBS_H

#include "programme/call/call.h"

struct jobs_claim {
    struct db *db; /* NULL: not held */
};

/* Outside of a transaction. `claim->db` is NULL where somebody else has it. */
enum status claim_jobs(const struct call *call, struct jobs_claim *claim, struct fault *fault) MUST_CHECK;

/* The same, and waits for it; fault "job-running" (STATUS_BUSY) where it is not free within half a minute. */
enum status await_jobs(const struct call *call, struct jobs_claim *claim, struct fault *fault) MUST_CHECK;

void release_jobs(struct jobs_claim *claim);

#endif
