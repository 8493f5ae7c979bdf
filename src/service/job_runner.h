/* Job runner: runs the jobs that were asked for through the API, on a thread with a connection of its own,
 * and takes up what was under way when a process ended.
 *
 * It looks each second. Of several processes over one store one runs jobs at a time (programme/jobs). A job
 * that runs when the service stops waits for the next start. */
#ifndef SEATMETER_SERVICE_JOB_RUNNER_H
#define SEATMETER_SERVICE_JOB_RUNNER_H

#include "core/base/fault.h"

struct job_runner;

struct job_runner_options {
    struct text database_url;
    const unsigned char *secret; /* PROGRAMME_SECRET_BYTES */
};

/* The options' pointers must outlive it; its thread takes no signals. */
enum status job_runner_start(const struct job_runner_options *options, struct job_runner **runner,
                             struct fault *fault) MUST_CHECK;
void job_runner_stop(struct job_runner *runner); /* NULL is fine */

#endif
