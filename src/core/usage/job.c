#include "core/usage/job.h"

static const char *const job_states[] = {
    [JOB_WAITING] = "waiting", [JOB_RUNNING] = "running", [JOB_PAUSED] = "paused",
    [JOB_DONE] = "done",       [JOB_FAILED] = "failed",
};
static const struct transition job_transitions[] = {
    {JOB_WAITING, "start", JOB_RUNNING}, {JOB_RUNNING, "interrupt", JOB_WAITING}, /* its process is gone */
    {JOB_WAITING, "pause", JOB_PAUSED},  {JOB_RUNNING, "pause", JOB_PAUSED},
    {JOB_FAILED, "pause", JOB_PAUSED},   {JOB_PAUSED, "resume", JOB_WAITING},
    {JOB_FAILED, "resume", JOB_WAITING}, {JOB_RUNNING, "finish", JOB_DONE},
    {JOB_RUNNING, "fail", JOB_FAILED},
};

const struct state_machine job_machine = STATE_MACHINE("job", job_states, job_transitions);
